import Logging
import Reactor

/// Where a page's way is decided.
extension Agent {
    /// Gives a channel to its worker; `takeBack` gets it again.
    mutating func dispatch(_ index: Int, _ job: Job) {
        tracked[index].state = .draining(job)
        tracked[index].jobs += 1
        tracked[index].channel.mailbox.post(job.word)
    }

    /// A worker has handed its channel back.
    mutating func takeBack(_ index: Int) throws(SystemError) {
        guard let word = tracked[index].channel.readiness.receive(), let outcome = JobResult(word: word),
            case .draining(let job) = tracked[index].state
        else { return }
        reportZeroSplices(index)
        try report(outcome, of: index)
        let next = NextStep(
            after: outcome, of: job, agent: hasGivenUp ? .stopped : state, wasIdle: tracked[index].wasIdle,
            flushIsDue: tracked[index].flushIsDue)
        tracked[index].wasIdle = outcome == .idle && job == .drain
        try take(next, index)
        if state == .flushing { try finishStopIfFlushed() }
    }

    private mutating func report(_ outcome: JobResult, of index: Int) throws(SystemError) {
        let channel = tracked[index].channel
        tracked[index].isUnreadable = false
        switch outcome {
        // So does a CPU that was never online.
        case .ringFailed(.noDevice): break
        case .ringFailed(let code):
            tracked[index].isUnreadable = true
            complain(index, "CPU \(channel.cpu): cannot read its ring buffer: \(code)")
        case .sinkFailed(let code) where !options.usesPorts: try outputFailed(code, of: channel.sink)
        case .sinkFailed(let code): complain(index, "cannot write to \(channel.sink.name): \(code)")
        case .dry, .spent, .blocked: tracked[index].trouble = nil
        case .idle, .interrupted: break
        }
    }

    /// Says what is wrong with a channel, once for as long as it is so.
    mutating func complain(_ index: Int, _ trouble: String) {
        let channel = tracked[index].channel
        if tracked[index].trouble == trouble { return }
        let fields: Logger.Metadata = ["trace_cpu": "\(channel.cpu)", "port": "\(channel.sink.name)"]
        if events.say(trouble, fields) { tracked[index].trouble = trouble }
    }

    mutating func take(_ step: NextStep, _ index: Int) throws(SystemError) {
        switch step {
        case .rest: tracked[index].state = .idle
        case .waitForData: try waitForData(index)
        case .waitForPort: try waitForPort(index)
        case .retryPort: tracked[index].state = .waitingForPort
        case .drain: dispatch(index, .drain)
        case .flush:
            tracked[index].flushIsDue = false
            dispatch(index, .flush(pages: try pagesToFlush(index)))
        case .giveUpRing: tracked[index].state = .ringGone
        case .giveUpPort: tracked[index].state = .portGone
        }
    }

    /// How many pages a flush may move, so that a CPU that goes on recording does not keep it busy for ever.
    func pagesToFlush(_ index: Int) throws(SystemError) -> Int {
        let channel = tracked[index].channel
        if state == .flushing { return max(0, tracked[index].flushEnd - channel.account.pages.now) }
        return RingGeometry.pages(inRingOf: try channel.ring.size(), pageSize: channel.pageSize)
    }

    mutating func waitForData(_ index: Int) throws(SystemError) {
        tracked[index].state = .waitingForData
        try reactor.rearm(tracked[index].channel.ring.descriptor, for: [.readable, .once], as: .ring(index))
    }

    private mutating func waitForPort(_ index: Int) throws(SystemError) {
        tracked[index].state = .waitingForPort
        let sink = tracked[index].channel.sink
        let watcher = watcher(of: sink)
        // Files and /dev/null cannot be watched, and a port whose host is away would report that for ever: the
        // retry timer looks after both.
        tracked[index].portIsAway = isHungUp(sink.descriptor)
        guard tracked[watcher].sinkIsWatched, !tracked[index].portIsAway else { return }
        try reactor.rearm(sink.descriptor, for: [.writable, .once], as: .sink(watcher))
    }

    /// The channel under whose number a sink is watched: the first of those that share it.
    private func watcher(of sink: Sink) -> Int {
        tracked.firstIndex { $0.channel.sink === sink } ?? 0
    }

    /// A sink that channels wait for takes data again, or has failed.
    mutating func sinkIsReady(_ index: Int, _ readiness: Readiness) throws(SystemError) {
        let sink = tracked[index].channel.sink
        if options.output, readiness.contains(.error) { return try outputFailed(.brokenPipe, of: sink) }
        for waiting in tracked.indices where tracked[waiting].channel.sink === sink {
            try resumeIfBlocked(waiting)
        }
    }

    mutating func resumeIfBlocked(_ index: Int) throws(SystemError) {
        guard tracked[index].state == .waitingForPort else { return }
        try take(state == .flushing ? .flush : .drain, index)
    }

    /// The flush timer: whatever has waited in a ring since the last time is sent, a page that is not full too.
    mutating func flushWhatWaits() throws(SystemError) {
        guard state == .streaming else { return }
        for index in tracked.indices {
            switch tracked[index].state {
            case .draining: tracked[index].flushIsDue = true
            case .waitingForData, .ringGone: try flushIfAnythingWaits(index)
            default: break
            }
        }
    }

    /// A CPU with nothing new is not woken.
    func anythingWaits(_ index: Int) throws(SystemError) -> Bool {
        try tracked[index].channel.ring.stats().unread > 0
    }

    mutating func flushIfAnythingWaits(_ index: Int) throws(SystemError) {
        if try anythingWaits(index) { try take(.flush, index) }
    }

    /// A port that threw pages away is a loss that no kernel counter shows.
    private mutating func reportZeroSplices(_ index: Int) {
        let channel = tracked[index].channel
        let count = channel.account.zeroSplices.now
        guard count > tracked[index].zeroSplicesSaid else { return }
        let isSaid = events.say(
            "\(channel.sink.name) threw pages away: \(channel.account.bytesGone.now) bytes are lost so far, its queue is too small"
        )
        if isSaid { tracked[index].zeroSplicesSaid = count }
    }
}
