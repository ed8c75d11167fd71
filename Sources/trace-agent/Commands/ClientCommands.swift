import ArgumentParser

struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Lets the running agent stream what the rings hold and what comes.")

    @OptionGroup var client: Client

    func run() throws { try client.order("start") }
}

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Lets the running agent send what has been recorded until now, then stop.")

    @OptionGroup var client: Client

    func run() throws { try client.order("stop", checking: whetherComplete) }
}

struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Lets the running agent send what the rings hold now, then stop: the flight recorder.")

    @OptionGroup var client: Client

    func run() throws { try client.order("dump", checking: whetherComplete) }
}

private func whetherComplete(_ report: Report) -> Failure? {
    if report.isComplete { return nil }
    return Failure(.outputFailed, "stopped, but the host did not take everything in time")
}

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what the running agent does, and what it has done.")

    @OptionGroup var client: Client

    func run() throws { try client.order("status") }
}
