import ArgumentParser

struct MetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata",
        abstract: "Gets the trace header from the running agent: what a decoder has to know of this kernel.",
        discussion:
            "trace-agent assemble makes a trace.dat of it and the streams; so does trace-cmd restore -i.")

    @OptionGroup var client: ClientOptions

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("Where it is written; -: standard output.", valueName: "file"))
    var output = "head.dat"

    func run() throws { try client.order.saveHeader(to: output, from: client.agent) }
}
