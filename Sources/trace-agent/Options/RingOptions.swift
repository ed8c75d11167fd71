import ArgumentParser
import CommandSupport

/// When the ring buffers are read, and held open.
struct RingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Longest time that an event waits in a ring buffer; 0: until the stop.", valueName: "time"))
    var flushInterval = Interval(milliseconds: 1000)

    @Flag(
        help: """
            Close the ring buffers whenever no page moves, so that others can change current_tracer: a start opens \
            them again.
            """)
    var releaseWhenStopped = false
}
