import Glibc

/// The name of a group: getgrgid_r(3); its number if it has none.
package func nameOfGroup(_ gid: UInt32) -> String {
    var buffer = [CChar](repeating: 0, count: 1 << 16)
    var entry = group()
    var match: UnsafeMutablePointer<group>?
    guard getgrgid_r(gid, &entry, &buffer, buffer.count, &match) == 0, match != nil else { return "\(gid)" }
    return String(cString: entry.gr_name)
}
