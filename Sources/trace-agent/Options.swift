import ArgumentParser

/// What the command line says.
struct Options: ParsableArguments {
    @Flag(
        name: .short,
        help: "Write the trace data to standard output instead of the ports.")
    var output = false

    @Option(
        name: [.customShort("s"), .long],
        help: ArgumentHelp(
            "Size of each CPU's pipe, 64K to 1M.",
            discussion: "128 times this is the guest memory that an absent host can pin per port.",
            valueName: "size"))
    var pipeSize = ByteSize(bytes: 64 << 10)

    @Flag(
        help: """
            For debugging at a terminal: where there is no control port, tracing starts at once and Ctrl-C \
            stops it.
            """)
    var foreground = false

    @Option(help: ArgumentHelp("Trace only these CPUs, for instance 0-3,8.", valueName: "list"))
    var cpu: CPUList?

    @Option(
        help: ArgumentHelp(
            "Use the trace instance of this name, not the top-level buffer.", valueName: "name"))
    var instance: String?

    @Option(
        help: ArgumentHelp(
            "Longest time that an event waits in a ring buffer; 0: until the stop.", valueName: "time"))
    var flushInterval = Interval(milliseconds: 1000)

    @Option(help: ArgumentHelp("Longest time that a stop or the exit takes.", valueName: "time"))
    var stopTimeout = Interval(milliseconds: 5000)

    @Option(
        help: ArgumentHelp(
            "Where tracefs is mounted. (default: /sys/kernel/tracing, else /sys/kernel/debug/tracing)",
            valueName: "dir"))
    var tracefs: String?

    @Option(help: ArgumentHelp("Where the ports are.", valueName: "dir"))
    var ports = "/dev/virtio-ports"

    static let pipeSizes = (64 << 10)...(1 << 20)

    func validate() throws {
        if !Self.pipeSizes.contains(pipeSize.bytes) {
            throw ValidationError("the pipe size is 64K to 1M, not \(pipeSize)")
        }
        if let cpu, cpu.cpus.isEmpty { throw ValidationError("no CPU in the list") }
        if let instance, instance.isEmpty || instance.contains("/") || instance.hasPrefix(".") {
            throw ValidationError("'\(instance)' is not the name of a trace instance")
        }
    }
}
