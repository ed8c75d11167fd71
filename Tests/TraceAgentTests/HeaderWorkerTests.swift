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
    private func build(
        _ worker: HeaderWorker, for audience: HeaderAudience = .root
    ) throws -> (HeaderAnnouncement, HeaderSlot) {
        let slot = worker.slot(of: audience)
        worker.build(for: audience)
        guard poll(slot.readiness.descriptor, for: .readable, timeout: .seconds(20)),
            let (_, line, _) = try slot.receive()
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

    @Test func `each header has the formats of new events, and of those that are gone`() throws {
        let worker = try tracefs.worker()
        let (first, _) = try build(worker)
        tracefs.remove("events/sched/sched_switch/format")
        try tracefs.addEvent("other", id: 301)
        let (second, slot) = try build(worker)
        #expect(first.events == 2)
        #expect(second.events == 3)
        #expect(try formats(slot, second) == ["print 5", "sched_switch 300", "other 301"])
    }

    @Test func `formats are read before a header is asked for`() throws {
        try tracefs.makeFolder("events/sched/early")
        let path = "\(tracefs.path)/events/sched/early/format"
        try makeFIFO(path)
        let worker = try tracefs.worker()
        let text = Array(FakeTracefs.format("early", 400).utf8)
        // A FIFO that nobody reads cannot be opened.
        let isRead = eventually {
            (try? FileDescriptor.open(path, [.writeOnly, .nonBlocking]).writeAll(text)) != nil
        }
        #expect(isRead)
        tracefs.remove("events/sched/early/format")
        let (announcement, slot) = try build(worker)
        #expect(try formats(slot, announcement).contains("early 400"))
    }

    @Test func `a number that was given to another event has the later one's format, with a warning`() throws
    {
        let worker = try tracefs.worker()
        #expect(try build(worker).0.error == nil)
        tracefs.remove("events/sched/sched_switch/format")
        try tracefs.addEvent("other", id: 300)
        for audience in HeaderAudience.allCases {
            let (announcement, slot) = try build(worker, for: audience)
            #expect(
                announcement.error
                    == "event numbers have changed their meaning, and earlier records are shown as later ones: 300 is sched:other, and was sched:sched_switch"
            )
            #expect(try formats(slot, announcement) == ["print 5", "other 300"])
        }
    }

    /// Name and number of each format in a header, in its order.
    private func formats(_ slot: HeaderSlot, _ announcement: HeaderAnnouncement) throws -> [String] {
        let bytes = try slot.file.descriptor.read(announcement.bytes, at: 0)
        try tracefs.set("header", bytes)
        #expect(try TraceHeader(opening: "\(tracefs.path)/header").size == announcement.bytes)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return zip(lines, lines.dropFirst()).compactMap { name, id in
            guard id.hasPrefix("ID: "), let start = name.firstRange(of: "name: ") else { return nil }
            return "\(name[start.upperBound...]) \(id.dropFirst(4))"
        }
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
        tracefs.remove("events/header_page")
        try tracefs.set("events/header_page", "nothing\n")
        let unreadable = try tracefs.worker()
        let (announcement, _) = try build(unreadable)
        #expect(announcement.bytes == 0)
        #expect(
            announcement.error
                == "no header: events/header_page: does not describe the page layout: unknown kernel")
        // Another one is not concerned: its file is open.
        let (next, _) = try build(worker)
        #expect(next.error == nil)
    }

    @Test func `jobs of all audiences that meet are all done`() throws {
        let worker = try tracefs.worker()
        for audience in HeaderAudience.allCases { worker.build(for: audience) }
        for audience in HeaderAudience.allCases {
            let slot = worker.slot(of: audience)
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
        #expect(try tracefs.builder(bootID: given).noHeader(because: "").bootID == expected)
    }

    @Test func `without a name of the boot the kernel is asked`() throws {
        let expected = try FileDescriptor.open("/proc/sys/kernel/random/boot_id", .readOnly).contents()
        #expect(try tracefs.builder(bootID: nil).noHeader(because: "").bootID + "\n" == expected)
    }

    // MARK: kernel addresses

    @Test(arguments: [
        (HeaderAudience.host, false, true), (.root, false, true), (.group, false, false),
        (.host, true, true), (.root, true, true), (.group, true, true),
    ])
    func `the group gets kernel addresses only if an option allows it`(
        audience: HeaderAudience, isAllowed: Bool, hasAddresses: Bool
    ) throws {
        let worker = try HeaderWorker(
            try tracefs.builder(addressesForGroup: isAllowed), confinement: nil)
        let (announcement, slot) = try build(worker, for: audience)
        let bytes = try slot.file.descriptor.read(announcement.bytes, at: 0)
        let text = String(decoding: bytes, as: UTF8.self)
        // Of a symbol, and of a text of printk_formats.
        for address in ["ffffffff81000000", "ffffffff82000000"] {
            #expect(text.contains(address) == hasAddresses)
        }
        #expect(announcement.symbols == (hasAddresses ? 2 : 0))
        #expect(announcement.error?.contains("--symbols-for-group") == (hasAddresses ? nil : true))
        #expect(announcement.events == 2)
        try tracefs.set("header", bytes)
        #expect(try TraceHeader(opening: "\(tracefs.path)/header").size == announcement.bytes)
    }

    @Test(arguments: [(nil, HeaderAudience.host), (0, .root), (1, .group), (65534, .group)])
    func `only the host and clients of root are told apart from the group`(
        uid: UInt32?, audience: HeaderAudience
    ) throws {
        let (stream, _) = try uid.map { try SocketPair.client(uid: $0) } ?? SocketPair.host()
        #expect(stream.audience == audience)
    }

    // MARK: files that are missing

    @Test(arguments: [
        ("printk_formats", "printk_formats: No such file or directory"),
        ("saved_cmdlines", "saved_cmdlines: No such file or directory"),
        ("trace_clock", "trace_clock: No such file or directory"),
        ("events/header_event", "events/header_event: No such file or directory"),
        ("kallsyms", "kallsyms: No such file or directory"),
    ])
    func `a header lacks what cannot be opened, and the announcement says so`(
        name: String, reason: String
    ) throws {
        tracefs.remove(name)
        let log = TestLog()
        let (announcement, slot) = try build(
            try HeaderWorker(try tracefs.builder(log: log.logger), confinement: nil))
        #expect(announcement.error?.contains(reason) == true)
        #expect(announcement.events == 2)
        try tracefs.set("header", try slot.file.descriptor.read(announcement.bytes, at: 0))
        let header = try TraceHeader(opening: "\(tracefs.path)/header")
        #expect(header.size == announcement.bytes)
        #expect(log.messages.count == 1)
        #expect(log.messages.allSatisfy { $0.contains(reason) })
    }

    @Test func `without the page layout there is no header, but a worker that says so`() throws {
        let builder = try tracefs.builder(removing: "events/header_page")
        let (announcement, _) = try build(try HeaderWorker(builder, confinement: nil))
        #expect(announcement.bytes == 0)
        #expect(announcement.error == "no header: events/header_page: No such file or directory")
    }

    // MARK: headers of the start

    @Test func `a header of the start stays as it was, for each audience`() throws {
        let early = try EarlyHeaders(try tracefs.builder(addressesForGroup: false))
        let worker = try HeaderWorker(early, confinement: nil)
        try tracefs.set("events/header_event", "changed\n")
        try tracefs.set("trace_clock", "local [global]\n")
        for audience in HeaderAudience.allCases {
            for _ in 0..<2 {
                let (announcement, slot) = try build(worker, for: audience)
                #expect(announcement.clock == "local")
                #expect(announcement.error?.hasPrefix("made when the agent started") == true)
                let text = String(
                    decoding: try slot.file.descriptor.read(announcement.bytes, at: 0), as: UTF8.self)
                #expect(text.contains("ffffffff81000000") == (audience != .group))
                #expect(!text.contains("changed"))
                try tracefs.set("header", Array(text.utf8))
                try slot.empty()
            }
        }
    }
}
