import Reactor
import Synchronization
import TraceFile

/// The thread that makes headers: it takes a tenth of a second, which the reactor does not have.
///
/// It is the one thread that can still open files of tracefs, because events come and go: see `Identity.become`.
/// Dropping the worker ends the thread.
final class HeaderWorker: Sendable {
    private let desk: HeaderJobs
    private let thread: JoinedThread
    /// What the kernel does not confine the thread with, `nil` if it does.
    let confinementTrouble: String?

    /// Starts the thread; it waits for jobs.
    ///
    /// - Parameters:
    ///   - instance: The trace instance, for the answer.
    ///   - isConfined: Whether the thread gives up opening anything but event formats.
    init(_ headers: HeaderBuilder, instance: String, isConfined: Bool) throws(SystemError) {
        let desk = try HeaderJobs(headers, instance: instance)
        let confinement = Confinement(report: try EventFD(blocking: true))
        thread = try JoinedThread(name: "trace-headers") {
            lowerThreadPriority()
            if isConfined { confinement.confine(to: headers.events) }
            desk.work()
        }
        confinementTrouble = isConfined ? confinement.trouble : nil
        self.desk = desk
    }

    deinit { desk.close() }

    func slot(of requester: HeaderRequester) -> HeaderSlot { desk.slots[requester.rawValue] }

    /// Lets the thread make a header in the slot of `requester`, which is nobody's; its readiness tells when it has.
    func make(for requester: HeaderRequester) { desk.mailbox.post(HeaderJobs.word(of: requester)) }
}

/// How a thread tells whether it could confine itself.
private final class Confinement: Sendable {
    private let report: EventFD

    init(report: consuming EventFD) { self.report = report }

    func confine(to directory: borrowing FileDescriptor) {
        // A kernel may have neither; a service manager that does not know the calls may forbid them.
        let hasLandlock = (try? Privileges.openOnlyBelow(directory)) != nil
        let hasFilter = (try? Privileges.readOnly()) != nil
        report.signal(1 + (hasLandlock ? 0 : 1) + (hasFilter ? 0 : 2))
    }

    /// Waits for the thread.
    var trouble: String? {
        switch report.receive() {
        case 2: "no Landlock"
        case 3: "no seccomp"
        case 4: "neither Landlock nor seccomp"
        default: nil
        }
    }
}

/// What the header worker and its thread share.
private final class HeaderJobs: Sendable {
    let slots: [HeaderSlot]
    let mailbox: Mailbox
    private let headers: HeaderBuilder
    private let instance: String
    private let isClosed = Atomic<Bool>(false)

    private static let quit: UInt64 = 1 << 32

    init(_ headers: HeaderBuilder, instance: String) throws(SystemError) {
        var slots: [HeaderSlot] = []
        for _ in HeaderRequester.allCases { slots.append(try HeaderSlot()) }
        mailbox = try Mailbox()
        self.slots = slots
        self.headers = headers
        self.instance = instance
    }

    /// Words that meet in the mailbox add up: each requester has a bit of his own, as one job of his is in flight.
    static func word(of requester: HeaderRequester) -> UInt64 { 1 << UInt64(requester.rawValue) }

    /// Ends the thread, a header that is being made included.
    func close() {
        isClosed.store(true, ordering: .releasing)
        mailbox.post(Self.quit)
    }

    /// The thread's whole life: take a job, do it, report, until told to stop.
    func work() {
        while true {
            let word = mailbox.receive()
            if word >= Self.quit { return }
            for requester in HeaderRequester.allCases where word & Self.word(of: requester) != 0 {
                fill(slots[requester.rawValue])
            }
        }
    }

    private func fill(_ slot: HeaderSlot) {
        var answer = HeaderAnnouncement(cpus: headers.cpus, boot: headers.boot, instance: instance)
        do throws(TraceFileError) {
            answer.summary = try headers.write(to: slot.file) { isClosed.load(ordering: .acquiring) }
            answer.problem = headers.doubt(about: answer.summary)
        } catch {
            answer.problem = "no header: \(error)"
        }
        slot.handBack(answer, headerBytes: answer.summary.bytes)
    }
}
