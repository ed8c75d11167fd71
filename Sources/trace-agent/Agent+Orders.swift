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
        let owedBefore = answersDue.count
        try carryOutOrders()
        // A look costs as much as an order: a host may send what is no order at all.
        while !areOrdersPaused, mayGoOn(), let arrival = receive() {
            switch arrival {
            case .orders(let more):
                orders += more
                try carryOutOrders()
            case .nothingMore(let more):
                orders += more
                return try carryOutOrders()
            case .away(let more):
                // What was owed to the one who left is not for the next one who comes.
                answersDue.removeFirst(min(owedBefore, answersDue.count))
                orders += more
                try carryOutOrders()
                if control?.endsWhenAway == true { loseControl("closed by the other side") }
                return
            }
        }
    }

    /// Counts an order or a look for one; too many have to wait for the retry timer.
    private mutating func mayGoOn() -> Bool {
        areOrdersPaused = !orderRate.admit()
        return !areOrdersPaused
    }

    /// What the control port has, `nil` once it has gone.
    private mutating func receive() -> OrderStream.Arrival? {
        guard let control else { return nil }
        do throws(SystemError) {
            return try control.receive()
        } catch {
            loseControl("\(error.code)")
        }
        return nil
    }

    private mutating func carryOutOrders() throws(SystemError) {
        while !orders.isEmpty, mayGoOn() {
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
            refusals.say("order refused: \"\(line.escapedASCII)\"")
        }
    }

    /// Remembers a word whose answer has to wait; a host that sends too many of them goes without.
    private mutating func oweAnswer(to order: Order) {
        if answersDue.count < 64 { answersDue.append(order) }
    }

    private mutating func loseControl(_ reason: String) {
        events.say("control port \(ports.controlPath) has gone: \(reason)")
        control = nil
        answersDue.removeAll()
    }

    /// Looks for a control port that had gone.
    mutating func reopenControl() throws(SystemError) {
        guard control == nil, expectsControl else { return }
        do throws(Failure) {
            control = try ports.openControl()
        } catch {
            if controlTrouble != error.description { events.say("\(error)") }
            controlTrouble = error.description
            return
        }
        guard control != nil else { return }
        controlTrouble = nil
        events.say("control port \(ports.controlPath) is back")
        try watchControl()
    }

    /// Answers the words that waited for the state that has been reached.
    mutating func answerWhatIsDue() throws(SystemError) {
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

    /// Sends answers that the port did not take at once: it may have forgotten to say that it would now.
    mutating func sendAnswers() {
        do throws(SystemError) {
            try control?.sendAnswers()
        } catch {
            loseControl("\(error.code)")
        }
    }

    /// Adds up what the kernel has lost since the last time.
    mutating func countLosses() throws(SystemError) {
        for index in tracked.indices {
            let stats = try tracked[index].channel.ring.stats()
            tracked[index].losses.add(stats, streaming: state != .stopped)
            tracked[index].unread = stats.unread
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
                    unread: entry.unread,
                    gone: account.bytesGone.now, zeroSplices: account.zeroSplices.now,
                    timesBlocked: account.timesBlocked.now)
            },
            ordersRefused: ordersRefused, isComplete: isComplete)
    }
}
