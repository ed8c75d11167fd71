import Glibc

/// The journal of systemd, which stores entries of named fields: systemd.journal-fields(7).
package enum Journal {
    /// Whether standard error is connected to the journal: `$JOURNAL_STREAM`, systemd.exec(5).
    package static let isStandardError: Bool = {
        guard let stream = getenv("JOURNAL_STREAM") else { return false }
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
    }()

    // An error is dropped: without a socket there is no way to report it.
    private static let sender = try? DatagramSender(to: "/run/systemd/journal/socket")

    /// Sends one entry in the journal's native protocol like sd_journal_send(3), but never blocks.
    ///
    /// An entry that the journal cannot receive now is lost. Field names consist of capitals, digits and `_`.
    /// A newline in a value becomes a blank.
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
