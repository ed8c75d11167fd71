import Reactor
import Testing

struct PollTests {
    @Test func `poll of two descriptors returns the ready one, or the second if both are`() throws {
        let first = try EventFD()
        let second = try EventFD()
        #expect(poll(first.descriptor, or: second.descriptor, timeout: .zero) == .neither)
        first.signal(1)
        #expect(poll(first.descriptor, or: second.descriptor, timeout: .seconds(10)) == .first)
        second.signal(1)
        #expect(poll(first.descriptor, or: second.descriptor, timeout: .seconds(10)) == .second)
        let before = poll(first.descriptor, for: .readable, timeout: .zero)
        #expect(first.receive() == 1)
        let after = poll(first.descriptor, for: .readable, timeout: .zero)
        #expect(before && !after)
    }
}
