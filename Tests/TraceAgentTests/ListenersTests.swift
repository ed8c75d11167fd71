import ControlProtocol
import Reactor
import Support
import Testing

@testable import trace_agent

struct ListenersTests {
    /// A rig with as many clients as there are places.
    private func fullRig() throws -> (ControlRig, [Connection]) {
        let rig = try ControlRig()
        let clients = try (0..<64).map { _ in try rig.connectWithoutWaiting() }
        for _ in 0..<4 { try rig.acceptAll() }
        return (rig, clients)
    }

    @Test func `16 connections are accepted at a time`() throws {
        let rig = try ControlRig()
        let clients = try (0..<20).map { _ in try rig.connectWithoutWaiting() }
        try rig.acceptAll()
        #expect((0..<20).filter { rig.canAnswer(.client(place: $0)) } == Array(0..<16))
        #expect(rig.nextRetry == nil)
        // The listener reports the rest.
        try rig.acceptAll()
        #expect((0..<20).allSatisfy { rig.canAnswer(.client(place: $0)) })
        for place in 0..<20 {
            rig.answer(.status, .client(place: place))
            #expect(try clients[place].nextAnswer().word == .status)
        }
    }

    @Test func `the 65th client gets the place of the one that was silent for longest and waits for nothing`()
        throws
    {
        let (rig, clients) = try fullRig()
        try clients[1].send("stop\n")
        for place in 0..<64 { try rig.turns(.client(place: place)) { rig.owe($0, .client(place: place)) } }
        rig.noteActivity(ofClient: 0)
        let last = try rig.connectWithoutWaiting()
        try rig.acceptAll()
        #expect(clients[2].isClosed())
        #expect(
            rig.log.messages.last == "too many clients: the one that was idle for longest is disconnected")
        try last.send("start\n")
        #expect(try rig.turns(.client(place: 2)) == [.word(.start)])
        for place in 0..<64 where place != 2 {
            let isClosed = isHungUp(clients[place].descriptor)
            #expect(!isClosed, "\(place)")
        }
    }

    @Test func `connections wait while no client has had a turn, and are accepted on a retry`() throws {
        let (rig, clients) = try fullRig()
        let last = try rig.connectWithoutWaiting()
        try rig.acceptAll()
        #expect(rig.nextRetry == .milliseconds(250))
        // As long as nothing changes, they go on waiting.
        try rig.retry()
        #expect(rig.nextRetry == .milliseconds(250))
        for place in 0..<64 { try rig.turns(.client(place: place)) }
        if rig.nextRetry != nil { try rig.retry() }
        #expect(rig.nextRetry == nil)
        #expect(clients[0].isClosed())
        try last.send("start\n")
        #expect(try rig.turns(.client(place: 0)) == [.word(.start)])
        // The listener is watched again.
        let another = try rig.connectWithoutWaiting()
        try rig.acceptAll()
        #expect(clients[1].isClosed())
        rig.answer(.status, .client(place: 1))
        #expect(try another.nextAnswer().word == .status)
    }

    @Test func `clients of every socket are served`() throws {
        let folder = TemporaryFolder()
        let loop = try TestReactor()
        let log = TestLog()
        let paths = (0..<2).map { "\(folder.path)/socket\($0)" }
        let sockets = try paths.map { try LocalSocket.listening(at: $0) }
        var control = try Control(host: nil, hostPath: "", sockets, log: log.logger, &loop.reactor)
        for index in [1, 0] {
            let client = Connection(try FileDescriptor.connect(toSocketAt: paths[index]))
            try loop.event(.listener(index))
            try control.accept(index, &loop.reactor)
            control.answer(Request(.status), .client(place: 1 - index), .sample())
            #expect(try client.nextAnswer().word == .status)
            withExtendedLifetime(client) {}
        }
    }
}
