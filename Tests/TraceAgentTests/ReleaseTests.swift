import ControlProtocol
import Reactor
import Support
import Testing
import TraceFile

@testable import trace_agent

/// Ring buffers that are let go of while no page moves.
struct ReleaseTests {
    private func areOpen(_ rig: StreamingRig) -> [Bool] { rig.rings.map { $0.ring.pageFile != nil } }

    /// Writes pages, which the counters show.
    private func write(_ pages: Int, _ rig: StreamingRig, cpu: Int = 0) throws {
        try rig.rings[cpu].write(pages: pages)
        try rig.rings[cpu].setStats(entries: pages)
    }

    @Test func `an order releases them once, and the next start opens them and sends what they hold`() throws
    {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink], releasesWhenStopped: false)
        #expect(areOpen(rig) == [true] && rig.report.facts.areRingsReleased == false)
        rig.release()
        try rig.run { $0.effects == [.released(problem: nil)] }
        #expect(areOpen(rig) == [false] && rig.report.facts.areRingsReleased == true)
        rig.release()
        #expect(rig.effects.count == 2 && rig.effects[1] == .released(problem: nil))
        try write(5, rig)
        rig.effects = []
        try rig.start()
        #expect(rig.effects == [] && rig.report.state == .stopped)
        try rig.run { $0.totals[.pages] == 5 }
        #expect(rig.effects == [.started(problem: nil)])
        // Its descriptor is another one, and is watched.
        try rig.rings[0].write(pages: 3)
        try rig.run { $0.totals[.pages] == 8 }
        try rig.stop()
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        #expect(areOpen(rig) == [true] && rig.report.isComplete)
        #expect(try sink.numbers() == Array(0..<8))
    }

    @Test func `the option releases them from the beginning, and whenever a stop or a dump has ended`() throws
    {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink], releasesWhenStopped: true)
        #expect(areOpen(rig) == [false] && rig.report.facts.areRingsReleased == true)
        for round in 1...3 {
            try write(4, rig)
            try rig.dump()
            try rig.run { $0.effects.count == 2 && $0.report.facts.areRingsReleased == true }
            #expect(rig.effects == [.started(problem: nil), .stopped(startsNext: false)])
            #expect(areOpen(rig) == [false] && rig.report.isComplete)
            #expect(try sink.numbers() == Array(0..<4 * round))
            rig.effects = []
        }
        try rig.start()
        try rig.run { $0.report.state == .streaming }
        #expect(areOpen(rig) == [true])
    }

    @Test func `they are not released while pages move, but after a stop that is under way`() throws {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink], releasesWhenStopped: false)
        try rig.start()
        rig.release()
        let refusal = Effect.released(problem: "streaming: the ring buffers can be released after a stop")
        #expect(rig.effects == [.started(problem: nil), refusal])
        try rig.stop()
        rig.release()
        try rig.run { $0.effects.last == .released(problem: nil) }
        #expect(rig.effects.dropFirst(2) == [.stopped(startsNext: false), .released(problem: nil)])
        #expect(areOpen(rig) == [false])
    }

    @Test func `what is ordered while they are opened is carried out in its order`() throws {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink], releasesWhenStopped: true)
        try write(5, rig)
        try rig.start()
        rig.release()
        #expect(
            rig.effects == [.released(problem: "streaming: the ring buffers can be released after a stop")])
        try rig.stop()
        rig.release()
        rig.effects = []
        try rig.run { $0.effects.last == .released(problem: nil) }
        #expect(
            rig.effects == [
                .started(problem: nil), .stopped(startsNext: false), .released(problem: nil),
            ])
        #expect(try sink.numbers() == Array(0..<5) && areOpen(rig) == [false])
        // A start after a stop, both before the ring buffers are there.
        rig.effects = []
        try rig.start()
        try rig.stop()
        try rig.start()
        try rig.run { $0.effects.contains(.stopped(startsNext: true)) }
    }

    @Test func `a release behind a dump comes after it`() throws {
        let rig = try StreamingRig([try PipeSink().sink], releasesWhenStopped: false)
        rig.release()
        try rig.dump()
        rig.release()
        try rig.run { $0.effects.last == .released(problem: nil) }
        #expect(
            rig.effects == [
                .started(problem: nil), .stopped(startsNext: false), .released(problem: nil),
            ])
        #expect(areOpen(rig) == [false] && rig.report.facts.areRingsReleased == true)
    }

    @Test func `with the option they are released after a start and a stop without ports, too`() throws {
        let rig = try StreamingRig([], rings: 1, releasesWhenStopped: true)
        try rig.start()
        try rig.stop()
        try rig.run { !$0.effects.isEmpty }
        try rig.run { $0.report.facts.areRingsReleased == true }
        #expect(areOpen(rig) == [false])
    }

    @Test func `an agent that ends starts nothing any more`() throws {
        let rig = try StreamingRig([try PipeSink().sink], releasesWhenStopped: true)
        try rig.start()
        // Nor does it end of its own accord while a start waits.
        let isAwaited = !rig.streaming.isAtRest
        try rig.prepareExit()
        let isAtRest = rig.streaming.isAtRest
        #expect(isAwaited && isAtRest)
        try rig.run { $0.report.facts.areRingsReleased == true }
        #expect(rig.effects == [] && rig.report.state == .stopped)
    }

    @Test func `a start that waits for them outlives a crash, and counts from its own beginning`() throws {
        let rig = try StreamingRig([try PipeSink().sink], releasesWhenStopped: true)
        func resumption() -> Resumption {
            let file = StateFile.open("\(rig.folder.path)/state", rig.log.logger)
            return Resumption(file, bootID: "b", instance: "", rig.log.logger)
        }
        var first = resumption()
        func save() {
            first.save(rig.streaming.resumePoint, hostUsesWords: true) { rig.streaming.ringsAtStart }
        }
        try rig.start()
        try rig.run { $0.report.state == .streaming }
        save()
        #expect(resumption().earlierStream?.count == 1)
        try rig.stop()
        _ = try rig.runUntilStopped()
        try rig.run { $0.report.facts.areRingsReleased == true }
        save()
        #expect(resumption().earlierStream == nil)
        try rig.start()
        save()
        #expect(rig.report.state == .stopped)
        #expect(resumption().earlierStream == [])
        // One that is to be stopped at once does not go on.
        try rig.stop()
        save()
        #expect(resumption().earlierStream == nil)
    }

    @Test func `one that cannot be opened again is named, and tried at the next start`() throws {
        let sinks = try [PipeSink(), PipeSink()]
        let rig = try StreamingRig(sinks.map(\.sink), releasesWhenStopped: true)
        let path = "\(rig.folder.path)/cpu1"
        try FileDescriptor.rename(path, to: "\(path).away")
        try write(2, rig)
        try write(2, rig, cpu: 1)
        let problem = "CPU 1: cannot open its ring buffer again: No such file or directory"
        try rig.start()
        try rig.runRetrying { $0.effects == [.started(problem: problem)] && $0.states[1] == .unreadable }
        try rig.run { $0.totals[.pages] == 2 }
        #expect(rig.log.count(of: "CPU 1: cannot read its ring buffer: No such file or directory") == 1)
        try FileDescriptor.rename("\(path).away", to: path)
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(!rig.report.isComplete)
        try rig.start()
        try rig.run { $0.totals[.pages] == 4 }
        #expect(rig.effects.last == .started(problem: nil))
        #expect(try sinks[1].numbers(of: 1) == [0, 1])
    }

    @Test func `a release behind an order of set-up is answered before the start behind it`() throws {
        let folder = TemporaryFolder()
        let ring = try PipeRing(cpu: 0, in: folder, isNamed: true)
        let tracefs = try FakeTracefs()
        let setter = try TraceSetter(
            try tracefs.setupFiles(), SetupLimits(), adopting: TraceSetup(), wasOn: true)
        let rings = RingFolder(
            [ring.ring], folder: NamedFile(try .open(folder.path, .directory), name: "per_cpu"),
            releasesAtOnce: false, setter: setter)
        var reactor = try AgentReactor()
        var hold = try RingHold(try RingOpener(rings), &reactor)
        #expect(hold.change(.tracing(on: false), number: 7, in: .stopped) == [])
        #expect(hold.release(in: .stopped) == [])
        let isReady = hold.areReady()
        #expect(!isReady)
        var (effects, orders) = ([Effect](), RingHold.Orders())
        while orders == RingHold.Orders() {
            _ = try reactor.wait()
            let (more, next) = hold.jobHasEnded()
            (effects, orders) = (effects + more, next)
        }
        #expect(effects == [.changed(number: 7, problem: nil), .released(problem: nil)])
        #expect(orders == RingHold.Orders(start: true) && ring.ring.pageFile != nil)
    }

    @Test func `they are not released if they could not be opened again`() throws {
        let folder = TemporaryFolder()
        let ring = try PipeRing(cpu: 0, in: folder)
        let rings = RingFolder(
            [ring.ring], folder: NamedFile(try .open(folder.path, .directory), name: "per_cpu"),
            releasesAtOnce: true)
        var reactor = try AgentReactor()
        var hold = try RingHold(try RingOpener(rings), &reactor)
        let problem = "the ring buffers could not be opened again: No such file or directory"
        #expect(hold.release(in: .stopped) == [.released(problem: problem)])
        var explained = try RingHold(try RingOpener(rings, reason: "no key"), &reactor)
        let reason = "the ring buffers could not be opened again: no key"
        #expect(explained.release(in: .stopped) == [.released(problem: reason)])
        #expect(ring.ring.pageFile != nil)
    }
}
