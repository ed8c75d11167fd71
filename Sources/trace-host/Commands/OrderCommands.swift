import ArgumentParser

struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Makes the guest's agent send what the ring buffers hold, then what is recorded.")

    @OptionGroup var guest: GuestOptions

    func run() throws { try guest.order(.start) }
}

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Makes the guest's agent send what was recorded until now, then stop.")

    @OptionGroup var guest: GuestOptions

    func run() throws { try guest.order(.stop) }
}

struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Makes the guest's agent send what the ring buffers hold now, then stop: a flight recorder."
    )

    @OptionGroup var guest: GuestOptions

    func run() throws { try guest.order(.dump) }
}

struct ReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract:
            "Makes the guest's agent close the ring buffers until the next start, so that current_tracer can be changed."
    )

    @OptionGroup var guest: GuestOptions

    func run() throws { try guest.order(.release) }
}

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what the guest's agent does and has done.")

    @OptionGroup var guest: GuestOptions

    func run() throws { try guest.order(.status) }
}

struct MetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata",
        abstract: "Gets the trace header from the guest's agent: what a decoder has to know of its kernel.",
        discussion: "trace-host assemble makes a trace.dat of it and the streams.")

    @OptionGroup var guest: GuestOptions

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("Where it is written; -: standard output.", valueName: "file"))
    var output = "head.dat"

    func run() throws {
        try guest.order.saveHeader(to: output, from: GuestAgent(guest.selection.ports()))
    }
}
