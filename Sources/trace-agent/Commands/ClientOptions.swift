import ArgumentParser
import CommandSupport
import ControlProtocol

/// The options that all orders to the agent of this machine have in common.
struct ClientOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the agent listens.", valueName: "path"))
    var socket = WellKnown.socketPath

    @OptionGroup var order: OrderOptions

    var agent: LocalAgent { LocalAgent(socket: socket) }

    /// Orders `word` and prints the answer.
    func order(_ word: OrderWord) throws { try order(Request(word)) }

    /// The same for an order that takes something.
    func order(_ request: Request) throws { try order.order(request, at: agent) }
}
