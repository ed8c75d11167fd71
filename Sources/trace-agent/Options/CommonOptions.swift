import ArgumentParser
import CommandSupport
import Logging

/// Options of the agent and of a recording.
struct CommonOptions: ParsableArguments {
    @Option(
        name: [.customShort("s"), .long],
        help: ArgumentHelp(
            "Size of each CPU's pipe, 64K to 1M.",
            discussion: "128 times this is the guest memory that an absent host can pin per port.",
            valueName: "size"))
    var pipeSize = ByteSize(bytes: 64 << 10)

    @Option(
        help: ArgumentHelp("When recording, or with --foreground: end after this time.", valueName: "time"))
    var duration: Interval?

    @Option(
        help: ArgumentHelp(
            "Longest time that an event waits in a ring buffer; 0: until the stop.", valueName: "time"))
    var flushInterval = Interval(milliseconds: 1000)

    @OptionGroup var stop: StopOptions

    @Option(
        help: ArgumentHelp(
            "Run all workers on these CPUs, for machines with isolated CPUs. (default: each on its own CPU)",
            valueName: "list"))
    var workerCpus: CPUList?

    @Option(
        help: ArgumentHelp(
            "Keep the thread that decides on these CPUs, so that it does not disturb others. (default: it runs anywhere)",
            valueName: "list"))
    var reactorCpu: CPUList?

    @OptionGroup var tracing: TracingOptions

    @Option(
        help: ArgumentHelp(
            "The least severe messages to log: debug, info, notice, warning, error, ...", valueName: "level"))
    var logLevel = Logger.Level.info

    static let pipeSizes = (64 << 10)...(1 << 20)

    func validate() throws {
        if let workerCpus, workerCpus.cpus.isEmpty {
            throw ValidationError("--worker-cpus: no CPU in the list")
        }
        if let reactorCpu, reactorCpu.cpus.isEmpty {
            throw ValidationError("--reactor-cpu: no CPU in the list")
        }
        if !Self.pipeSizes.contains(pipeSize.bytes) {
            throw ValidationError("the pipe size is 64K to 1M, not \(pipeSize)")
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
