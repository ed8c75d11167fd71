import Glibc

/// An error number, as in errno(3).
package struct Errno: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: CInt
    package init(rawValue: CInt) { self.rawValue = rawValue }

    /// The error of the calling thread's last failed call, which the next call may change: errno(3).
    static var current: Errno { Errno(rawValue: errno) }

    package static let interrupted = Errno(rawValue: EINTR)
    package static let wouldBlock = Errno(rawValue: EAGAIN)
    package static let notPermitted = Errno(rawValue: EPERM)
    package static let accessDenied = Errno(rawValue: EACCES)
    package static let exists = Errno(rawValue: EEXIST)
    package static let noEntry = Errno(rawValue: ENOENT)
    package static let notADirectory = Errno(rawValue: ENOTDIR)
    package static let busy = Errno(rawValue: EBUSY)
    package static let noDevice = Errno(rawValue: ENODEV)
    package static let noSuchAddress = Errno(rawValue: ENXIO)
    package static let brokenPipe = Errno(rawValue: EPIPE)
    package static let noSpace = Errno(rawValue: ENOSPC)
    package static let overQuota = Errno(rawValue: EDQUOT)
    package static let fileTooLarge = Errno(rawValue: EFBIG)
    package static let notConnected = Errno(rawValue: ENOTCONN)
    package static let connectionReset = Errno(rawValue: ECONNRESET)
    package static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    package static let connectionAborted = Errno(rawValue: ECONNABORTED)
    package static let invalidArgument = Errno(rawValue: EINVAL)
    package static let noMemory = Errno(rawValue: ENOMEM)
    package static let badDescriptor = Errno(rawValue: EBADF)
    package static let inputOutput = Errno(rawValue: EIO)

    /// Whether a port or connection that failed with this error is gone, and has to be opened again.
    package var meansGone: Bool {
        [.noDevice, .noSuchAddress, .brokenPipe, .connectionReset, .notConnected].contains(self)
    }

    /// Whether a file cannot grow: the disk is full, or a quota or a limit of the file's size is reached.
    package var meansFull: Bool { [.noSpace, .overQuota, .fileTooLarge].contains(self) }

    /// The error as text: strerror_r(3).
    package var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let text = buffer.baseAddress, strerror_r(rawValue, text, buffer.count) == 0 else {
                return "error \(rawValue)"
            }
            return String(cString: text)
        }
    }
}
