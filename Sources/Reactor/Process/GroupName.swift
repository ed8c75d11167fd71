import Glibc

/// The name of a group: getgrgid_r(3); its number if it has none.
package func nameOfGroup(_ gid: UInt32) -> String {
    var buffer = [CChar](repeating: 0, count: 1 << 16)
    var entry = group()
    var match: UnsafeMutablePointer<group>?
    guard getgrgid_r(gid, &entry, &buffer, buffer.count, &match) == 0, match != nil else { return "\(gid)" }
    return String(cString: entry.gr_name)
}

/// Whether this process may read and write the file at `path`: access(2).
package func mayUse(_ path: String) -> Bool { access(path, R_OK | W_OK) == 0 }

/// Whether this process may use what is in the folder at `path`: access(2).
package func mayEnter(_ path: String) -> Bool { access(path, X_OK) == 0 || errno != EACCES }
