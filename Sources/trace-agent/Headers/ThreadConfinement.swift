import Reactor
import TraceFile

/// How a thread confines itself to opening few files, and reports whether it could.
final class ThreadConfinement: Sendable {
    private let allow: @Sendable (borrowing LandlockRules) throws(SystemError) -> Void
    private let mayWrite: Bool
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

    /// - Parameters:
    ///   - mayWrite: Whether not only for reading.
    ///   - allow: Allows what may be opened.
    init(
        mayWrite: Bool = false,
        to allow: @escaping @Sendable (borrowing LandlockRules) throws(SystemError) -> Void
    ) throws(SystemError) {
        report = try EventFD(blocking: true)
        self.mayWrite = mayWrite
        self.allow = allow
    }

    /// - Parameter folder: What may be opened is below it; `nil`: nothing may.
    convenience init(to folder: NamedFile?) throws(SystemError) {
        try self.init { rules throws(SystemError) in
            if let folder { try rules.allow(below: folder.descriptor) }
        }
    }

    /// Confines the calling thread for good; it must not be able to gain privileges.
    func confine() {
        var missing: Missing = []
        if (try? restrict()) == nil { missing.insert(.landlock) }
        let limit = mayWrite ? Privileges.existingFilesOnly : Privileges.readOnly
        if (try? limit()) == nil { missing.insert(.seccomp) }
        report.signal(missing.rawValue + 1)
    }

    private func restrict() throws(SystemError) {
        let rules = try LandlockRules()
        try allow(rules)
        try rules.restrictThread()
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
