import Reactor

/// One CPU's ring buffer as the reactor thread sees it: when it is tried, and what the kernel counts.
struct TracedRing {
    private let ring: Ring
    private let token: Source
    private var watch = RingWatch()
    private var account: RingAccount
    /// Swaps before the last start.
    private var swapsBefore = 0
    /// Whether what an earlier process had read and not sent is lost; it is said until the second start.
    private var hasLost: Bool
    private var hasBegun = false
    /// Whether the last job could not take what it holds.
    private(set) var isUnreadable = false

    /// Watches the ring buffer under `index`; it is not reported before `waitForData`.
    init(_ ring: Ring, index: Int, hasLost: Bool, _ reactor: inout AgentReactor) throws(SystemError) {
        self.hasLost = hasLost
        account = RingAccount(of: ring)
        token = .ring(index)
        self.ring = ring
        if let file = ring.pageFile { try reactor.watch(file.descriptor, for: .once, as: token) }
    }

    // MARK: counters

    /// Reads the kernel's counters, and adds up what was lost since the last time.
    ///
    /// - Parameter bytesTaken: Bytes taken from the ring buffer until now.
    /// - Returns: Why they cannot be read; they then stay as they were.
    mutating func readStats(bytesTaken: Int, streaming: Bool) -> Errno? {
        account.update(from: ring, bytesTaken: bytesTaken, streaming: streaming)
    }

    /// What the kernel has counted, as it was last read.
    var counted: RingAccount { account }
    /// Whether it held events when that was read.
    var holdsEvents: Bool { account.unread > 0 }
    /// Whether it was found cleared, or exchanged for its snapshot, since the last start.
    private var hasSwapped: Bool { account.swaps > swapsBefore }

    /// The counters when streaming began, `nil` if they are unknown.
    var start: SavedRing? { account.start.map { SavedRing(cpu: ring.cpu, stats: $0) } }

    /// Whether everything that was recorded since the last start could be read.
    var isComplete: Bool { !isUnreadable && !hasSwapped && !hasLost }

    /// What is wrong with what was read since the last start, `nil` if nothing is.
    var warning: String? {
        if hasLost { return "what an earlier process of the agent had read and not sent is lost" }
        guard hasSwapped else { return nil }
        return
            "its ring buffer was cleared or exchanged for its snapshot: events of that time may come out of order, or not at all"
    }

    /// A snapshot was taken.
    mutating func noteSnapshot() { account.noteSnapshot() }

    /// A start was ordered; the counters were just read.
    mutating func begin() {
        swapsBefore = account.swaps
        account.begin()
        if let start = account.start { ring.noteStart(read: start.read) }
        if hasBegun { hasLost = false }
        hasBegun = true
    }

    /// Goes on with the stream of an earlier process, which began at these counters.
    mutating func resume(from start: RingStats) {
        account.resume(from: start)
        ring.noteStart(read: start.read)
        swapsBefore = account.swaps
    }

    // MARK: when it is tried

    /// Asks for one report.
    ///
    /// The registration is renewed each time: it goes stale if the ring buffer is exchanged for its snapshot.
    ///
    /// - Returns: `false` if epoll has no memory for it, or it is not open: the timer has to try the ring buffer.
    func waitForData(_ reactor: inout AgentReactor) -> Bool {
        guard let file = ring.pageFile else { return false }
        return (try? reactor.renew(file.descriptor, for: [.readable, .once], as: token)) != nil
    }

    mutating func isReported() { watch.isReported() }
    mutating func isRenewed() { watch.isRenewed() }
    /// When the registration is to be renewed, `nil` if the next tick does that early enough.
    var renewal: Duration? { watch.renewal }

    /// Whether its CPU was never online: poll(2) then reports an error, while splice(2) takes it for an empty one.
    var isOffline: Bool { ring.pageFile.map { isInError($0.descriptor) } ?? false }

    /// How often it is tried while poll(2) is of no use for it.
    var pollInterval: Duration { watch.pollInterval }

    mutating func jobHasEnded(_ result: JobResult) { isUnreadable = result.meansUnreadable }

    /// A drain has found nothing to splice, although poll(2) had reported something.
    mutating func hasPolled(count: Int, ofRingOf size: Int) { watch.hasPolled(count: count, ofRingOf: size) }
}
