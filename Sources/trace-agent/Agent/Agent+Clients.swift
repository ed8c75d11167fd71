import Reactor

/// Who comes to the local socket, and goes.
extension Agent {
    /// Starts watching the sockets, one-shot: a listener that cannot be served must not spin.
    mutating func watchListeners() throws(SystemError) {
        for index in listeners.indices {
            try reactor.watch(listeners[index].descriptor, for: [.readable, .once], as: .listener(index))
        }
    }

    /// How many are taken in at a time, so that they are heard before others take their places.
    private static let mostAtOnce = 16

    /// Takes in those who want to connect; too many in a row have to wait for the retry timer.
    mutating func acceptClients(_ index: Int) throws(SystemError) {
        let listener = listeners[index]
        for _ in 0..<Self.mostAtOnce {
            guard clients.hasRoom, connectionRate.admit() else {
                areConnectionsPaused = true
                return
            }
            do throws(SystemError) {
                guard let connection = try listener.accept() else { break }
                try addClient(connection)
            } catch  where error.code == .connectionAborted {
                continue
            } catch {
                clientEvents.say("a client is kept waiting: \(error)")
                areConnectionsPaused = true
                return
            }
        }
        try reactor.rearm(listener.descriptor, for: [.readable, .once], as: .listener(index))
    }

    private mutating func addClient(_ connection: consuming FileDescriptor) throws(SystemError) {
        let peer = try connection.peerCredentials()
        let client = OrderStream(connection, client: peer)
        guard let (place, evicted) = clients.add(client) else { return }
        if let evicted {
            evicted.isEnded = true
            clientEvents.say("too many clients: one that was silent for long is sent away")
        }
        clientEvents.say("process \(peer.pid) of user \(peer.uid) has connected", level: .debug)
        do throws(SystemError) {
            try reactor.watch(client.descriptor, for: [.readable, .writable, .edge], as: .client(place))
        } catch {
            clients.remove(client)
            throw error
        }
    }

    /// Goes on with the sockets that nobody was accepted from for a while.
    mutating func resumeConnections() throws(SystemError) {
        guard areConnectionsPaused else { return }
        areConnectionsPaused = false
        for index in listeners.indices { try acceptClients(index) }
    }
}
