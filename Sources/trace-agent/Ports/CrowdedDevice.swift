import Reactor

/// A virtio-serial device with more ports than work if QEMU connects them to FIFOs.
///
/// QEMU's control queue of such a device has 32 places, and QEMU drops what does not fit: a port whose message "the host
/// is connected" was dropped never accepts anything. Measured with QEMU 7.2. Sockets that a host is connected to while the
/// guest boots are the same; of others, all 30 of a device work.
struct CrowdedDevice: Equatable {
    /// As in the ports' names: "vport1" of "vport1p3", which is the device "virtio1".
    let name: String
    /// Ports of it, whoever uses them.
    let ports: Int

    /// The most ports of a device that work with FIFOs, the control port included.
    static let mostPorts = 15

    static let remedy =
        "with QEMU's FIFOs only \(mostPorts) ports of a device work: give the guest a second -device virtio-serial-pci"

    /// The crowded ones among the devices that have `ports`, which are names in `/sys/class/virtio-ports`.
    static func all(of ports: [String]) -> [CrowdedDevice] {
        var counts: [String: Int] = [:]
        for port in ports { counts[device(of: port[...]), default: 0] += 1 }
        return counts.filter { $0.value > mostPorts }.map { CrowdedDevice(name: $0.key, ports: $0.value) }
            .sorted { $0.name < $1.name }
    }

    /// The crowded devices of this machine.
    static var ofSystem: [CrowdedDevice] {
        // Without the folder there is no port.
        all(of: (try? FileDescriptor.open("/sys/class/virtio-ports", .directory).names()) ?? [])
    }

    /// What may be wrong with the port `port` ("vport0p1") if it accepts nothing; `nil` if its device is not crowded.
    static func hint(forPort port: Substring, among devices: [CrowdedDevice] = ofSystem) -> String? {
        guard let crowd = devices.first(where: { $0.name == device(of: port) }) else { return nil }
        return "its device has \(crowd.ports) ports: \(remedy)"
    }

    private static func device(of port: Substring) -> String {
        String(port.prefix(upTo: port.lastIndex(of: "p") ?? port.endIndex))
    }
}
