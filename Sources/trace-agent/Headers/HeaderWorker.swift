import ControlProtocol
import Reactor

/// The thread that builds headers: that takes a tenth of a second, which the reactor thread does not have.
///
/// It may be the one thread that can still open files of tracefs, because events come and go: see `Identity.become`.
/// Dropping the worker ends the thread.
final class HeaderWorker: Sendable {
    private let jobs: HeaderJobs
    private let thread: JoinedThread
    /// The answer if there is no memory for one.
    let noMemory: HeaderAnnouncement

    /// Starts the thread; it waits for jobs.
    ///
    /// - Parameter confinement: How the thread gives up opening anything but event formats; `nil` if it need not.
    init(_ supply: any HeaderSupply, confinement: ThreadConfinement?) throws(SystemError) {
        let jobs = try HeaderJobs(supply)
        thread = try JoinedThread(name: "trace-headers") {
            lowerThreadPriority()
            confinement?.confine()
            jobs.run()
        }
        noMemory = supply.noHeader(because: "no memory")
        self.jobs = jobs
    }

    deinit { jobs.close() }

    func slot(of audience: HeaderAudience) -> HeaderSlot { jobs.slot(of: audience) }

    /// Lets the thread build a header in the slot of `audience`, which is free; the slot becomes readable when it is done.
    func build(for audience: HeaderAudience) { jobs.post(audience) }
}
