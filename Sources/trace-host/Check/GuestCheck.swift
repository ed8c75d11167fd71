import CommandSupport
import ControlProtocol
import Reactor

/// Checks what could keep a guest from being recorded; it changes nothing, and takes no page.
struct GuestCheck {
    private let ports: GuestPorts
    private let timeout: Interval
    private let processes = FileHolders()

    init(_ ports: GuestPorts, within timeout: Interval) {
        self.ports = ports
        self.timeout = timeout
    }

    func results() -> [CheckResult] {
        let streams: [Int: Port]
        let names: [String]
        do throws(Failure) {
            names = try ports.names()
            streams = try ports.streams()
        } catch {
            return [.fail("folder", "\(error)")]
        }
        var results = [CheckResult.ok("folder", ports.folder)]
        results += strangers(names)
        results += Self.cpus(streams.keys.sorted())
        for (_, port) in streams.sorted(by: { $0.key < $1.key }) {
            results += trouble(with: port).map { [.fail("port", $0)] } ?? []
        }
        do throws(Failure) {
            let control = try ports.control()
            if let trouble = trouble(with: control) { return results + [.fail("control port", trouble)] }
            results.append(.ok("control port", control.path))
        } catch {
            return results + [.fail("control port", "\(error)")]
        }
        return results + agent(streams.keys.sorted())
    }

    /// Checks names that look like ports, and are none.
    private func strangers(_ names: [String]) -> [CheckResult] {
        let prefixes = [WellKnown.controlPort] + WellKnown.dataPortPrefixes
        return names.filter { name in prefixes.contains { name.hasPrefix($0) } }.compactMap { name in
            let path = "\(ports.folder)/\(name)"
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
    static func cpus(_ cpus: [Int]) -> [CheckResult] {
        guard let last = cpus.last else {
            return [.fail("ports", "no CPU has one, such as trace-path-cpu0: trace-host setup")]
        }
        let missing = CPUList((0...last).filter { !cpus.contains($0) })
        if missing.cpus.isEmpty { return [.ok("ports", "CPUs \(CPUList(cpus)) have one")] }
        return [.warn("ports", "CPUs \(CPUList(cpus)) have one, \(missing) have none")]
    }

    /// Why a port cannot be used; `nil` if it can.
    private func trouble(with port: Port) -> String? {
        for path in port.kind == .socket ? [port.path] : [port.inPath, port.outPath] where !mayUse(path) {
            let group = FileHolders.group(of: path).map(nameOfGroup) ?? "?"
            return
                "you may not read and write \(path): its group is \(group) (adduser NAME \(group), if its mode lets the group use it); with libvirt <seclabel model='dac' relabel='no'/> below <source> leaves owner and mode as they are"
        }
        guard port.kind == .fifos else {
            if !FileHolders.hasListener(at: port.path) {
                return "no QEMU listens at \(port.path): does the guest run?"
            }
            return FileHolders.hasConnection(to: port.path)
                ? "somebody is connected to \(port.path), and QEMU serves one at a time: end it" : nil
        }
        // Opening for writing fails if nobody has the other end.
        if (try? FileDescriptor.open(port.inPath, [.writeOnly, .nonBlocking])) == nil {
            return "no QEMU has \(port.inPath) open: does the guest run?"
        }
        let path = FileDescriptor.resolve(port.outPath) ?? port.outPath
        // QEMU has both FIFOs open.
        let input = FileDescriptor.resolve(port.inPath) ?? port.inPath
        let owners = processes.holders { $0 == input }.map(\.pid)
        let others = processes.holders { $0 == path }.filter { !owners.contains($0.pid) }
        return others.isEmpty
            ? nil : "\(path) is read by \(others.names) too, and each page goes to one of its readers: end it"
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
            results.append(.warn("agent", "it serves CPUs \(unread), whose ports are not in this folder"))
        }
        return results
    }
}
