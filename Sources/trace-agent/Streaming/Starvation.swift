import Reactor

/// Whether a busy worker gets time on its CPU, and how long it may run elsewhere if it does not.
struct Starvation {
    private var beat = WorkerBeat()
    private var releasedUntil: ContinuousClock.Instant?
    private var releaseTime = Self.shortestRelease
    /// When it went home the last time.
    private var recalled: ContinuousClock.Instant?

    private var period = Self.firstCheck
    private var lastCheck = ContinuousClock.now
    /// Pages that had been moved then.
    private var pages = 0
    /// Whether nothing has been moved for a long time.
    private var isQuiet = false
    /// Whether the reactor watches the ring buffer meanwhile, and no check is needed until that is reported.
    private var isRingWatched = false

    /// A ring buffer of 1 MiB that fills at 4 MB/s overflows a quarter of a second after it was reported.
    private static let firstCheck = Duration.milliseconds(50)
    /// Later, half of the time in which the ring buffer fills, within these: each check wakes the reactor thread.
    private static let shortestCheck = Duration.milliseconds(200)
    private static let longestCheck = Duration.seconds(1)
    /// How long a worker stays released: twice as long each time, unless it was well at home for the longest of these.
    private static let shortestRelease = Duration.seconds(1)
    private static let longestRelease = Duration.seconds(64)

    /// When a worker that has a job is to be checked, from the last time on; `nil` if its ring buffer is watched.
    var checkPeriod: Duration? { isRingWatched ? nil : period }
    /// Whether the worker only waits for its ring buffer.
    var isIdle: Bool { isRingWatched || isQuiet }

    /// The worker is given a job, and goes home if its time elsewhere is over.
    mutating func begin(
        _ placement: Placement, _ counters: ChannelCounters, at now: ContinuousClock.Instant = .now
    ) {
        beat.jobs += 1
        expectProgress(counters, at: now)
        guard isReleaseOver(at: now) else { return }
        releasedUntil = nil
        recalled = now
        placement.recall()
    }

    /// The worker has something to do from now on.
    mutating func expectProgress(_ counters: ChannelCounters, at now: ContinuousClock.Instant = .now) {
        (period, lastCheck, pages) = (Self.firstCheck, now, counters.pages.now)
        (isQuiet, isRingWatched) = (false, false)
        _ = beat.hasStopped(at: counters)
    }

    /// The reactor watches the ring buffer from now on, or cannot.
    mutating func setRingWatched(_ isWatched: Bool) { isRingWatched = isWatched }

    /// Whether the worker's time elsewhere is over: with the next job it goes home.
    func isReleaseOver(at now: ContinuousClock.Instant = .now) -> Bool {
        releasedUntil.map { now >= $0 } ?? false
    }

    /// The worker has no job.
    mutating func rest() { beat.rest() }

    /// Releases the worker if it waits for its CPU and has done nothing since it was given its job, or since the last call.
    ///
    /// - Parameters:
    ///   - ringSize: Pages that the ring buffer can hold.
    ///   - isWaiting: Whether the worker waits for its CPU.
    ///   - isReported: Whether poll(2) reports the ring buffer.
    /// - Returns: For how long it is released from now on; `nil` if nothing changes.
    mutating func check(
        _ placement: Placement, _ counters: ChannelCounters, ringOf ringSize: Int,
        isWaiting: @autoclosure () -> Bool, isReported: @autoclosure () -> Bool,
        at now: ContinuousClock.Instant = .now
    ) -> Duration? {
        let moved = counters.pages.now - pages
        let fillTime = moved > 0 ? (now - lastCheck) * ringSize / moved : .zero
        (pages, lastCheck) = (pages + moved, now)
        if moved > 0 {
            // What it has to do now, it may not get to.
            period =
                isReported() ? Self.firstCheck : min(max(fillTime / 2, Self.shortestCheck), Self.longestCheck)
        } else {
            period = min(period * 2, Self.longestCheck)
        }
        isQuiet = moved == 0 && period == Self.longestCheck
        guard beat.hasStopped(at: counters), releasedUntil == nil, isWaiting() else { return nil }
        if let recalled, now - recalled > Self.longestRelease { releaseTime = Self.shortestRelease }
        let time = releaseTime
        releasedUntil = now + time
        releaseTime = min(releaseTime * 2, Self.longestRelease)
        placement.release()
        return time
    }
}
