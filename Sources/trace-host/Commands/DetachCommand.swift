import ArgumentParser
import CommandSupport

struct DetachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach",
        abstract: "Takes the ports that attach has plugged in out of the guest.",
        discussion: """
            Ports that the guest has otherwise stay. With --domain they are also taken out of the domain's definition, if \
            they are there.
            """)

    @OptionGroup var guest: GuestSelection

    @Flag(help: "Take out ports that somebody is connected to, too: what they still hold is lost.")
    var force = false

    func run() throws {
        try exitingOnFailure { () throws(Failure) in
            let ports = guest.ports()
            let result: Attachment
            switch ports.place {
            case .folder: throw Failure(noMachine: "detach")
            case .domain(let name, let virsh):
                result = try DomainAttachment(name, virsh).detach(isForced: force)
            case .monitor(let path):
                let attachment = try MachineAttachment(monitor: path)
                result = try attachment.detach(isForced: force)
            }
            let kept =
                result.kept.isEmpty
                ? "" : "; \(result.kept.count) that attach has not plugged in stay"
            print("\(ports.name): \(result.changed.count) ports taken out\(kept)")
            if !result.problems.isEmpty {
                throw Failure(.tryAgain, result.problems.joined(separator: "; "))
            }
        }
    }
}
