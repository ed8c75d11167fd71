import ControlProtocol
import Reactor
import Synchronization
import Testing

@testable import trace_agent

struct ServiceNotifierTests {
    /// A service manager that may refuse what it is sent.
    private final class Receiver: Sendable {
        private let accepted = Mutex<[String]>([])
        private let refusals: Atomic<Int>

        /// - Parameter refusing: How many messages it refuses first.
        init(refusing: Int = 0) { refusals = Atomic(refusing) }

        var messages: [String] { accepted.withLock { $0 } }

        func refuse(_ count: Int) { refusals.store(count, ordering: .relaxed) }

        func manager(
            wantsNotifications: Bool = true, watchdog: Duration? = nil
        ) -> ServiceNotifier.Manager {
            .init(wantsNotifications: wantsNotifications, watchdogInterval: watchdog) { message in
                let left = self.refusals.load(ordering: .relaxed)
                if left > 0 {
                    self.refusals.store(left - 1, ordering: .relaxed)
                    return false
                }
                self.accepted.withLock { $0.append(message) }
                return true
            }
        }
    }

    private let loop: TestReactor

    init() throws { loop = try TestReactor() }

    private func notifier(_ manager: ServiceNotifier.Manager) throws -> ServiceNotifier {
        try ServiceNotifier(manager, exitTimeout: .seconds(30), &loop.reactor)
    }

    @Test(arguments: 0...3)
    func `READY is repeated until it is accepted, and sent once then`(refusals: Int) throws {
        let receiver = Receiver(refusing: refusals)
        var notifier = try notifier(receiver.manager())
        try notifier.ready()
        for _ in 0..<refusals {
            let retry = notifier.nextRetry
            #expect(retry == .milliseconds(250))
            #expect(receiver.messages == [])
            notifier.retry()
        }
        let retry = notifier.nextRetry
        #expect(retry == nil)
        notifier.retry()
        #expect(receiver.messages == ["READY=1"])
    }

    @Test func `what was refused is sent in its order`() throws {
        let receiver = Receiver(refusing: 1)
        var notifier = try notifier(receiver.manager())
        notifier.reloading()
        notifier.reloaded()
        notifier.retry()
        #expect(receiver.messages == ["RELOADING=1", "READY=1"])
        let retry = notifier.nextRetry
        #expect(retry == nil)
    }

    @Test func `the last state is reported last, although it was refused before`() throws {
        let receiver = Receiver(refusing: 3)
        var notifier = try notifier(receiver.manager())
        try notifier.ready()
        notifier.reloading()
        notifier.reloaded()
        receiver.refuse(0)
        notifier.retry()
        #expect(receiver.messages.last == "READY=1")
        #expect(receiver.messages.contains("RELOADING=1"))
    }

    @Test func `a manager that goes on refusing is retried again`() throws {
        let receiver = Receiver(refusing: 10)
        var notifier = try notifier(receiver.manager())
        try notifier.ready()
        notifier.stopping()
        notifier.stopping()
        notifier.retry()
        receiver.refuse(0)
        notifier.retry()
        #expect(receiver.messages == ["READY=1", "STOPPING=1\nEXTEND_TIMEOUT_USEC=35000000"])
    }

    @Test func `a stop reports how long it may take`() throws {
        let receiver = Receiver()
        var notifier = try notifier(receiver.manager())
        notifier.stopping()
        #expect(receiver.messages == ["STOPPING=1\nEXTEND_TIMEOUT_USEC=35000000"])
    }

    @Test func `the status line is sent and not repeated`() throws {
        let receiver = Receiver()
        var notifier = try notifier(receiver.manager())
        let wantsStatus = notifier.wantsStatus
        #expect(wantsStatus)
        notifier.status(.sample(cpus: 2, [.bytes: 1 << 20, .lost: 1]))
        #expect(receiver.messages == ["STATUS=stopped, 2 CPUs, 2.0 MiB sent, 2 events lost"])
        let isDue = notifier.isStatusDue
        #expect(!isDue, "less than 2 s after the last one")
        receiver.refuse(1)
        notifier.status(.sample(cpus: 0))
        let retry = notifier.nextRetry
        #expect(retry == nil)
        #expect(receiver.messages.count == 1)
    }

    @Test func `a status line that has not changed wakes nobody, and one that has does`() throws {
        let receiver = Receiver()
        var notifier = try notifier(receiver.manager())
        let idle = Report.sample(cpus: 2, [.bytes: 1 << 20])
        for _ in 0..<3 { notifier.status(idle) }
        #expect(receiver.messages == ["STATUS=stopped, 2 CPUs, 2.0 MiB sent, 0 events lost"])
        notifier.status(.sample(cpus: 2, [.bytes: 2 << 20]))
        notifier.status(idle)
        #expect(receiver.messages.count == 3)
    }

    @Test func `a status line that was refused is sent the next time, changed or not`() throws {
        let receiver = Receiver(refusing: 1)
        var notifier = try notifier(receiver.manager())
        for _ in 0..<3 { notifier.status(.sample()) }
        #expect(receiver.messages == ["STATUS=stopped, 1 CPUs, 0.0 MiB sent, 0 events lost"])
    }

    @Test func `without notifications there is no status`() throws {
        let receiver = Receiver()
        var notifier = try notifier(receiver.manager(wantsNotifications: false))
        notifier.status(.sample())
        let (wantsStatus, isDue) = (notifier.wantsStatus, notifier.isStatusDue)
        #expect(!wantsStatus && !isDue)
        #expect(receiver.messages == [])
    }

    @Test func `the heartbeat is due again and again, and reports that the agent is alive`() throws {
        let receiver = Receiver()
        var notifier = try notifier(receiver.manager(watchdog: .milliseconds(6)))
        try notifier.ready()
        for _ in 0..<2 {
            try loop.event(.heartbeat)
            let isDue = try notifier.isBeatDue()
            #expect(isDue)
            notifier.alive()
        }
        #expect(receiver.messages == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"])
    }

    @Test func `a manager that wants no heartbeat gets none`() throws {
        var notifier = try notifier(Receiver().manager())
        try notifier.ready()
        let isDue = try notifier.isBeatDue()
        #expect(!isDue)
    }
}
