import Reactor

extension Agent {
    /// A channel, and what only the reactor knows of it.
    struct TracedChannel {
        let worker: Worker
        var state = ChannelState.idle
        var losses: LossCount
        /// Whether the reactor watches the sink under this channel's number.
        var sinkIsWatched: Bool
        /// Whether the last job found nothing in a ring that was reported readable.
        var wasIdle = false
        /// Whether the flush timer fired, or a stop was ordered, while the worker had a job.
        var flushIsDue = false
        /// The account's page count at which a stop's flush ends.
        var flushEnd = 0
        /// Events in the ring, when the kernel's account was last read.
        var unread = 0
        /// How much of the account has been said to have gone.
        var zeroSplicesSaid = 0
        /// Whether nobody is connected to the port.
        var portIsAway = false
        /// Whether the ring could not be read the last time.
        var isUnreadable = false
        /// What is wrong with the ring or the port, which is said once.
        var trouble: String?
        /// How many jobs it was given.
        var jobs = 0
        /// What had been done at the last heartbeat, if it had a job then.
        var lastBeat: Progress?

        var channel: Channel { worker.channel }
        var progress: Progress {
            Progress(jobs: jobs, pages: channel.account.pages.now, bytes: channel.account.bytes.now)
        }
    }

    /// What changes while a worker gets on.
    struct Progress: Equatable {
        let jobs: Int
        let pages: Int
        let bytes: Int
    }
}
