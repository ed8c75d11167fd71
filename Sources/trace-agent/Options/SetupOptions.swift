import ArgumentParser
import CommandSupport
import Synchronization

/// What a recording sets in tracefs for its time.
struct SetupOptions: ParsableArguments {
    @Option(
        name: [.customShort("e"), .long],
        help: ArgumentHelp(
            "Events to record: a system, an event, both as in irq:irq_handler_entry, with * and ?, or all; repeatable. (default: if no event is enabled, the main scheduler events)",
            valueName: "events"))
    var event: [Placed] = []

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp(
            "Record the events of the -e before it only where this is true.", valueName: "filter"))
    var filter: [Placed] = []

    @Option(
        name: [.customShort("p"), .long],
        help: ArgumentHelp("The tracer: see available_tracers of tracefs.", valueName: "tracer"))
    var tracer: String?

    @Option(
        name: [.customShort("C"), .long],
        help: ArgumentHelp("The clock of the timestamps: see trace_clock of tracefs.", valueName: "clock"))
    var clock: String?

    @Option(
        name: [.customShort("b"), .long],
        help: ArgumentHelp("The size of each CPU's ring buffer, in KiB or as 4M.", valueName: "size"))
    var bufferSize: RingSize?

    @Option(
        name: [.customShort("B"), .long],
        help: ArgumentHelp(
            "Make a trace instance of this name for the recording, and remove it at the end.",
            valueName: "name"))
    var buffer: String?

    @Flag(
        name: [.customShort("F"), .long],
        help: "Record only what COMMAND and its children do.")
    var onlyCommand = false

    @Flag(help: "Record no events of the recording's own threads.")
    var excludeSelf = false

    /// An argument that knows its place on the command line.
    struct Placed: ExpressibleByArgument {
        let text: String
        let place: Int

        /// Arguments are parsed in their order.
        private static let count = Atomic<Int>(0)

        init(argument: String) {
            text = argument
            place = Self.count.add(1, ordering: .relaxed).newValue
        }
    }

    /// The size of a ring buffer: a number of KiB, as trace-cmd takes it, or a size with a unit.
    struct RingSize: ExpressibleByArgument {
        let kibibytes: Int

        init?(argument: String) {
            guard let size = Int(argument) ?? ByteSize(argument: argument).map({ $0.bytes >> 10 }), size > 0
            else {
                return nil
            }
            kibibytes = size
        }
    }

    func validate() throws {
        for filter in filter where !event.contains(where: { $0.place < filter.place }) {
            throw ValidationError("-f '\(filter.text)': there is no -e before it")
        }
        if let name = event.first(where: { EventChoice($0.text) == nil })?.text {
            throw ValidationError("-e '\(name)': one event, or all of a system, at a time")
        }
        if let buffer, buffer.isEmpty || buffer.contains("/") || buffer.hasPrefix(".") {
            throw ValidationError("'\(buffer)' is not the name of a trace instance")
        }
    }

    /// The events in their order, each with the filters behind it.
    var events: [EventChoice] {
        event.indices.compactMap { index in
            let next = event.dropFirst(index + 1).first?.place ?? .max
            let filters = filter.filter { (event[index].place..<next).contains($0.place) }.map {
                "(\($0.text))"
            }
            return EventChoice(
                event[index].text, filter: filters.isEmpty ? nil : filters.joined(separator: " && "))
        }
    }
}
