import ArgumentParser
import ControlProtocol

struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Makes the running agent send what the ring buffers hold, then what is recorded.")

    @OptionGroup var client: ClientOptions

    func run() throws { try client.order(.start) }
}

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Makes the running agent send what was recorded until now, then stop.")

    @OptionGroup var client: ClientOptions

    func run() throws { try client.order(.stop) }
}

struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Makes the running agent send what the ring buffers hold now, then stop: a flight recorder."
    )

    @OptionGroup var client: ClientOptions

    func run() throws { try client.order(.dump) }
}

struct ReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract:
            "Makes the running agent close the ring buffers until the next start, so that current_tracer can be changed."
    )

    @OptionGroup var client: ClientOptions

    func run() throws { try client.order(.release) }
}

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what the running agent does and has done.")

    @OptionGroup var client: ClientOptions

    func run() throws { try client.order(.status) }
}
