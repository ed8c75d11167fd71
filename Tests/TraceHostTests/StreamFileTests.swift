import Reactor
import Support
import Testing

@testable import trace_host

/// The way of pages from a port to a file.
struct StreamFileTests {
    private let folder = TemporaryFolder()

    @Test func `what lay in a port is dropped, what comes later is written, and the head can be cut off`()
        throws
    {
        let port = try FIFOPort("\(folder.path)/trace-path-cpu0")
        let stream = try GuestStream(
            cpu: 0, Port(name: "trace-path-cpu0", path: "\(folder.path)/trace-path-cpu0", kind: .fifos))
        try port.send("old")
        try stream.move()
        #expect(stream.dropped == 3 && stream.received == 0)
        let file = try StreamFile("\(folder.path)/cpu0")
        stream.write(to: file)
        try port.send("rest of a page")
        try port.send([UInt8](repeating: 1, count: 4096))
        try stream.move()
        #expect(stream.received == 14 + 4096)
        try file.dropFirst(14)
        #expect(file.size == 4096)
        let isPage = try readFile("\(folder.path)/cpu0") == [UInt8](repeating: 1, count: 4096)
        #expect(isPage)
        // Once the disk is full, what comes is dropped.
        stream.stopWriting()
        try port.send("more")
        try stream.move()
        #expect(stream.dropped == 7 && stream.isOpen)
    }
}
