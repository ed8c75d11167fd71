import CommandSupport
import Support
import Testing

@testable import trace_agent

/// What the program says of words that it cannot use.
struct WordsTests {
    @Test(arguments: ["frobnicate", "stat", "Record"])
    func `a word that is no subcommand gets the list of them`(word: String) throws {
        let text = try #require(TraceAgent.unknownSubcommand(in: [word, "--json"]))
        #expect(
            text
                == "no subcommand '\(word)': run, start, stop, dump, release, setup, clear, tracing, status, metadata, check, assemble, record, help"
        )
    }

    @Test(arguments: [[], ["-o"], ["--help"], ["help", "record"], ["record"], [PutBackList.command]])
    func `options and subcommands, hidden ones too, are not complained of`(arguments: [String]) {
        #expect(TraceAgent.unknownSubcommand(in: arguments) == nil)
    }

    @Test(arguments: [
        (["assemble", "-o", "-", "head", "cpu0"], "-o: a trace.dat cannot be written to a pipe"),
        (["assemble", "-", "cpu0"], "-: the header and the streams are regular files"),
        (["assemble", "head", "cpu0", "-"], "-: the header and the streams are regular files"),
        (["record", "-o", "-"], "-o: a trace.dat cannot be written to a pipe"),
        (["run", "--force"], "--force is for --record"),
        (["run", "--make-instance"], "--make-instance is for --instance"),
    ])
    func `what cannot be done is refused with its reason`(arguments: [String], reason: String) throws {
        let error = #expect(throws: (any Error).self) { try TraceAgent.parseAsRoot(arguments) }
        let text = error.map { TraceAgent.message(for: $0) } ?? ""
        #expect(text.hasPrefix(reason), "\(text)")
    }

    @Test func `a part of an earlier recording is found, whatever its number`() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/trace.dat"
        for name in ["trace.dat", "trace.dat.head", "trace.dat.cpu0", "trace.dat.1.cpu0", "other.dat.3"] {
            try writeFile("\(folder.path)/\(name)", "")
        }
        #expect(KeptParts.existing(of: path) == nil)
        try writeFile("\(path).17", "")
        #expect(KeptParts.existing(of: path) == "\(path).17")
    }

    @Test func `each command in the documents can be given as it is written`() throws {
        let commands = try DocumentedCommands.arguments(of: "trace-agent")
        #expect(commands.count > 2)
        for (line, words) in commands {
            #expect(throws: Never.self, "\(line)") { try TraceAgent.parseAsRoot(words) }
        }
    }
}
