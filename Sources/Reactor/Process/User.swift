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

    /// Looks up a name: getpwnam_r(3).
    ///
    /// - Returns: `nil` if there is no such user.
    package static func named(_ name: String) throws(SystemError) -> User? {
        var room = 1 << 10
        while true {
            var buffer = [CChar](repeating: 0, count: room)
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            switch getpwnam_r(name, &entry, &buffer, room, &found) {
            case 0: return found == nil ? nil : User(name: name, uid: entry.pw_uid, gid: entry.pw_gid)
            case ERANGE where room < 1 << 20: room *= 2
            // What a system without such a file or service says; getpwnam(3) allows for all of these.
            case ENOENT, ESRCH: return nil
            case let code: throw SystemError(call: "getpwnam", subject: name, code: Errno(rawValue: code))
            }
        }
    }

    /// Whom the kernel takes for nobody.
    package static let nobody = User(name: "nobody", uid: 65534, gid: 65534)

    package var description: String { "\(name) (\(uid):\(gid))" }
}
