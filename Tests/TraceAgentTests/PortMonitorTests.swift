import CommandSupport
import ControlProtocol
import Glibc
import Reactor
import Support
import Testing

@testable import trace_agent

struct PortMonitorTests {
    private let folder = TemporaryFolder()
    private let loop: TestReactor
    private let log = TestLog()
    private let tracefs: FakeTracefs

    init() throws {
        loop = try TestReactor()
        tracefs = try FakeTracefs()
    }

    /// A monitor of ports that are not there at the start, for the rings of `cpus`.
    private func monitor(
        cpus: [Int] = [], at path: String? = nil, makesChannels: Bool = true,
        _ change: (inout OpenedPorts) -> Void = { _ in }
    ) throws -> PortMonitor {
        var opened = OpenedPorts(ports: Ports(directory: path ?? folder.path))
        opened.spareRings = try cpus.map { try tracefs.ring(cpu: $0) }
        change(&opened)
        let maker = ChannelMaker(pageSize: 4096, pipeSize: 65536, log: log.logger)
        return try PortMonitor(opened, makesChannels ? maker : nil, log: log.logger, &loop.reactor)
    }

    /// Expects channels of `cpus` for ports that have come.
    private func expectPorts(
        _ cpus: [Int], _ monitor: inout PortMonitor, at location: SourceLocation = #_sourceLocation
    ) {
        let opened = monitor.openNewPorts().map(\.cpu)
        #expect(opened == cpus, sourceLocation: location)
    }

    private func dataPath(_ cpu: Int) -> String { "\(folder.path)/trace-path-cpu\(cpu)" }
    private var controlPath: String { "\(folder.path)/agent-ctl-path" }

    /// Makes a socket at which no process listens.
    private func makeSocketWithoutListener(_ path: String) throws {
        _ = try StreamSocket(path, staying: true)
    }

    // MARK: data ports

