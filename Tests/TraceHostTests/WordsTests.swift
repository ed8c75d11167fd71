import CommandSupport
import Support
import Testing

@testable import trace_host

/// What the program says of words that it cannot use.
struct WordsTests {
    @Test func `a word that is no subcommand gets the list of them`() throws {
        let text = try #require(TraceHost.unknownSubcommand(in: ["recrod", "/tmp/vm1"]))
        #expect(text.hasPrefix("no subcommand 'recrod': setup, attach, detach, list, record, start, "))
        #expect(TraceHost.unknownSubcommand(in: ["record", "/tmp/vm1"]) == nil)
    }

    @Test func `a recording is not written to standard output`() throws {
        let error = #expect(throws: (any Error).self) {
            try TraceHost.parseAsRoot(["record", "/tmp/vm1", "-o", "-"])
        }
        #expect(
            error.map { TraceHost.message(for: $0) }?.hasPrefix("-o: a trace.dat cannot be written") == true)
    }

    @Test func `each command in the documents can be given as it is written`() throws {
        let commands = try DocumentedCommands.arguments(of: "trace-host")
        #expect(commands.count > 20)
        for (line, words) in commands {
            #expect(throws: Never.self, "\(line)") {
                try TraceHost.parseAsRoot(RecordCommand.nameCommandWords(in: words))
            }
        }
    }
}
