import Reactor

/// How a thread confines itself to reading below one folder, and reports whether it could.
final class ThreadConfinement: Sendable {
    private let report: EventFD

    /// - Parameter report: Blocking.
    init(report: consuming EventFD) { self.report = report }

    func confine(to directory: borrowing FileDescriptor) {
        // A kernel may have neither; a service manager that does not know the calls may forbid them.
        let hasLandlock = (try? Privileges.openOnlyBelow(directory)) != nil
        let hasFilter = (try? Privileges.readOnly()) != nil
        report.signal(1 + (hasLandlock ? 0 : 1) + (hasFilter ? 0 : 2))
    }

    /// Waits for the thread; what is missing, `nil` if nothing is.
    func waitForProblem() -> String? {
        switch report.receive() {
        case 2: "no Landlock"
        case 3: "no seccomp"
        case 4: "neither Landlock nor seccomp"
        default: nil
        }
    }
}
