import ControlProtocol

/// The ports that a guest gets, and the virtio-serial devices that they are on.
struct PortPlan {
    /// An absolute path.
    let folder: String
    let kind: Port.Kind
    /// The names of the ports of each device.
    let devices: [[String]]

    /// With more on a device, and FIFOs or a host that is connected while the guest boots, QEMU drops messages of its control
    /// queue, and some ports never work.
    static let portsPerDevice = 15
    static let mostCPUs = 255

    /// - Parameter cpus: How many the guest has, at most.
    init(folder: String, cpus: Int, _ kind: Port.Kind) {
        self.folder = folder
        self.kind = kind
        let names = [WellKnown.controlPort] + (0..<cpus).map(WellKnown.dataPort)
        devices = stride(from: 0, to: names.count, by: Self.portsPerDevice).map {
            Array(names[$0..<min($0 + Self.portsPerDevice, names.count)])
        }
    }

    var ports: [Port] {
        devices.joined().map { Port(name: $0, path: "\(folder)/\($0)", kind: kind) }
    }

    /// QEMU's options: a word of the shell each, in pairs.
    var qemuOptions: [[String]] {
        devices.enumerated().flatMap { number, names in
            [["-device", "virtio-serial-pci,id=trace\(number)"]]
                + names.map { name in
                    // A comma in a value is doubled.
                    let path = "\(folder)/\(name)".replacing(",", with: ",,")
                    let chardev =
                        kind == .socket
                        ? "socket,id=\(name),path=\(path),server=on,wait=off" : "pipe,id=\(name),path=\(path)"
                    return [
                        "-chardev", chardev, "-device",
                        "virtserialport,bus=trace\(number).0,chardev=\(name),name=\(name)",
                    ]
                }
        }
    }

    /// What libvirt's `<devices>` gets.
    var libvirtXML: [String] {
        devices.enumerated().flatMap { number, names in
            // Controller 0 is often there already, for QEMU's guest agent.
            ["<controller type='virtio-serial' index='\(number + 1)'/>"]
                + names.enumerated().flatMap { place, name in
                    let path = "\(folder)/\(name)".replacing("&", with: "&amp;").replacing("<", with: "&lt;")
                        .replacing("'", with: "&apos;")
                    let (type, mode) = kind == .socket ? ("unix", " mode='bind'") : ("pipe", "")
                    return [
                        "<channel type='\(type)'>",
                        "  <source\(mode) path='\(path)'/>",
                        "  <target type='virtio' name='\(name)'/>",
                        "  <address type='virtio-serial' controller='\(number + 1)' bus='0' port='\(place + 1)'/>",
                        "</channel>",
                    ]
                }
        }
    }
}
