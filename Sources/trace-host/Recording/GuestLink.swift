import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

/// What leads to a guest while it is recorded: its streams, and the dialog with its agent.
final class GuestLink {
    let name: String
    let streams: StreamSet
    private var dialog: AgentDialog
    /// Why a file could not be written to.
    private(set) var fileError: SystemError?
    private(set) var agentHasGone = false

    /// Opens all ports.
    init(_ ports: GuestPorts, within timeout: Interval) throws(Failure) {
        name = ports.name
        streams = try StreamSet(ports)
        dialog = AgentDialog(try GuestAgent(ports).connect(within: timeout.duration))
    }

    func watchAnswers(in reactor: borrowing Reactor<Source>, as source: Source) throws(SystemError) {
        try reactor.watch(dialog.descriptor, for: .readable, as: source)
    }

    /// Reads what the agent has answered.
    func receive() {
        if agentHasGone { return }
        do throws(SystemError) { try dialog.receive() } catch { agentHasGone = true }
    }

    /// The same if the port is ready.
    func receive(in reactor: borrowing Reactor<Source>, as source: Source) throws(SystemError) {
        receive()
        // A hang-up would be reported for ever.
        if agentHasGone { try reactor.rearm(dialog.descriptor, for: .once, as: source) }
    }

    /// Moves what has come for the stream at `place`.
    func move(_ place: Int, in reactor: borrowing Reactor<Source>, as source: Source) throws(SystemError) {
        do throws(SystemError) {
            try streams.move(place)
        } catch {
            fileError = error
            streams.stopWriting()
        }
        // A hang-up would be reported for ever.
        if !streams.isOpen(place) { try streams.rearm(place, for: .once, in: reactor, as: source) }
    }

    /// Gives the agent an order: see `AgentDialog`.
    func give(_ order: (inout AgentDialog) throws(SystemError) -> Void) throws(SystemError) {
        try order(&dialog)
    }

    /// The line that answers the last order; `nil` if it has not come.
    var answer: String? { dialog.answer }

    /// See `AgentDialog`.
    var clock: TraceClock? {
        get { dialog.clock }
        set { dialog.clock = newValue }
    }
    var times: (sent: Int, arrived: Int) { dialog.times }
    /// Who has the control port, `nil` if it is no socket.
    var peer: PeerCredentials? { try? dialog.descriptor.peerCredentials() }

    /// Lets the bytes that follow the answer go to `file`.
    func receiveHeader(_ bytes: Int, to file: NamedFile?) {
        dialog.receiveHeader(bytes, to: file)
        // Some may have come with the answer's line.
        receive()
    }

    var isHeaderComplete: Bool { dialog.isHeaderComplete }
    var headerError: SystemError? { dialog.headerError }
}
