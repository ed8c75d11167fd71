import ArgumentParser
import ControlProtocol

/// Whose work an order of set-up is about.
package struct ThreadOptions: ParsableArguments {
    @Option(
        name: [.customShort("P"), .customLong("pid")],
        help: ArgumentHelp("Record only what this thread does; repeatable.", valueName: "pid"))
    package var pids: [Int] = []

    package init() {}

    /// The order `setup`.
    package func request(_ trace: TraceOptions) -> Request {
        var setup = trace.setup
        setup.pids = pids
        return Request(.setup(setup))
    }
}
