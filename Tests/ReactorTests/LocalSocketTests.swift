import Glibc
import Reactor
import Synchronization
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

    // MARK: other users' folders

    /// The user that other tests and the agent are not.
    private static let stranger: uid_t = 65533

    @Test(.enabled(if: geteuid() == 0, "needs root, to be another user than the folder's"))
    func `a folder of another user is refused, and nothing in it is changed`() throws {
        let (path, victim) = ("\(folder)/theirs/socket", "\(folder)/victim")
        mkdir("\(folder)/theirs", 0o755)
        chown("\(folder)/theirs", Self.stranger, Self.stranger)
        defer {
            unlink(path)
            for name in ["theirs/run", "theirs"] { rmdir("\(folder)/\(name)") }
            unlink(victim)
        }
        try FileDescriptor.create(victim).writeAll([1])
        chmod(victim, 0o600)
        for wanted in [path, "\(folder)/theirs/run/socket"] {
            let problem = problem(at: wanted)
            #expect(problem == .untrusted(folder: "\(folder)/theirs"))
        }
        #expect(access(path, F_OK) == -1 && access("\(folder)/theirs/run", F_OK) == -1)
        #expect(mode(of: victim) == 0o600)
    }

    @Test(arguments: [(0o777, false), (0o775, false), (0o1777, true), (0o755, true)])
    func `a folder that others can write to has to be sticky`(mode: mode_t, isTrusted: Bool) throws {
        let path = "\(folder)/shared/socket"
        mkdir("\(folder)/shared", 0o755)
        chmod("\(folder)/shared", mode)
        defer { rmdir("\(folder)/shared") }
        #expect((problem(at: path) == nil) == isTrusted)
    }

    @Test func `a link at the path is not followed, and not replaced`() throws {
        let (path, victim) = ("\(folder)/socket", "\(folder)/victim")
        try FileDescriptor.create(victim).writeAll([1])
        chmod(victim, 0o600)
        symlink(victim, path)
        defer { for file in [path, victim] { unlink(file) } }
        #expect(problem(at: path) == .failed(SystemError(call: "bind", subject: path, code: .exists)))
        #expect(mode(of: victim) == 0o600)
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to be another user than the folder's"))
    func `a user that replaces the socket by a link gets no file changed`() throws {
        let (path, victim) = ("\(folder)/theirs/socket", "\(folder)/victim")
        mkdir("\(folder)/theirs", 0o755)
        chown("\(folder)/theirs", Self.stranger, Self.stranger)
        try FileDescriptor.create(victim).writeAll([1])
        chmod(victim, 0o600)
        let attack = Attack()
        let attacker = try JoinedThread(name: "attacker") { attack.run(on: path, victim: victim) }
        for _ in 0..<3000 {
            _ = problem(at: path)
            guard mode(of: victim) == 0o600, owner(of: victim) == 0 else { break }
        }
        attack.isOver.store(true, ordering: .relaxed)
        _ = consume attacker
        #expect(mode(of: victim) == 0o600)
        #expect(owner(of: victim) == 0)
        for file in [path, "\(path).new", victim] { unlink(file) }
        rmdir("\(folder)/theirs")
    }

    private func owner(of path: String) -> uid_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_uid : .max
    }

    /// Why no socket can be made at `path`, `nil` if one can.
    private func problem(at path: String) -> TrustedFolder.Problem? {
        do throws(TrustedFolder.Problem) {
            _ = try LocalSocket(at: path, for: User(name: "other", uid: 1, gid: 1))
            return nil
        } catch {
            return error
        }
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

/// What the owner of a folder may do all the time: replace a socket in it by a symbolic link, and remove that again.
private final class Attack: Sendable {
    let isOver = Atomic(false)

    func run(on path: String, victim: String) {
        while !isOver.load(ordering: .relaxed) {
            symlink(victim, "\(path).new")
            var status = stat()
            while lstat(path, &status) == -1, !isOver.load(ordering: .relaxed) {}
            rename("\(path).new", path)
            for _ in 0..<100 { lstat(path, &status) }
            unlink(path)
        }
    }
}

extension Errno {
    fileprivate var asError: SystemError { SystemError(call: "test", subject: "", code: self) }
}
