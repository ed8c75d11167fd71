import Reactor

/// Where an order's way is decided.
extension Agent {
    /// Starts watching the control port: edge-triggered, because a port whose host is away reports that for ever.
    mutating func watchControl() throws(SystemError) {
        guard let control else { return }
        try reactor.watch(control.descriptor, for: [.readable, .writable, .edge], as: .control)
    }

    /// Reads and carries out what the host has sent, until nothing more is there, or it is too much at a time.
    mutating func hearOrders() throws(SystemError) {
        try carryOutOrders()
        while !areOrdersPaused, let arrival = receive() {
            switch arrival {
            case .orders(let more):
                orders += more
                try carryOutOrders()
            case .nothingMore(let more):
                orders += more
                return try carryOutOrders()
            case .away: return
            }
        }
    }

    /// What the control port has, `nil` once it has gone.
    private mutating func receive() -> OrderStream.Arrival? {
        guard let control else { return nil }
        do throws(SystemError) {
            let arrival = try control.receive()
            if arrival != .away || !control.endsWhenAway { return arrival }
            loseControl("closed by the other side")
        } catch {
            loseControl("\(error.code)")
        }
        return nil
    }

    private mutating func carryOutOrders() throws(SystemError) {
        while !orders.isEmpty {
            guard orderRate.admit() else {
                areOrdersPaused = true
                return
            }
            let order = orders.removeFirst()
            try carryOut(order)
        }
    }

    private mutating func carryOut(_ order: Order) throws(SystemError) {
        switch order {
        case .start(let answered):
            if answered { oweAnswer(to: order) }
            try start()
        case .stop(let answered):
            if answered { oweAnswer(to: order) }
            try stop()
        case .status: try answer("status")
        case .unknown(let line):
            ordersRefused += 1
            logOfHost("order refused: \"\(line.escapedASCII)\"")
        }
    }

    /// Remembers a word whose answer has to wait; a host that sends too many of them goes without.
    private mutating func oweAnswer(to order: Order) {
        if answersDue.count < 64 { answersDue.append(order) }
    }

    private mutating func loseControl(_ reason: String) {
        logOfHost("control port \(ports.controlPath) has gone: \(reason)")
        control = nil
    }

    /// Looks for a control port that had gone.
    mutating func reopenControl() throws(SystemError) {
        guard control == nil, expectsControl else { return }
        do throws(Failure) {
            control = try ports.openControl()
        } catch {
            return logOfHost("\(error)")
        }
        if control != nil { logOfHost("control port \(ports.controlPath) is back") }
        try watchControl()
    }

    /// Answers the words that waited for the state that has been reached.
    private mutating func answerWhatIsDue() throws(SystemError) {
        let due = answersDue
        answersDue.removeAll()
        for order in due { try answer(order == .start(answered: true) ? "start" : "stop") }
    }

    private mutating func answer(_ word: String) throws(SystemError) {
        guard let control, !control.isCongested else { return }
        try countLosses()
        do throws(SystemError) {
            try control.answer(report().json(answering: word))
        } catch {
            loseControl("\(error.code)")
        }
    }

    /// Adds up what the kernel has lost since the last time.
    mutating func countLosses() throws(SystemError) {
        for index in tracked.indices {
            let stats = try tracked[index].channel.ring.stats()
            tracked[index].losses.add(stats, streaming: state != .stopped)
        }
    }

    /// What every channel has done.
    func report() -> Report {
        Report(
            state: state.rawValue, instance: options.instance ?? "", pageSize: settings.pageSize,
            cpus: tracked.map { entry in
                let account = entry.channel.account
                return Report.CPU(
                    cpu: entry.channel.cpu, state: entry.state.name, pages: account.pages.now,
                    bytes: account.bytes.now, lost: entry.losses.whileStreaming,
                    overwritten: entry.losses.whileStopped, pending: entry.channel.pendingBytes,
                    gone: account.bytesGone.now, zeroSplices: account.zeroSplices.now,
                    timesBlocked: account.timesBlocked.now)
            },
            ordersRefused: ordersRefused, isComplete: isComplete)
    }

    // MARK: start

    /// Starts streaming what the rings hold and what comes; nothing happens if that is under way.
    mutating func start() throws(SystemError) {
        switch state {
        case .streaming: return try answerWhatIsDue()
        case .flushing:
            startsNext = !isExiting
            return
        case .stopped: if isExiting { return }
        }
        if let problem = pageSizeProblem() {
            logOfHost(problem)
            return try answerWhatIsDue()
        }
        try addNewPorts()
        try settings.setPercent(forRingOf: try smallestRing())
        try countLosses()
        state = .streaming
        isComplete = true
        for index in tracked.indices { try startChannel(index) }
        let interval = options.flushInterval.duration
        if interval > .zero { try flushTimer.arm(after: interval, every: interval) }
        logOfHost("streaming \(tracked.count) CPUs", level: .info)
        try answerWhatIsDue()
    }

