import ArgumentParser
import CommandSupport
import ControlProtocol

struct TraceSetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace-setup",
        abstract: "Makes the guest's agent record this, and nothing else, in its own trace instance.",
        discussion:
            "For an agent with --setup, while it is stopped. What is refused leaves nothing changed. record has the same options."
    )

    @OptionGroup var trace: TraceOptions

    @OptionGroup var threads: ThreadOptions

    @OptionGroup var guest: GuestOptions

    func run() throws { try guest.order(threads.request(trace)) }
}

struct ClearCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear",
        abstract: "Makes the guest's agent empty its own trace instance, and record nothing in it.")

    @OptionGroup var guest: GuestOptions

    func run() throws { try guest.order(Request(.clear)) }
}

struct TracingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tracing",
        abstract: "Turns the recording in the trace instance of the guest's agent on or off.",
        usage: "trace-host tracing on|off <guest> [<option> ...]")

    @OptionGroup var position: SwitchOptions

    @OptionGroup var guest: GuestOptions

    func run() throws { try guest.order(position.request) }
}
