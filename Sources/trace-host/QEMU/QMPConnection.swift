import CommandSupport
import ControlProtocol
import Reactor

/// A connection to QEMU's monitor: qemu-qmp-ref(7).
final class QMPConnection {
    private var reader: LineReader
    private let path: String
    /// How long one answer may take.
    private let patience: Duration

    /// Connects, and gets QEMU's greeting out of the way.
    init(to path: String, patience: Duration = .seconds(10)) throws(Failure) {
        self.path = path
        self.patience = patience
        reader = LineReader(try Self.connect(path, patience))
        guard let greeting = try line(until: .now + patience) else {
            throw Failure(
                .tryAgain,
                "no greeting from the monitor \(path): another program is connected to it, and QEMU serves one at a time"
            )
        }
        guard JSONValue(text: greeting)?["QMP"] != nil else {
            throw Failure(.protocolError, "\(path) is no QMP monitor: it sent \(greeting.prefix(64))")
        }
        try execute("qmp_capabilities")
    }

    private static func connect(_ path: String, _ patience: Duration) throws(Failure) -> FileDescriptor {
        do throws(SystemError) {
            return try FileDescriptor.connect(toSocketAt: path, within: patience)
        } catch {
            throw explain(error, path)
        }
    }

    /// QEMU's process.
    func process() throws(Failure) -> PeerCredentials {
        try wrappingSystemError { () throws(SystemError) in try reader.connection.peerCredentials() }
    }

    /// Executes a command.
    ///
    /// - Returns: What it returns.
    @discardableResult
    func execute(
        _ command: String, _ arguments: [String: JSONValue] = [:]
    ) throws(Failure) -> JSONValue {
        switch try attempt(command, arguments) {
        case .success(let value): return value
        case .failure(let error): throw Failure(.unavailable, "QEMU refuses \(command): \(error)")
        }
    }

    /// Executes a command that QEMU may refuse.
    func attempt(
        _ command: String, _ arguments: [String: JSONValue] = [:]
    ) throws(Failure) -> Result<JSONValue, QMPError> {
        let id = OrderID.random().rawValue
        let request = JSONValue.object([
            "execute": .string(command), "arguments": .object(arguments), "id": .string(id),
        ])
        do throws(SystemError) {
            try reader.connection.writeAll(Array("\(request.line)\n".utf8))
        } catch {
            throw Self.explain(error, path)
        }
        let end = ContinuousClock.now + patience
        while let line = try line(until: end) {
            if let answer = JSONValue(text: line), answer["id"]?.string == id {
                if let value = answer["return"] { return .success(value) }
                return .failure(QMPError(description: answer["error"]?["desc"]?.string ?? line))
            }
            // What has no id of ours is an event; however many come.
            if ContinuousClock.now >= end { break }
        }
        throw Failure(.tryAgain, "no answer from the monitor \(path) to \(command) within \(patience)")
    }

    private func line(until end: ContinuousClock.Instant) throws(Failure) -> String? {
        do throws(SystemError) {
            return try reader.line(within: max(.zero, end - .now))
        } catch {
            throw Self.explain(error, path)
        }
    }

    private static func explain(_ error: SystemError, _ path: String) -> Failure {
        switch error.code {
        case .noEntry:
            Failure(
                .unavailable,
                "there is no monitor \(path): QEMU's option is -qmp unix:PATH,server=on,wait=off")
        case .connectionRefused: Failure(.unavailable, "no QEMU listens at \(path): does the guest run?")
        case .accessDenied: Failure(.noPermission, "you may not use the monitor \(path): \(error.code)")
        case .brokenPipe, .connectionReset: Failure(.unavailable, "QEMU has closed the monitor \(path)")
        default: Failure(.operatingSystem, "cannot use the monitor \(path): \(error)")
        }
    }
}
