import Reactor
import Support
import Testing

@testable import trace_host

struct RecordingFilesTests {
    @Test func `streams behind the last one with pages are left out`() throws {
        let folder = TemporaryFolder()
        let output = "\(folder.path)/trace.dat"
        let files = try RecordingFiles(output, replacing: false)
        try files.make(upTo: 3)
        #expect(files.pathsToAssemble == ["\(output).cpu0"])
        let pipe = try Pipe(size: 4096)
        _ = try pipe.writeEnd.write([1, 2, 3])
        var isOpen = true
        try files.stream(cpu: 1).take(from: pipe.readEnd, 4096, &isOpen)
        #expect(files.pathsToAssemble == ["\(output).cpu0", "\(output).cpu1"])
        #expect(files.command.hasSuffix(" assemble -o \(output) HEADER \(output).cpu0 \(output).cpu1"))
        files.remove()
        #expect(try namesIn(folder.path) == [])
    }
}
