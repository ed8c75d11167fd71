import Glibc

/// Calls `body`, which makes the system call `name`, with the socket address of `path`, which is an abstract name if it
/// begins with `@`: unix(7).
///
/// - Throws: `ENAMETOOLONG` for a path of more than 107 bytes.
package func withAddress(
    _ path: String, for name: String = "bind",
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SystemError) -> Void
) throws(SystemError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
        throw SystemError(call: name, subject: path, code: Errno(rawValue: ENAMETOOLONG))
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    var size = MemoryLayout<sockaddr_un>.size
    if path.hasPrefix("@") {
        address.sun_path.0 = 0
        size = MemoryLayout<sa_family_t>.size + path.utf8.count
    }
    try withUnsafePointer(to: &address) { pointer throws(SystemError) in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address throws(SystemError) in
            try body(address, socklen_t(size))
        }
    }
}
