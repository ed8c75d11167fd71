import ArgumentParser
import CommandSupport
import ControlProtocol

/// What is traced, and where the kernel's files and the ports are.
struct TracingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Trace only these CPUs, for instance 0-3,8.", valueName: "list"))
    var cpu: CPUList?

    @Option(
        help: ArgumentHelp(
            "Use the trace instance of this name, not the top-level ring buffers.", valueName: "name"))
    var instance: String?

    @Option(
        help: ArgumentHelp(
            "Where tracefs is mounted. (default: /sys/kernel/tracing, else /sys/kernel/debug/tracing)",
            valueName: "dir"))
    var tracefs: String?

    @Option(help: ArgumentHelp("Where the kernel's symbols are; -: standard input.", valueName: "file"))
    var kallsyms = "/proc/kallsyms"

    @Option(help: .hidden)
    var bootID: String?

    @Option(help: ArgumentHelp("Where the ports are.", valueName: "dir"))
    var ports = WellKnown.portsFolder

    /// These options, and those of `other` for what is not given here.
    func completed(by other: TracingOptions) -> TracingOptions {
        var both = self
        both.cpu = cpu ?? other.cpu
        both.instance = instance ?? other.instance
        both.tracefs = tracefs ?? other.tracefs
        if kallsyms == "/proc/kallsyms", other.kallsyms != "-" { both.kallsyms = other.kallsyms }
        if ports == WellKnown.portsFolder { both.ports = other.ports }
        return both
    }

    func validate() throws {
        if let cpu, cpu.cpus.isEmpty { throw ValidationError("no CPU in the list") }
        if let instance, instance.isEmpty || instance.contains("/") || instance.hasPrefix(".") {
            throw ValidationError("'\(instance)' is not the name of a trace instance")
        }
    }
}
