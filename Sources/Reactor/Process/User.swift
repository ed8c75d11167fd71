import Glibc

/// A user and its primary group: passwd(5).
package struct User: Equatable, Sendable, CustomStringConvertible {
    package let name: String
    package let uid: UInt32
    package let gid: UInt32

    package init(name: String, uid: UInt32, gid: UInt32) {
        self.name = name
        self.uid = uid
        self.gid = gid
    }

    /// The user called `name`: getpwnam_r(3).
    ///
    /// - Returns: `nil` if there is no such user.
    package static func named(_ name: String) throws(SystemError) -> User? {
        var capacity = 1 << 10
        while true {
            var buffer = [CChar](repeating: 0, count: capacity)
            var entry = passwd()
            var match: UnsafeMutablePointer<passwd>?
            switch getpwnam_r(name, &entry, &buffer, capacity, &match) {
            case 0: return match == nil ? nil : User(name: name, uid: entry.pw_uid, gid: entry.pw_gid)
            case ERANGE where capacity < 1 << 20: capacity *= 2
            // Systems without a user database return these; getpwnam(3) lists them as "not found".
            case ENOENT, ESRCH: return nil
            case let code: throw SystemError(call: "getpwnam", subject: name, code: Errno(rawValue: code))
            }
        }
    }

    /// The user `nobody`: the kernel's overflow user and group, 65534, user_namespaces(7).
    package static let nobody = User(name: "nobody", uid: 65534, gid: 65534)

    package var description: String { "\(name) (\(uid):\(gid))" }
}
