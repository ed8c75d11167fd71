import CommandSupport

/// Shows how a recording goes on: on a terminal one line that changes, otherwise a line now and then.
final class RecordingProgress {
    private let folder: String
    private let output = StandardError.shared
    private let begun = ContinuousClock.now
    private var last: (at: ContinuousClock.Instant, bytes: Int)
    private var isShown = false

    private var period: Duration { output.isTerminal ? .milliseconds(500) : .seconds(10) }

    init(_ folder: String) {
        self.folder = folder
        last = (.now, 0)
    }

    /// Shows that `bytes` have come, unless that was shown a moment ago.
    func show(_ bytes: Int) {
        let now = ContinuousClock.now
        guard now - last.at >= period else { return }
        let rate = Double(bytes - last.bytes) / ((now - last.at) / .seconds(1))
        last = (now, bytes)
        let line =
            "\(folder): \(begun.secondsAgo) s, \(Self.mebibytes(Double(bytes))) MiB, \(Self.mebibytes(rate)) MiB/s"
        if output.isTerminal {
            isShown = true
            output.write("\r\u{1b}[K\(line)")
        } else {
            output.write("\(ProgramName.own): \(line)\n")
        }
    }

    /// Removes the line from the terminal.
    func clear() {
        if isShown { output.write("\r\u{1b}[K") }
        isShown = false
    }

    /// With one decimal.
    private static func mebibytes(_ bytes: Double) -> String {
        let tenths = Int(bytes * 10 / Double(1 << 20))
        return "\(tenths / 10).\(tenths % 10)"
    }
}
