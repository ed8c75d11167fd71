import ArgumentParser
import CommandSupport

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the guests that can be found, their ports, who reads them, and what the agents do.",
        discussion: """
            Looks at the domains of libvirt that run, at the QEMUs among this machine's processes, and at the folders that are \
            named. Without privileges it lists what may be seen.
            """)

    @Argument(help: ArgumentHelp("Folders of ports to list, too.", valueName: "dir"))
    var folders: [String] = []

    @Option(help: ArgumentHelp("libvirt's URI; otherwise virsh chooses.", valueName: "uri"))
    var connect: String?

    @Option(help: ArgumentHelp("Longest time to wait for each agent's answer.", valueName: "time"))
    var timeout = Interval(milliseconds: 900)

    @Flag(help: "Print JSON: an array of guests.")
    var json = false

    func run() throws {
        try exitingOnFailure { () throws(Failure) in
            let entries = GuestFinder(Virsh(uri: connect), within: timeout).entries(folders)
            if json { return print(GuestEntry.json(entries).withoutControlCharacters) }
            if entries.isEmpty { print("no guest runs that can be seen") }
            for line in entries.flatMap(\.lines) { print(line.withoutControlCharacters) }
        }
    }
}
