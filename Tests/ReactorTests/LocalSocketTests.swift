import Glibc
import Reactor
import Testing

final class LocalSocketTests {
    private let folder: String

    init() {
        folder = "/tmp/reactor-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        mkdir(folder, 0o755)
    }

    deinit { rmdir(folder) }

    private func mode(of path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func `only owner and group may connect, all can reach the folder, whatever the umask`() throws {
        defer { rmdir("\(folder)/run") }
        let path = "\(folder)/run/socket"
        let before = umask(0o077)
        defer { umask(before) }
        let socket = try LocalSocket(at: path, for: User(name: "me", uid: getuid(), gid: getgid()))
        #expect(mode(of: path) == 0o660)
        #expect(mode(of: "\(folder)/run") == 0o755)
        let hasNoConnection = try socket.accept() == nil
        #expect(hasNoConnection)
        let client = try FileDescriptor.connect(toSocketAt: path)
        guard let connection = try socket.accept() else { throw Errno.noEntry.asError }
        #expect(
            try connection.peerCredentials() == PeerCredentials(pid: getpid(), uid: getuid(), gid: getgid()))
        _ = try connection.write(Array("one line\nmore".utf8))
        var reader = LineReader(client)
        let line = try reader.line(within: .seconds(5))
        #expect(line == "one line")
        let nothing = try reader.line(within: .milliseconds(1))
        #expect(nothing == nil)
        let more = try reader.bytes(atMost: 3, within: .seconds(5))
        #expect(more == Array("mor".utf8))
    }

    @Test func `a line that ends without a newline is an error`() throws {
        let path = "\(folder)/socket"
        defer { unlink(path) }
        let socket = try LocalSocket(at: path, for: User(name: "me", uid: getuid(), gid: getgid()))
        let client = try FileDescriptor.connect(toSocketAt: path)
        do {
            guard let connection = try socket.accept() else { throw Errno.noEntry.asError }
            _ = try connection.write(Array("half a li".utf8))
        }
        var reader = LineReader(client)
        let failure: SystemError?
        do throws(SystemError) {
            _ = try reader.line(within: .seconds(5))
            failure = nil
        } catch {
            failure = error
        }
        #expect(failure == SystemError(call: "read", subject: "", code: .brokenPipe))
    }

    @Test(arguments: [false, true])
    func `datagrams are sent to paths and abstract names, without blocking`(isAbstract: Bool) throws {
        let path = (isAbstract ? "@" : "") + "\(folder)/datagrams"
        defer { if !isAbstract { unlink(path) } }
        let kind = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let receiver = FileDescriptor(owning: socket(AF_UNIX, kind, 0))
        let sender = try DatagramSender(to: path)
        let isSentToNoReceiver = sender.send([1])
        #expect(!isSentToNoReceiver)
        try withAddress(path) { #expect(bind(receiver.rawValue, $0, $1) == 0) }
        var sent = 0
        while sender.send([1, 2, 3]) { sent += 1 }
        #expect(sent > 0)
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = try buffer.withUnsafeMutableBytes { try receiver.read(into: $0) }
        #expect(count == 3)
        let isSent = sender.send([1])
        #expect(isSent)
    }
}

extension Errno {
    fileprivate var asError: SystemError { SystemError(call: "test", subject: "", code: self) }
}
