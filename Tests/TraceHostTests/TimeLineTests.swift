import CommandSupport
import ControlProtocol
import Glibc
import Reactor
import Support
import Testing
import TraceFile

@testable import trace_host

struct TimeLineTests {
    private let folder = TemporaryFolder()

    /// A folder as KVM's in debugfs: `vcpuN` with the numbers of one CPU.
    private func makeMachine(_ name: String, _ cpus: [[String: String]]) throws {
        try FileDescriptor.makeFolder("\(folder.path)/\(name)")
        for (number, files) in cpus.enumerated() {
            let path = "\(folder.path)/\(name)/vcpu\(number)"
            try FileDescriptor.makeFolder(path)
            for (file, text) in files { try writeFile("\(path)/\(file)", text + "\n") }
        }
    }

    @Test func `KVM's numbers of each CPU give the host's time`() throws {
        // Beside it, another machine, and the files of all.
        try makeMachine("99-12", [["tsc-offset": "5"]])
        try makeMachine(
            "4711-12",
            [
                [
                    "tsc-offset": "-1000000", "tsc-scaling-ratio": "4294967296",
                    "tsc-scaling-ratio-frac-bits": "32",
                ],
                [
                    "tsc-offset": "-3000", "tsc-scaling-ratio": "6442450944",
                    "tsc-scaling-ratio-frac-bits": "32",
                ],
                ["tsc-offset": "-77"],
            ])
        let kvm = try #require(KVMCounters(of: 4711, in: folder.path))
        let offsets = try #require(kvm.offsets(ofCPUs: 3, from: 1 << 40, to: 1 << 50))
        #expect(offsets.map(\.lines.count) == [1, 1, 1])
        // guest = host - 1000000; guest = host * 1.5 - 3000; guest = host - 77.
        #expect(offsets[0].lines[0].offset(at: 1 << 45) == -1_000_000)
        let host = (1 << 45 + 3000) * 2 / 3
        #expect(abs(offsets[1].lines[0].offset(at: 1 << 45) - (1 << 45 - host)) <= 1)
        #expect(offsets[2].lines[0].offset(at: 5) == -77)
        #expect(offsets.allSatisfy { $0.bound == 1 })
        #expect(kvm.offsets(ofCPUs: 4, from: 0, to: 1) == nil, "there is no CPU 3")
        #expect(KVMCounters(of: 4711, in: folder.path) == kvm)
        #expect(KVMCounters(of: 99, in: folder.path) != kvm)
    }

    @Test(arguments: [
        [:], ["tsc-offset": "x"], ["tsc-offset": "5", "tsc-scaling-ratio": "0"],
        ["tsc-offset": "5", "tsc-scaling-ratio-frac-bits": "63"], ["tsc-offset": "99999999999999999999"],
    ])
    func `files that are not KVM's are not used`(files: [String: String]) throws {
        try makeMachine("7-1", [files])
        #expect(KVMCounters(of: 7, in: folder.path) == nil)
    }

    @Test func `where KVM has no such machine, there are no numbers`() throws {
        #expect(KVMCounters(of: 7, in: folder.path) == nil)
        #expect(KVMCounters(of: 7, in: "\(folder.path)/none") == nil)
        try FileDescriptor.makeFolder("\(folder.path)/7-1")
        #expect(KVMCounters(of: 7, in: folder.path) == nil)
    }

    @Test func `threads of CPUs are found by their names`() throws {
        for (id, name) in [
            ("800", "CPU 1/KVM"), ("801", "CPU 0/TCG"), ("802", "qemu-system-x86"), ("803", "CPU x/KVM"),
        ] {
            try FileDescriptor.makeFolder("\(folder.path)/\(id)")
            try writeFile("\(folder.path)/\(id)/comm", name + "\n")
        }
        #expect(VirtualCPUs.threads(in: folder.path) == [.init(cpu: 0, id: 801), .init(cpu: 1, id: 800)])
        #expect(VirtualCPUs.threads(in: "\(folder.path)/none").isEmpty)
    }

    /// What is asked from a monitor that answers `query-cpus-fast` with `cpus`.
    private func threads(_ cpus: String) async throws -> [LinkedGuest.Thread] {
        let path = "\(folder.path)/monitor"
        let socket = try StreamSocket(path)
        let query = Task.detached { try VirtualCPUs.threads(askedFromMonitor: path) }
        let connection = try socket.accept()
        try connection.send("{\"QMP\":{}}\n{\"event\":\"RESUME\"}\n")
        for value in ["{}", cpus] {
            let order = try connection.line()
            let id = try #require(order.firstMatch(of: /"id":"([^"]*)"/)).1
            try connection.send("{\"id\":\"\(id)\",\"return\":\(value)}\n")
        }
        return try await query.value
    }

    @Test func `threads of CPUs are asked from QEMU's monitor`() async throws {
        let cpus = #"[{"cpu-index":0,"thread-id":70,"target":"x86_64"},{"cpu-index":1,"thread-id":71}]"#
        #expect(try await threads(cpus) == [.init(cpu: 0, id: 70), .init(cpu: 1, id: 71)])
        await #expect(throws: Failure.self) { try await self.threads("{}") }
        #expect(throws: Failure.self) { try VirtualCPUs.threads(askedFromMonitor: "\(folder.path)/none") }
    }

    @Test func `the bound, steps and drift are told in microseconds`() throws {
        let scale = try #require(CounterScale(cycles: 2000, nanoseconds: 1000))
        func line(_ begin: Int, _ offset: Int, to end: Int) -> OffsetLine {
            OffsetLine(
                begin: OffsetPoint(time: begin, offset: offset), end: OffsetPoint(time: end, offset: offset),
                bound: 25_000)
        }
        let offset = ClockOffset(known: [line(0, 0, to: 10), line(2010, -60_000_000, to: 3000)])
        #expect(
            TimeLineText(.counter, scale).lines(offset, from: "9 pings") == [
                "time line: guest - host is known within 12.5 us (x86-tsc, 9 pings)",
                "time line: the guest's clock made a step of -30.0 ms within 1.0 us of its time: a pause, a migration, or a clock that was set; events within may be wrong by it",
            ])
        #expect(TimeLineText(.counter, nil).lines(offset, from: "x")[0].contains("within 25000 cycles"))
        #expect(
            TimeLineText(.mono, nil).lines(ClockOffset([], isCounter: false), from: "0 pings")[0].contains(
                "none"))
    }

    @Test func `this machine's counter is measured where the kernel says nothing`() throws {
        let measurement = CounterMeasurement(known: nil)
        usleep(20_000)
        let scale = try #require(measurement.scale)
        usleep(20_000)
        // The kernel's own scale is the better judge, where there is one.
        let judge = try #require(CounterMeasurement.ofKernel ?? measurement.scale)
        let cycles = 1_000_000_000
        let error = abs(scale.nanoseconds(cycles) - judge.nanoseconds(cycles))
        #expect(error < judge.nanoseconds(cycles) / 1000)
    }
}
