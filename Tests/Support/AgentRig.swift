import Glibc
import Reactor

/// The agent on this machine's tracefs, with a trace instance of its own and stand-ins for the ports.
package final class AgentRig {
    package let instance: TraceInstance
    package let folder: TemporaryFolder
    package private(set) var agent: Program
    package private(set) var control: Connection
    private let arguments: [String]
    private let socket: StreamSocket
    /// Where the agent listens for local orders.
    package let localSocket: String

    /// In the environment, lets a sanitized agent be as others are.
    package static let withoutLeaks = "ASAN_OPTIONS=detect_leaks=0"

    /// What stands in the place of the data ports.
    package enum Sink { case files, null, fifos, none }

    /// - Parameter changing: Changes the ports folder before the agent starts.
    package convenience init(
        _ sink: Sink = .files, ringKiB: Int = 2048, options: [String] = [],
        program: String = Machine.program("trace-agent"), changing: (TemporaryFolder) -> Void = { _ in }
    ) throws {
        let folder = try Self.makeFolder(sink)
        changing(folder)
        try self.init(
            in: try TraceInstance(ringKiB: ringKiB), folder: folder, options: options, program: program)
    }

    /// The same on an instance and ports that are there.
    ///
    /// - Parameter prefix: The first arguments of `program`, if that is one that runs the agent.
    package init(
        in instance: TraceInstance, folder: TemporaryFolder? = nil, options: [String] = [],
        program: String = Machine.program("trace-agent"), prefix: [String] = [], environment: [String] = []
    ) throws {
        self.instance = instance
        self.folder = try folder ?? Self.makeFolder(.files)
        socket = try StreamSocket("\(self.folder.path)/agent-ctl-path")
        localSocket = "\(self.folder.path)/control.sock"
        // A process that has dropped its privileges cannot look for leaks.
        let looksForLeaks =
            getenv("LSAN_OPTIONS") != nil && program == Machine.program("trace-agent")
            && !environment.contains(Self.withoutLeaks)
        let identity = looksForLeaks ? ["--foreground"] : []
        arguments =
            environment + [program] + prefix + ["--ports", self.folder.path, "--instance", instance.name]
            + ["--socket", localSocket] + identity + options
        agent = try Program("env", arguments)
        control = try socket.accept()
    }

    package static func makeFolder(_ sink: Sink) throws -> TemporaryFolder {
        let folder = TemporaryFolder()
        for cpu in 0...1 {
            let path = "\(folder.path)/trace-path-cpu\(cpu)"
            switch sink {
            case .files: try writeFile(path, "")
            case .null: try makeLink(path, to: "/dev/null")
            case .fifos: try makeFIFO(path)
            case .none: break
            }
        }
        return folder
    }

    deinit { agent.kill() }

    package func path(cpu: Int) -> String { "\(folder.path)/trace-path-cpu\(cpu)" }

    /// What has arrived in a file.
    package func stream(cpu: Int) throws -> PageStream {
        PageStream(try readFile(path(cpu: cpu)), rawDataType: try TraceInstance.rawDataType())
    }

    /// A new connection to the agent's own socket.
    package func connect() throws -> Connection { try Connection.to(localSocket) }

    /// Runs the agent's program as a client of the one that runs.
    package func client(_ word: String, _ options: [String] = []) throws -> Command {
        try Command(Machine.release("trace-agent"), [word, "--socket", localSocket] + options)
    }

    /// Ends the agent as a service manager does.
    package func terminate() -> CInt? {
        agent.signal(SIGTERM)
        return agent.wait()
    }

    /// Ends the agent by a signal, and starts it again as a service manager does; what `meanwhile` does is between the two.
    package func restart(by signal: CInt, meanwhile: () throws -> Void = {}) throws {
        agent.signal(signal)
        guard agent.wait() != nil else { throw TestFailure("the agent does not end") }
        try meanwhile()
        agent = try Program("env", arguments)
        control = try socket.accept()
    }

    /// Waits until the agent connects again.
    package func reconnected() throws -> Connection { try socket.accept() }
}
