/// What is printed, and how.
struct PrintOptions {
    var form = Form.text
    /// The events that are printed, by name; empty for all.
    var events: [String] = []
    /// Filters as `trace-cmd report -F` has them.
    var filters: [String] = []
    /// Whether libtraceevent's plug-ins are used.
    var usesPlugins = true
    /// Whether a terminal gets colours.
    var mayColour = true
    /// How long an event waits for those of other CPUs that are earlier.
    var window = PrintOptions.usualWindow

    enum Form { case text, json, perfetto }

    /// An agent sends an event at the latest a `--flush-interval` after it was recorded, which is a second by default.
    static let usualWindow = Duration.milliseconds(1500)
}
