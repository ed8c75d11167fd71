import CommandSupport
import ControlProtocol
import Reactor

/// The folder of the ports: virtio-serial ports, or FIFOs, files, sockets and `/dev/null` in their place.
struct Ports: Sendable {
    let directory: String

    /// The folder that `directory` is in.
    var parentDirectory: String {
        let parts = directory.split(separator: "/").dropLast()
        return (directory.hasPrefix("/") ? "/" : "./") + parts.joined(separator: "/")
    }
    var controlPath: String { "\(directory)/\(WellKnown.controlPort)" }
    /// The port for the pages of `cpu`: under our name, or, if only that is there, under trace-cmd's.
    func dataPath(cpu: Int) -> String {
        let paths = WellKnown.dataPortPrefixes.map { "\(directory)/\($0)\(cpu)" }
        return paths.first { (try? FileDescriptor.Kind(of: $0)) != nil } ?? paths[0]
    }

    /// Opens the port that the pages of `cpu` go to.
    ///
    /// - Returns: `nil` if there is none.
    func openSink(cpu: Int) throws(Failure) -> Sink? {
        let path = dataPath(cpu: cpu)
        guard let port = try open(path, for: .writeOnly) else { return nil }
        guard let limit = pagesPerSplice(of: port, at: path) else { return Sink(port.descriptor, name: path) }
        return Sink(
            port.descriptor, name: path, pagesPerSplice: limit,
            longestPipe: PortQueue.longestChain * memoryPageSize, queueLength: PortQueue.longestChain,
            stallHint: virtioDevice(at: path).flatMap { CrowdedDevice.hint(forPort: $0) })
    }

    /// `nil` for what is no virtio port.
    private func pagesPerSplice(of port: borrowing OpenPort, at path: String) -> Int? {
        guard port.kind == .characterDevice, let device = virtioDevice(at: path) else { return nil }
        return PortQueue.pagesPerSplice(ofDevice: device)
    }

    /// Whether another port has come in the place of the one that `sink` leads to.
    ///
    /// What stands in for a port is not checked: an open socket is another file than its name.
    func isReplaced(_ sink: Sink, cpu: Int) -> Bool {
        sink.queueLength > 0 && sink.descriptor.isReplaced(at: dataPath(cpu: cpu))
    }

    /// Opens the port of a sink that had gone, in its place.
    ///
    /// - Returns: `false` if it is not there.
    func reopen(_ sink: Sink, cpu: Int) throws(Failure) -> Bool {
        let path = dataPath(cpu: cpu)
        guard let port = try open(path, for: .writeOnly) else { return false }
        do throws(SystemError) {
            // A device that was plugged in for another may have another queue.
            let limit = pagesPerSplice(of: port, at: path) ?? .max
            try sink.replace(with: port.descriptor, pagesPerSplice: limit)
            return true
        } catch {
            throw Failure(error)
        }
    }

    /// Opens the port that orders come from.
    ///
    /// - Returns: `nil` if there is none.
    func openControl() throws(Failure) -> OpenPort? {
        let path = controlPath
        guard let port = try open(path, for: .readWrite) else { return nil }
        if port.kind == .regular {
            throw Failure(.configuration, "\(path) is a file: orders need a virtio port, a FIFO or a socket")
        }
        return port
    }

    /// Opens `path` non-blocking: a splice(2) to a virtio port blocks otherwise, whatever its flags say.
    private func open(_ path: String, for use: FileDescriptor.Mode) throws(Failure) -> OpenPort? {
        do throws(SystemError) {
            let kind = try FileDescriptor.Kind(of: path)
            switch kind {
            case .socket:
                return OpenPort(descriptor: try .connect(toSocketAt: path), kind: kind)
            case .fifo:
                // Opened for reading too, it needs no reader yet and never breaks, like the FIFO that QEMU holds.
                return OpenPort(descriptor: try .open(path, [.readWrite, .nonBlocking]), kind: kind)
            case .regular:
                let file = try FileDescriptor.open(path, [use, .nonBlocking])
                try file.seekToEnd()
                return OpenPort(descriptor: file, kind: kind)
            default:
                return OpenPort(descriptor: try .open(path, [use, .nonBlocking]), kind: kind)
            }
        } catch {
            if error.code == .noEntry || error.code == .notADirectory { return nil }
            throw Self.explain(error, path: path)
        }
    }

    private static func explain(_ error: SystemError, path: String) -> Failure {
        switch error.code {
        case .busy:
            Failure(
                .unavailable,
                "cannot open \(path): \(error.code): another program holds it, see fuser -v \(path)")
        case .notPermitted:
            Failure(
                .noPermission,
                "cannot open \(path): \(error.code): a service may use only devices that were there when it started: systemctl restart \(WellKnown.service)",
                isFixedByRestart: Systemd.wantsNotifications)
        case .accessDenied:
            Failure(
                .noPermission,
                "cannot open \(path): \(error.code): run the agent as root; after the privilege drop it needs the udev rule of `make install`"
            )
        case .connectionRefused:
            Failure(.unavailable, "cannot connect to \(path): \(error.code): no process listens there")
        case .noDevice, .noSuchAddress:
            Failure(.unavailable, "cannot open \(path): \(error.code): the port has been unplugged")
        default:
            Failure(.operatingSystem, "cannot open \(path): \(error.code)")
        }
    }

    /// The name under `/sys/class/virtio-ports` of the port that `path` leads to, `nil` for another device.
    private func virtioDevice(at path: String) -> Substring? {
        guard let device = FileDescriptor.resolve(path)?.split(separator: "/").last, device.hasPrefix("vport")
        else {
            return nil
        }
        return device
    }
}
