import CommandSupport
import Logging
import Reactor

/// The local sockets that clients connect to, watched one-shot: a listener that cannot be served must not spin.
struct Listeners {
    private let sockets: [LocalSocket]
    private var rate = RateLimit(burst: 128, thenOneEvery: .milliseconds(5))
    /// Whether connections wait for the retry timer.
    private(set) var arePaused = false

    /// How many connections are accepted at a time, so that each has a turn before others take its place.
    private static let mostAtOnce = 16

    init(_ sockets: [LocalSocket], _ reactor: inout AgentReactor) throws(SystemError) {
        self.sockets = sockets
        for index in sockets.indices {
            try reactor.watch(sockets[index].descriptor, for: [.readable, .once], as: .listener(index))
        }
    }

    /// Accepts connections and gives each to `add`; too many in a row have to wait.
    mutating func accept(
        _ index: Int, into clients: inout Clients, _ log: inout LimitedLog, _ reactor: inout AgentReactor
    ) throws(SystemError) {
        for _ in 0..<Self.mostAtOnce {
            guard clients.hasRoom, rate.admit() else {
                arePaused = true
                return
            }
            do throws(SystemError) {
                guard let connection = try sockets[index].accept() else { break }
                try Self.add(connection, to: &clients, &log, &reactor)
            } catch  where error.code == .connectionAborted {
                continue
            } catch {
                log.log("a client is kept waiting: \(error)")
                arePaused = true
                return
            }
        }
        try reactor.rearm(sockets[index].descriptor, for: [.readable, .once], as: .listener(index))
    }

    private static func add(
        _ connection: consuming FileDescriptor, to clients: inout Clients, _ log: inout LimitedLog,
        _ reactor: inout AgentReactor
    ) throws(SystemError) {
        let peer = try connection.peerCredentials()
        let client = OrderStream(connection, client: peer)
        guard let (place, evicted) = clients.add(client) else { return }
        if let evicted {
            evicted.end()
            log.log("too many clients: the one that was idle for longest is disconnected")
        }
        log.log("process \(peer.pid) of user \(peer.uid) has connected", level: .debug)
        do throws(SystemError) {
            try reactor.watch(client.descriptor, for: [.readable, .writable, .edge], as: .client(place))
        } catch {
            clients.remove(client)
            throw error
        }
    }

    /// Goes on with connections that had to wait.
    mutating func resume(
        into clients: inout Clients, _ log: inout LimitedLog, _ reactor: inout AgentReactor
    ) throws(SystemError) {
        guard arePaused else { return }
        arePaused = false
        for index in sockets.indices { try accept(index, into: &clients, &log, &reactor) }
    }
}
