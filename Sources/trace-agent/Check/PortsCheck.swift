import CommandSupport
import ControlProtocol
import Reactor

/// Checks the ports, and whether every CPU has one.
struct PortsCheck {
    let tracing: TracingOptions
    let processes: RingReaders

    func results() -> [CheckResult] {
        let ports = Ports(directory: tracing.ports)
        var results = [controlPort(ports.controlPath)]
        let cpus: [Int]
        do throws(Failure) {
            let online = try CPUList(ofSystem: "online").cpus
            cpus = tracing.cpu?.cpus ?? online
        } catch {
            return results + [.fail("cpus", "\(error)")]
        }
        let missing = cpus.filter { !exists(ports.dataPath(cpu: $0)) }
        let present = cpus.filter { !missing.contains($0) }
        for cpu in present {
            if let trouble = trouble(with: ports.dataPath(cpu: cpu)) {
                results.append(.fail("port", trouble))
            }
        }
        if present.isEmpty {
            results.append(
                .fail(
                    "ports",
                    "no CPU has one in \(ports.directory): give the guest virtserialports trace-path-cpu0, ..., or use -o"
                ))
        } else if missing.isEmpty {
            results.append(.ok("ports", "each of \(cpus.count) CPUs has one"))
        } else {
            let list = missing.map(String.init).joined(separator: ",")
            results.append(
                .warn("ports", "CPU \(list) is not traced: give the guest a virtserialport trace-path-cpuN"))
        }
        return results + [queues(present.map(ports.dataPath)), Self.devices(CrowdedDevice.ofSystem)]
    }

    static func devices(_ crowded: [CrowdedDevice]) -> CheckResult {
        if crowded.isEmpty { return .ok("devices", "none has more than \(CrowdedDevice.mostPorts) ports") }
        let list = crowded.map { "\($0.name) has \($0.ports) ports" }.joined(separator: ", ")
        return .warn("devices", "\(list): \(CrowdedDevice.remedy)")
    }

    private func controlPort(_ path: String) -> CheckResult {
        if !exists(path) {
            return .warn(
                "control port",
                "no \(path), so only local orders are possible: give the guest a virtserialport of that name")
        }
        return trouble(with: path).map { .fail("control port", $0) } ?? .ok("control port", path)
    }

    private func exists(_ path: String) -> Bool { (try? FileDescriptor.Kind(of: path)) != nil }

    /// Why the agent could not use the port at `path`, `nil` if it can.
    private func trouble(with path: String) -> String? {
        guard let device = FileDescriptor.resolve(path), device.hasPrefix("/dev/vport") else { return nil }
        let others = processes.holders { $0 == device }.filter { $0.name != "trace-agent" }
        if !others.isEmpty { return "\(path) is held by \(others.names), and a port has one opener: end it" }
        // Without the user the udev rule has no group to give.
        guard let user = try? User.named(WellKnown.user), let group = FileDescriptor.group(of: device) else {
            return nil
        }
        if group != user.gid {
            return
                "\(path) does not belong to the group \(WellKnown.user): udevadm control --reload; udevadm trigger --action=add --subsystem-match=virtio-ports"
        }
        return nil
    }

    /// Checks whether the ports' queues accept a pipe's pages at once.
    private func queues(_ paths: [String]) -> CheckResult {
        let devices = paths.compactMap { FileDescriptor.resolve($0)?.split(separator: "/").last }
            .filter { $0.hasPrefix("vport") }
        if devices.isEmpty { return .ok("queues", "no virtio ports") }
        if devices.contains(where: { PortQueue.pagesPerSplice(ofDevice: $0) == 1 }) {
            return .warn(
                "queues",
                "no indirect descriptors, so pages are sent one at a time: remove indirect_desc=off from QEMU's device"
            )
        }
        return .ok("queues", "indirect descriptors: a pipe's pages are sent at once")
    }
}
