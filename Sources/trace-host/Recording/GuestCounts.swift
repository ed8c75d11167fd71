import ControlProtocol

/// What a guest's agent had counted when the recording, or a part of it, began and ended.
struct GuestCounts {
    /// `nil` if the agent does not answer.
    private(set) var before: Report?
    private(set) var after: Report?
    /// When that came.
    private var stopped: ContinuousClock.Instant?
    /// Whether the agent was streaming already.
    private(set) var isContinued = false
    private var isFirstPart = true

    /// Silence after which nothing more is expected: where a count tells what has to come, and where none does.
    static let shortSilence = Duration.milliseconds(200)
    private static let longSilence = Duration.seconds(1)
    /// How long bytes that the agent has sent may take.
    static let deliveryPatience = Duration.seconds(5)
    /// The same in all, if some go on coming: a guest may report bytes that it does not have.
    private static let longestDelivery = Duration.seconds(600)

    /// The first answer has come.
    mutating func begin(_ report: Report) {
        before = report
        isContinued = report.state == .streaming
    }

    /// Whether pages come that are not this recording's.
    func isToBeStoppedFirst(forFlight: Bool) -> Bool {
        before?.state == .flushing || forFlight && isContinued
    }

    /// The agent has been stopped before the recording.
    mutating func noteEarlyStop(_ report: Report?) { (before, isContinued) = (report, false) }

    /// What is recorded has been set up.
    mutating func noteSetup(_ report: Report) { before = report }

    mutating func end(_ report: Report) { (after, stopped) = (report, .now) }

    /// What was counted at the end of a part is the beginning of the next one.
    mutating func beginNextPart() {
        (before, after, stopped, isFirstPart) = (after ?? before, nil, nil, false)
    }

    func account(_ streams: StreamSet) -> RecordingAccount {
        RecordingAccount(before: before, after: after, received: streams.received)
    }

    /// Bytes at the start of each CPU's stream that do not belong to the recording: in the first part only.
    func excess(_ streams: StreamSet) -> [Int: Int] {
        guard isFirstPart else { return [:] }
        let account = account(streams)
        let counts = streams.cpus.map { ($0, account.excess(cpu: $0, isContinued: isContinued)) }
        return Dictionary(counts) { first, _ in first }
    }

    /// Whether what was sent before the stop has come, or is no longer waited for.
    ///
    /// - Parameters:
    ///   - stop: When it was ordered.
    ///   - isSeam: Whether the recording goes on: then the count alone decides, once nothing of an earlier recording can come
    ///     any more.
    func isDelivered(_ streams: StreamSet, since stop: ContinuousClock.Instant, isSeam: Bool) -> Bool {
        let account = account(streams)
        let isOutstanding = account.outstanding > 0
        if isSeam, !isFirstPart, account.isComparable, !isOutstanding { return true }
        let now = ContinuousClock.now
        let quiet = now - max(stop, streams.lastArrival)
        let silence = after == nil ? Self.longSilence : Self.shortSilence
        // What goes on coming although nothing is outstanding is another's recording.
        return quiet > (isOutstanding ? Self.deliveryPatience : silence)
            || now - (stopped ?? stop) > (isOutstanding ? Self.longestDelivery : Self.deliveryPatience)
    }
}
