import ArgumentParser

/// Where the agent finds what it works on.
struct TracingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Trace only these CPUs, for instance 0-3,8.", valueName: "list"))
    var cpu: CPUList?

    @Option(
        help: ArgumentHelp(
            "Use the trace instance of this name, not the top-level buffer.", valueName: "name"))
    var instance: String?

    @Option(
        help: ArgumentHelp(
            "Where tracefs is mounted. (default: /sys/kernel/tracing, else /sys/kernel/debug/tracing)",
            valueName: "dir"))
    var tracefs: String?

    @Option(help: ArgumentHelp("Where the kernel's symbols are; -: on standard input.", valueName: "file"))
    var kallsyms = "/proc/kallsyms"

    @Option(help: .hidden)
    var bootID: String?

    @Option(help: ArgumentHelp("Where the ports are.", valueName: "dir"))
    var ports = "/dev/virtio-ports"

    static let defaultSocket = "/run/virtio-trace-agent/control.sock"

    func validate() throws {
        if let cpu, cpu.cpus.isEmpty { throw ValidationError("no CPU in the list") }
        if let instance, instance.isEmpty || instance.contains("/") || instance.hasPrefix(".") {
            throw ValidationError("'\(instance)' is not the name of a trace instance")
        }
    }
}
