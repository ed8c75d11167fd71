import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

/// The recording of the host itself, beside that of its guest: `trace-agent record`, in a trace instance of its own.
///
/// It ends when this object has gone, or the process, however that ends.
final class HostRecording {
    let output: String
    private let agent: ChildProcess
    /// What is recorded is a program that waits until this end is closed.
    private var connection: FileDescriptor?

    /// How long the start, and the end with the assembly of the file, may take.
    private static let patience = Duration.seconds(60)

    /// What the file's links are written to.
    private var linksPath: String { "\(output).links" }

    /// Starts it, and waits until it records.
    ///
    init(_ plan: TimeLinePlan, _ clock: TraceClock) throws(Failure) {
        output = plan.hostOutput
        let linksPath = "\(output).links"
        try TimeLineFile.write([], to: linksPath)
        let words =
            [Self.program, "record", "-o", output, "-B", "trace-host-\(processID)", "-C", clock.rawValue]
            + ["--time-line", linksPath, "--log-level", "warning"] + (plan.replaces ? ["--force"] : [])
            + plan.hostEvents.flatMap { ["-e", $0] }
            + ["--", "sh", "-c", "echo >&0; exec cat > /dev/null"]
        do throws(SystemError) {
            let pair = try SocketPair()
            // Ctrl-C is for this program, which then ends the recording in order.
            agent = try ChildProcess(words, passing: pair.far, as: 0, isApart: true)
            connection = pair.keepNear()
        } catch {
            throw Failure(
                .unavailable,
                "--host-events: cannot run \(Self.program), which records the host: \(error.code); the package virtio-trace-agent has it"
            )
        }
        guard try hasBegun() else {
            throw Failure(.unavailable, "--host-events: the host's recording has not begun")
        }
    }

    /// The agent's program, which is beside this one.
    private static var program: String {
        let own = FileDescriptor.resolve("/proc/self/exe") ?? ""
        let beside = own.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/trace-agent"
        return FileDescriptor.resolve(beside) ?? "trace-agent"
    }

    private func hasBegun() throws(Failure) -> Bool {
        try wrappingSystemError { () throws(SystemError) in
            switch connection {
            case .some(let connection):
                if poll(connection, or: connection, timeout: Self.patience) == .neither { return false }
                return try !connection.readSome(1).isEmpty
            case .none: return false
            }
        }
    }

    /// Ends the recording, and waits until the file is made.
    ///
    /// - Parameter links: What links it to the guest's file.
    func end(linkedBy links: [TimeLineOption]) throws(Failure) {
        try TimeLineFile.write(links, to: linksPath)
        connection = nil
        let status = agent.status(within: Self.patience)
        guard status == 0 else {
            throw Failure(.unavailable, "the host's events: \(output) is not made, or not complete")
        }
        // One that stays does no harm.
        try? FileDescriptor.remove(linksPath)
    }

    // A recording that was not ended is ended, and not waited for.
    deinit { try? FileDescriptor.remove(linksPath) }
}
