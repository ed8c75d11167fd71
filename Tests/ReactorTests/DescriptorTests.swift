import Glibc
import Testing

@testable import Reactor

struct DescriptorTests {
    @Test func `splice returns nil if the source is empty or the sink is full`() throws {
        let source = try Pipe(size: 8192)
        let sink = try Pipe(size: 4096)
        #expect(try source.writeEnd.write([UInt8](repeating: 7, count: 4096)) == 4096)
        #expect(try source.readEnd.splice(to: sink.writeEnd, length: 1 << 20) == 4096)
        #expect(try source.readEnd.splice(to: sink.writeEnd, length: 1 << 20) == nil)
        #expect(try source.writeEnd.write([1]) == 1)
        #expect(try source.readEnd.splice(to: sink.writeEnd, length: 1 << 20) == nil)
        #expect(try source.readEnd.bytesToRead() == 1)
        #expect(try sink.readEnd.bytesToRead() == 4096)
    }

    @Test func `a pipe has at least the requested size, and reports its real one`() throws {
        #expect(try Pipe(size: 65536).capacity == 65536)
        #expect(try Pipe(size: 5000).capacity == 8192)
    }

    @Test func `an error names the call, the subject and the error`() {
        let error = #expect(throws: SystemError.self) {
            _ = try FileDescriptor.open("/no/such/file", .readOnly)
        }
        #expect(error?.code == .noEntry)
        #expect(error.map { "\($0)" } == "open /no/such/file: No such file or directory")
    }

    @Test func `a replaced descriptor keeps its number and refers to the other file`() throws {
        let old = try Pipe(size: 4096)
        let new = try Pipe(size: 4096)
        let number = old.writeEnd.rawValue
        let copy = FileDescriptor(owning: fcntl(new.writeEnd.rawValue, F_DUPFD_CLOEXEC, 0))
        try old.writeEnd.replace(with: copy)
        #expect(old.writeEnd.rawValue == number)
        _ = try old.writeEnd.write([1, 2, 3])
        #expect(try new.readEnd.bytesToRead() == 3)
        #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
    }

    @Test func `contents returns the current contents from the start of the file`() throws {
        let path = "/tmp/reactor-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let file = FileDescriptor(owning: open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
        defer { unlink(path) }
        try file.overwrite(with: "one")
        #expect(try file.contents() == "one")
        try file.overwrite(with: "two")
        #expect(try file.contents() == "two")
        #expect(try file.contents(limit: 2) == "tw")
        #expect(try file.kind() == .regular)
        #expect(try FileDescriptor.Kind(of: "/dev/null") == .characterDevice)
        #expect(try FileDescriptor.Kind(of: "/tmp") == .directory)
    }
}
