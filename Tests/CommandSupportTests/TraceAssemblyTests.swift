import CommandSupport
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
        let start = ContinuousClock.now
        // Two lines precede those of the CPUs.
        #expect(try assembly.make(log).count == 2 + cpus)
        // A debug build with a sanitizer needs a fraction of it.
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
