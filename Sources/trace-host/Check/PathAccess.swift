import CommandSupport
import Reactor

/// Whether this user may use a port's file.
struct PathAccess {
    private let path: String

    init(_ path: String) { self.path = path }

    /// Why not, and what to do about it; `nil` if it may be used, or is not there.
    var trouble: String? {
        guard let obstacle else { return nil }
        let group = FileDescriptor.group(of: obstacle).map(nameOfGroup) ?? "?"
        let place = obstacle == path ? "" : " in the folder \(obstacle)"
        return
            "you may not use \(path)\(place): its group is \(group) (adduser NAME \(group), then log in again, if its mode lets the group use it); with libvirt <seclabel model='dac' relabel='no'/> below <source> leaves owner and mode as they are"
    }

    /// The folder above it that may not be entered, or the file itself; `nil` if there is none.
    private var obstacle: String? {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            if !mayEnter(folder) { return folder }
        }
        return mayUse(path) || FileDescriptor.resolve(path) == nil ? nil : path
    }
}
