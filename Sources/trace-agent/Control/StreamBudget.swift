import Reactor

/// How much one stream may ask for: each order, and each read of the stream, costs one.
struct StreamBudget {
    private var rate: RateLimit
    private var leftInTurn = Int.max
    /// Whether the budget is spent, and the rest has to wait for the retry timer.
    private(set) var isPaused = false

    init(_ rate: RateLimit) { self.rate = rate }

    /// Gives the stream `limit` in this turn, before other streams that wait have theirs.
    mutating func beginTurn(limit: Int) { leftInTurn = limit }

    /// Lets the rest wait for the retry timer.
    mutating func pause() { isPaused = true }

    /// Ends the pause.
    mutating func resume() { isPaused = false }

    /// Counts one order or read.
    ///
    /// - Returns: Whether the stream may go on; if not, it is paused.
    mutating func admit() -> Bool {
        isPaused = !rate.admit()
        return !isPaused
    }

    /// The same for one of several streams that have a rate in common.
    mutating func admit(sharing common: inout RateLimit) -> Bool {
        guard admit() else { return false }
        leftInTurn -= 1
        isPaused = leftInTurn < 0 || !common.admit()
        return !isPaused
    }
}
