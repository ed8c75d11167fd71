import ControlProtocol

/// How a process of the service goes on with what the one before it has left.
struct ResumePlan: Equatable {
    /// How often the service was started again, this time included.
    let restarts: Int
    /// How the earlier process has ended, if it was to stream.
    let cause: Notice.Cause?
    /// When streaming was resumed after a crash lately, this time included, in seconds since the boot.
    let crashes: [Int]
    /// Whether streaming goes on: it does not in a crash loop.
    let resumes: Bool

    /// After so many crashes in so many seconds streaming is not resumed.
    private static let mostCrashes = 3
    private static let crashPeriod = 60

    /// - Parameters:
    ///   - left: What the earlier process has left; `nil` if there was none.
    ///   - now: Seconds since the boot.
    init(after left: SavedState?, now: Int) {
        guard let left else {
            (restarts, cause, crashes, resumes) = (0, nil, [], false)
            return
        }
        restarts = left.restarts + 1
        cause = left.isStreaming ? left.isEndInOrder ? .restart : .crash : nil
        let lately = left.crashes.filter { (0..<Self.crashPeriod).contains(now - $0) }
        let isLoop = cause == .crash && lately.count >= Self.mostCrashes
        resumes = cause != nil && !isLoop
        crashes = cause == .crash && !isLoop ? lately + [now] : lately
    }
}
