import Reactor

/// Lets two threads of the calling thread's CPU wake each other by turns.
///
/// - Returns: Nanoseconds a round: two writes, two reads and two switches.
func switchThreads(count: Int) throws -> Int {
    let there = try Mailbox()
    let back = try Mailbox()
    let echo = try JoinedThread(name: "echo") {
        for _ in 0..<count {
            _ = there.receive()
            back.post(1)
        }
    }
    let clock = ContinuousClock()
    let start = clock.now
    for _ in 0..<count {
        there.post(1)
        _ = back.receive()
    }
    let time = clock.now - start
    _ = consume echo
    return Int(time / .nanoseconds(1)) / max(count, 1)
}
