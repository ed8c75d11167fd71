import ControlProtocol
import Glibc
import Reactor
import Support
import Synchronization

@testable import trace_agent

/// `Control` and `Headers` together, joined as the agent joins them.
final class HeaderRig {
    let control: ControlRig
    let worker: HeaderWorker
    private let tracefs: FakeTracefs
    private var headers: Headers

    init(_ tracefs: FakeTracefs, host: OrderStream? = nil) throws {
        control = try ControlRig(host: host)
        self.tracefs = tracefs
        worker = try tracefs.worker()
        headers = try Headers(worker, log: control.log.logger, &control.loop.reactor)
    }

    var nextRetry: Duration? { headers.nextRetry }

    /// A turn in which a stream orders a header.
    func order(_ id: StreamID) {
        control.turn(id) { control.owe($0, id) }
    }

    /// Begins what is wanted.
    @discardableResult
    func build() -> [HeaderAudience] {
        let begun = headers.build(for: control.awaitingHeader)
        for audience in begun { control.headerIsBeingMade(for: audience) }
        return begun
    }

    /// Waits until the worker has handed back the slot of `audience`, and sends what is in it.
    ///
    /// - Returns: The header.
    @discardableResult
    func deliver(_ audience: HeaderAudience) throws -> [UInt8] {
        try control.loop.event(.header(audience.rawValue))
        guard let delivery = try headers.headerIsBuilt(audience.rawValue) else {
            throw TestFailure("no delivery")
        }
        let header = try delivery.file.descriptor.read(delivery.bytes, at: 0)
        control.sendHeader(
            Attachment(delivery.file, bytes: delivery.bytes), announcedBy: delivery.line,
            to: delivery.audience)
        return header
    }

    /// Sends the next pieces, and releases the slots that are sent.
    func send() throws -> [HeaderAudience] {
        let done = control.sendHeaders()
        for audience in done { try headers.release(audience) }
        return done
    }
}

extension HeaderAudience {
    /// That of the clients that this process connects.
    static var local: HeaderAudience { getuid() == 0 ? .root : .group }
}

extension Connection {
    /// The next announcement, and the header that follows it; `meanwhile` sends more of it.
    func header(_ meanwhile: () throws -> Void = {}) throws -> (HeaderAnnouncement, [UInt8]) {
        let announcement = try HeaderAnnouncement(line: try line())
        var header: [UInt8] = []
        while header.count < announcement.bytes {
            header += try bytes(min(50_000, announcement.bytes - header.count))
            try meanwhile()
        }
        return (announcement, header)
    }
}
