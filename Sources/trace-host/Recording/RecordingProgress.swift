import CommandSupport

/// Shows how a recording goes on, a line a guest: on a terminal lines that change, otherwise lines now and then.
final class RecordingProgress {
    private let output = StandardError.shared
    private let begun = ContinuousClock.now
    private var lastTime = ContinuousClock.now
    /// Bytes that had come then, by guest.
    private var lastBytes: [Int]

    private var period: Duration { output.isTerminal ? .milliseconds(500) : .seconds(10) }
    /// The time between two orders `status`.
    var statusPeriod: Duration { output.isTerminal ? .seconds(2) : .seconds(10) }

    init(guests: Int) { lastBytes = Array(repeating: 0, count: guests) }

    /// Shows how far the guests are, unless that was shown a moment ago.
    func show(_ guests: [GuestRecording]) {
        let now = ContinuousClock.now
        guard now - lastTime >= period else { return }
        let seconds = (now - lastTime) / .seconds(1)
        let lines = guests.enumerated().map { place, guest in
            let rate = Double(guest.bytes - lastBytes[place]) / seconds
            return
                "\(guest.name): \(begun.secondsAgo) s, \(Double(guest.bytes).mebibytes) MiB, \(rate.mebibytes) MiB/s, \(guest.progress)"
        }
        (lastTime, lastBytes) = (now, guests.map(\.bytes))
        if output.isTerminal {
            output.show(lines)
        } else {
            for line in lines { output.write("\(ProgramName.own): \(line)\n") }
        }
    }

    /// Removes the lines from the terminal.
    func clear() { output.show([]) }
}
