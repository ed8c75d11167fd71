import Glibc
import Reactor
import Testing

/// Sockets, users and folders of this machine.
final class LocalTests {
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

    @Test func `a socket is for its owner and group, in a folder that all can reach, whatever the umask`()
        throws
    {
        defer { rmdir("\(folder)/run") }
        let path = "\(folder)/run/socket"
        let before = umask(0o077)
        defer { umask(before) }
        let socket = try LocalSocket(at: path, for: User(name: "me", uid: getuid(), gid: getgid()))
        #expect(mode(of: path) == 0o660)
        #expect(mode(of: "\(folder)/run") == 0o755)
        let none = try socket.accept() == nil
        #expect(none)
        let client = try FileDescriptor.connect(toSocketAt: path)
        guard let connection = try socket.accept() else { throw Errno.noEntry.asError }
        #expect(
            try connection.peerCredentials() == PeerCredentials(pid: getpid(), uid: getuid(), gid: getgid()))
        _ = try connection.write(Array("one line\nmore".utf8))
        var incoming = LineReader(client)
        let line = try incoming.line(within: .seconds(5))
        #expect(line == "one line")
        let nothing = try incoming.line(within: .milliseconds(1))
        #expect(nothing == nil)
        let more = try incoming.bytes(atMost: 3, within: .seconds(5))
        #expect(more == Array("mor".utf8))
    }

    @Test func `a line that ends without a newline is no line`() throws {
        let path = "\(folder)/socket"
        defer { unlink(path) }
        let socket = try LocalSocket(at: path, for: User(name: "me", uid: getuid(), gid: getgid()))
        let client = try FileDescriptor.connect(toSocketAt: path)
        do {
            guard let connection = try socket.accept() else { throw Errno.noEntry.asError }
            _ = try connection.write(Array("half a li".utf8))
        }
        var incoming = LineReader(client)
        let failure: SystemError?
        do throws(SystemError) {
            _ = try incoming.line(within: .seconds(5))
            failure = nil
        } catch {
            failure = error
        }
        #expect(failure == SystemError(call: "read", subject: "", code: .brokenPipe))
    }

    @Test(arguments: [false, true])
    func `datagrams are sent to paths and to abstract names, and never wait`(isAbstract: Bool) throws {
        let path = (isAbstract ? "@" : "") + "\(folder)/datagrams"
        defer { if !isAbstract { unlink(path) } }
        let kind = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let receiver = FileDescriptor(owning: socket(AF_UNIX, kind, 0))
        let sender = try DatagramSender(to: path)
        let isTakenByNobody = sender.send([1])
        #expect(!isTakenByNobody)
        try withAddress(path) { #expect(bind(receiver.rawValue, $0, $1) == 0) }
        var sent = 0
        while sender.send([1, 2, 3]) { sent += 1 }
        #expect(sent > 0)
        var room = [UInt8](repeating: 0, count: 16)
        let count = try room.withUnsafeMutableBytes { try receiver.read(into: $0) }
        #expect(count == 3)
        let isTaken = sender.send([1])
        #expect(isTaken)
    }

    @Test func `a folder tells of new names, and that it has gone`() throws {
        let watch = try DirectoryWatch()
        let isThere = try watch.add("\(folder)/ports")
        #expect(!isThere)
        let isWatched = try watch.add(folder, forNewNamesOnly: true)
        #expect(isWatched)
        #expect(try watch.drain() == false)
        mkdir("\(folder)/ports", 0o755)
        #expect(try watch.drain())
        let isThereNow = try watch.add("\(folder)/ports")
        #expect(isThereNow)
        rmdir("\(folder)/ports")
        #expect(try watch.drain())
    }

    @Test func `users are looked up by name`() throws {
        #expect(try User.named("root")?.uid == 0)
        #expect(try User.named("no-such-user") == nil)
    }
}

extension Errno {
    fileprivate var asError: SystemError { SystemError(call: "test", subject: "", code: self) }
}
