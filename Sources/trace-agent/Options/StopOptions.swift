import ArgumentParser
import CommandSupport

/// How long a stop and the exit may take.
struct StopOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Longest time that a stop goes on while the host accepts nothing.", valueName: "time"))
    var stopTimeout = Interval(milliseconds: 5000)

    @Option(
        help: ArgumentHelp(
            "Longest time that the exit takes, even if the host goes on reading.", valueName: "time"))
    var exitTimeout = Interval(milliseconds: 10_000)
}
