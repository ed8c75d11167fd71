import Reactor

/// What a start and a stop do to the channels.
extension Agent {
    /// Starts streaming what the rings hold and what comes; nothing happens if that is under way.
    mutating func start() throws(SystemError) {
        switch state {
        case .streaming: return try answerWhatIsDue(problem: missingPorts)
        case .flushing:
            startsNext = !isExiting
            return
        case .stopped: if isExiting { return }
        }
        try addNewPorts()
        if let problem = pageSizeProblem() {
            events.say(problem)
            return try answerWhatIsDue(problem: problem)
        }
        if !tracked.isEmpty { try settings.setPercent(forRingOf: try smallestRing()) }
        try countLosses()
        state = .streaming
        hasGivenUp = false
        for index in tracked.indices { try startChannel(index) }
        let interval = options.flushInterval.duration
        if interval > .zero { try flushTimer.arm(after: interval, every: interval) }
        let problem = missingPorts.map { ": \($0)" } ?? ""
        events.say("streaming \(tracked.count) CPUs\(problem)", level: .info)
        try tellStatus()
        try answerWhatIsDue(problem: missingPorts)
    }

    /// An order may come before the ports do: they are served when they come.
    private var missingPorts: String? {
        tracked.isEmpty ? "no CPU has a port in \(ports.directory) yet" : nil
    }

    mutating func startChannel(_ index: Int) throws(SystemError) {
        tracked[index].wasIdle = false
        switch tracked[index].state {
        case .draining: tracked[index].flushIsDue = true
        case .portGone: break
        default:
            if try anythingWaits(index) || tracked[index].channel.pendingBytes > 0 {
                dispatch(index, .flush(pages: try pagesToFlush(index)))
            } else {
                try waitForData(index)
            }
        }
    }

    /// Pages of another size would not fit what was made at start-up.
    private func pageSizeProblem() -> String? {
        do throws(Failure) {
            let now = try settings.pageSizeNow()
            if now == settings.pageSize { return nil }
            return
                "not started: the sub-buffer size changed from \(settings.pageSize) to \(now): restart the agent"
        } catch {
            return "not started: \(error)"
        }
    }

    func smallestRing() throws(SystemError) -> Int {
        var smallest = Int.max
        for entry in tracked { smallest = min(smallest, try entry.channel.ring.size()) }
        return smallest
    }

    /// Flushes what was recorded until now, then stops; nothing happens if that is done or under way.
    mutating func stop() throws(SystemError) {
        startsNext = false
        if state == .stopped { return try answerWhatIsDue() }
        if state == .streaming {
            state = .flushing
            hasGivenUp = false
            try flushTimer.disarm()
            try deadline.arm(after: max(options.stopTimeout.duration, .milliseconds(1)))
        }
        // A stop that finds another one being flushed moves the boundary, not the deadline.
        if hasGivenUp { return }
        for index in tracked.indices { try stopChannel(index) }
        try finishStopIfFlushed()
    }

    /// Sends what the rings hold now, then stops; the same as a stop while that is streamed anyway.
    mutating func dump(for stream: OrderStream) throws(SystemError) {
        if state == .stopped {
            try addNewPorts()
            if let problem = missingPorts ?? pageSizeProblem() {
                return try answer(Order.dump.word, on: stream, problem: problem)
            }
            try start()
        }
        stream.oweAnswer(to: .dump)
        try stop()
    }

    private mutating func stopChannel(_ index: Int) throws(SystemError) {
        let channel = tracked[index].channel
        // A batch that is on its way is not in the account yet.
        let capacity =
            RingGeometry.pages(inRingOf: try channel.ring.size(), pageSize: channel.pageSize)
            + channel.pagesPerSplice
        tracked[index].flushEnd = channel.account.pages.now + capacity
        switch tracked[index].state {
        case .draining:
            tracked[index].flushIsDue = true
            channel.mailbox.post(Job.interrupt.word)
        case .waitingForData, .ringGone, .idle:
            if try anythingWaits(index) {
                dispatch(index, .flush(pages: capacity))
            } else {
                tracked[index].state = .idle
            }
        case .waitingForPort, .portGone: break
        }
    }

    /// Ends the stop once every channel has delivered what it had; one without a port has no way to.
    mutating func finishStopIfFlushed() throws(SystemError) {
        let isFlushed = tracked.allSatisfy { $0.state == .idle || $0.state == .portGone }
        if isFlushed { try finishStop() }
    }

    /// The deadline: what is not delivered yet stays where it is.
    ///
    /// A worker hands back at once, unless a file system holds it: the second deadline is for that.
    mutating func giveUpStop() throws(SystemError) {
        if state == .flushing, !hasGivenUp {
            hasGivenUp = true
            interruptWorkers()
            for index in tracked.indices where tracked[index].state == .waitingForPort {
                tracked[index].state = .idle
            }
            try deadline.arm(after: .seconds(1))
            return try finishStopIfFlushed()
        }
        isWorkerStuck = isAnyDraining
        if state == .flushing { try finishStop() }
    }

    private func interruptWorkers() {
        for entry in tracked {
            if case .draining = entry.state { entry.channel.mailbox.post(Job.interrupt.word) }
        }
    }

    private mutating func finishStop() throws(SystemError) {
        try countLosses()
        // Pages of another size than expected cannot be read.
        isComplete =
            !hasGivenUp && pageSizeProblem() == nil
            && tracked.allSatisfy { $0.state == .idle && $0.channel.pendingBytes == 0 && !$0.isUnreadable }
        for index in tracked.indices { tracked[index].flushIsDue = false }
        state = .stopped
        try deadline.disarm()
        restoreSettings()
        let total = report().total
        events.say(
            "stopped: \(total.bytes) bytes sent, \(total.lost) events lost", level: .info,
            ["bytes": "\(total.bytes)", "lost": "\(total.lost)", "unread": "\(total.unread)"])
        if !isComplete {
            let rest = "\(total.pending) bytes in the pipes and \(total.unread) events in the rings"
            events.say(
                "not everything was delivered: \(rest) \(isExiting ? "are given up" : "wait for the next start")"
            )
        }
        try tellStatus()
        guard startsNext else { return try answerWhatIsDue() }
        startsNext = false
        try answerWhatIsDue { $0 == .stop(answered: true) || $0 == .dump }
        try start()
    }

    /// Standard output, or a file that is recorded to, has failed: there is nothing left to do.
    mutating func outputFailed(_ code: Errno, of sink: Sink) throws(SystemError) {
        let remedy =
            switch code {
            case .brokenPipe, .connectionReset, .notConnected: "whoever read it has closed it"
            case _ where code.meansFull: "\(code): make room, or record less"
            default: "\(code)"
            }
        if failure == nil { failure = Failure(.outputFailed, "\(sink.name): \(remedy)") }
        isExiting = true
        startsNext = false
        interruptWorkers()
        if state != .stopped { try finishStop() }
        try exit()
    }
}
