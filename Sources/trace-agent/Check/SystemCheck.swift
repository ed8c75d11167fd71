import CommandSupport
import ControlProtocol
import Reactor

/// Checks everything that an agent depends on, without disturbing one that runs.
struct SystemCheck {
    private let tracing: TracingOptions
    private let options = ServiceOptions.ofSystem
    private let service = ServiceState.ofSystem
    private let processes = RingReaders()
    private let isRoot = Privileges.user == 0

    private static let advice = "run check as root"

    /// - Parameter tracing: Where it leaves something open, the service's options count.
    init(_ tracing: TracingOptions) {
        self.tracing = options.tracing.map(tracing.completed(by:)) ?? tracing
    }

    func results() -> [CheckResult] {
        var results = [Self.lockdown(read("/sys/kernel/security/lockdown"))]
        do throws(Failure) {
            let tracefs = try Tracefs(at: tracing.tracefs, instance: tracing.instance)
            let settings = try RingSettings(in: tracefs, cpus: [])
            results.append(.ok("tracefs", tracefs.directory))
            results += [rings(in: tracefs, pageSize: settings.pageSize), recording(in: tracefs)]
            results.append(
                isRoot ? HeadersCheck.result(of: tracefs) : .warn("headers", "not checked: \(Self.advice)"))
            results.append(
                Self.readers(processes.readers(ofInstance: tracing.instance), service: service?.mainPID))
        } catch  where error.status == .noPermission && !isRoot {
            results.append(
                .warn(
                    "tracefs", "not checked, nor rings, recording, headers, readers: \(error): \(Self.advice)"
                ))
        } catch {
            results.append(.fail("tracefs", "\(error)"))
        }
        results.append(Self.kernel(release: read("/proc/sys/kernel/osrelease")))
        results.append(SymbolsCheck.result(of: tracing.kallsyms))
        results += PortsCheck(tracing: tracing, processes: processes).results()
        results += [pipes(), pinning(), user(), options.result]
        if let service { results.append(service.result) }
        if !isRoot {
            results.append(
                .warn("processes", "those of other users are not checked (ports, readers): \(Self.advice)"))
        }
        return results + [socket()]
    }

    // MARK: the kernel

    static func lockdown(_ text: String) -> CheckResult {
        if text.contains("[confidentiality]") {
            return .fail(
                "lockdown",
                "confidentiality forbids tracing: boot without lockdown=confidentiality, or with integrity")
        }
        return .ok("lockdown", text.isEmpty ? "not there" : "does not forbid tracing")
    }

    /// What is known of this kernel version that matters here.
    static func kernel(release: String) -> CheckResult {
        let parts = release.split(whereSeparator: { !$0.isASCIIDigit }).compactMap { Int($0) }
        guard parts.count >= 2 else { return .warn("kernel", "unknown version \(release)") }
        let version = (parts[0], parts[1])
        if version < (5, 0) {
            return .fail("kernel", "\(release): has no buffer_percent, which came with 5.0")
        }
        if version < (5, 3) {
            return .warn("kernel", "\(release): record, which runs programs, needs pidfd_open(2) of 5.3")
        }
        if version < (6, 19) {
            return .ok(
                "kernel",
                "\(release): may lose a port's wake-up, as those before the end of 2025: the agent also tries by itself"
            )
        }
        return .ok("kernel", release)
    }

    private func rings(in tracefs: Tracefs, pageSize: Int) -> CheckResult {
        let sizes = ["per_cpu/cpu0/buffer_size_kb", "buffer_size_kb"].compactMap {
            RingGeometry.ringSize(fromBufferSize: read("\(tracefs.directory)/\($0)"))
        }
        // Before its first use a ring buffer is small, and only the second file has its later size.
        let size = sizes.max() ?? 0
        let percent = read("\(tracefs.directory)/buffer_percent")
        let facts = "\(size >> 10) KiB a CPU, sub-buffers of \(pageSize) bytes, buffer_percent \(percent)"
        if size < 1 << 20 {
            return .warn(
                "rings",
                "\(facts): a busy CPU may lose events: echo 4096 > \(tracefs.directory)/buffer_size_kb")
        }
        return .ok("rings", facts)
    }

    private func recording(in tracefs: Tracefs) -> CheckResult {
        let directory = tracefs.directory
        if read("\(directory)/tracing_on") == "0" {
            return .warn("recording", "is off: echo 1 > \(directory)/tracing_on")
        }
        if read("\(directory)/options/overwrite") == "0" {
            return .warn(
                "recording",
                "a full ring loses the newest events, not the oldest: echo 1 > \(directory)/options/overwrite"
            )
        }
        let tracer = read("\(directory)/current_tracer")
        if tracer == "nop", read("\(directory)/set_event").isEmpty {
            return .warn(
                "recording", "no event is enabled: for instance, echo 1 > \(directory)/events/sched/enable"
            )
        }
        return .ok("recording", tracer == "nop" ? "events" : "tracer \(tracer)")
    }

    /// Checks who reads the ring buffers: one agent is to.
    ///
    /// - Parameter service: The process of the service; `nil` if it does not run, or there is none.
    static func readers(_ readers: [RingReaders.Holder], service: Int?) -> CheckResult {
        let agents = readers.filter { $0.name == "trace-agent" }
        let expected = service ?? (agents.count == 1 ? agents[0].pid : nil)
        let others = readers.filter { $0.pid != expected }
        if !others.isEmpty {
            let also = readers.count > others.count ? "also " : ""
            return .warn(
                "readers",
                "\(others.names) \(also)reads the same ring buffers: each event goes to only one reader; end all but one"
            )
        }
        return .ok("readers", readers.isEmpty ? "none" : readers.names)
    }

    // MARK: the process

    private func pipes() -> CheckResult {
        let largest = Int(read("/proc/sys/fs/pipe-max-size")) ?? 0
        let smallest = CommonOptions.pipeSizes.lowerBound
        if largest < smallest {
            return .fail("pipes", "\(largest) bytes at most: echo \(1 << 20) > /proc/sys/fs/pipe-max-size")
        }
        return .ok("pipes", "\(ByteSize(bytes: largest)) at most (--pipe-size)")
    }

    private func pinning() -> CheckResult {
        // A list that cannot be read is reported with the ports.
        let online = (try? CPUList(ofSystem: "online").cpus) ?? []
        let cpus = tracing.cpu.map { $0.cpus.filter(online.contains) } ?? online
        return PinningCheck.result(for: cpus, service: service?.allowedCPUs)
    }

    private func user() -> CheckResult {
        // A user that cannot be looked up is as good as none.
        guard let user = try? User.named(WellKnown.user) else {
            return .warn(
                "user",
                "no user \(WellKnown.user), so the agent becomes nobody and cannot open a port again: make install"
            )
        }
        return .ok("user", "the agent becomes \(user)")
    }

    private func socket() -> CheckResult {
        let path = WellKnown.socketPath
        guard FileHolders.hasListener(at: path) else {
            return .warn(
                "socket",
                "no process listens for local orders: systemctl enable --now \(WellKnown.service).socket")
        }
        return .ok("socket", path)
    }

    /// The text of a small file without its last newline; empty if it cannot be read.
    func read(_ path: String) -> String {
        // An empty text is never a right answer, so a file that cannot be read counts as wrong.
        let text = (try? FileDescriptor.open(path, .readOnly).contents()) ?? ""
        return text.last == "\n" ? String(text.dropLast()) : text
    }
}
