/// A failed system call: its name, its subject and its error.
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

/// Runs `body` until it succeeds, or fails with an error other than `EINTR`.
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

/// Runs `body` like `systemCall`, but returns `nil` for `EAGAIN`: the call would block.
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

/// Throws the error that a `pthread_` call returned, if any: these calls do not set errno(3).
func threadCall(_ name: String, _ result: CInt) throws(SystemError) {
    if result != 0 { throw SystemError(call: name, subject: "", code: Errno(rawValue: result)) }
}
