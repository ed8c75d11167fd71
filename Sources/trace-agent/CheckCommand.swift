import ArgumentParser

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Looks for what keeps an agent on this machine from working, or from working well.")
    @OptionGroup var places: Places
    func run() throws {}
}
