import Reactor
import Synchronization

/// Assembles the parts of a long recording, one after the other, in a thread of its own: the next one is recorded meanwhile.
///
/// Dropping it waits until all are assembled.
package final class PartAssembler<Part: Sendable>: Sendable {
    private let shared: Shared
    private let thread: JoinedThread

    private final class Shared: Sendable {
        /// Parts are made of strings: what crosses here is more than a word.
        let parts = Mutex<[Part]>([])
        let failure = Mutex<Failure?>(nil)
        let mailbox: Mailbox
        /// Gets a word when the thread ends.
        let done: Mailbox
        let assemble: @Sendable (Part) throws(Failure) -> Void

        static var added: UInt64 { 1 }
        static var quit: UInt64 { 1 << 32 }

        init(_ assemble: @escaping @Sendable (Part) throws(Failure) -> Void) throws(SystemError) {
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
    package init(_ assemble: @escaping @Sendable (Part) throws(Failure) -> Void) throws(SystemError) {
        let shared = try Shared(assemble)
        thread = try JoinedThread(name: "trace-parts") { shared.run() }
        self.shared = shared
    }

    deinit { shared.mailbox.post(Shared.quit) }

    package func add(_ part: Part) {
        shared.parts.withLock { $0.append(part) }
        shared.mailbox.post(Shared.added)
    }

    /// Waits until all parts are assembled; none may be added any more.
    package func finish() {
        shared.mailbox.post(Shared.quit)
        _ = shared.done.receive()
    }

    /// Why a part could not be assembled; `nil` if all could.
    package var failure: Failure? { shared.failure.withLock { $0 } }
}
