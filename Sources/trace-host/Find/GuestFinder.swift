import CommandSupport
import ControlProtocol
import Reactor

/// Finds the guests of this host: libvirt's domains, other QEMUs, and folders.
struct GuestFinder {
    private let virsh: Virsh
    private let timeout: Interval
    private let use = PortUse()

    init(_ virsh: Virsh, within timeout: Interval) {
        self.virsh = virsh
        self.timeout = timeout
    }

    /// - Parameter folders: Those that are looked at, whether they are a guest's or not.
    func entries(_ folders: [String]) -> [GuestEntry] {
        let processes = QEMUProcess.all
        let (domains, problem) = domains()
        var entries = domains.map { name in
            entry(
                GuestPorts(.domain(name, virsh)), pid: processes.first { $0.commandLine.name == name }?.pid)
        }
        for process in processes where !domains.contains(process.commandLine.name ?? "") {
            entries.append(entry(process, problem))
        }
        return entries + folders.map { entry(GuestPorts($0), pid: nil) }
    }

    /// The domains that run, or why they are not known; without libvirt, there is none.
    private func domains() -> ([String], problem: String?) {
        do throws(Failure) {
            return (try virsh.runningDomains(), nil)
        } catch {
            return ([], "\(error)")
        }
    }

    private func entry(_ process: QEMUProcess, _ libvirtProblem: String?) -> GuestEntry {
        let line = process.commandLine
        let monitors = line.monitors.map(process.absolute)
        // A monitor serves one at a time, and lets others wait.
        if let monitor = monitors.first(where: { !FileHolders.hasConnection(to: $0) }) {
            return entry(GuestPorts(.monitor(monitor)), pid: process.pid)
        }
        // libvirt's own monitor has no name.
        if let name = line.name, line.chardevs["charmonitor"] != nil {
            return GuestEntry(
                guest: GuestPorts(.domain(name, virsh)).name, pid: process.pid,
                problem: libvirtProblem ?? "the domain is another libvirt's: --connect")
        }
        let ports = FoundPorts(
            ports: line.ports.compactMap { port in
                line.chardevs[port.chardev].flatMap { Port(name: port.name, process.absolute($0)) }
            }
        ).used
        var entry = GuestEntry(guest: Self.folder(of: ports), pid: process.pid)
        entry.ports = ports.map(self.port)
        if entry.guest == nil {
            entry.problem =
                monitors.isEmpty
                ? "QEMU has no QMP socket, and its ports are in no folder of their own"
                : "another program is connected to QEMU's monitor \(monitors[0])"
        }
        return entry
    }

    /// The folder that all ports are in under their own names.
    private static func folder(of ports: [Port]) -> String? {
        let folders = Set(
            ports.map { $0.path.hasSuffix("/\($0.name)") ? String($0.path.dropLast($0.name.count + 1)) : "" })
        return folders.count == 1 ? folders.first.flatMap { $0.isEmpty ? nil : GuestPorts($0).name } : nil
    }

    private func entry(_ guest: GuestPorts, pid: Int?) -> GuestEntry {
        var entry = GuestEntry(guest: guest.name, pid: pid)
        do throws(Failure) {
            let found = try guest.found()
            entry.ports = found.used.map(port)
            if !found.unusable.isEmpty { entry.problem = found.unusable.joined(separator: "; ") }
            if let control = found.control { entry.agent = agent(guest, control) }
        } catch {
            entry.problem = "\(error)"
        }
        return entry
    }

    private func port(_ port: Port) -> GuestEntry.Port {
        GuestEntry.Port(
            name: port.name, path: port.path, taken: use.isTaken(port),
            readers: use.readers(of: port).map { "\($0.name) (\($0.pid))" })
    }

    /// What the agent does, or why it is not known.
    private func agent(_ guest: GuestPorts, _ control: Port) -> String {
        if control.isOpenInGuest == false { return "does not run: nothing in the guest has its port open" }
        if control.kind == .socket, use.isTaken(control) { return "is not asked: somebody is connected" }
        do throws(Failure) {
            var conversation = try Conversation(Request(.status), at: GuestAgent(guest), within: timeout)
            let answer: Answer = try conversation.parse(conversation.line())
            return answer.report.state.rawValue
        } catch {
            return "does not answer: \(error)"
        }
    }
}
