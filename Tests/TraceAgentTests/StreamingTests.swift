import CommandSupport
import ControlProtocol
import Reactor
import Support
import Testing

@testable import trace_agent

/// Phases, boundaries and deadlines, on pipes and sockets.
struct StreamingTests {
    @Test func `what the ring buffers hold is sent at the start, then what comes`() throws {
        let sinks = try [PipeSink(), PipeSink()]
        let rig = try StreamingRig(sinks.map(\.sink))
        try rig.rings[0].write(pages: 20)
        try rig.rings[0].setStats(entries: 20)
        #expect(rig.report.state == .stopped)
        try rig.start()
        #expect(rig.effects == [.started(problem: nil)])
        try rig.run { $0.totals[.bytes] == 20 * 4096 }
        try rig.rings[1].write(pages: 30)
        try rig.run { $0.totals[.bytes] == 50 * 4096 }
        #expect(try sinks[0].numbers() == Array(0..<20))
        #expect(try sinks[1].numbers(of: 1) == Array(0..<30))
        #expect(rig.report.state == .streaming)
        #expect(rig.totals[.pages] == 50 && rig.totals[.pending] == 0)
    }

    @Test func `a second start and a second stop change nothing`() throws {
        let rig = try StreamingRig([PipeSink().sink])
        try rig.stop()
        #expect(rig.effects == [.unchanged(problem: nil)])
        try rig.start()
        try rig.start()
        #expect(rig.effects[1...] == [.started(problem: nil), .unchanged(problem: nil)])
        try rig.stop()
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        try rig.stop()
        #expect(rig.effects == [.unchanged(problem: nil)])
    }

    @Test func `buffer_percent is set from the start to the stop`() throws {
        let rig = try StreamingRig([PipeSink().sink])
        try rig.start()
        #expect(try rig.percent() == "10")
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(try rig.percent() == "77")
    }

    @Test func `a stop sends what was recorded before it, and ends although more is there`() throws {
        let sink = try PipeSink()
        // 64 KiB hold 19 pages at most; 16 more may be on their way in the pipe.
        let rig = try StreamingRig([sink.sink], ringKiB: 64)
        try rig.start()
        try rig.rings[0].write(pages: 200)
        try rig.stop()
        #expect(rig.report.state == .flushing)
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        #expect(rig.report.isComplete)
        #expect(try sink.numbers() == Array(0..<35))
        #expect(try rig.rings[0].pagesLeft() == 165)
    }

