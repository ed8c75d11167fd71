import ArgumentParser
import CommandSupport
import Glibc

/// The options that say which events are printed, and how.
struct PrintedEvents: ParsableArguments {
    @Option(
        name: [.customShort("e"), .long],
        help: ArgumentHelp(
            "Print only these events: a system, an event, or both as in irq:irq_handler_entry, with * and ?; repeatable.",
            valueName: "events"))
    var event: [String] = []

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp(
            "Print only events for which this is true, as for trace-cmd report -F: 'sched/sched_switch: next_prio < 100'; repeatable.",
            valueName: "filter"))
    var filter: [String] = []

    @Flag(help: "Print an object of JSON a line.")
    var json = false

    @Flag(name: [.customShort("N"), .long], help: "Do not use the plug-ins of libtraceevent.")
    var noPlugins = false

    @Option(
        help: ArgumentHelp(
            "How long an event may wait for earlier ones of other CPUs; longer than the agent's --flush-interval.",
            valueName: "time"))
    var window = Interval(milliseconds: 1500)

    var options: PrintOptions {
        PrintOptions(
            form: json ? .json : .text, events: event, filters: filter, usesPlugins: !noPlugins,
            mayColour: getenv("NO_COLOR").map { $0.pointee == 0 } ?? true, window: window.duration)
    }

    /// The arguments for a process that prints the same.
    var words: [String] {
        var words = ["--window", "\(window)"]
        for pattern in event { words += ["-e", pattern] }
        for text in filter { words += ["-f", text] }
        if json { words.append("--json") }
        if noPlugins { words.append("-N") }
        return words
    }
}
