import Glibc
import Testing

@testable import Reactor

private enum Token: UInt64 { case first, second }

struct ReactorTests {
    @Test func `a source is reported as long as it is ready`() throws {
        var reactor = try Reactor<Token>()
        let idle = try EventFD()
        let ready = try EventFD()
        try reactor.watch(idle.descriptor, for: .readable, as: .first)
        try reactor.watch(ready.descriptor, for: .readable, as: .second)
        ready.signal(1)
        for _ in 0..<2 {
            let events = try reactor.wait()
            #expect(events.map(\.0) == [.second])
            #expect(events.allSatisfy { $0.1 == .readable })
        }
    }

    @Test func `one-shot interest reports nothing more until it is rearmed`() throws {
        var reactor = try Reactor<Token>()
        let once = try EventFD()
        let always = try EventFD()
        try reactor.watch(once.descriptor, for: [.readable, .once], as: .first)
        try reactor.watch(always.descriptor, for: .readable, as: .second)
        once.signal(1)
        #expect(try reactor.wait().map(\.0) == [.first])
        always.signal(1)
        #expect(try reactor.wait().map(\.0) == [.second])
        try reactor.rearm(once.descriptor, for: [.readable, .once], as: .first)
        #expect(try Set(reactor.wait().map(\.0)) == [.first, .second])
    }

    @Test func `a file that is always ready is not watched`() throws {
        let reactor = try Reactor<Token>()
        let null = try FileDescriptor.open("/dev/null", .writeOnly)
        let watchesNull = try reactor.watch(null, for: .writable, as: .first)
        let pipe = try Pipe(size: 4096)
        let watchesPipe = try reactor.watch(pipe.writeEnd, for: .writable, as: .first)
        #expect(!watchesNull && watchesPipe)
    }

    @Test func `a hang-up is reported without interest in it`() throws {
        var reactor = try Reactor<Token>()
        var ends: [CInt] = [-1, -1]
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let near = FileDescriptor(owning: ends[0])
        var far: FileDescriptor? = FileDescriptor(owning: ends[1])
        try reactor.watch(near, for: [], as: .first)
        let before = isHungUp(near)
        _ = far.take()
        let events = try reactor.wait()
        #expect(events.first?.1.contains(.hangUp) == true)
        let after = isHungUp(near)
        #expect(!before && after)
    }
}
