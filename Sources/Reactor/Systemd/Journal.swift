import Glibc

/// The journal, which takes fields and not only lines: systemd.journal-fields(7).
package enum Journal {
    /// Whether standard error leads there: `$JOURNAL_STREAM`, systemd.exec(5).
    package static let isStandardError: Bool = {
        guard let stream = getenv("JOURNAL_STREAM") else { return false }
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
    }()

    // Without a socket there is no way to say so either.
    private static let sender = try? DatagramSender(to: "/run/systemd/journal/socket")

    /// Sends one entry in the journal's native protocol, as sd_journal_send(3) does, but without waiting.
    ///
    /// Names are of capitals, digits and `_`; a newline in a value becomes a blank.
    package static func send(_ fields: [(name: String, value: String)]) {
        var message: [UInt8] = []
        for (name, value) in fields {
            message += name.utf8
            message.append(UInt8(ascii: "="))
            message += value.utf8.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
            message.append(UInt8(ascii: "\n"))
        }
        switch sender {
        case .some(let sender): _ = sender.send(message)
        case .none: break
        }
    }
}
