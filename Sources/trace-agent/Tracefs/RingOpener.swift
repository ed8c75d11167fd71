import ControlProtocol
import Reactor
import Synchronization
import TraceFile

/// Releases ring buffers while no page moves, and opens them again, in a thread of its own; it also sets what the agent's
/// own trace instance records.
///
/// As long as anybody has a `trace_pipe_raw` open, the kernel refuses to change `current_tracer` with `EBUSY`. The thread
/// is the only one that may open these files once privileges are dropped, and nothing else: see `Identity.become`. It
/// waits for the kernel's lock of all trace files, which the reactor thread must not. Dropping the opener ends the thread.
final class RingOpener: Sendable {
    private let shared: Shared
    private let thread: JoinedThread
    /// Why the ring buffers could not be opened again if they were released; `nil` if they could.
    let refusal: String?

    /// What the thread does, one job at a time; its word in the mailbox.
    enum Job: UInt64, Sendable {
        case open = 1
        case release = 2
        /// Change what is recorded.
        case change = 4
        /// No job, but news: an event has ended what is recorded.
        case triggered = 8
        case quit = 0x1_0000_0000
    }

    /// What a change has come to.
    struct Outcome: Sendable {
        /// Why it was refused; `nil` if it was made.
        let problem: String?
        /// What is recorded now; `nil` if that is not for the agent.
        let setup: TraceSetup?
        /// Whether its tracing is on, as far as is known; `nil` without one.
        var isOn: Bool?

        init(_ setter: TraceSetter?, problem: String? = nil) {
            (self.problem, setup, isOn) = (problem, setter?.inForce, setter?.isOn)
        }
    }

    /// What the thread and the reactor thread share.
    private final class Shared: Sendable {
        let rings: [Ring]
        let folder: NamedFile
        let releasesAtOnce: Bool
        let setter: TraceSetter?
        let change = Mutex<TraceChange>(.clear)
        let outcome: Mutex<Outcome>
        let mailbox: Mailbox
        let readiness: EventFD
        let trial: EventFD

        /// How often it is looked whether an event has ended what is recorded: the kernel announces that to nobody.
        static let pause = Duration.seconds(1)

        init(_ rings: RingFolder) throws(SystemError) {
            let mailbox = try Mailbox()
            let readiness = try EventFD()
            trial = try EventFD(blocking: true)
            self.mailbox = mailbox
            self.readiness = readiness
            self.rings = rings.rings
            folder = rings.folder
            releasesAtOnce = rings.releasesAtOnce
            setter = rings.setter
            outcome = Mutex(Outcome(rings.setter))
        }

        func run() {
            let error = openOnce()
            if error == nil, releasesAtOnce { carryOut(.release) }
            trial.signal(UInt64(error?.rawValue ?? 0) + 1)
            if error != nil { return }
            var setter = setter
            while true {
                while setter?.mayBeTriggered == true,
                    !poll(mailbox.descriptor, for: .readable, timeout: Self.pause)
                {
                    guard setter?.isTriggered() == true else { continue }
                    outcome.withLock { $0.isOn = false }
                    readiness.signal(Job.triggered.rawValue)
                }
                let word = mailbox.receive()
                guard let job = Job(rawValue: word), job != .quit else {
                    // What is not put back now, the next start does.
                    _ = setter?.carryOut(.clear, withoutRings: withoutRings)
                    return
                }
                if job == .change { change(&setter) } else { carryOut(job) }
                readiness.signal(word)
            }
        }

        private func change(_ setter: inout TraceSetter?) {
            let problem = setter?.carryOut(change.withLock { $0 }, withoutRings: withoutRings)
            for ring in rings { ring.readSize() }
            let new = Outcome(setter, problem: problem)
            outcome.withLock { $0 = new }
        }

        /// The kernel refuses another tracer while anybody has a ring buffer open.
        private func withoutRings(_ body: () -> Void) {
            let open = rings.filter { $0.pageFile != nil }
            for ring in open { ring.releasePages() }
            body()
            for ring in open { ring.openPages(in: folder) }
        }

        private func carryOut(_ job: Job) {
            for ring in rings { if job == .open { ring.openPages(in: folder) } else { ring.releasePages() } }
        }

        /// Tries whether a ring buffer can be opened another time; why not.
        private func openOnce() -> Errno? {
            do throws(SystemError) {
                for ring in rings.prefix(1) { _ = try ring.newPageFile(in: folder) }
                return nil
            } catch {
                return error.code
            }
        }
    }

    /// Starts the thread, and waits until it has tried what it is for.
    ///
    /// - Parameters:
    ///   - reason: Why the thread may not be able to do it, if that is known.
    ///   - confine: What the thread does first.
    init(
        _ rings: RingFolder, reason: String? = nil, confine: @escaping @Sendable () -> Void = {}
    ) throws(SystemError) {
        let shared = try Shared(rings)
        thread = try JoinedThread(name: "trace-rings") {
            confine()
            shared.run()
        }
        let code = shared.trial.receive().map { Errno(rawValue: CInt($0 - 1)) }
        refusal = code.flatMap {
            $0.rawValue == 0 ? nil : "the ring buffers could not be opened again: \(reason ?? $0.description)"
        }
        self.shared = shared
    }

    deinit { shared.mailbox.post(Job.quit.rawValue) }

    /// Lets the thread do a job; it has none.
    func post(_ job: Job) { shared.mailbox.post(job.rawValue) }

    /// Lets the thread change what is recorded; it has no job.
    func post(_ change: TraceChange) {
        shared.change.withLock { $0 = change }
        post(.change)
    }

    /// What the last change has come to.
    var outcome: Outcome { shared.outcome.withLock { $0 } }

    /// Readable once the thread has done its job.
    var readiness: FileDescriptor {
        _read { yield shared.readiness.descriptor }
    }

    /// What the thread tells, as the sum of words.
    func news() -> UInt64 { shared.readiness.receive() ?? 0 }

    /// The ring buffers that are not open.
    var closed: [Ring] { shared.rings.filter { $0.pageFile == nil } }
}
