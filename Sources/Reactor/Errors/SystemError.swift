/// A system call that failed: which one, on what, and why.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    package let call: String  // "splice"
    package let subject: String  // "cpu3", a path, or empty
    package let code: Errno

    package init(call: String, subject: String, code: Errno) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    package var description: String { subject.isEmpty ? "\(call): \(code)" : "\(call) \(subject): \(code)" }
}

/// Runs `body` until it succeeds or fails with anything but `EINTR`.
func systemCall<Value: FixedWidthInteger>(
    _ name: String, on subject: @autoclosure () -> String = "", _ body: () -> Value
) throws(SystemError) -> Value {
    while true {
        let value = body()
        if value != -1 { return value }
        let code = Errno.current
        if code != .interrupted { throw SystemError(call: name, subject: subject(), code: code) }
    }
}

/// The same for a call on a non-blocking descriptor: `nil` where it would have blocked.
func systemCallOrBlock<Value: FixedWidthInteger>(
    _ name: String, on subject: @autoclosure () -> String = "", _ body: () -> Value
) throws(SystemError) -> Value? {
    while true {
        let value = body()
        if value != -1 { return value }
        let code = Errno.current
        if code == .wouldBlock { return nil }
        if code != .interrupted { throw SystemError(call: name, subject: subject(), code: code) }
    }
}

/// Throws what a `pthread_` call returns: they do not set errno(3).
func threadCall(_ name: String, _ result: CInt) throws(SystemError) {
    if result != 0 { throw SystemError(call: name, subject: "", code: Errno(rawValue: result)) }
}
