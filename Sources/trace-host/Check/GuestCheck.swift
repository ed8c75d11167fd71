import CommandSupport
import ControlProtocol
import Reactor

/// Checks what could keep a guest from being recorded; it changes nothing, and takes no page.
struct GuestCheck {
    private let ports: GuestPorts
    private let timeout: Interval
    private let use = PortUse()

    init(_ ports: GuestPorts, within timeout: Interval) {
        self.ports = ports
        self.timeout = timeout
    }

    func results() -> [CheckResult] {
        let found: FoundPorts
        var results: [CheckResult]
        do throws(Failure) {
            found = try ports.found()
            results = try names()
        } catch {
            return [.fail(subject, obstacle ?? "\(error)")]
        }
        results += found.unusable.map { .fail("port", "\($0): take it out of the guest") }
        results += found.misspelt.map { .warn("port", "\($0) is no name that the agent looks for") }
        let streams = found.streams
        results += Self.cpus(streams.keys.sorted(), remedy: ports.remedy)
        for (_, port) in streams.sorted(by: { $0.key < $1.key }) {
            results += trouble(with: port).map { [.fail("port", $0)] } ?? []
        }
        guard let control = found.control else {
            return results + [.fail("control port", ports.noControlPort)]
        }
        if let trouble = trouble(with: control) { return results + [.fail("control port", trouble)] }
        results.append(.ok("control port", control.path))
        if control.isOpenInGuest == false {
            return results + [
                .fail("agent", "nothing in the guest has the control port open: does trace-agent run there?")
            ]
        }
        return results + agent(streams.keys.sorted())
    }

    /// Why the guest's folder cannot be read; `nil` if that is not because of its mode.
    private var obstacle: String? {
        guard case .folder(let folder) = ports.place else { return nil }
        return PathAccess("\(folder.path)/\(WellKnown.controlPort)").trouble
    }

    /// What the guest is named by.
    private var subject: String { if case .folder = ports.place { "folder" } else { "guest" } }

    private func names() throws(Failure) -> [CheckResult] {
        let result = CheckResult.ok(subject, ports.name)
        guard case .folder(let folder) = ports.place else { return [result] }
        return try [result] + strangers(folder.names(), in: folder.path)
    }

    /// Checks names of files that look like ports, and are none.
    private func strangers(_ names: [String], in folder: String) -> [CheckResult] {
        let prefixes = [WellKnown.controlPort] + WellKnown.dataPortPrefixes
        return names.filter { name in prefixes.contains { name.hasPrefix($0) } }.compactMap { name in
            let path = "\(folder)/\(name)"
            let isFIFO = name.hasSuffix(".in") || name.hasSuffix(".out")
            switch try? FileDescriptor.Kind(of: path) {
            case .fifo where isFIFO, .socket where !isFIFO: break
            case .none: return .fail("port", "\(path) leads nowhere")
            default: return .fail("port", "\(path) is no \(isFIFO ? "FIFO" : "socket"): remove it")
            }
            guard isFIFO else { return nil }
            let other = name.hasSuffix(".in") ? "\(name.dropLast(3)).out" : "\(name.dropLast(4)).in"
            if names.contains(other) { return nil }
            return .fail("port", "\(path) has no \(other) beside it: trace-host setup makes it")
        }
    }

    /// Checks whether each CPU has a port.
    static func cpus(_ cpus: [Int], remedy: String) -> [CheckResult] {
        guard let last = cpus.last else {
            return [.fail("ports", "no CPU has one, such as \(WellKnown.dataPort(cpu: 0)): \(remedy)")]
        }
        let missing = CPUList((0...last).filter { !cpus.contains($0) })
        if missing.cpus.isEmpty { return [.ok("ports", "CPUs \(CPUList(cpus)) have one")] }
        return [.warn("ports", "CPUs \(CPUList(cpus)) have one, \(missing) have none")]
    }

    /// Why a port cannot be used; `nil` if it can.
    private func trouble(with port: Port) -> String? {
        for path in port.kind == .socket ? [port.path] : [port.inPath, port.outPath] {
            if let trouble = PathAccess(path).trouble { return trouble }
        }
        if !use.isServed(port) {
            return port.kind == .socket
                ? "no QEMU listens at \(port.path): does the guest run?"
                : "no QEMU has \(port.inPath) open: does the guest run?"
        }
        guard use.isTaken(port) else { return nil }
        let readers = use.readers(of: port)
        if port.kind == .fifos {
            return
                "\(port.outPath) is read by \(readers.names) too, and each page goes to one of its readers: end it"
        }
        let who = readers.isEmpty ? "somebody" : readers.names
        return "\(who) is connected to \(port.path), and QEMU serves one at a time: end it"
    }

    /// Asks the agent.
    private func agent(_ cpus: [Int]) -> [CheckResult] {
        let report: Report
        do throws(Failure) {
            var conversation = try Conversation(Request(.status), at: GuestAgent(ports), within: timeout)
            let answer: Answer = try conversation.parse(try conversation.line())
            report = answer.report
        } catch  where error.status == .tryAgain {
            return [
                .warn(
                    "agent",
                    "none answers within \(timeout): it does not run in the guest, its port is not named \(WellKnown.controlPort), or it is of the original kind, which never answers"
                )
            ]
        } catch {
            return [.fail("agent", "\(error)")]
        }
        return [.ok("agent", report.state.rawValue)] + Self.agent(report, cpus)
    }

    /// Compares what the agent serves with the ports that are there.
    static func agent(_ report: Report, _ cpus: [Int]) -> [CheckResult] {
        let served = report.cpus.filter { $0.state != .portless }.map(\.cpu)
        var results = report.warnings.map { CheckResult.warn("agent", $0.withoutControlCharacters) }
        let unserved = CPUList(cpus.filter { !served.contains($0) })
        if !unserved.cpus.isEmpty {
            results.append(.warn("agent", "it has no CPU for the ports of \(unserved): they stay empty"))
        }
        let unread = CPUList(served.filter { !cpus.contains($0) })
        if !unread.cpus.isEmpty {
            results.append(.warn("agent", "it serves CPUs \(unread), whose ports are not here"))
        }
        return results
    }
}
