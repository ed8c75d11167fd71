import CommandSupport
import ControlProtocol
import Reactor

/// Plugs ports into a guest by its QEMU's monitor, and takes them out again.
final class MachineAttachment {
    private let monitor: QMPConnection
    private let monitorPath: String
    private var machine: QEMUMachine
    /// Ports on each device, by its bus.
    private var load: [String: Int] = [:]
    /// Whether QEMU may have room for another device.
    private var mayGrow = true

    /// How long the guest may take to let go of a port or a device.
    private static let patience = Duration.seconds(10)
    private static let serialPrefix = "\(Attachment.prefix)serial"

    init(monitor path: String) throws(Failure) {
        monitorPath = path
        monitor = try QMPConnection(to: path)
        machine = try QEMUMachine(monitor)
        for port in machine.ports { load[port.bus, default: 0] += 1 }
    }

    /// The folder for the sockets if none is given: beside the monitor.
    private var ownFolder: String { "\(monitorPath).ports" }

    /// - Parameters:
    ///   - cpus: How many get a port; `nil` for those that the guest has.
    ///   - folder: Where the sockets are made; `nil` for one beside the monitor.
    func attach(cpus: Int?, folder: String?) throws(Failure) -> Attachment {
        let found = FoundPorts(machine)
        try Attachment.refuseUnusable(found)
        var result = Attachment(kept: found.ports.map(\.name))
        let missing = Attachment.missing(in: found, cpus: cpus ?? machine.cpus)
        if missing.isEmpty { return result }
        // QEMU makes the sockets, and may be another user's.
        let folder = try PortsMaker.makeFolder(folder ?? ownFolder, for: monitor.process())
        try PortsMaker.make(missing.map { Port(name: $0, path: "\(folder)/\($0)", kind: .socket) })
        for port in missing {
            do throws(Failure) {
                try add(port, in: folder)
            } catch {
                throw Attachment.failure(error, port, plugged: result.changed.count)
            }
            result.changed.append(port)
        }
        return result
    }

    private func add(_ port: String, in folder: String) throws(Failure) {
        let id = Attachment.prefix + port
        // An earlier attempt may have come this far.
        if machine.chardevs[id] == nil {
            try monitor.execute("chardev-add", Self.socket(id, "\(folder)/\(port)"))
        }
        let bus = try place()
        do throws(Failure) {
            try monitor.execute(
                "device_add",
                [
                    "driver": "virtserialport", "bus": .string(bus), "id": .string(id),
                    "chardev": .string(id),
                    "name": .string(port),
                ])
        } catch {
            // The socket would be there, and nothing behind it.
            _ = try monitor.attempt("chardev-remove", ["id": .string(id)])
            throw error
        }
        load[bus, default: 0] += 1
    }

    private static func socket(_ id: String, _ path: String) -> [String: JSONValue] {
        let address: JSONValue = .object(["type": "unix", "data": .object(["path": .string(path)])])
        let data: JSONValue = .object(["addr": address, "server": .bool(true), "wait": .bool(false)])
        return ["id": .string(id), "backend": .object(["type": "socket", "data": data])]
    }

    // MARK: devices

    /// The bus for the next port.
    private func place() throws(Failure) -> String {
        if let bus = bus(upTo: PortPlan.portsPerDevice) { return bus }
        if mayGrow, try addDevice() { return try place() }
        mayGrow = false
        // More ports work as long as no host is connected while the guest boots.
        if let bus = bus(upTo: .max) { return bus }
        throw Failure(
            .unavailable,
            "no virtio-serial device has room for another port, and QEMU has no place for another device: give the guest more pcie-root-port devices"
        )
    }

    private func bus(upTo limit: Int) -> String? {
        machine.devices.first { load[$0.bus, default: 0] < min(limit, $0.mostPorts) }?.bus
    }

    private func addDevice() throws(Failure) -> Bool {
        let ids = machine.devices.compactMap(\.id)
        let id = (0...).lazy.map { "\(Self.serialPrefix)\($0)" }.first { !ids.contains($0) } ?? ""
        var arguments: [String: JSONValue] = ["driver": "virtio-serial-pci", "id": .string(id)]
        // A machine of PCI Express takes none on its first bus.
        for slot in [nil] + machine.freeSlots.map(Optional.some) {
            if let slot { arguments["bus"] = .string(slot) }
            if case .success = try monitor.attempt("device_add", arguments) {
                machine = try QEMUMachine(monitor)
                return true
            }
        }
        return false
    }

    // MARK: taking out

    /// Takes out what `attach` has plugged in.
    func detach(isForced: Bool) throws(Failure) -> Attachment {
        var result = Attachment()
        let own = machine.ports.filter { Self.isOwn($0.id) }
        if !isForced {
            let paths = own.compactMap { if case .socket(let path) = $0.backEnd { path } else { nil } }
            try Attachment.refuseUsed(paths)
        }
        try delete(own.compactMap(\.id))
        let buses = machine.devices.filter { device in
            Self.isOwn(device.id) && !machine.ports.contains { $0.bus == device.bus && !Self.isOwn($0.id) }
        }
        let left = Set(try waitForEnd(of: own.compactMap(\.id)))
        for id in machine.chardevs.keys.sorted() where Self.isOwn(id) && !left.contains(id) {
            try removeChardev(id)
        }
        try delete(buses.compactMap(\.id))
        for id in try left.union(waitForEnd(of: buses.compactMap(\.id))).sorted() {
            result.problems.append("\(id) is still there: the guest does not let go of it")
        }
        result.changed = own.filter { !left.contains($0.id ?? "") }.map(\.name)
        result.kept = FoundPorts(machine).ports.map(\.name).filter { !result.changed.contains($0) }
        // One with something else in it stays.
        try? FileDescriptor.removeFolder(ownFolder)
        return result
    }

    private static func isOwn(_ id: String?) -> Bool { id?.hasPrefix(Attachment.prefix) == true }

    private func delete(_ ids: [String]) throws(Failure) {
        for id in ids {
            // One that is on its way out already cannot be taken out again.
            _ = try monitor.attempt("device_del", ["id": .string(id)])
        }
    }

    /// Waits until QEMU does not have these devices any more.
    ///
    /// - Returns: Those that are left.
    private func waitForEnd(of ids: [String]) throws(Failure) -> [String] {
        let end = ContinuousClock.now + Self.patience
        var left = ids
        while !left.isEmpty {
            let now = try monitor.execute("qom-list", ["path": "/machine/peripheral"]).elements
            left.removeAll { id in !now.contains { $0["name"]?.string == id } }
            if left.isEmpty || ContinuousClock.now > end { break }
            waitBriefly()
        }
        return left
    }

    /// QEMU lets go of a character device a moment after its port has gone.
    private func removeChardev(_ id: String) throws(Failure) {
        let end = ContinuousClock.now + Self.patience
        while case .failure(let error) = try monitor.attempt("chardev-remove", ["id": .string(id)]) {
            if ContinuousClock.now > end { throw Failure(.unavailable, "QEMU keeps \(id): \(error)") }
            waitBriefly()
        }
    }
}
