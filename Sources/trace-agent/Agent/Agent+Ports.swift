import Reactor

/// Ports that come and go while the agent runs.
extension Agent {
    /// Watches for ports that come while the agent runs: their folder, and while there is none, where it would be.
    mutating func watchPortsFolder() throws(SystemError) {
        if !options.usesPorts { return }
        do throws(SystemError) {
            if try portsFolder.add(ports.directory) { return }
            _ = try portsFolder.add(ports.parentDirectory, forNewNamesOnly: true)
            // It may have come in between.
            _ = try portsFolder.add(ports.directory)
        } catch {
            events.say("ports that come are not noticed: \(error)")
        }
    }

    /// The folder's watch: something came, or the folder itself has come or gone.
    mutating func portsFolderHasChanged() throws(SystemError) {
        try watchPortsFolder()
        try lookForPorts()
    }

    /// Takes in what has come or has come back: the control port, and the ports of CPUs.
    mutating func lookForPorts() throws(SystemError) {
        if isExiting { return }
        try reopenControl()
        let known = tracked.count
        for index in tracked.indices where tracked[index].state == .portGone { try reopenPort(index) }
        try addNewPorts()
        guard state == .streaming, tracked.count > known else { return }
        try settings.setPercent(forRingOf: try smallestRing())
        for index in known..<tracked.count { try startChannel(index) }
    }

    /// Remembers that only another start lets the agent use a port that has come.
    ///
    /// `DeviceAllow=` of a unit names devices that are there when it starts: those of a virtio-serial device that is
    /// plugged in later are not among them. What was forbidden from the start would be so again.
    mutating func noteRestart(_ error: Failure) {
        if error.isMendedByRestart { wantsRestart = hasStarted }
    }

    /// Ends an agent that has nothing to do, for systemd to start it again.
    mutating func restartIfWanted() throws(SystemError) {
        guard wantsRestart, state == .stopped, !isExiting else { return }
        failure = Failure(.tryAgain, "exiting, to be started again with the devices that there are now")
        tellStopping()
        try exit()
    }

    /// Takes in the CPUs whose ports have come since the agent was started.
    mutating func addNewPorts() throws(SystemError) {
        if !options.usesPorts { return }
        for ring in spareRings {
            do throws(Failure) {
                guard let sink = try ports.openSink(cpu: ring.cpu) else { continue }
                let channel = try makeChannel(ring, sink, options, pageSize: settings.pageSize, log)
                try add(channel)
                portTroubles[ring.cpu] = nil
            } catch {
                if portTroubles[ring.cpu] == error.description { continue }
                portTroubles[ring.cpu] = error.description
                noteRestart(error)
                events.say("\(error)")
            }
        }
        let known = Set(tracked.map(\.channel.cpu))
        spareRings.removeAll { known.contains($0.cpu) }
    }

    /// Opens a port that had gone again, where it may have come back; its channel goes on with what it has.
    mutating func reopenPort(_ index: Int) throws(SystemError) {
        let channel = tracked[index].channel
        do throws(Failure) {
            guard try ports.reopen(channel.sink, cpu: channel.cpu) else { return }
        } catch {
            noteRestart(error)
            return complain(index, "\(error)")
        }
        events.say("\(channel.sink.name) is back")
        tracked[index].sinkIsWatched = try reactor.watch(
            channel.sink.descriptor, for: .once, as: .sink(index))
        switch state {
        case .stopped: tracked[index].state = .idle
        case .streaming: dispatch(index, .drain)
        case .flushing: try take(.flush, index)
        }
    }
}
