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
