import Reactor

/// A channel's own thread, pinned to the CPU whose ring buffer it drains.
///
/// Reading a ring buffer from another CPU costs three times as much. Dropping the worker ends the thread.
final class Worker: Sendable {
    let channel: Channel
    private let thread: JoinedThread

    /// Starts the thread, which waits for jobs in `channel.mailbox`.
    init(_ channel: Channel) throws(SystemError) {
        let thread = try JoinedThread(name: "trace-cpu\(channel.cpu)") {
            channel.placement.begin()
            var drainer = Drainer(channel)
            drainer.run()
        }
        self.channel = channel
        self.thread = thread
    }

    deinit { channel.mailbox.post(Job.quit.word) }
}
