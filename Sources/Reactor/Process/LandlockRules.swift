internal import CEpoll
import Glibc

/// The files that a thread may still open: landlock(7).
package struct LandlockRules: ~Copyable {
    private let ruleset: FileDescriptor

    /// Makes rules that allow no file at all.
    ///
    /// - Throws: `ENOSYS` or `EOPNOTSUPP` if the kernel has no Landlock, or it is turned off.
    package init() throws(SystemError) {
        ruleset = FileDescriptor(
            owning: try systemCall("landlock_create_ruleset") { cepoll_landlock_create() })
    }

    /// Allows the files below `directory`, for reading.
    package func allow(below directory: borrowing FileDescriptor) throws(SystemError) {
        _ = try systemCall("landlock_add_rule") {
            cepoll_landlock_allow_reading(ruleset.rawValue, directory.rawValue)
        }
    }

    /// Allows `file`, which is no directory, for reading, by any of its names.
    package func allow(_ file: borrowing FileDescriptor) throws(SystemError) {
        _ = try systemCall("landlock_add_rule") {
            cepoll_landlock_allow_reading_file(ruleset.rawValue, file.rawValue)
        }
    }

    /// Allows `file`, or the files below it, for writing.
    package func allowWriting(_ file: borrowing FileDescriptor) throws(SystemError) {
        _ = try systemCall("landlock_add_rule") {
            cepoll_landlock_allow_writing(ruleset.rawValue, file.rawValue)
        }
    }

    /// Restricts the calling thread for good; it must not be able to gain privileges.
    package func restrictThread() throws(SystemError) {
        _ = try systemCall("landlock_restrict_self") { cepoll_landlock_restrict(ruleset.rawValue) }
    }
}
