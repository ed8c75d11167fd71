import ArgumentParser
import CommandSupport
import ControlProtocol
import Glibc
import Reactor
import Testing

@testable import trace_agent

struct ServingTests {
    /// Both ends of a connection: the agent's, as a client of `uid`, and the other.
    private func connection(uid: UInt32 = 0) throws -> (OrderStream, CInt) {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        #expect(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        let peer = PeerCredentials(pid: 1, uid: uid, gid: uid)
        return (OrderStream(FileDescriptor(owning: ends[0]), client: peer), ends[1])
    }

    @Test func `places are given to new clients, then taken from the one that was silent for longest`() throws
    {
        var clients = Clients(places: 3)
        let streams = try (0..<5).map { _ in try connection().0 }
        for index in 0..<3 {
            let given = clients.add(streams[index])
            let taken = try #require(given)
            #expect(taken.place == index)
            #expect(taken.evicted == nil)
        }
        #expect(!clients.hasRoom)
        let refused = clients.add(streams[3])
        #expect(refused == nil, "none has had a turn")
        for stream in streams { try stream.read() }
        clients.noteActivity(0)
        let given = clients.add(streams[3])
        let taken = try #require(given)
        #expect(taken.place == 1)
        #expect(taken.evicted === streams[1])
        clients.remove(streams[0])
        let last = clients.add(streams[4])
        #expect(last?.place == 0)
        #expect(clients.all.count == 3)
        // Removing one that has gone already changes nothing.
        clients.remove(streams[1])
        #expect(clients.all.count == 3)
    }

    @Test
    func `a place is taken from the user with the most, and not from a client that waits for an answer`()
        throws
    {
        var clients = Clients(places: 4)
        let root = try connection().0
        let greedy = try (0..<4).map { _ in try connection(uid: 1000).0 }
        _ = clients.add(root)
        for client in greedy.prefix(3) { _ = clients.add(client) }
        for client in greedy + [root] { try client.read() }
        greedy[0].oweAnswer(to: Request(.stop))
        let given = clients.add(greedy[3])
        #expect(given?.evicted === greedy[1])
        #expect(clients.all.contains { $0 === root })
    }

    @Test func `answers that are not read are bounded`() throws {
        let (stream, other) = try connection()
        let reader = FileDescriptor(owning: other)
        let line = String(repeating: "x", count: 1999)
        for _ in 0..<1000 { try stream.answer(line) }
        #expect(stream.hasUnsentAnswers)
        #expect(stream.isCongested)
        var received = 0
        var room = [UInt8](repeating: 0, count: 1 << 16)
        while let count = try room.withUnsafeMutableBytes({ try reader.read(into: $0) }), count > 0 {
            received += count
            try stream.sendAnswers()
        }
        #expect(!stream.hasUnsentAnswers)
        // The queue, what the socket holds, and whole lines only.
        #expect(received % 2000 == 0)
        #expect(received < 1 << 20)
    }

    @Test(arguments: [
        ("4.19.0-27-amd64", CheckResult.Verdict.fail), ("5.2.9", .warn), ("5.10.0", .ok),
        ("6.1.0-56-cloud-amd64", .ok), ("6.19.1", .ok),
        ("", .warn), ("x", .warn),
    ])
    func `kernels are known by their version`(release: String, verdict: CheckResult.Verdict) {
        #expect(SystemCheck.kernel(release: release).verdict == verdict)
    }

    @Test(arguments: [
        ("none [integrity] confidentiality", CheckResult.Verdict.ok),
        ("none integrity [confidentiality]", .fail),
        ("", .ok),
    ])
    func `lockdown forbids tracing only where it is confidential`(text: String, verdict: CheckResult.Verdict)
    {
        #expect(SystemCheck.lockdown(text).verdict == verdict)
    }

    @Test func `the original's command lines are accepted`() throws {
        #expect(try Options.parse([]).common.pipeSize.bytes == 65536)
        let options = try Options.parse(["-o", "-s", "1M"])
        #expect(options.output)
        #expect(options.common.pipeSize.bytes == 1 << 20)
        #expect(throws: (any Error).self) { try Options.parse(["-s", "63K"]) }
        #expect(throws: (any Error).self) { try Options.parse(["-s", "2M"]) }
    }

    @Test(arguments: [
        ([], "run"), (["-o", "-s", "128K"], "run"), (["run", "--foreground"], "run"),
        (["status", "--json"], "status"),
        (["stop", "--timeout", "2s"], "stop"), (["check", "--cpu", "0"], "check"),
    ])
    func `no subcommand runs the agent`(arguments: [String], name: String) throws {
        let command = try TraceAgent.parseAsRoot(arguments)
        #expect(type(of: command).configuration.commandName == name)
    }
}
