import Reactor

/// Whether a busy worker gets time on its CPU, and how long it may run elsewhere if it does not.
struct Starvation {
    private var beat = WorkerBeat()
    private var releasedUntil: ContinuousClock.Instant?
    private var releaseTime = Self.shortestRelease
    /// When it went home the last time.
    private var recalled: ContinuousClock.Instant?

    /// Whether the job was checked before.
    private var isChecked = false

    /// A ring buffer of 1 MiB that fills at 4 MB/s overflows a quarter of a second after it was reported.
    private static let firstCheck = Duration.milliseconds(50)
    /// A job that goes on: each check wakes the reactor thread.
    private static let laterChecks = Duration.milliseconds(100)
    /// How long a worker stays released: twice as long each time, unless it was well at home for the longest of these.
    private static let shortestRelease = Duration.seconds(1)
    private static let longestRelease = Duration.seconds(64)

    /// When a worker that has a job is to be checked, from the last time on.
    var checkPeriod: Duration { isChecked ? Self.laterChecks : Self.firstCheck }

    /// The worker is given a job, and goes home if its time elsewhere is over.
    mutating func begin(
        _ placement: Placement, _ counters: ChannelCounters, at now: ContinuousClock.Instant = .now
    ) {
        beat.jobs += 1
        isChecked = false
        _ = beat.hasStopped(at: counters)
        guard let end = releasedUntil, now >= end else { return }
        releasedUntil = nil
        recalled = now
        placement.recall()
    }

    /// The worker has no job.
    mutating func rest() { beat.rest() }

    /// Releases the worker if it waits for its CPU and has done nothing since it was given its job, or since the last call.
    ///
    /// - Parameter isWaiting: Whether the worker waits for its CPU.
    /// - Returns: For how long it is released from now on; `nil` if nothing changes.
    mutating func check(
        _ placement: Placement, _ counters: ChannelCounters, isWaiting: @autoclosure () -> Bool,
        at now: ContinuousClock.Instant = .now
    ) -> Duration? {
        isChecked = true
        guard beat.hasStopped(at: counters), releasedUntil == nil, isWaiting() else { return nil }
        if let recalled, now - recalled > Self.longestRelease { releaseTime = Self.shortestRelease }
        let time = releaseTime
        releasedUntil = now + time
        releaseTime = min(releaseTime * 2, Self.longestRelease)
        placement.release()
        return time
    }
}
