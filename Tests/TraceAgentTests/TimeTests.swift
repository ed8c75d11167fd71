import ControlProtocol
import Support
import Testing

@testable import trace_agent

/// The order `time`: what it says, and when.
struct TimeTests {
    private func answer(clock: String?) throws -> (TimeAnswer, before: Int, after: Int) {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        try far.send("time id=now\n")
        let read = clock.flatMap(TraceClock.init) ?? .mono
        let before = read.now
        #expect(
            rig.turn(.host) { rig.answer(TimeAnswer(to: $0, clock: clock), .host) } == [
                .word(.time, id: OrderID(rawValue: "now"))
            ])
        // One with an id is a line of its own.
        #expect(try far.line().isEmpty)
        return (try TimeAnswer(line: try far.line()), before, read.now)
    }

    @Test(arguments: TraceClock.allCases)
    func `a clock that can be read is read when the order is, and when it is answered`(clock: TraceClock)
        throws
    {
        let (answer, before, after) = try answer(clock: clock.rawValue)
        #expect(answer.id?.rawValue == "now" && answer.clock == clock.rawValue && answer.error == nil)
        let received = try #require(answer.received)
        let answered = try #require(answer.answered)
        #expect(before <= received && received <= answered && answered <= after)
    }

    @Test(arguments: ["local", "global", "perf", "counter", nil])
    func `a clock that cannot be read is named in the error, and there are no times`(clock: String?) throws {
        let answer = try answer(clock: clock).0
        #expect(answer.received == nil && answer.answered == nil)
        let expected = clock.map {
            "the trace clock \($0) cannot be read: choose one of x86-tsc, mono, mono_raw, boot, tai"
        }
        #expect(answer.error == expected ?? "the trace clock is unknown")
    }

    @Test func `a time does not wait for a header that is being made, nor for a stop`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        try far.send("metadata\nstop\ntime\n")
        rig.turn(.host) { request in
            rig.owe(request, .host)
            if request.word == .time { rig.answer(TimeAnswer(to: request, clock: "mono"), .host) }
        }
        #expect(try TimeAnswer(line: try far.line()).error == nil)
        #expect(rig.isAnyAnswerOwed && rig.awaitingHeader == [.host])
    }
}
