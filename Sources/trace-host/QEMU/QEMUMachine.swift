import CommandSupport

/// The virtio-serial devices and ports of a guest that runs, as QEMU's monitor tells them.
struct QEMUMachine {
    /// CPUs that the guest has now.
    let cpus: Int
    private(set) var devices: [Device] = []
    private(set) var ports: [Port] = []
    /// Character devices, by their labels.
    let chardevs: [String: BackEnd]
    /// Where a device can be plugged in on a machine whose first bus takes none: its free PCI Express ports.
    private(set) var freeSlots: [String] = []

    struct Device {
        /// `nil` if it was given none.
        let id: String?
        let bus: String
        /// Ports with a number from 1 on.
        let mostPorts: Int
    }

    struct Port {
        /// `nil` if it was given none.
        let id: String?
        let name: String
        let chardev: String
        let backEnd: BackEnd
        let bus: String
        let isOpenInGuest: Bool
    }

    init(_ monitor: QMPConnection) throws(Failure) {
        cpus = try monitor.execute("query-cpus-fast").elements.count
        let process = try QEMUProcess(Int(monitor.process().pid))
        var (chardevs, openInGuest): ([String: BackEnd], Set<String>) = ([:], [])
        for chardev in try monitor.execute("query-chardev").elements {
            guard let label = chardev["label"]?.string else { continue }
            let backEnd = Self.backEnd(chardev["filename"]?.string ?? "", label, process)
            chardevs[label] = process?.absolute(backEnd) ?? backEnd
            if chardev["frontend-open"]?.bool == true { openInGuest.insert(label) }
        }
        self.chardevs = chardevs
        for folder in ["/machine/peripheral", "/machine/peripheral-anon"] {
            let hasIDs = folder == "/machine/peripheral"
            for (name, type) in try Self.children(of: folder, monitor) {
                let (path, id) = ("\(folder)/\(name)", hasIDs ? name : nil)
                if type == "virtserialport" {
                    try addPort(path, id, chardevs, openInGuest, monitor)
                } else if type.hasPrefix("virtio-serial") {
                    try addDevice(path, id, monitor)
                } else if type == "pcie-root-port", let id {
                    try addSlot(path, id, monitor)
                }
            }
        }
    }

    private mutating func addPort(
        _ path: String, _ id: String?, _ chardevs: [String: BackEnd], _ openInGuest: Set<String>,
        _ monitor: QMPConnection
    ) throws(Failure) {
        let name = try monitor.get("name", of: path)?.string ?? ""
        let chardev = try monitor.get("chardev", of: path)?.string ?? ""
        let bus = try monitor.get("parent_bus", of: path)?.string ?? ""
        ports.append(
            Port(
                id: id, name: name, chardev: chardev, backEnd: chardevs[chardev] ?? .other("none"),
                bus: bus.split(separator: "/").last.map { String($0) } ?? "",
                isOpenInGuest: openInGuest.contains(chardev)))
    }

    private mutating func addDevice(
        _ path: String, _ id: String?, _ monitor: QMPConnection
    ) throws(Failure) {
        let most = try monitor.get("max_ports", of: path)?.int ?? 1
        for (bus, type) in try Self.children(of: "\(path)/virtio-backend", monitor)
        where type == "virtio-serial-bus" {
            devices.append(Device(id: id, bus: bus, mostPorts: most - 1))
        }
    }

    private mutating func addSlot(
        _ path: String, _ id: String, _ monitor: QMPConnection
    ) throws(Failure) {
        let isTaken = try Self.children(of: "\(path)/\(id)", monitor, type: "link").contains {
            $0.name.hasPrefix("child[")
        }
        if !isTaken { freeSlots.append(id) }
    }

    /// The members of an object whose type is `child<TYPE>`, or of another kind; none if there is no such object.
    private static func children(
        of path: String, _ monitor: QMPConnection, type kind: String = "child"
    ) throws(Failure) -> [(name: String, type: String)] {
        guard case .success(let members) = try monitor.attempt("qom-list", ["path": .string(path)]) else {
            return []
        }
        return members.elements.compactMap { member in
            guard let name = member["name"]?.string, let type = member["type"]?.string,
                type.hasPrefix("\(kind)<")
            else {
                return nil
            }
            return (name, String(type.dropFirst(kind.count + 1).dropLast()))
        }
    }

    /// Reads what QEMU calls a character device's file name, such as `disconnected:unix:/path,server=on`.
    ///
    /// It does not tell the path of FIFOs, but the command line does.
    private static func backEnd(_ filename: String, _ label: String, _ process: QEMUProcess?) -> BackEnd {
        let name = filename.hasPrefix("disconnected:") ? filename.dropFirst(13) : filename[...]
        if name.hasPrefix("unix:"), name.hasSuffix(",server=on") {
            return .socket(String(name.dropFirst(5).dropLast(10)))
        }
        return process?.commandLine.chardevs[label] ?? .other(String(name.prefix { $0 != ":" }))
    }
}

extension QMPConnection {
    /// One property of an object; `nil` if it has none of this name.
    fileprivate func get(_ property: String, of path: String) throws(Failure) -> JSONValue? {
        try? attempt("qom-get", ["path": .string(path), "property": .string(property)]).get()
    }
}
