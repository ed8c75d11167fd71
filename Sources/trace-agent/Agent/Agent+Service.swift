import Reactor

/// What the service manager is told.
extension Agent {
    /// How often the status line may change.
    private static let statusPeriod = Duration.seconds(2)

    /// Tells that everything is open, and starts the heartbeat if one is asked for.
    mutating func tellReady() throws(SystemError) {
        if let interval = Systemd.watchdogInterval {
            // One beat may come late, and one is used to ask the workers.
            try heartbeat.arm(after: interval / 3, every: interval / 3)
            try reactor.watch(heartbeat.descriptor, for: .readable, as: .heartbeat)
        }
        tell("READY=1")
        try tellStatus()
    }

    /// Tells what systemd acts upon if it does not hear it: what it does not take now is repeated.
    private mutating func tell(_ assignments: String) {
        if !Systemd.notify(assignments), !untold.contains(assignments) { untold.append(assignments) }
    }

    /// The retry timer: repeats what was not taken.
    mutating func tellWhatIsUntold() {
        let lines = untold
        untold.removeAll()
        for line in lines { tell(line) }
    }

    /// Tells that the end has begun, and how long it may take.
    mutating func tellStopping() {
        let limit = options.stopTimeout.duration + .seconds(5)
        tell("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(limit.components.seconds * 1_000_000)")
    }

    /// One line for `systemctl status`; a look at it costs nothing if it was told a moment ago.
    mutating func tellStatusIfDue() throws(SystemError) {
        if Systemd.wantsNotifications, ContinuousClock.now - toldStatus.at >= Self.statusPeriod {
            try tellStatus()
        }
    }

    mutating func tellStatus() throws(SystemError) {
        guard Systemd.wantsNotifications else { return }
        try countLosses()
        let report = report()
        let now = ContinuousClock.now
        let elapsed = max(now - toldStatus.at, .milliseconds(1))
        let rate = Double(report.total.bytes - toldStatus.bytes) / (elapsed / .seconds(1))
        _ = Systemd.notify("STATUS=\(report.statusLine(bytesPerSecond: rate))")
        toldStatus = (now, report.total.bytes)
    }

    /// Tells that the agent is alive: that this loop goes round, and that every worker that has a job gets on with
    /// it.
    ///
    /// A worker that is alive hands back when it is asked to. Who has neither done so nor moved a byte since the last
    /// beat is stuck, and then nothing is told.
    mutating func beat() throws(SystemError) {
        var isAnyStuck = false
        for index in tracked.indices {
            guard case .draining = tracked[index].state else {
                tracked[index].lastBeat = nil
                continue
            }
            let progress = tracked[index].progress
            if progress == tracked[index].lastBeat {
                isAnyStuck = true
                events.say("the worker of CPU \(tracked[index].channel.cpu) is stuck", level: .error)
            }
            tracked[index].lastBeat = progress
            tracked[index].channel.mailbox.post(Job.interrupt.word)
        }
        if !isAnyStuck { tell("WATCHDOG=1") }
        try tellStatusIfDue()
    }

    /// `SIGHUP`: looks for ports that have come, or have come back.
    mutating func reload() throws(SystemError) {
        if isExiting { return }
        tell("RELOADING=1")
        try lookForPorts()
        log.info("reloaded: \(tracked.count) CPUs have a port")
        tell("READY=1")
        try tellStatus()
    }
}
