import ControlProtocol
import Glibc
import Reactor
import Testing

@testable import trace_agent

struct HeaderSlotTests {
    private func announcement(_ bytes: Int) -> HeaderAnnouncement {
        var announcement = HeaderAnnouncement(instance: "one", cpus: 2, bootID: "id")
        announcement.bytes = bytes
        return announcement
    }

    @Test(arguments: [0, 1, 100_000])
    func `gives back the header's size and the line behind it`(bytes: Int) throws {
        let slot = try HeaderSlot()
        #expect(try slot.receive()?.line == nil)
        let content = MemoryFile.pattern(bytes)
        // Longer, as after a larger header.
        try slot.file.descriptor.write(content + [1, 2, 3], at: 0)
        slot.handBack(announcement(bytes))
        let received = try #require(try slot.receive())
        #expect(received.bytes == bytes)
        #expect(try HeaderAnnouncement(line: received.line) == announcement(bytes))
        let header = try slot.file.descriptor.read(bytes, at: 0)
        #expect(header == content)
        #expect(try slot.receive()?.line == nil)
    }

    @Test func `a slot is readable once it was handed back`() throws {
        let slot = try HeaderSlot()
        var isReady = poll(slot.readiness.descriptor, for: .readable, timeout: .zero)
        #expect(!isReady)
        slot.handBack(announcement(0))
        isReady = poll(slot.readiness.descriptor, for: .readable, timeout: .zero)
        #expect(isReady)
    }

    @Test func `an emptied slot holds no memory`() throws {
        let slot = try HeaderSlot()
        slot.handBack(announcement(10))
        try slot.empty()
        let size = try slot.file.descriptor.size()
        #expect(size == 0)
    }

    @Test func `an incomplete line is not handed back`() throws {
        // The signal of a write beyond the limit.
        _ = signal(SIGXFSZ) { _ in }
        let slot = try HeaderSlot()
        // After this header there is room for 10 bytes; no other file of a test is as large as the limit.
        let (limit, bytes) = (1 << 30, (1 << 30) - 10)
        try slot.file.descriptor.truncate(to: bytes)
        var old = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        try #require(getrlimit(resource, &old) == 0)
        var new = rlimit(rlim_cur: rlim_t(limit), rlim_max: old.rlim_max)
        try #require(setrlimit(resource, &new) == 0)
        slot.handBack(announcement(bytes))
        try #require(setrlimit(resource, &old) == 0)
        let received = try #require(try slot.receive())
        #expect(received.bytes == bytes)
        #expect(received.line == "")
    }

    @Test func `without memory for the line the slot is handed back with an empty one`() throws {
        let slot = try HeaderSlot(memory: try MemoryFile.sealed())
        slot.handBack(announcement(0))
        let received = try #require(try slot.receive())
        #expect(received.bytes == 0)
        #expect(received.line == "")
        try slot.empty()
    }
}
