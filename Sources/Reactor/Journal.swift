internal import CEpoll
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

    /// Sends one entry: sd_journal_sendv(3).
    ///
    /// What cannot be sent is lost. A journal that is stuck makes its sender wait once hundreds of entries are queued;
    /// its own watchdog ends that.
    package static func send(_ fields: [(name: String, value: String)]) {
        let bytes = fields.map { Array("\($0.name)=\($0.value)".utf8) }
        withUnsafeTemporaryAllocation(byteCount: bytes.reduce(1) { $0 + $1.count }, alignment: 1) { room in
            var entries: [iovec] = []
            var end = 0
            for field in bytes {
                let place = UnsafeMutableRawBufferPointer(rebasing: room[end..<end + field.count])
                place.copyBytes(from: field)
                entries.append(iovec(iov_base: place.baseAddress, iov_len: field.count))
                end += field.count
            }
            _ = sd_journal_sendv(entries, CInt(entries.count))
        }
    }
}
