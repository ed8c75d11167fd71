import ArgumentParser
import CommandSupport
import ControlProtocol

struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Makes the running agent record this, and nothing else, in its own trace instance.",
        discussion: "For an agent with --setup, while it is stopped. What is refused leaves nothing changed.")

    @OptionGroup var trace: TraceOptions

    @OptionGroup var threads: ThreadOptions

    @OptionGroup var client: ClientOptions

    func run() throws { try client.order(threads.request(trace)) }
}

struct ClearCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear",
        abstract: "Makes the running agent empty its own trace instance, and record nothing in it.",
        discussion: "For an agent with --setup, while it is stopped.")

    @OptionGroup var client: ClientOptions

    func run() throws { try client.order(Request(.clear)) }
}

struct TracingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tracing",
        abstract: "Turns the recording in the running agent's own trace instance on or off.",
        discussion: "For an agent with --setup, at any time.")

    @OptionGroup var position: SwitchOptions

    @OptionGroup var client: ClientOptions

    func run() throws { try client.order(position.request) }
}
