import ArgumentParser
import CommandSupport

/// What the host does to be on one time line with a guest that is recorded.
struct TimeLineOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Record these events of this machine too, as in kvm,sched:sched_switch; as root.",
            valueName: "events"))
    var hostEvents: String?

    @Option(
        help: ArgumentHelp("The file for them. (default: FILE with .host before .dat)", valueName: "file"))
    var hostOutput: String?

    @Option(
        help: ArgumentHelp(
            "With --host-events and a folder of ports: QEMU's monitor (QMP), which knows the threads of the guest's CPUs.",
            valueName: "socket"))
    var monitor: String?

    func validate() throws {
        if hostEvents?.split(separator: ",").isEmpty == true {
            throw ValidationError("--host-events: no event")
        }
    }

    /// The plan, for the guest's file `output`.
    func plan(beside output: String, replacing replaces: Bool) -> TimeLinePlan {
        let ending = ".dat"
        let base = output.hasSuffix(ending) ? String(output.dropLast(ending.count)) : output
        return TimeLinePlan(
            hostEvents: hostEvents.map { $0.split(separator: ",").map(String.init) } ?? [],
            hostOutput: hostOutput ?? "\(base).host\(ending)", replaces: replaces, monitor: monitor)
    }
}
