import Reactor
import Synchronization

/// Reads what the kernel shows only under its lock of all trace files, in a thread of its own.
///
/// Whoever resizes a ring buffer holds that lock, for seconds if it is large. The reactor thread must not wait for it.
/// Dropping the reader ends the thread; if it waits for the lock at that moment, so does the exit.
final class SettingsReader: Sendable {
    private let shared: Shared
    private let thread: JoinedThread

    /// What the thread and the reactor thread share.
    private final class Shared: Sendable {
        let rings: [Ring]
        let clock: FileDescriptor?
        /// The clocks that the kernel offers, in the order of `trace_clock`.
        let clocks: [Substring]
        let clockIndex: Atomic<Int>
        let mailbox: Mailbox

        static let refresh: UInt64 = 1
        static let quit: UInt64 = 1 << 32

        init(_ rings: [Ring], clock: consuming FileDescriptor?) throws(SystemError) {
            mailbox = try Mailbox()
            // If it cannot be read, the clock is unknown.
            let text = (try? clock?.contents()) ?? ""
            clocks = text.split(whereSeparator: { $0.isWhitespace || $0 == "[" || $0 == "]" })
            clockIndex = Atomic(Self.index(in: text))
            self.rings = rings
            self.clock = clock
        }

        func run() {
            while mailbox.receive() < Self.quit {
                for ring in rings { ring.readSize() }
                if let text = try? clock?.contents() {
                    clockIndex.store(Self.index(in: text), ordering: .releasing)
                }
            }
        }

        /// The position of the clock in brackets.
        private static func index(in text: String) -> Int {
            text.split(whereSeparator: \.isWhitespace).firstIndex { $0.hasPrefix("[") } ?? -1
        }
    }

    /// - Parameter clock: `trace_clock`, `nil` if there is none.
    init(_ rings: [Ring], clock: consuming FileDescriptor?) throws(SystemError) {
        let shared = try Shared(rings, clock: clock)
        thread = try JoinedThread(name: "trace-settings") { shared.run() }
        self.shared = shared
    }

    deinit { shared.mailbox.post(Shared.quit) }

    /// Lets the thread read everything anew.
    func refresh() { shared.mailbox.post(Shared.refresh) }

    /// The clock of the timestamps when it was last read, `nil` if unknown.
    var clock: String? {
        let index = shared.clockIndex.load(ordering: .acquiring)
        return shared.clocks.indices.contains(index) ? String(shared.clocks[index]) : nil
    }
}
