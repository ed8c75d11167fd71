import CTraceEvent
import Glibc

/// The bytes of one event, with zeros behind them: what a format says lies behind its end is read as 0.
final class EventRecord {
    private let bytes: UnsafeMutableRawBufferPointer
    private let longest: Int
    /// As libtraceevent has it.
    private(set) var content = tep_record()

    /// Beyond every place that a field, and the 16-bit offset and length in it, can name, 64 Ki elements of 8 bytes included.
    private static let room = 1 << 20

    /// - Parameter longest: The most bytes that an event has.
    init(longest: Int) {
        self.longest = longest
        let count = longest + Self.room
        bytes = UnsafeMutableRawBufferPointer(start: calloc(count, 1), count: count)
        content.data = bytes.baseAddress
    }

    deinit { free(bytes.baseAddress) }

    /// Takes another event.
    func set(_ event: UnsafeRawBufferPointer, at time: UInt64, cpu: Int) {
        let last = Int(content.size)
        let event = UnsafeRawBufferPointer(rebasing: event.prefix(longest))
        bytes.copyMemory(from: event)
        for index in event.count..<max(event.count, last) { bytes[index] = 0 }
        content.size = CInt(event.count)
        content.record_size = CInt(event.count)
        content.ts = time
        content.cpu = CInt(cpu)
    }

    /// The bytes of the event.
    var event: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[..<Int(content.size)])
    }

    /// Calls `body` with it as libtraceevent wants it.
    func withContent<Value>(_ body: (UnsafeMutablePointer<tep_record>) -> Value) -> Value {
        withUnsafeMutablePointer(to: &content, body)
    }
}
