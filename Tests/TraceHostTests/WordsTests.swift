import CommandSupport
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
}
