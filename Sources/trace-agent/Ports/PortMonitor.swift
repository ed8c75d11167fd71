import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// The ports that come and go: watches their folder, opens what has come, and makes the channels of new ones.
struct PortMonitor: ~Copyable {
    private let ports: Ports
    /// Makes channels; `nil` if pages do not go to ports.
    private let maker: ChannelMaker?
    private let folderWatch: DirectoryWatch
    private var spareRings: SpareRings
    /// Why a CPU's port that is there cannot be used.
    private var dataTroubles: [Int: PortTrouble]
    private var controlTrouble: PortTrouble?
    /// Whether orders may come from a control port.
    private let areOrdersWanted: Bool
    /// Whether there was a control port, which is tried again once it has gone.
    private var expectsControl: Bool
    /// Whether the ports that were there at the start have been tried.
    private var isStartUpOver = false
    /// Whether a port has come that only a restart of the agent lets it use.
    private var needsRestart = false
    private var lastTry: ContinuousClock.Instant?
    private var log: LimitedLog

    init(
        _ opened: OpenedPorts, _ maker: ChannelMaker?, log: Logger, _ reactor: inout AgentReactor
    ) throws(SystemError) {
        let folderWatch = try DirectoryWatch()
        try reactor.watch(folderWatch.descriptor, for: .readable, as: .portsFolder)
        ports = opened.ports
        self.maker = maker
        spareRings = SpareRings(opened.spareRings, opened.online)
        dataTroubles = opened.dataTroubles.mapValues(PortTrouble.init(logged:))
        controlTrouble = opened.controlTrouble.map(PortTrouble.init(logged:))
        areOrdersWanted = opened.areOrdersWanted
        expectsControl = opened.hasControl
        self.folderWatch = folderWatch
        self.log = LimitedLog(log)
        watchFolder()
    }

    /// Whether there is, or was, a control port.
    var isControlExpected: Bool { expectsControl }

    /// The ports that were there at the start have been tried.
    mutating func startUpIsOver() { isStartUpOver = true }

    /// Whether names have come into the folder, or the folder itself has come or gone.
    mutating func hasFolderChanged() throws(SystemError) -> Bool {
        guard try folderWatch.drain() else { return false }
        watchFolder()
        return true
    }

    /// Watches the ports' folder; while there is none, the folder that it would be in.
    private mutating func watchFolder() {
        if maker == nil { return }
        do throws(SystemError) {
            if try folderWatch.add(ports.directory) { return }
            _ = try folderWatch.add(ports.parentDirectory, forNewNamesOnly: true)
            // It may have come in between.
            _ = try folderWatch.add(ports.directory)
        } catch {
            log.log("new ports are not noticed: \(error)")
        }
    }

    // MARK: data ports

    /// Lets `serve` take the CPUs whose ports have come; what it refuses is tried again.
    mutating func serveNewPorts(_ serve: (Channel) throws(SystemError) -> Void) {
        for channel in openNewPorts() {
            do throws(SystemError) {
                try serve(channel)
                isServed(cpu: channel.cpu)
            } catch {
                cannotServe(cpu: channel.cpu, because: Failure(error))
            }
        }
    }

    /// Makes channels for the CPUs whose ports have come.
    ///
    /// - Returns: The channels; each becomes the caller's with `isServed`, or is tried again.
    mutating func openNewPorts() -> [Channel] {
        guard let maker else { return [] }
        var channels: [Channel] = []
        for ring in spareRings.rings {
            do throws(Failure) {
                guard let sink = try ports.openSink(cpu: ring.cpu) else { continue }
                channels.append(try maker.make(ring, sink))
            } catch {
                cannotServe(cpu: ring.cpu, because: error)
            }
        }
        return channels
    }

    mutating func isServed(cpu: Int) {
        spareRings.remove(cpu: cpu)
        dataTroubles[cpu] = nil
    }

    /// Adds the online CPUs that have no port.
    mutating func addPortlessCPUs(to report: inout Report, isEndOfStop: Bool) {
        spareRings.add(to: &report, isEndOfStop: isEndOfStop)
    }

    mutating func cannotServe(cpu: Int, because error: Failure) {
        if dataTroubles[cpu].note(error.description, &log) { noteRestart(error) }
    }

    /// Whether another port has come in the place of the one that `sink` leads to: it was plugged in anew.
    func isReplaced(_ sink: Sink, cpu: Int) -> Bool { ports.isReplaced(sink, cpu: cpu) }

    /// Opens the port of a sink that had gone.
    ///
    /// - Returns: Whether it is back, or why a port that is there cannot be opened.
    mutating func reopen(_ sink: Sink, cpu: Int) -> Result<Bool, Failure> {
        do throws(Failure) {
            return .success(try ports.reopen(sink, cpu: cpu))
        } catch {
            noteRestart(error)
            return .failure(error)
        }
    }

    // MARK: the control port

    /// Opens a control port that has come, or has come back.
    ///
    /// - Returns: `nil` if there is none.
    mutating func openControl() -> OpenPort? {
        guard areOrdersWanted else { return nil }
        do throws(Failure) {
            let port = try ports.openControl()
            controlTrouble = nil
            guard let port else { return nil }
            let news = expectsControl ? "back" : "there"
            log.log("control port \(ports.controlPath) is \(news)", level: .notice)
            expectsControl = true
            return port
        } catch {
            if controlTrouble.note(error.description, &log) { noteRestart(error) }
            return nil
        }
    }

    /// Whether the control port has to be tried again and again; one that was never there is announced by its folder.
    func awaitsControl(hasControl: Bool) -> Bool { !hasControl && (expectsControl || controlTrouble != nil) }

    func nextRetry(hasControl: Bool) -> Duration? {
        awaitsControl(hasControl: hasControl) ? .seconds(1) : nil
    }

    /// Whether ports that have gone are to be tried: once a second, whatever else is retried meanwhile.
    mutating func isTryDue(at now: ContinuousClock.Instant = .now) -> Bool {
        if let lastTry, now - lastTry < .milliseconds(900) { return false }
        lastTry = now
        return true
    }

    // MARK: restart

    /// Remembers that only a restart lets the agent use a port that has come.
    ///
    /// `DeviceAllow=` of a unit names devices that are there when it starts: those of a virtio-serial device that is
    /// plugged in later are not among them. A port that was forbidden from the start would be so again.
    private mutating func noteRestart(_ error: Failure) {
        if error.isFixedByRestart { needsRestart = isStartUpOver }
    }

    /// Why the agent should exit once it is idle, `nil` if it should not.
    var restartReason: Failure? {
        needsRestart
            ? Failure(.tryAgain, "exiting, to be restarted with access to the devices that are there now")
            : nil
    }
}
