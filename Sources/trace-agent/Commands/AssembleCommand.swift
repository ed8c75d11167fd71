import ArgumentParser
import CommandSupport
import Logging
import Reactor

struct AssembleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assemble",
        abstract:
            "Makes a trace.dat, for trace-cmd and KernelShark, of a header and a stream of pages a CPU.",
        discussion: """
            HEAD is what the order metadata was answered with; each CPU file is what came out of trace-path-cpuN, CPU 0 \
            first. Every page is looked at before anything is written.
            """)

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("What to write.", valueName: "file"))
    var output = "trace.dat"

    @Argument(help: "The header of the machine that recorded.")
    var header: String

    @Argument(help: ArgumentHelp("The streams.", valueName: "cpu-file"))
    var streams: [String]

    func validate() throws {
        if output == "-" { throw ValidationError("-o: a trace.dat cannot be written to a pipe") }
    }

    func run() throws {
        SignalFD.ignoreFailedWrites()
        let log = Logger(label: "trace-agent") { _ in StandardErrorLog(program: "trace-agent") }
        do throws(Failure) {
            for line in try TraceAssembly(header: header, streams: streams, output: output).make(log) {
                print(line)
            }
        } catch {
            log.error("\(error)")
            throw ExitCode(error.status.rawValue)
        }
    }
}
