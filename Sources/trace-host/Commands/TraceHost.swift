import ArgumentParser
import CommandSupport
import ControlProtocol
import Reactor

@main
struct TraceHost: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace-host",
        abstract: "Traces a guest from its host, over virtio-serial.",
        discussion: """
            A guest is named by the folder of its ports, by --domain NAME (libvirt), or by --qmp SOCKET (the monitor of \
            its QEMU). Its agent, trace-agent, runs in the guest.
            """,
        version: programVersion,
        subcommands: [
            SetupCommand.self, AttachCommand.self, DetachCommand.self, ListCommand.self, RecordCommand.self,
            StartCommand.self, StopCommand.self, DumpCommand.self,
            ReleaseCommand.self, StatusCommand.self, MetadataCommand.self, CheckCommand.self,
            AssembleCommand.self,
        ])

    static func main() {
        // A port that is opened later must not get the number of a closed standard stream.
        do { try FileDescriptor.fillStandardStreams() } catch { exit(withError: error) }
        main(nil)
    }
}
