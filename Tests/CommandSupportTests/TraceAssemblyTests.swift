import CommandSupport
import Glibc
import Logging
import Reactor
import Support
import Testing

struct TraceAssemblyTests {
    private let folder = TemporaryFolder()
    private let kernel = ForeignKernel()
    private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try writeBytes("\(folder.path)/\(name)", bytes)
        return "\(folder.path)/\(name)"
    }

    private func assembly(of streams: [String], replacing replaces: Bool) throws -> TraceAssembly {
        TraceAssembly(
            header: try file("header", kernel.header(eventsRead: [1, 5])), streams: streams,
            output: "\(folder.path)/trace.dat", replaces: replaces)
    }

    @Test func `a file that exists is replaced only if that is asked for`() throws {
        let page = try file("page", kernel.page(at: 1, [.marker("a", delta: 0)]))
        let output = try file("trace.dat", [1, 2, 3])
        let error = #expect(throws: Failure.self) {
            try assembly(of: [page], replacing: false).make(log)
        }
        #expect(error == Failure(.usage, "\(output) exists: --force replaces it"))
        #expect(try readFile(output) == [1, 2, 3])
        _ = try assembly(of: [page], replacing: true).make(log)
        #expect(try readFile(output).starts(with: [0x17, 0x08, 0x44]))
        #expect(try namesIn(folder.path).sorted() == ["header", "page", "trace.dat"])
    }

    /// What is said of a stream with two events.
    private func warnings(read: Int, atStart: Int?) throws -> [String] {
        let header = try file(
            "header", kernel.header(cpus: 2, eventsRead: [read, read], readAtStart: atStart))
        let page = try file(
            "page", kernel.page(at: 1, [.marker("a", delta: 0), .marker("b", delta: 1)]))
        let log = TestLog()
        let assembly = TraceAssembly(
            header: header, streams: [page, nil], output: "\(folder.path)/trace.dat", replaces: true)
        _ = try assembly.make(log.logger)
        return log.messages.filter { $0.contains("page has") }
    }

    @Test func `events that were read before the agent last began to stream are not missing`() throws {
        #expect(try warnings(read: 102, atStart: 100) == [])
        let missing = try warnings(read: 103, atStart: 100)
        #expect(
            missing.count == 1
                && missing[0].contains("has 2 of the 3 events that were read on CPU 0 since the agent"))
        // An older agent's header has no such number.
        #expect(try warnings(read: 102, atStart: nil).count == 1)
    }

    @Test func `streams are those of the CPUs in their names, if all have one`() {
        let shell = StreamOrder(["x/cpu0.raw", "x/cpu1.raw", "x/cpu10.raw", "x/trace-path-cpu2.out"])
        #expect(shell.streams.count == 11 && shell.streams[10] == "x/cpu10.raw")
        #expect(shell.streams[2] == "x/trace-path-cpu2.out" && shell.streams[3] == nil)
        #expect(
            shell.notes == [
                "the streams are taken by the CPUs in their names: 0, 1, 2, 10",
                "there is no stream of CPUs 3-9: taken as empty",
            ])
        #expect(
            shell.note(ofMachineWith: 12)
                == "the recorded machine has 12 CPUs, and there is no stream of CPU 11")
        #expect(shell.note(ofMachineWith: 11) == nil)
        #expect(StreamOrder(["cpu1", "cpu0"]).streams == ["cpu0", "cpu1"])
        for names in [["b", "cpu0"], ["cpu99999", "cpu1"], ["a", "a"]] {
            #expect(StreamOrder(names) == StreamOrder(names) && StreamOrder(names).streams == names)
            #expect(StreamOrder(names).notes == [])
        }
        #expect(StreamOrder(["a/cpu1", "b/cpu1"]).notes.count == 1)
    }

    @Test func `a header of 8192 CPUs takes no more time than as many streams`() throws {
        let cpus = 8192
        let header = try file(
            "header", kernel.header(cpus: UInt32(cpus), eventsRead: Array(repeating: 5, count: cpus)))
        let empty = try file("empty", [])
        let page = try file("page", kernel.page(at: 1, [.marker("a", delta: 0)]))
        let assembly = TraceAssembly(
            header: header, streams: [page] + Array(repeating: empty, count: cpus - 1),
            output: "\(folder.path)/trace.dat", replaces: false)
        try FileDescriptor.allowAsManyAsPossible()
        let start = clock()
        // Two lines precede those of the CPUs.
        #expect(try assembly.make(log).count == 2 + cpus)
        // Microseconds of CPU of this process: a debug build with a sanitizer needs a fraction of it.
        #expect(clock() - start < 20_000_000)
    }
}
