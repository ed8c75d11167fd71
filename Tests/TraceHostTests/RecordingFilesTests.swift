import CommandSupport
import Reactor
import Support
import Testing

@testable import trace_host

struct RecordingFilesTests {
    private let folder = TemporaryFolder()
    private let log = programLog("test")

    @Test func `streams behind the last one with pages are left out`() throws {
        let output = "\(folder.path)/trace.dat"
        let files = try RecordingFiles(output, replacing: false)
        try files.make(upTo: 3)
        #expect(files.part.streamsToAssemble() == ["\(output).cpu0"])
        let pipe = try Pipe(size: 4096)
        _ = try pipe.writeEnd.write([1, 2, 3])
        var isOpen = true
        try files.stream(cpu: 1).take(from: pipe.readEnd, 4096, &isOpen)
        #expect(files.command.hasSuffix(" assemble -o \(output) HEADER \(output).cpu0 \(output).cpu1"))
        files.remove(log)
        #expect(try namesIn(folder.path) == [])
    }

    @Test(arguments: [
        ("", "trace.dat.head"), ("trace.dat.cpu0", "trace.dat.2.head"),
        ("trace.dat.7.cpu0", "trace.dat.2.head"),
        ("trace.dat.1 trace.dat.cpux.dat.head", "trace.dat.2.head"), ("trace.dat.1", "trace.dat.head"),
        ("trace.dat.head trace.dat.2.3.head", "trace.dat.3.head"),
    ])
    func `files of earlier recordings, in parts or not, are not in the way`(there: String, header: String)
        throws
    {
        for name in there.split(separator: " ") { try writeFile("\(folder.path)/\(name)", "") }
        for isDivided in [false, true] {
            let files = try RecordingFiles("\(folder.path)/trace.dat", isDivided: isDivided, replacing: true)
            #expect(files.header == "\(folder.path)/\(header)")
        }
    }

    @Test func `each of several guests has a file of its own`() throws {
        let guests = ["/tmp/vm1", "/tmp/vm2/", "/srv/vm1", "a b/ü"].map(GuestPorts.init)
        let targets = try RecordingTarget.targets(guests, output: "out/x.dat")
        #expect(
            targets.map(\.output) == ["out/x-vm1.dat", "out/x-vm2.dat", "out/x-vm1-2.dat", "out/x-_.dat"])
        #expect(try RecordingTarget.targets([GuestPorts("vm")], output: "x").map(\.output) == ["x"])
        #expect(throws: Failure(.usage, "vm is given twice")) {
            try RecordingTarget.targets([GuestPorts("vm"), GuestPorts("vm/")], output: "x")
        }
    }
}
