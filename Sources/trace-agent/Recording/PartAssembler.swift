import CommandSupport
import Reactor
import Synchronization

/// Assembles the parts of a long recording, one after the other, in a thread of its own: the next one is recorded meanwhile.
///
/// Dropping it waits until all are assembled.
final class PartAssembler: Sendable {
    private let shared: Shared
    private let thread: JoinedThread

    private final class Shared: Sendable {
        /// Parts are made of strings: what crosses here is more than a word.
        let parts = Mutex<[RecordingPart]>([])
        let failure = Mutex<Failure?>(nil)
        let mailbox: Mailbox
        /// Gets a word when the thread ends.
        let done: Mailbox
        let assemble: @Sendable (RecordingPart) throws(Failure) -> Void

        static let added: UInt64 = 1
        static let quit: UInt64 = 1 << 32

        init(_ assemble: @escaping @Sendable (RecordingPart) throws(Failure) -> Void) throws(SystemError) {
            mailbox = try Mailbox()
            done = try Mailbox()
            self.assemble = assemble
        }

        func run() {
            lowerThreadPriority()
            while true {
                let word = mailbox.receive()
                while let part = parts.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                    do throws(Failure) {
                        try assemble(part)
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                    }
                }
                if word >= Self.quit { return done.post(Self.quit) }
            }
        }
    }

    /// - Parameter assemble: Makes the trace.dat of a part.
    init(_ assemble: @escaping @Sendable (RecordingPart) throws(Failure) -> Void) throws(SystemError) {
        let shared = try Shared(assemble)
        thread = try JoinedThread(name: "trace-parts") { shared.run() }
        self.shared = shared
    }

    deinit { shared.mailbox.post(Shared.quit) }

    func add(_ part: RecordingPart) {
        shared.parts.withLock { $0.append(part) }
        shared.mailbox.post(Shared.added)
    }

    /// Waits until all parts are assembled; none may be added any more.
    func finish() {
        shared.mailbox.post(Shared.quit)
        _ = shared.done.receive()
    }

    /// Why a part could not be assembled; `nil` if all could.
    var failure: Failure? { shared.failure.withLock { $0 } }
}
