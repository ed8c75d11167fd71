import Reactor

/// Whether a busy worker gets time on its CPU, and how long it may run elsewhere if it does not.
struct Starvation {
    private var beat = WorkerBeat()
    private var releasedUntil: ContinuousClock.Instant?
    private var releaseTime = Self.shortestRelease
    /// When it went home the last time.
    private var recalled: ContinuousClock.Instant?
    private var lastCheck: ContinuousClock.Instant?
    /// Time from one check to the next.
    private(set) var period = Self.patience

    /// How long a worker that has something to do may do nothing.
    ///
    /// A ring buffer of 1 MiB that fills at 4 MB/s overflows a quarter of a second after it was reported.
    static let patience = Duration.milliseconds(50)
    /// Until the second check, if the first one cannot tell.
    private static let shortestPeriod = Duration.milliseconds(20)
    /// A worker that sleeps does not wait longer than this for its ring buffer.
    private static let longestPeriod = Duration.seconds(1)
    /// How long a worker stays released: twice as long each time, unless it was well at home for the longest of these.
    private static let shortestRelease = Duration.seconds(1)
    private static let longestRelease = Duration.seconds(64)

    /// The worker is given a job, and goes home if its time elsewhere is over.
    mutating func begin(
        _ placement: Placement, _ counters: ChannelCounters, at now: ContinuousClock.Instant = .now
    ) {
        beat.jobs += 1
        expectProgress(counters)
        guard isReleaseOver(at: now) else { return }
        releasedUntil = nil
        recalled = now
        placement.recall()
    }

    /// The worker has something to do from now on.
    mutating func expectProgress(_ counters: ChannelCounters) { _ = beat.hasStopped(at: counters) }

    /// Whether the worker's time elsewhere is over: with the next job it goes home.
    func isReleaseOver(at now: ContinuousClock.Instant = .now) -> Bool {
        releasedUntil.map { now >= $0 } ?? false
    }

    /// The worker has no job.
    mutating func rest() { beat.rest() }

    /// Releases the worker if it waits for its CPU and has done nothing since `expectProgress`, or since the last call.
    ///
    /// - Parameter isWaiting: Whether the worker waits for its CPU.
    /// - Returns: For how long it is released from now on; `nil` if nothing changes.
    mutating func check(
        _ placement: Placement, _ counters: ChannelCounters, isWaiting: Bool,
        at now: ContinuousClock.Instant = .now
    ) -> Duration? {
        let hasStopped = beat.hasStopped(at: counters)
        let isFirst = lastCheck.map { now - $0 > Self.longestPeriod } ?? true
        lastCheck = now
        guard isWaiting, releasedUntil == nil else {
            period = Self.longestPeriod
            return nil
        }
        guard hasStopped else {
            period = isFirst ? Self.shortestPeriod : min(period * 2, Self.longestPeriod)
            return nil
        }
        if let recalled, now - recalled > Self.longestRelease { releaseTime = Self.shortestRelease }
        let time = releaseTime
        releasedUntil = now + time
        releaseTime = min(releaseTime * 2, Self.longestRelease)
        period = Self.longestPeriod
        placement.release()
        return time
    }
}
