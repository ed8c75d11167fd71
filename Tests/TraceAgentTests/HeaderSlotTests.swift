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

    @Test func `without memory for the line the slot is handed back with an empty one`() throws {
        let slot = try HeaderSlot(memory: try MemoryFile.sealed())
        slot.handBack(announcement(0))
        let received = try #require(try slot.receive())
        #expect(received.bytes == 0)
        #expect(received.line == "")
        try slot.empty()
    }
}
