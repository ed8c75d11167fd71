import Logging
import Reactor

/// Where an order's way is decided, whoever has sent it.
extension Agent {
    /// Starts watching the control port: edge-triggered, because a port whose host is away reports that for ever.
    mutating func watchControl() throws(SystemError) {
        guard let control else { return }
        try reactor.watch(control.descriptor, for: [.readable, .writable, .edge], as: .control)
    }

    /// Reads and carries out what has been sent, until nothing more is there, or it is too much at a time.
    mutating func hearOrders(from stream: OrderStream?) throws(SystemError) {
        guard let stream else { return }
        stream.beginTurn(limit: clients.isAnyPaused(besides: stream) ? 4 : .max)
        let owedBefore = stream.answersDue.count
        try carryOutOrders(of: stream)
        // A look costs as much as an order: a host may send what is no order at all.
        while !stream.isEnded, !stream.isPaused, mayGoOn(stream), let arrival = receive(from: stream) {
            defer { if stream.orders.isEmpty { stream.isHeard = true } }
            switch arrival {
            case .orders(let more):
                stream.orders += more
                try carryOutOrders(of: stream)
            case .nothingMore(let more):
                stream.orders += more
                return try carryOutOrders(of: stream)
            case .away(let more) where stream.client != nil:
                stream.orders += more
                stream.endsOnceAnswered = true
                return try carryOutOrders(of: stream)
            case .away(let more):
                // What was owed to the one who left is not for the next one who comes.
                stream.forgetAnswersDue(owedBefore)
                stream.orders += more
                try carryOutOrders(of: stream)
                if stream.endsWhenAway { end(stream, because: "closed by the other side") }
                return
            }
        }
    }

    /// What a stream has, `nil` once it has gone.
    private mutating func receive(from stream: OrderStream) -> OrderStream.Arrival? {
        do throws(SystemError) {
            return try stream.receive()
        } catch {
            end(stream, because: "\(error.code)")
        }
        return nil
    }

    private mutating func carryOutOrders(of stream: OrderStream) throws(SystemError) {
        while !stream.orders.isEmpty, mayGoOn(stream) {
            try carryOut(stream.orders.removeFirst(), from: stream)
        }
        endIfAnswered(stream)
    }

    /// Counts an order or a look; what clients do together counts too.
    private mutating func mayGoOn(_ stream: OrderStream) -> Bool {
        guard stream.mayGoOn() else { return false }
        if stream.client != nil, !stream.isInTurn() || !clientRate.admit() { stream.isPaused = true }
        return !stream.isPaused
    }

    /// Lets a client go who sends no more and has got all his answers.
    mutating func endIfAnswered(_ stream: OrderStream) {
        if stream.endsOnceAnswered, !stream.isOwed { end(stream, because: "closed by the other side") }
    }

    private mutating func carryOut(_ order: Order, from stream: OrderStream) throws(SystemError) {
        // One is enough: nobody keeps his place by sending more than can be carried out.
        stream.isHeard = true
        switch order {
        case .start(let answered):
            say("start", orderedBy: stream)
            if answered { stream.oweAnswer(to: order) }
            try start()
        case .stop(let answered):
            say("stop", orderedBy: stream)
            if answered { stream.oweAnswer(to: order) }
            try stop()
        case .dump:
            say("dump", orderedBy: stream)
            try dump(for: stream)
        case .status: try answer("status", on: stream)
        case .metadata:
            guard stream.isAnswering else { break }
            stream.oweAnswer(to: order)
            try makeHeaders()
        case .unknown(let line):
            ordersRefused += 1
            refusals.say("order refused: \"\(line.escapedASCII)\"", stream.logFields)
        }
    }

    private mutating func say(_ order: String, orderedBy stream: OrderStream) {
        guard let client = stream.client else { return }
        clientEvents.say(
            "\(order) ordered by process \(client.pid) of user \(client.uid)", level: .info, stream.logFields)
    }

    /// Does no more with a stream whose other side has gone; a control port is looked for again.
    mutating func end(_ stream: OrderStream, because reason: String) {
        stream.isEnded = true
        if stream === control {
            events.say("control port \(ports.controlPath) has gone: \(reason)")
            control = nil
        } else {
            clients.remove(stream)
        }
    }

    /// Looks for a control port that had gone, or has come.
    mutating func reopenControl() throws(SystemError) {
        guard control == nil else { return }
        do throws(Failure) {
            control = try ports.openControl()
        } catch {
            if controlTrouble == error.description { return }
            controlTrouble = error.description
            noteRestart(error)
            events.say("\(error)")
            return
        }
        controlTrouble = nil
        guard control != nil else { return }
        events.say("control port \(ports.controlPath) is \(expectsControl ? "back" : "there")")
        expectsControl = true
        try watchControl()
    }

    /// Whether the control port has to be tried again and again: one that was never there will announce itself.
    var awaitsControl: Bool { control == nil && (expectsControl || controlTrouble != nil) }

    var streams: [OrderStream] { [control].compactMap { $0 } + clients.all }

    /// Answers the words that waited for the state that has been reached.
    ///
    /// - Parameters:
    ///   - isDue: Which of them.
    ///   - problem: Why it was not reached, if it was not.
    mutating func answerWhatIsDue(
        where isDue: (Order) -> Bool = { _ in true }, problem: String? = nil
    ) throws(SystemError) {
        for stream in streams {
            // A header does not wait for a state.
            for order in stream.takeAnswersDue(where: { $0 != .metadata && isDue($0) }) {
                try answer(order.word, on: stream, problem: problem)
            }
            endIfAnswered(stream)
        }
    }

    mutating func answer(
        _ word: String, on stream: OrderStream, problem: String? = nil
    ) throws(SystemError) {
        guard !stream.isEnded, !stream.isCongested else { return }
        try countLosses()
        let line = report().json(answering: word, problem: problem)
        do throws(SystemError) {
            try stream.answer(line)
        } catch {
            end(stream, because: "\(error.code)")
        }
    }

    /// Sends answers that the port did not take at once: it may have forgotten to say that it would now.
    mutating func sendAnswers() {
        guard let control else { return }
        do throws(SystemError) {
            try control.sendAnswers()
        } catch {
            end(control, because: "\(error.code)")
        }
    }

    /// Goes on with those who had sent too much.
    mutating func hearPaused() throws(SystemError) {
        // In another order each time: what clients may do together is not for the first ones only.
        for stream in streams.shuffled() where stream.isPaused {
            stream.isPaused = false
            try hearOrders(from: stream)
        }
    }

    /// Whether somebody has to wait before more is heard of him.
    var isAnyPaused: Bool { control?.isPaused ?? false || clients.isAnyPaused() }

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
            state: state.rawValue, instance: options.places.instance ?? "", pageSize: settings.pageSize,
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

extension OrderStream {
    /// Who is on the other side, for the journal.
    var logFields: Logger.Metadata {
        guard let client else { return ["peer": "host"] }
        return [
            "peer": "client", "peer_pid": "\(client.pid)", "peer_uid": "\(client.uid)",
            "peer_gid": "\(client.gid)",
        ]
    }
}
