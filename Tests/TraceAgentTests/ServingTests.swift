import ArgumentParser
import Reactor
import Testing

@testable import trace_agent

struct ServingTests {
    private func report(_ states: [String], state: String = "streaming") -> Report {
        Report(
            state: state, instance: "", pageSize: 4096,
            cpus: states.enumerated().map { cpu, state in
                Report.CPU(
                    cpu: cpu, state: state, pages: 256, bytes: 1 << 20, lost: 3, overwritten: 0, pending: 0,
                    unread: 0,
                    gone: 0, zeroSplices: 0, timesBlocked: 0)
            }, ordersRefused: 0, isComplete: true)
    }

    @Test(arguments: [
        (["draining", "idle"], "streaming", "streaming, 2 CPUs, 1.4 MiB/s, 2.0 MiB sent, 6 events lost"),
        (["idle"], "stopped", "stopped, 1 CPUs, 1.0 MiB sent, 3 events lost"),
        (
            ["waiting for port", "port gone", "idle"], "flushing",
            "flushing, 3 CPUs, 1.4 MiB/s, 3.0 MiB sent, 9 events lost, 2 waiting for the host"
        ),
        ([], "stopped", "stopped, no CPU has a port"),
    ])
    func `a status line says what matters`(cpus: [String], state: String, expected: String) {
        #expect(report(cpus, state: state).statusLine(bytesPerSecond: 1.49 * 1_048_576) == expected)
    }

    @Test func `a problem is told in the answer, escaped`() {
        let line = report([]).json(answering: "start", problem: "no \"port\"\n")
        #expect(line.hasPrefix(#"{"answer":"start","error":"no \"port\"\u000a","version""#))
    }

    private func stream() throws -> OrderStream {
        OrderStream(try FileDescriptor.open("/dev/null", .readWrite), kind: .characterDevice)
    }

    @Test func `places are given to new clients, then taken from the most silent`() throws {
        var clients = Clients(places: 3)
        let streams = try (0..<5).map { _ in try stream() }
        for index in 0..<3 {
            let (place, evicted) = clients.add(streams[index])
            #expect(place == index)
            #expect(evicted == nil)
        }
        clients.noteHeard(0)
        let (place, evicted) = clients.add(streams[3])
        #expect(place == 1)
        #expect(evicted === streams[1])
        clients.remove(streams[0])
        #expect(clients.add(streams[4]).place == 0)
        #expect(clients.all.count == 3)
        // One that has gone already is no harm.
        clients.remove(streams[1])
        #expect(clients.all.count == 3)
    }

    @Test(arguments: [
        ("4.19.0-27-amd64", Finding.Verdict.fail), ("5.10.0", .ok), ("6.1.0-56-cloud-amd64", .ok),
        ("6.19.1", .ok),
        ("", .warn), ("x", .warn),
    ])
    func `kernels are known by their version`(release: String, verdict: Finding.Verdict) {
        #expect(Doctor.kernel(release: release).verdict == verdict)
    }

    @Test(arguments: [
        ("none [integrity] confidentiality", Finding.Verdict.ok), ("none integrity [confidentiality]", .fail),
        ("", .ok),
    ])
    func `lockdown forbids tracing only where it is confidential`(text: String, verdict: Finding.Verdict) {
        #expect(Doctor.lockdown(text).verdict == verdict)
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
