import Reactor
import TraceFile

/// How a thread confines itself to reading below one folder, and reports whether it could.
final class ThreadConfinement: Sendable {
    /// `nil`: it can open nothing.
    private let folder: NamedFile?
    private let report: EventFD

    /// What the kernel, or the filter of a service manager, does not offer.
    struct Missing: OptionSet, CustomStringConvertible {
        let rawValue: UInt64
        static let landlock = Missing(rawValue: 1)
        static let seccomp = Missing(rawValue: 2)

        var description: String {
            switch self {
            case .landlock: "no Landlock"
            case .seccomp: "no seccomp"
            case []: "nothing is missing"
            default: "neither Landlock nor seccomp"
            }
        }
    }

    init(to folder: NamedFile?) throws(SystemError) {
        report = try EventFD(blocking: true)
        self.folder = folder
    }

    /// Confines the calling thread for good; it must not be able to gain privileges.
    func confine() {
        var missing: Missing = []
        if !isConfinedByLandlock() { missing.insert(.landlock) }
        if (try? Privileges.readOnly()) == nil { missing.insert(.seccomp) }
        report.signal(missing.rawValue + 1)
    }

    private func isConfinedByLandlock() -> Bool {
        if let folder { return (try? Privileges.openOnlyBelow(folder.descriptor)) != nil }
        return (try? Privileges.openNothing()) != nil
    }

    /// Waits until the thread is confined; what is missing.
    func waitForReport() -> Missing { Missing(rawValue: report.receive().map { $0 - 1 } ?? 3) }

    /// Finds out, with a thread that ends, what will be missing: Landlock confines threads one by one.
    static func missing(for folder: NamedFile?) throws(SystemError) -> Missing {
        let trial = try ThreadConfinement(to: folder)
        let thread = try JoinedThread(name: "trace-trial") {
            guard (try? Privileges.gainNoMore()) != nil else { return trial.report.signal(4) }
            trial.confine()
        }
        let missing = trial.waitForReport()
        _ = consume thread
        return missing
    }
}