    @Test func `after a stop nothing comes, and the next start goes on where it ended`() throws {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink])
        try rig.start()
        try rig.rings[0].write(pages: 5)
        try rig.run { $0.totals[.pages] == 5 }
        try rig.stop()
        _ = try rig.runUntilStopped()
        try rig.rings[0].write(pages: 5)
        try rig.rings[0].setStats(entries: 5)
        #expect(try rig.rings[0].pagesLeft() == 5)
        #expect(try sink.numbers() == Array(0..<5))
        try rig.start()
        try rig.run { $0.totals[.pages] == 10 }
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(try sink.numbers() == Array(0..<10))
    }

    @Test func `a dump sends what is there and stops, and does nothing without ports`() throws {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink])
        try rig.rings[0].write(pages: 7)
        try rig.rings[0].setStats(entries: 7)
        try rig.dump()
        #expect(rig.effects == [.started(problem: nil)])
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        #expect(try sink.numbers() == Array(0..<7))
        let empty = try StreamingRig([])
        try empty.dump()
        #expect(empty.effects == [.unchanged(problem: "no CPU has a port in /ports yet")])
        #expect(empty.report.state == .stopped)
    }

    @Test func `an order to start before any port is kept, and says so`() throws {
        let rig = try StreamingRig([])
        try rig.start()
        #expect(rig.effects == [.started(problem: "no CPU has a port in /ports yet")])
        #expect(rig.report.state == .streaming)
    }

    @Test func `a new size of sub-buffers is adopted, and makes the stop incomplete`() throws {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink], flushInterval: .milliseconds(5))
        try rig.start()
        try rig.changePageSize(to: 8192)
        try rig.run { $0.report.pageSize == 8192 }
        #expect(rig.report.warnings == ["the sub-buffer size has changed from 4096 to 8192 bytes"])
        try rig.rings[0].write(pages: 4)
        try rig.run { $0.totals[.bytes] == 4 * 4096 }
        #expect(rig.totals[.pages] == 2)
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(!rig.report.isComplete)
        // With the next start the streams are of one size again.
        try rig.start()
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(rig.report.isComplete && rig.report.warnings.isEmpty)
    }

    @Test func `sub-buffers that do not fit into a pipe are not started`() throws {
        let rig = try StreamingRig([PipeSink().sink])
        try rig.changePageSize(to: 128 << 10)
        try rig.start()
        #expect(
            rig.effects == [
                .unchanged(
                    problem:
                        "not started: sub-buffers of 131072 bytes do not fit into a pipe: --pipe-size 128K")
            ])
        #expect(rig.report.state == .stopped)
    }

    @Test func `a percent that others set is replaced while pages are streamed, and restored after it`()
        throws
    {
        let rig = try StreamingRig([PipeSink().sink], flushInterval: .milliseconds(5))
        try rig.start()
        try writeFile("\(rig.folder.path)/buffer_percent", "55")
        try rig.run { try $0.percent() == "10" }
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(try rig.percent() == "55")
    }

    @Test func `counters that cannot be read cost the figures of that CPU only`() throws {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink, PipeSink().sink], unreadableStats: [1])
        try rig.rings[0].setStats(entries: 3)
        try rig.rings[0].write(pages: 3)
        try rig.start()
        try rig.run { $0.totals[.pages] == 3 }
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(rig.report.cpus.map { $0.counts[.unread] } == [3, 0])
        #expect(rig.report.isComplete)
        #expect(rig.log.count(of: "CPU 1: cannot read per_cpu/cpu1/stats") == 1)
    }

    @Test func `a worker keeps its channel over ticks while something comes, and a stop gets it at once`()
        throws
    {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink], flushInterval: .milliseconds(300))
        try rig.start()
        try rig.rings[0].write(pages: 1)
        try rig.run { $0.states == [.draining] }
        // The reactor has no part in these.
        for count in 1...5 {
            #expect(eventually { rig.totals[.pages] == count })
            try rig.rings[0].write(pages: 1)
        }
        try rig.run { $0.states == [.waiting] }
        try rig.rings[0].write(pages: 1)
        try rig.run { $0.states == [.draining] }
        try rig.stop()
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        #expect(rig.report.isComplete)
        #expect(try sink.numbers() == Array(0..<7))
    }

    // MARK: sinks that accept nothing

    @Test func `a sink that accepts nothing holds up its channel only, and goes on when it is read`() throws {
        let (blocked, other) = try (PipeSink(size: 4 * 4096), PipeSink())
        let rig = try StreamingRig([blocked.sink, other.sink])
        try rig.start()
        try rig.rings[0].write(pages: 40)
        try rig.run { $0.states[0] == .blocked }
        #expect(rig.totals[.blocked] == 1)
        #expect(rig.streaming.nextRetry == .milliseconds(250))
        try rig.rings[1].write(pages: 10)
        try rig.run { $0.report.cpus[1].counts[.bytes] == 10 * 4096 }
        // Each read makes room for four pages more.
        while true {
            // First: a worker may go on as soon as there is room.
            let before = rig.totals[.bytes]
            if try blocked.read().count >= 40 * 4096 { break }
            try rig.run { $0.totals[.bytes] > before || $0.totals[.bytes] == 50 * 4096 }
        }
        #expect(PipeRing.numbers(in: blocked.received, of: 0) == Array(0..<40))
    }

    @Test func `a stop that is over time gives up, and what is left goes with the next start`() throws {
        let sink = try PipeSink(size: 4 * 4096)
        let rig = try StreamingRig([sink.sink], stopTimeout: .milliseconds(30))
        try rig.start()
        try rig.rings[0].write(pages: 30)
        try rig.run { $0.states[0] == .blocked }
        try rig.stop()
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        #expect(!rig.report.isComplete)
        #expect(rig.totals[.bytes] == 4 * 4096)
        #expect(rig.totals[.pending] > 0 && rig.totals[.pending] <= 16 * 4096)
        #expect(rig.streaming.isAtRest && !rig.streaming.isStuck)
        try rig.start()
        while true {
            // First: a worker may go on as soon as there is room.
            let before = rig.totals[.bytes]
            if try sink.read().count >= 30 * 4096 { break }
            try rig.run { $0.totals[.bytes] > before || $0.totals[.bytes] == 30 * 4096 }
        }
        #expect(PipeRing.numbers(in: sink.received, of: 0) == Array(0..<30))
    }

    @Test func `with a stop timeout of zero a stop gives up what the sink does not accept at once`() throws {
        let sink = try PipeSink(size: 4 * 4096)
        let rig = try StreamingRig([sink.sink], stopTimeout: .zero)
        try rig.start()
        try rig.rings[0].write(pages: 30)
        try rig.run { $0.states[0] == .blocked }
        try rig.stop()
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        #expect(!rig.report.isComplete && rig.totals[.pending] > 0)
    }

    @Test func `a start during a stop comes after it, unless another stop comes first`() throws {
        let sink = try PipeSink(size: 4 * 4096)
        let rig = try StreamingRig([sink.sink], stopTimeout: .milliseconds(30))
        try rig.start()
        try rig.rings[0].write(pages: 30)
        try rig.run { $0.states[0] == .blocked }
        try rig.stop()
        try rig.start()
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: true))
        try rig.start()
        try rig.run { $0.states[0] == .blocked }
        try rig.stop()
        try rig.start()
        try rig.stop()
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        try rig.start()
        try rig.stop()
        try rig.start()
        try rig.prepareExit()
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
    }

    @Test func `a stop during a stop moves the boundary`() throws {
        let (blocked, other) = try (PipeSink(size: 4 * 4096), PipeSink())
        let rig = try StreamingRig([blocked.sink, other.sink])
        try rig.start()
        try rig.rings[0].write(pages: 10)
        try rig.run { $0.states[0] == .blocked }
        try rig.stop()
        try rig.run { $0.states[1] == .idle }
        try rig.rings[1].write(pages: 3)
        try rig.stop()
        try rig.run { $0.report.cpus[1].counts[.bytes] == 3 * 4096 }
        while true {
            // First: a worker may go on as soon as there is room.
            let before = rig.totals[.bytes]
            if try blocked.read().count >= 10 * 4096 { break }
            try rig.run { $0.totals[.bytes] > before || $0.streaming.isStopped }
        }
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        #expect(rig.report.isComplete)
        #expect(try other.numbers(of: 1) == Array(0..<3))
    }

    @Test func `a worker that does not hand back is given up, and noticed by the heartbeat`() throws {
        let sink = try SocketSink(isBlocking: true)
        // Whatever fails, the worker can end.
        defer { sink.close() }
        let rig = try StreamingRig([sink.sink], stopTimeout: .milliseconds(30))
        try rig.start()
        // More than the socket's buffer: the splice waits in the kernel.
        try rig.rings[0].write(pages: 250)
        try rig.run { $0.states[0] == .draining }
        #expect(try eventually { try rig.rings[0].pagesLeft() < 250 })
        #expect(!rig.findStuckWorkers())
        #expect(eventually { rig.findStuckWorkers() })
        try rig.stop()
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        #expect(rig.streaming.isStuck && rig.streaming.isAtRest)
        #expect(!rig.report.isComplete)
        // The splice ends after all.
        sink.close()
        try rig.run { !$0.streaming.isStuck }
        #expect(rig.states == [.idle])
    }

    @Test func `orders that go on coming do not put off the exit while a worker is stuck`() throws {
        let (stuck, broken) = try (SocketSink(isBlocking: true), SocketSink())
        defer { stuck.close() }
        let rig = try StreamingRig([stuck.sink, broken.sink], mode: .standardOutput)
        try rig.start()
        try rig.rings[0].write(pages: 250)
        try rig.run { $0.states[0] == .draining }
        #expect(try eventually { try rig.rings[0].pagesLeft() < 250 })
        broken.close()
        try rig.rings[1].write(pages: 1)
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        #expect(rig.states[0] == .draining)
        // Each order would begin the wait for the worker again.
        let isOver = try eventually {
            try rig.stop()
            try rig.prepareExit()
            try rig.runPending()
            return rig.streaming.isAtRest
        }
        #expect(isOver)
        stuck.close()
        try rig.run { !$0.streaming.isStuck }
    }

    @Test func `a channel that is added while pages move takes part, and the others are not disturbed`()
        throws
    {
        let sinks = try [PipeSink(), PipeSink()]
        let rig = try StreamingRig([sinks[0].sink])
        try rig.start()
        let late = try rig.add(sinks[1].sink)
        try late.write(pages: 3)
        try late.setStats(entries: 3)
        #expect(rig.states == [.waiting, .idle])
        try rig.startNewChannels()
        try rig.rings[0].write(pages: 2)
        try rig.run { $0.totals[.pages] == 5 }
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(try sinks[0].numbers() == [0, 1])
        #expect(try sinks[1].numbers(of: 1) == [0, 1, 2])
    }

    // MARK: sinks that break

    @Test func `a broken connection costs the rest of its page, and the next one starts with a whole page`()
        throws
    {
        let pageSize = 64 << 10
        let sink = try PipeSink(size: 4 * 4096)
        let rig = try StreamingRig([sink.sink], pageSize: pageSize)
        try rig.start()
        try rig.rings[0].write(pages: 4)
        try rig.run { $0.states[0] == .blocked }
        #expect(rig.totals[.bytes] == 4 * 4096)
        sink.close()
        try rig.run { $0.states[0] == .unplugged }
        #expect(rig.totals[.gone] == pageSize - 4 * 4096)
        #expect(rig.streaming.nextRetry == .seconds(1))
        #expect(try rig.reopenGonePorts(isBack: false) == [0])
        try sink.reconnect()
        try rig.reopenGonePorts()
        try rig.run { $0.totals[.bytes] + $0.totals[.gone] == 4 * pageSize }
        #expect(PipeRing.numbers(in: try sink.read(), of: 0, pageSize: pageSize) == [1, 2, 3])
    }

    @Test func `a stop does not wait for a port that has gone`() throws {
        let (gone, other) = try (SocketSink(), PipeSink())
        let rig = try StreamingRig([gone.sink, other.sink])
        try rig.start()
        gone.close()
        try rig.rings[0].write(pages: 2)
        try rig.run { $0.states[0] == .unplugged }
        try rig.rings[1].write(pages: 5)
        try rig.stop()
        #expect(try rig.runUntilStopped().last == .stopped(startsNext: false))
        #expect(!rig.report.isComplete)
        #expect(try other.numbers(of: 1) == Array(0..<5))
        // The port comes back while the agent is stopped: nothing moves before the next start.
        try gone.reconnect()
        try rig.reopenGonePorts()
        #expect(rig.states == [.idle, .idle])
        #expect(try gone.read().isEmpty)
        try rig.start()
        var received: [UInt8] = []
        try rig.run { _ in
            received += try gone.read()
            return received.count == 2 * 4096
        }
        #expect(PipeRing.numbers(in: received, of: 0) == [0, 1])
    }

    @Test func `an output that all channels share and that fails ends everything`() throws {
        let shared = try SocketSink()
        let rig = try StreamingRig([shared.sink, shared.sink], mode: .standardOutput)
        try rig.start()
        rig.effects.removeAll()
        shared.close()
        try rig.rings[1].write(pages: 1)
        let effects = try rig.runUntilStopped()
        #expect(
            effects == [
                .outputFailed(Failure(.outputFailed, "socket: its reader has closed it")),
                .stopped(startsNext: false),
            ])
        #expect(rig.streaming.outputProblem?.status == .outputFailed)
    }

    @Test func `channels that share an output take turns, a whole page at least`() throws {
        let pageSize = 64 << 10
        let sink = try PipeSink(size: 3 * 4096, turn: Turn())
        let rig = try StreamingRig([sink.sink, sink.sink], mode: .standardOutput, pageSize: pageSize)
        try rig.start()
        for _ in 0..<4 {
            let end = rig.totals[.bytes] + 4 * pageSize
            for ring in rig.rings { try ring.write(pages: 2) }
            try rig.run { rig in
                try sink.read()
                rig.retry()
                return rig.totals[.bytes] == end
            }
        }
        for cpu in 0...1 {
            let numbers = PipeRing.numbers(in: try sink.read(), of: cpu, pageSize: pageSize)
            #expect(numbers == Array(0..<8))
        }
    }

    // MARK: ring buffers that cannot be read

    @Test func `a ring buffer that poll reports and that gives nothing is left to timers`() throws {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink], flushInterval: .milliseconds(5))
        rig.rings[0].closeWriter()
        try rig.start()
        try rig.run { $0.states[0] == .polling }
        #expect(rig.streaming.nextRetry == .milliseconds(10))
        try rig.rings[0].reopenWriter()
        try rig.rings[0].write(pages: 2)
        try rig.rings[0].setStats(entries: 2)
        try rig.run { $0.totals[.pages] == 2 }
        #expect(try sink.numbers() == [0, 1])
        #expect(rig.log.count(of: "poll(2) reports events before a page is full") == 1)
    }

    @Test func `without a flush timer such a ring buffer is tried more and more rarely`() throws {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink])
        rig.rings[0].closeWriter()
        try rig.start()
        try rig.runRetrying { $0.streaming.nextRetry == .milliseconds(80) && $0.states[0] == .polling }
        try rig.rings[0].reopenWriter()
        try rig.rings[0].write(pages: 2)
        try rig.runRetrying { $0.totals[.pages] == 2 }
        #expect(try sink.numbers() == [0, 1])
    }

    @Test func `after a stop a ring buffer that cannot be read is reported as the cause`() throws {
        let rig = try StreamingRig([PipeSink().sink])
        // A folder can be neither spliced nor read.
        try rig.rings[0].ring.pageFile?.descriptor.replace(with: try .open("/", .readOnly))
        try rig.rings[0].setStats(entries: 7)
        try rig.start()
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(rig.states == [.unreadable])
        #expect(
            IncompleteStop.causes(rig.report) == [
                "CPU 0 has a ring buffer that cannot be read (7 events in the ring buffer)"
            ])
    }

    @Test func `losses are counted by the phase that they fall into`() throws {
        let rig = try StreamingRig([PipeSink().sink])
        try rig.rings[0].setStats(entries: 0, overrun: 5)
        try rig.start()
        try rig.rings[0].setStats(entries: 0, overrun: 12)
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(rig.totals[.overwritten] == 5 && rig.totals[.lost] == 7)
        try rig.rings[0].setStats(entries: 3, overrun: 13)
        rig.readStats()
        #expect(rig.totals[.overwritten] == 6 && rig.totals[.lost] == 7 && rig.totals[.unread] == 3)
    }
}
