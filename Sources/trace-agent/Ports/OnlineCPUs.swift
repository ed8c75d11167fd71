import CommandSupport
import Reactor

/// The CPUs that are online now: `/sys/devices/system/cpu/online`, open because a path could be forbidden later.
final class OnlineCPUs: Sendable {
    private let file: FileDescriptor

    /// - Parameter file: In the kernel's format: `0-3,8`.
    init(_ file: consuming FileDescriptor) { self.file = file }

    convenience init() throws(Failure) {
        self.init(
            try wrappingSystemError { () throws(SystemError) in
                try .open("/sys/devices/system/cpu/online", .readOnly)
            })
    }

    /// Empty if the list cannot be read: then nothing is known of CPUs without a port.
    var cpus: [Int] { (try? file.contents()).flatMap { CPUList($0) }?.cpus ?? [] }
}
