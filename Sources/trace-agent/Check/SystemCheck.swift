import Reactor

/// Looks at everything that an agent depends on, and at nothing that would disturb one that runs.
struct SystemCheck {
    let places: TracingOptions
    let openFiles = RingReaders()

    init(_ places: TracingOptions) { self.places = places }

    func findings() -> [CheckResult] {
        var findings = [Self.lockdown(read("/sys/kernel/security/lockdown"))]
        do throws(Failure) {
            let tracefs = try Tracefs(at: places.tracefs, instance: places.instance)
            let settings = try RingSettings(in: tracefs)
            findings.append(.ok("tracefs", tracefs.directory))
            findings += [rings(in: tracefs, pageSize: settings.pageSize), recording(in: tracefs), readers()]
        } catch {
            findings.append(.fail("tracefs", "\(error)"))
        }
        findings.append(Self.kernel(release: read("/proc/sys/kernel/osrelease")))
        findings.append(Self.symbols(restriction: read("/proc/sys/kernel/kptr_restrict")))
        findings += ports()
        findings += [pipes(), user(), socket()]
        return findings
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

    /// What is known of kernels that matters here.
    static func kernel(release: String) -> CheckResult {
        let parts = release.split(whereSeparator: { !$0.isASCIIDigit }).compactMap { Int($0) }
        guard parts.count >= 2 else { return .warn("kernel", "unknown version \(release)") }
        let version = (parts[0], parts[1])
        if version < (5, 0) {
            return .fail("kernel", "\(release): has no buffer_percent, which came with 5.0")
        }
        if version < (6, 19) {
            return .ok(
                "kernel",
                "\(release): may lose a port's wake-up, as those before the end of 2025: the agent also looks by itself"
            )
        }
        return .ok("kernel", release)
    }

    /// Whether a header will have symbols: proc(5), `kptr_restrict`.
    static func symbols(restriction: String) -> CheckResult {
        switch restriction {
        case "": .warn("symbols", "the kernel has none: functions will be numbers in a trace")
        case "2":
            .warn(
                "symbols",
                "kptr_restrict hides them: functions will be numbers in a trace: sysctl kernel.kptr_restrict=1"
            )
        default: .ok("symbols", "the kernel shows them to root")
        }
    }

    private func rings(in tracefs: Tracefs, pageSize: Int) -> CheckResult {
        let sizes = ["per_cpu/cpu0/buffer_size_kb", "buffer_size_kb"].compactMap {
            RingGeometry.ringSize(fromBufferSize: read("\(tracefs.directory)/\($0)"))
        }
        // Before its first use a ring is small, and only the second file says how large it will be.
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
                "recording", "nothing is switched on: for instance, echo 1 > \(directory)/events/sched/enable"
            )
        }
        return .ok("recording", tracer == "nop" ? "events" : "tracer \(tracer)")
    }

    /// Who takes events out of the rings.
    func holdersOfRings() -> [RingReaders.Holder] {
        openFiles.holders { path in
            guard path.hasSuffix("/trace_pipe_raw") || path.hasSuffix("/trace_pipe") else { return false }
            let parts = path.split(separator: "/")
            let instance = parts.firstIndex(of: "instances").map { parts[$0 + 1] }
            return instance == places.instance.map { $0[...] }
        }
    }

    private func readers() -> CheckResult {
        let readers = holdersOfRings()
        let others = readers.filter { $0.name != "trace-agent" }
        if !others.isEmpty {
            return .warn(
                "readers",
                "\(others.names) reads the rings too: each event goes to only one reader; end the other one")
        }
        return .ok("readers", readers.isEmpty ? "none" : readers.names)
    }

    // MARK: the process

    private func pipes() -> CheckResult {
        let largest = Int(read("/proc/sys/fs/pipe-max-size")) ?? 0
        let smallest = Options.pipeSizes.lowerBound
        if largest < smallest {
            return .fail("pipes", "\(largest) bytes at most: echo \(1 << 20) > /proc/sys/fs/pipe-max-size")
        }
        return .ok("pipes", "\(ByteSize(bytes: largest)) at most (--pipe-size)")
    }

    private func user() -> CheckResult {
        // What cannot be looked up is as good as not there.
        guard let user = try? User.named(Identity.name) else {
            return .warn(
                "user",
                "no user \(Identity.name), so the agent becomes nobody and cannot open a port again: make install"
            )
        }
        return .ok("user", "the agent becomes \(user)")
    }

    private func socket() -> CheckResult {
        let path = TracingOptions.defaultSocket
        guard RingReaders.somebodyListens(at: path) else {
            return .warn(
                "socket", "nobody listens for local orders: systemctl enable --now virtio-trace-agent.socket")
        }
        return .ok("socket", path)
    }

    /// What a small file holds, without the last newline; empty if it cannot be read.
    func read(_ path: String) -> String {
        // Whoever asks looks at the text, and an empty one is never right.
        let text = (try? FileDescriptor.open(path, .readOnly).contents()) ?? ""
        return text.last == "\n" ? String(text.dropLast()) : text
    }
}
