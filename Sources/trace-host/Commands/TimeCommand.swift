import ArgumentParser
import CommandSupport

struct TimeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "time",
        abstract: "Measures how far a guest's trace clock is from this machine's, and how exactly.",
        discussion: "Exits with 69 if the guest's trace clock cannot be read, as local and global.")

    @OptionGroup var guest: GuestSelection

    @Option(help: ArgumentHelp("How often the guest is asked.", valueName: "n"))
    var pings = 100

    @Option(help: ArgumentHelp("The time between two questions.", valueName: "time"))
    var period = Interval(milliseconds: 10)

    @Option(help: ArgumentHelp("Longest time to wait for an answer.", valueName: "time"))
    var timeout = Interval(milliseconds: 30_000)

    @Flag(help: "Print all that was measured, as a JSON object.")
    var json = false

    func validate() throws {
        if !(1...1_000_000).contains(pings) { throw ValidationError("--pings: from 1 to 1000000") }
        if period.duration > .seconds(3600) { throw ValidationError("--period: at most 1h") }
    }

    func run() throws {
        try exitingOnFailure { () throws(Failure) in
            let measurement = try TimeMeasurement(
                of: GuestAgent(guest.ports()), pings: pings, period: period.duration, within: timeout)
            for line in json ? [measurement.json] : measurement.lines { print(line) }
            if measurement.isEmpty { throw Failure(.protocolError, "no answer had times that can be") }
        }
    }
}
