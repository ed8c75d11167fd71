import ControlProtocol
import Reactor
import TraceFile

/// The thread that builds headers: that takes a tenth of a second, which the reactor thread does not have.
///
/// It is the one thread that can still open files of tracefs, because events come and go: see `Identity.become`.
/// Dropping the worker ends the thread.
final class HeaderWorker: Sendable {
    private let jobs: HeaderJobs
    private let thread: JoinedThread
    /// The answer if there is no memory for one.
    let noMemory: HeaderAnnouncement
    /// What the kernel does not confine the thread with; `nil` if it is confined as it should be, or was not to be.
    let confinementProblem: String?

    /// Starts the thread; it waits for jobs.
    ///
    /// - Parameter isConfined: Whether the thread gives up opening anything but event formats.
    init(_ builder: HeaderBuilder, isConfined: Bool) throws(SystemError) {
        let jobs = try HeaderJobs(builder)
        let confinement = ThreadConfinement(report: try EventFD(blocking: true))
        thread = try JoinedThread(name: "trace-headers") {
            lowerThreadPriority()
            if isConfined { confinement.confine(to: builder.events) }
            jobs.run()
        }
        confinementProblem = isConfined ? confinement.waitForProblem() : nil
        noMemory = builder.announcement(of: nil, error: "no header: no memory")
        self.jobs = jobs
    }

    deinit { jobs.close() }

    func slot(of origin: OrderOrigin) -> HeaderSlot { jobs.slot(of: origin) }

    /// Lets the thread build a header in the slot of `origin`, which is free; the slot becomes readable when it is done.
    func build(for origin: OrderOrigin) { jobs.post(origin) }
}
