import CommandSupport
import ControlProtocol
import Reactor
import Support
import Testing
import TraceFile

@testable import trace_agent

struct HeaderWorkerTests {
    private let tracefs: FakeTracefs

    init() throws { tracefs = try FakeTracefs() }

    /// What a worker announces, and the slot in which the header is.
    private func build(_ worker: HeaderWorker) throws -> (HeaderAnnouncement, HeaderSlot) {
        let slot = worker.slot(of: .client)
        worker.build(for: .client)
        guard poll(slot.readiness.descriptor, for: .readable, timeout: .seconds(20)),
            let (_, line) = try slot.receive()
        else { throw TestFailure("the worker does not hand back the slot") }
        return (try HeaderAnnouncement(line: line), slot)
    }

    @Test func `the header describes the kernel, and can be read`() throws {
        let (announcement, slot) = try build(try tracefs.worker())
        #expect(announcement.error == nil)
        #expect(announcement.clock == "local")
        #expect(announcement.events == 2)
        #expect(announcement.symbols == 2)
        #expect(announcement.pageSize == 4096)
        #expect(announcement.instance == "")
        #expect(announcement.version == programVersion)
        #expect(announcement.bootID == "01234567-89ab-cdef-0123-456789ABCDEF")
        #expect(try announcement.cpus == (CPUList(ofSystem: "present").cpus.last ?? 0) + 1)
        let path = "\(tracefs.path)/header"
        let bytes = try slot.file.descriptor.read(announcement.bytes, at: 0)
        try tracefs.set("header", bytes)
        let header = try TraceHeader(opening: path)
        #expect(header.size == announcement.bytes)
        #expect(header.clock == "local")
        #expect(header.cpus == announcement.cpus)
        #expect(header.layout.pageSize == 4096)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("name: print\n") && text.contains("name: sched_switch\n"))
        #expect(text.contains("CPU: 0\n" + FakeTracefs.stats))
        #expect(!text.contains("A offset"))
    }

    @Test func `each header shows the present state`() throws {
        let worker = try tracefs.worker()
        let (first, _) = try build(worker)
        tracefs.remove("events/sched/sched_switch/format")
        try tracefs.set("kallsyms", "")
        let (second, _) = try build(worker)
        #expect(first.events == 2)
        #expect(second.events == 1)
        #expect(second.bytes < first.bytes)
    }

    @Test func `a header without symbols carries a warning`() throws {
        try tracefs.set("kallsyms", "0000000000000000 T _text\n")
        let (announcement, _) = try build(try tracefs.worker())
        #expect(announcement.symbols == 0)
        #expect(announcement.bytes > 0)
        #expect(announcement.error?.hasPrefix("no symbols: ") == true)
    }

    @Test func `a header that cannot be made is announced with the reason`() throws {
        let worker = try tracefs.worker()
        tracefs.remove("events/header_event")
        let (announcement, _) = try build(worker)
        #expect(announcement.bytes == 0)
        #expect(announcement.error == "no header: events/header_event: No such file or directory")
        // The worker goes on.
        try tracefs.set("events/header_event", ForeignKernel.headerEvent)
        let (next, _) = try build(worker)
        #expect(next.error == nil)
    }

    @Test func `jobs of both sides that meet are both done`() throws {
        let worker = try tracefs.worker()
        for origin in OrderOrigin.allCases { worker.build(for: origin) }
        for origin in OrderOrigin.allCases {
            let slot = worker.slot(of: origin)
            let isReady = poll(slot.readiness.descriptor, for: .readable, timeout: .seconds(20))
            #expect(isReady)
            let received = try #require(try slot.receive())
            #expect(received.bytes > 0)
            #expect(try HeaderAnnouncement(line: received.line).bytes == received.bytes)
        }
    }

    @Test(arguments: [
        ("0123456789abcdef0123456789abcdef\n", "01234567-89ab-cdef-0123-456789abcdef"),
        ("01234567-89ab-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"),
        ("short", ""), ("", ""),
    ])
    func `the boot's name is written as the kernel writes it`(given: String, expected: String) throws {
        #expect(try tracefs.builder(bootID: given).announcement(of: nil).bootID == expected)
    }

    @Test func `without a name of the boot the kernel is asked`() throws {
        let expected = try FileDescriptor.open("/proc/sys/kernel/random/boot_id", .readOnly).contents()
        #expect(try tracefs.builder(bootID: nil).announcement(of: nil).bootID + "\n" == expected)
    }

    @Test func `a tracefs that lacks a file is refused with its path`() throws {
        tracefs.remove("printk_formats")
        let error = #expect(throws: Failure.self) { try tracefs.builder() }
        #expect(error?.status == .unavailable)
        #expect(
            error?.description == "cannot open \(tracefs.path)/printk_formats: No such file or directory")
    }
}
