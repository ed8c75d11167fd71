import ControlProtocol
import Reactor

/// Notifies the service manager: sd_notify(3).
///
/// It counts nothing itself: it is given reports.
struct ServiceNotifier: ~Copyable {
    private let manager: Manager
    /// How long the exit may take, for `EXTEND_TIMEOUT_USEC`.
    private let exitTimeout: Duration
    private let heartbeat: TimerFD
    /// What the manager acts upon and did not accept yet; it is repeated.
    private var unsent: [String] = []
    private var lastStatus = (at: ContinuousClock.now, bytes: 0)
    /// The status line that the manager has; it is not woken for the same again.
    private var shownStatus = ""

    /// How often the status line may change.
    private static let statusPeriod = Duration.seconds(2)

    /// The service manager that started the agent, as far as the notifier needs it.
    struct Manager: Sendable {
        /// Whether it wants notifications at all.
        let wantsNotifications: Bool
        /// How often it wants to be notified that the agent is alive; `nil` if it does not.
        let watchdogInterval: Duration?
        /// Sends it assignments, a line each, and never waits.
        ///
        /// Returns `false` if it does not accept them now.
        let notify: @Sendable (String) -> Bool

        static let systemd = Manager(
            wantsNotifications: Systemd.wantsNotifications, watchdogInterval: Systemd.watchdogInterval,
            notify: Systemd.notify)
    }

    init(
        _ manager: Manager = .systemd, exitTimeout: Duration, _ reactor: inout AgentReactor
    ) throws(SystemError) {
        let heartbeat = try TimerFD()
        try reactor.watch(heartbeat.descriptor, for: .readable, as: .heartbeat)
        self.manager = manager
        self.exitTimeout = exitTimeout
        self.heartbeat = heartbeat
    }

    /// Sends what the manager acts upon; what it does not accept now is repeated, and what follows waits for it: the
    /// last state has to arrive last.
    private mutating func send(_ assignments: String) {
        if unsent.isEmpty, manager.notify(assignments) { return }
        unsent.removeAll { $0 == assignments }
        unsent.append(assignments)
    }

    /// Everything is open; starts the heartbeat if one is wanted.
    mutating func ready() throws(SystemError) {
        if let interval = manager.watchdogInterval {
            // A third: one beat asks the workers, the next one finds a stuck one, and one may come late.
            try heartbeat.arm(after: interval / 3, every: interval / 3)
        }
        send("READY=1")
    }

    /// The end has begun; notifies how long it may take.
    mutating func stopping() {
        let limit = exitTimeout + .seconds(5)
        send("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(limit.components.seconds * 1_000_000)")
    }

    mutating func reloading() { send("RELOADING=1") }
    mutating func reloaded() { send("READY=1") }

    // MARK: the status line

    var wantsStatus: Bool { manager.wantsNotifications }

    /// Whether the status line is old enough to be replaced.
    var isStatusDue: Bool {
        wantsStatus && ContinuousClock.now - lastStatus.at >= Self.statusPeriod
    }

    mutating func status(_ report: Report) {
        guard wantsStatus else { return }
        let (now, bytes) = (ContinuousClock.now, report.totals[.bytes])
        let elapsed = max(now - lastStatus.at, .milliseconds(1))
        let rate = Double(bytes - lastStatus.bytes) / (elapsed / .seconds(1))
        lastStatus = (now, bytes)
        let text = StatusLine(report, bytesPerSecond: rate).text
        if text != shownStatus, manager.notify("STATUS=\(text)") { shownStatus = text }
    }

    // MARK: the watchdog

    /// Whether it is time to check every worker.
    func isBeatDue() throws(SystemError) -> Bool { try heartbeat.expirations() > 0 }

    /// The loop runs, and every busy worker makes progress.
    mutating func alive() { send("WATCHDOG=1") }

    // MARK: retries

    var nextRetry: Duration? { unsent.isEmpty ? nil : .milliseconds(250) }

    /// Repeats what was not accepted.
    mutating func retry() {
        let lines = unsent
        unsent.removeAll()
        for line in lines { send(line) }
    }
}
