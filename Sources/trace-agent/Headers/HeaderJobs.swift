import ControlProtocol
import Reactor
import Synchronization
import TraceFile

/// What the header worker's thread and the reactor thread share.
final class HeaderJobs: Sendable {
    private let slots: [HeaderSlot]
    private let mailbox: Mailbox
    private let supply: any HeaderSupply
    /// Empty: made here, because the thread may not make files.
    private let noFormats: FormatStore
    private let isClosed = Atomic<Bool>(false)

    private static let quit: UInt64 = 1 << 32

    init(_ supply: any HeaderSupply) throws(SystemError) {
        var slots: [HeaderSlot] = []
        for _ in HeaderAudience.allCases { slots.append(try HeaderSlot()) }
        mailbox = try Mailbox()
        noFormats = try FormatStore()
        self.slots = slots
        self.supply = supply
    }

    func slot(of audience: HeaderAudience) -> HeaderSlot { slots[audience.rawValue] }

    /// Words that meet in the mailbox add up: each audience has a bit of its own, as it has one job in flight at most.
    private static func word(of audience: HeaderAudience) -> UInt64 { 1 << UInt64(audience.rawValue) }

    /// Lets the thread build a header in the slot of `audience`, which is free.
    func post(_ audience: HeaderAudience) { mailbox.post(Self.word(of: audience)) }

    /// Ends the thread, a header that is being built included.
    func close() {
        isClosed.store(true, ordering: .releasing)
        mailbox.post(Self.quit)
    }

    /// The thread's body: reads the event formats, then receives a job, does it, hands the slot back, until the quit word.
    func run() {
        var formats = noFormats
        supply.read(&formats) { isClosed.load(ordering: .acquiring) }
        while true {
            let word = mailbox.receive()
            if word >= Self.quit { return }
            for audience in HeaderAudience.allCases where word & Self.word(of: audience) != 0 {
                fill(slot(of: audience), for: audience, &formats)
            }
        }
    }

    private func fill(_ slot: HeaderSlot, for audience: HeaderAudience, _ formats: inout FormatStore) {
        slot.handBack(
            supply.write(to: slot.file, for: audience, &formats) { [self] in
                isClosed.load(ordering: .acquiring)
            })
    }
}
