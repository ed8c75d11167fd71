import ControlProtocol
import Reactor

/// What a guest's agent counted before and after a part of a recording, and what has to come by that.
struct GuestCounts {
    /// When the part began; `nil` if the agent does not answer.
    var before: Report?
    /// When it was stopped; `nil` until then.
    var after: Report?
    /// Whether the agent was streaming before the recording.
    var isContinued = false

    /// Silence after which nothing more is expected: where a count tells what has to come, and where none does.
    static let shortSilence = Duration.milliseconds(200)
    private static let longSilence = Duration.seconds(1)
    /// How long bytes that the agent has sent may take.
    static let deliveryPatience = Duration.seconds(5)

    func account(_ streams: StreamSet) -> RecordingAccount {
        RecordingAccount(before: before, after: after, received: streams.received)
    }

    /// Bytes at the start of each CPU's stream that do not belong to the recording.
    func excess(_ streams: StreamSet, isFirstPart: Bool) -> [Int: Int] {
        let account = account(streams)
        let counts = streams.cpus.map {
            ($0, account.excess(cpu: $0, isContinued: isContinued && isFirstPart))
        }
        return Dictionary(counts) { first, _ in first }
    }

    /// Whether what was sent before `stop` has come, or is no longer waited for.
    ///
    /// - Parameter countDecides: Whether nothing can come that is not counted.
    func isDelivered(_ streams: StreamSet, since stop: ContinuousClock.Instant, countDecides: Bool) -> Bool {
        let account = account(streams)
        let isOutstanding = account.outstanding > 0
        if countDecides, account.isComparable, !isOutstanding { return true }
        let quiet = ContinuousClock.now - max(stop, streams.lastArrival)
        let silence = after == nil ? Self.longSilence : Self.shortSilence
        // What goes on coming although nothing is outstanding is another's recording.
        return quiet > (isOutstanding ? Self.deliveryPatience : silence)
            || !isOutstanding && ContinuousClock.now - stop > Self.deliveryPatience
    }

    /// Another part begins.
    mutating func beginNext() {
        if after != nil { before = after }
        after = nil
    }
}