    private mutating func startChannel(_ index: Int) throws(SystemError) {
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

    private func smallestRing() throws(SystemError) -> Int {
        var smallest = Int.max
        for entry in tracked { smallest = min(smallest, try entry.channel.ring.size()) }
        return smallest
    }

    /// Takes in the CPUs whose ports have come since the agent was started.
    private mutating func addNewPorts() throws(SystemError) {
        if options.output { return }
        for ring in spareRings {
            do throws(Failure) {
                guard let sink = try ports.openSink(cpu: ring.cpu) else { continue }
                let channel = try makeChannel(ring, sink, options, pageSize: settings.pageSize, log)
                try add(channel)
            } catch {
                logOfHost("\(error)")
            }
        }
        let known = Set(tracked.map(\.channel.cpu))
        spareRings.removeAll { known.contains($0.cpu) }
    }

    // MARK: stop

    /// Flushes what was recorded until now, then stops; nothing happens if that is done or under way.
    mutating func stop() throws(SystemError) {
        startsNext = false
        switch state {
        case .stopped: return try answerWhatIsDue()
        case .flushing: return
        case .streaming: break
        }
        state = .flushing
        try flushTimer.disarm()
        try deadline.arm(after: max(options.stopTimeout.duration, .milliseconds(1)))
        for index in tracked.indices { try stopChannel(index) }
        try finishStopIfFlushed()
    }

    private mutating func stopChannel(_ index: Int) throws(SystemError) {
        let channel = tracked[index].channel
        let capacity = RingGeometry.pages(inRingOf: try channel.ring.size(), pageSize: channel.pageSize)
        tracked[index].flushEnd = channel.account.pages.now + capacity
        switch tracked[index].state {
        case .draining:
            tracked[index].flushIsDue = true
            channel.mailbox.post(Job.interrupt.word)
        case .waitingForData, .ringGone:
            if try anythingWaits(index) {
                dispatch(index, .flush(pages: capacity))
            } else {
                tracked[index].state = .idle
            }
        case .idle, .waitingForPort, .portGone: break
        }
    }

    /// Ends the stop once every channel has delivered what it had; one without a port has no way to.
    mutating func finishStopIfFlushed() throws(SystemError) {
        let isFlushed = tracked.allSatisfy { $0.state == .idle || $0.state == .portGone }
        if isFlushed { try finishStop() }
    }

    /// The deadline: what is not delivered yet stays where it is.
    mutating func giveUpStop() throws(SystemError) {
        if state == .flushing {
            interruptWorkers()
            try finishStop()
            if isExiting { try exit() }
        } else {
            isWorkerStuck = isAnyDraining
        }
    }

    private func interruptWorkers() {
        for entry in tracked {
            if case .draining = entry.state { entry.channel.mailbox.post(Job.interrupt.word) }
        }
    }

    private mutating func finishStop() throws(SystemError) {
        try countLosses()
        for index in tracked.indices {
            tracked[index].flushIsDue = false
            if tracked[index].state == .waitingForPort { tracked[index].state = .idle }
            if tracked[index].state != .idle || tracked[index].channel.pendingBytes > 0 { isComplete = false }
        }
        state = .stopped
        try deadline.disarm()
        let total = report().total
        logOfHost("stopped: \(total.bytes) bytes sent, \(total.lost) events lost", level: .info)
        if !isComplete {
            logOfHost(
                "not everything was delivered: \(total.pending) bytes wait in the pipes for the next start")
        }
        guard startsNext else { return try answerWhatIsDue() }
        startsNext = false
        let starts = answersDue.filter { $0 == .start(answered: true) }
        answersDue.removeAll { $0 == .start(answered: true) }
        try answerWhatIsDue()
        answersDue = starts
        try start()
    }

    /// Standard output has failed: there is nothing left to do.
    mutating func outputFailed(_ code: Errno) throws(SystemError) {
        let remedy =
            switch code {
            case .brokenPipe, .connectionReset, .notConnected: "whoever read it has closed it"
            case .noSpace, .overQuota, .fileTooLarge: "\(code): make room, or record less"
            default: "\(code)"
            }
        if failure == nil { failure = Failure(.outputFailed, "standard output: \(remedy)") }
        interruptWorkers()
        if state != .stopped { try finishStop() }
        try exit()
    }
}
