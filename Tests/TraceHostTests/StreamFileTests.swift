import Reactor
import Support
import Testing

@testable import trace_host

/// The way of pages from a port to a file.
struct StreamFileTests {
    private let folder = TemporaryFolder()

    @Test func `pages come through a socket once each, also those that came before there was a file`() throws
    {
        let path = "\(folder.path)/trace-path-cpu0"
        let port = try StreamSocket(path)
        let stream = try GuestStream(cpu: 0, Port(name: "trace-path-cpu0", path: path, kind: .socket))
        let guest = try port.accept()
        try guest.send("old")
        try stream.move()
        #expect(stream.dropped == 3)
        let file = StreamFile(try .create("\(folder.path)/cpu0"))
        stream.write(to: file)
        // More than the pipe between them holds.
        var sent: [UInt8] = []
        for round in 0..<40 {
            let bytes = [UInt8](repeating: UInt8(round), count: 10_000)
            sent += bytes
            try guest.descriptor.writeAll(bytes)
            if round % 8 == 7 { while stream.received < sent.count { try stream.move() } }
        }
        try guest.send("end")
        guest.close()
        while stream.isOpen { try stream.move() }
        let isWhole = try readFile("\(folder.path)/cpu0") == sent + Array("end".utf8)
        #expect(isWhole)
    }

    @Test func `a page that has come in part at a seam goes to the next part as a whole`() throws {
        let files = try RecordingFiles("\(folder.path)/trace.dat", isDivided: true)
        try files.make(upTo: 0)
        let pipe = try Pipe(size: 64 << 10)
        var isOpen = true
        // The rest of an earlier recording's page, a page, and the start of another one.
        try pipe.writeEnd.writeAll([UInt8](repeating: 1, count: 10 + 4096) + [2, 2, 2])
        try files.stream(cpu: 0).take(from: pipe.readEnd, 1 << 20, &isOpen)
        let first = try files.beginNext(pageSize: 4096, excess: [0: 10])
        try pipe.writeEnd.writeAll([UInt8](repeating: 2, count: 4093))
        try files.stream(cpu: 0).take(from: pipe.readEnd, 1 << 20, &isOpen)
        #expect(try readFile(first.streamPath(cpu: 0)).count == 10 + 4096)
        let isPage = try readFile(files.part.streamPath(cpu: 0)) == [UInt8](repeating: 2, count: 4096)
        #expect(isPage)
        #expect(files.stream(cpu: 0).size == 4096)
    }

    @Test func `what lay in a port is dropped, what comes later is written, and the head can be cut off`()
        throws
    {
        let port = try FIFOPort("\(folder.path)/trace-path-cpu0")
        let stream = try GuestStream(
            cpu: 0, Port(name: "trace-path-cpu0", path: "\(folder.path)/trace-path-cpu0", kind: .fifos))
        try port.send("old")
        try stream.move()
        #expect(stream.dropped == 3 && stream.received == 0)
        let path = "\(folder.path)/cpu0"
        let file = StreamFile(try .create(path))
        stream.write(to: file)
        try port.send("rest of a page")
        try port.send([UInt8](repeating: 1, count: 4096))
        try stream.move()
        #expect(stream.received == 14 + 4096)
        try StreamFile.dropFirst(14, of: path)
        let isPage = try readFile(path) == [UInt8](repeating: 1, count: 4096)
        #expect(isPage)
        // Once the disk is full, what comes is dropped.
        stream.stopWriting()
        try port.send("more")
        try stream.move()
        #expect(stream.dropped == 7 && stream.isOpen)
    }
}