    @Test func `a port that trace-cmd has named is used where ours is not there`() throws {
        var monitor = try monitor(cpus: [0, 1])
        for name in ["trace-pipe-cpu0", "trace-pipe-cpu1", "trace-path-cpu1"] {
            try makeFIFO("\(folder.path)/\(name)")
        }
        #expect(
            monitor.openNewPorts().map(\.sink.name) == ["\(folder.path)/trace-pipe-cpu0", dataPath(1)])
    }

    @Test func `channels are made for the CPUs whose ports have come, until they are served`() throws {
        var monitor = try monitor(cpus: [0, 1, 2])
        expectPorts([], &monitor)
        try makeFIFO(dataPath(0))
        try writeFile(dataPath(2), "old")
        let channels = monitor.openNewPorts()
        #expect(channels.map(\.cpu) == [0, 2])
        #expect(channels.map(\.sink.name) == [dataPath(0), dataPath(2)])
        // A file is written on behind what is there.
        _ = try channels[1].sink.descriptor.write(Array("new".utf8))
        #expect(try readText(dataPath(2)) == "oldnew")
        monitor.isServed(cpu: 0)
        expectPorts([2], &monitor)
        monitor.isServed(cpu: 2)
        expectPorts([], &monitor)
        #expect(log.messages.isEmpty)
    }

    @Test func `a port that cannot be opened is logged once, and again if it fails after it was served`()
        throws
    {
        var monitor = try monitor(cpus: [1])
        try makeSocketWithoutListener(dataPath(1))
        for _ in 0..<2 { expectPorts([], &monitor) }
        let message =
            "cannot connect to \(dataPath(1)): Connection refused: no process listens there"
        #expect(log.messages == [message])
        #expect(log.entries.first?.level == .warning)
        // The path is free for one that listens.
        let listening = try StreamSocket(dataPath(1))
        expectPorts([1], &monitor)
        withExtendedLifetime(listening) {}
        monitor.isServed(cpu: 1)
        monitor.cannotServe(cpu: 1, because: Failure(.unavailable, message))
        #expect(log.messages == [message, message])
    }

    @Test func `what was logged at the start is not logged again`() throws {
        try makeSocketWithoutListener(dataPath(0))
        let trouble = "cannot connect to \(dataPath(0)): Connection refused: no process listens there"
        var monitor = try monitor(cpus: [0]) { $0.dataTroubles = [0: trouble] }
        expectPorts([], &monitor)
        #expect(log.messages.isEmpty)
    }

    @Test func `no channels are made where pages do not go to ports`() throws {
        try makeFIFO(dataPath(0))
        var monitor = try monitor(cpus: [0], makesChannels: false)
        expectPorts([], &monitor)
    }

    private func report(_ monitor: inout PortMonitor, isEndOfStop: Bool = false) -> Report {
        var report = Report.sample(cpus: 1)
        monitor.addPortlessCPUs(to: &report, isEndOfStop: isEndOfStop)
        return report
    }

    private func online(_ text: String) throws -> OnlineCPUs {
        let path = "\(folder.path)/online"
        try writeFile(path, text)
        defer { unlink(path) }
        return OnlineCPUs(try .open(path, .readOnly))
    }

    @Test func `online CPUs without a port are listed with what their ring buffers hold`() throws {
        // CPU 0 has a port, CPU 3 is possible and offline.
        let online = try online("0-2\n")
        var monitor = try monitor(cpus: [1, 2, 3]) { $0.online = online }
        var report = report(&monitor)
        #expect(report.cpus.map(\.cpu) == [0, 1, 2])
        #expect(report.cpus.map(\.state) == [.idle, .portless, .portless])
        #expect(report.cpus.map { $0.counts[.unread] } == [0, 7, 7])
        #expect(
            report.warnings == [
                "CPUs 1-2 have no port: their events stay in their ring buffers; --cpu leaves them out"
            ])
        monitor.isServed(cpu: 1)
        report = self.report(&monitor)
        #expect(report.cpus.map(\.cpu) == [0, 2])
        #expect(
            report.warnings == [
                "CPU 2 has no port: its events stay in its ring buffer; --cpu leaves it out"
            ])
        monitor.isServed(cpu: 2)
        #expect(self.report(&monitor) == .sample(cpus: 1))
    }

    @Test func `a stop is incomplete if a CPU without a port holds events at its end`() throws {
        let online = try online("0-1\n")
        var monitor = try monitor(cpus: [1]) { $0.online = online }
        #expect(report(&monitor).isComplete)
        #expect(!report(&monitor, isEndOfStop: true).isComplete)
        // That stays the answer until the next stop.
        try writeFile("\(tracefs.path)/per_cpu/cpu0/stats", "entries: 0\n")
        #expect(!report(&monitor).isComplete)
        #expect(report(&monitor, isEndOfStop: true).isComplete)
        try writeFile("\(tracefs.path)/per_cpu/cpu0/stats", "entries: 9\n")
        #expect(report(&monitor).isComplete)
    }

    @Test func `what cannot be read costs its figure only`() throws {
        let online = try online("0-1\n")
        // A folder cannot be read as a file.
        let unreadable = Ring(
            cpu: 1, pages: try .open(folder.path, .readOnly), stats: try .open(folder.path, .readOnly),
            size: try .open(folder.path, .readOnly))
        var monitor = try monitor {
            $0.online = online
            $0.spareRings = [unreadable]
        }
        let report = report(&monitor, isEndOfStop: true)
        #expect(report.cpus.map(\.state) == [.idle, .portless])
        #expect(report.cpus[1].counts == Counts())
        #expect(report.isComplete)
        // Without the list of online CPUs nothing is known of those that have no port.
        var blind = try self.monitor(cpus: [1])
        #expect(self.report(&blind) == .sample(cpus: 1))
        let broken = try self.online("none")
        var second = try self.monitor(cpus: [1]) { $0.online = broken }
        #expect(self.report(&second) == .sample(cpus: 1))
    }

    @Test func `the port of a sink is opened again in its place`() throws {
        var monitor = try monitor()
        let sink = Sink(try FileDescriptor.open("/dev/null", .writeOnly), name: dataPath(0))
        var isBack = try monitor.reopen(sink, cpu: 0).get()
        #expect(!isBack)
        try writeFile(dataPath(0), "")
        isBack = try monitor.reopen(sink, cpu: 0).get()
        #expect(isBack)
        _ = try sink.descriptor.write(Array("page".utf8))
        #expect(try readText(dataPath(0)) == "page")
        try FileDescriptor.remove(dataPath(0))
        try makeSocketWithoutListener(dataPath(0))
        let result = monitor.reopen(sink, cpu: 0)
        let failure = #expect(throws: Failure.self) { try result.get() }
        #expect(failure?.status == .unavailable)
    }

    // MARK: the folder

    @Test func `names that come into the folder are noticed`() throws {
        var monitor = try monitor(cpus: [0])
        var hasChanged = try monitor.hasFolderChanged()
        #expect(!hasChanged)
        try makeFIFO(dataPath(0))
        try loop.event(.portsFolder)
        hasChanged = try monitor.hasFolderChanged()
        #expect(hasChanged)
        expectPorts([0], &monitor)
    }

    @Test func `a folder that comes late, goes and comes back is noticed`() throws {
        let ports = "\(folder.path)/ports"
        defer {
            unlink("\(ports)/agent-ctl-path")
            rmdir(ports)
        }
        var monitor = try monitor(at: ports)
        for _ in 0..<2 {
            #expect(mkdir(ports, 0o755) == 0)
            try loop.event(.portsFolder)
            var hasChanged = try monitor.hasFolderChanged()
            #expect(hasChanged)
            // The folder itself is watched now.
            try makeFIFO("\(ports)/agent-ctl-path")
            try loop.event(.portsFolder)
            hasChanged = try monitor.hasFolderChanged()
            #expect(hasChanged)
            let kind = monitor.openControl()?.kind
            #expect(kind == .fifo)
            unlink("\(ports)/agent-ctl-path")
            rmdir(ports)
            try loop.event(.portsFolder)
            hasChanged = try monitor.hasFolderChanged()
            #expect(hasChanged)
        }
    }

    // MARK: the control port

    @Test func `a control port that was never there is not waited for`() throws {
        var monitor = try monitor()
        let kind = monitor.openControl()?.kind
        #expect(kind == nil)
        let (isExpected, awaits) = (monitor.isControlExpected, monitor.awaitsControl(hasControl: false))
        #expect(!isExpected && !awaits)
        let retry = monitor.nextRetry(hasControl: false)
        #expect(retry == nil)
        #expect(log.messages.isEmpty)
    }

    @Test func `a control port that comes, goes and comes back is opened and waited for`() throws {
        var monitor = try monitor()
        for state in ["there", "back"] {
            try makeFIFO(controlPath)
            let kind = monitor.openControl()?.kind
            #expect(kind == .fifo)
            #expect(log.messages.last == "control port \(controlPath) is \(state)")
            var retry = monitor.nextRetry(hasControl: true)
            #expect(retry == nil)
            unlink(controlPath)
            retry = monitor.nextRetry(hasControl: false)
            #expect(retry == .seconds(1))
            let none = monitor.openControl()?.kind
            #expect(none == nil)
        }
        let isExpected = monitor.isControlExpected
        #expect(isExpected)
        #expect(log.messages.count == 2)
    }

    @Test func `a control port that cannot be used is logged once, and tried again`() throws {
        var monitor = try monitor()
        try writeFile(controlPath, "1\n")
        for _ in 0..<2 {
            let kind = monitor.openControl()?.kind
            #expect(kind == nil)
        }
        #expect(
            log.messages == ["\(controlPath) is a file: orders need a virtio port, a FIFO or a socket"])
        var retry = monitor.nextRetry(hasControl: false)
        #expect(retry == .seconds(1))
        unlink(controlPath)
        try makeSocketWithoutListener(controlPath)
        let kind = monitor.openControl()?.kind
        #expect(kind == nil)
        #expect(
            log.messages.last
                == "cannot connect to \(controlPath): Connection refused: no process listens there")
        // What has gone is not waited for if it was never of use.
        unlink(controlPath)
        let none = monitor.openControl()?.kind
        #expect(none == nil)
        retry = monitor.nextRetry(hasControl: false)
        #expect(retry == nil)
    }

    @Test func `what was there at the start counts`() throws {
        let first = try monitor { $0.hasControl = true }
        let second = try monitor { $0.controlTrouble = "trouble" }
        let retries = [first.nextRetry(hasControl: false), second.nextRetry(hasControl: false)]
        #expect(retries == [.seconds(1), .seconds(1)])
        let (firstExpects, secondExpects) = (first.isControlExpected, second.isControlExpected)
        #expect(firstExpects && !secondExpects)
    }

    @Test func `a host that comes and goes does not hide a port that cannot be used`() throws {
        var monitor = try monitor(cpus: [0])
        try makeFIFO(controlPath)
        for _ in 0..<100 { _ = monitor.openControl()?.kind }
        monitor.cannotServe(cpu: 0, because: Failure(.unavailable, "trouble"))
        #expect(log.messages.last == "trouble")
        #expect(log.entries.last?.level == .warning)
    }

    @Test func `a reason that the log had no room for is logged later`() throws {
        var monitor = try monitor(cpus: Array(0..<100))
        for cpu in 0..<100 { monitor.cannotServe(cpu: cpu, because: Failure(.unavailable, "trouble \(cpu)")) }
        #expect(!log.messages.contains("trouble 99"))
        #expect(
            eventually {
                monitor.cannotServe(cpu: 99, because: Failure(.unavailable, "trouble 99"))
                return log.messages.last?.hasPrefix("trouble 99") == true
            })
    }

    // MARK: restart

    @Test(arguments: [(true, true, true), (true, false, false), (false, true, false)])
    func `only a port that came later and needs a restart ends the agent`(
        isMended: Bool, isLater: Bool, wantsRestart: Bool
    ) throws {
        var monitor = try monitor(cpus: [0])
        if isLater { monitor.startUpIsOver() }
        let failure = Failure(.noPermission, "forbidden", isFixedByRestart: isMended)
        monitor.cannotServe(cpu: 0, because: failure)
        let wish = monitor.restartReason
        #expect((wish != nil) == wantsRestart)
        #expect(wish?.status == (wantsRestart ? .tryAgain : nil))
        #expect(log.messages == ["forbidden"])
    }
}
