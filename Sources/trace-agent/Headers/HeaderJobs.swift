import ControlProtocol
import Reactor
import Synchronization
import TraceFile

/// What the header worker's thread and the reactor thread share.
final class HeaderJobs: Sendable {
    private let slots: [HeaderSlot]
    private let mailbox: Mailbox
    private let builder: HeaderBuilder
    private let isClosed = Atomic<Bool>(false)

    private static let quit: UInt64 = 1 << 32

    init(_ builder: HeaderBuilder) throws(SystemError) {
        var slots: [HeaderSlot] = []
        for _ in OrderOrigin.allCases { slots.append(try HeaderSlot()) }
        mailbox = try Mailbox()
        self.slots = slots
        self.builder = builder
    }

    func slot(of origin: OrderOrigin) -> HeaderSlot { slots[origin.rawValue] }

    /// Words that meet in the mailbox add up: each origin has a bit of its own, as it has one job in flight at most.
    private static func word(of origin: OrderOrigin) -> UInt64 { 1 << UInt64(origin.rawValue) }

    /// Lets the thread build a header in the slot of `origin`, which is free.
    func post(_ origin: OrderOrigin) { mailbox.post(Self.word(of: origin)) }

    /// Ends the thread, a header that is being built included.
    func close() {
        isClosed.store(true, ordering: .releasing)
        mailbox.post(Self.quit)
    }

    /// The thread's body: receives a job, does it, hands the slot back, until the quit word.
    func run() {
        while true {
            let word = mailbox.receive()
            if word >= Self.quit { return }
            for origin in OrderOrigin.allCases where word & Self.word(of: origin) != 0 {
                fill(slot(of: origin))
            }
        }
    }

    private func fill(_ slot: HeaderSlot) {
        let announcement: HeaderAnnouncement
        do throws(TraceFileError) {
            let summary = try builder.write(to: slot.file) { isClosed.load(ordering: .acquiring) }
            announcement = builder.announcement(of: summary)
        } catch {
            announcement = builder.announcement(of: nil, error: "no header: \(error)")
        }
        slot.handBack(announcement)
    }
}
