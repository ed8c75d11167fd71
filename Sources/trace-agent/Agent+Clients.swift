import Reactor

/// Who comes to the local socket, and goes.
extension Agent {
    /// Starts watching the sockets, one-shot: a listener that cannot be served must not spin.
    mutating func watchListeners() throws(SystemError) {
        for index in listeners.indices {
            try reactor.watch(listeners[index].descriptor, for: [.readable, .once], as: .listener(index))
        }
    }

    /// Takes in those who want to connect; too many at a time have to wait for the retry timer.
    mutating func acceptClients(_ index: Int) throws(SystemError) {
        let listener = listeners[index]
        while true {
            guard connectionRate.admit() else {
                areConnectionsPaused = true
                return
            }
            do throws(SystemError) {
                guard let connection = try listener.accept() else { break }
                try addClient(connection)
            } catch  where error.code == .connectionAborted {
                continue
            } catch {
                events.say("a client is kept waiting: \(error)")
                areConnectionsPaused = true
                return
            }
        }
        try reactor.rearm(listener.descriptor, for: [.readable, .once], as: .listener(index))
    }

    private mutating func addClient(_ connection: consuming FileDescriptor) throws(SystemError) {
        let peer = try connection.peerCredentials()
        let client = OrderStream(connection, client: peer)
        let (place, evicted) = clients.add(client)
        if let evicted {
            evicted.isEnded = true
            events.say("too many clients: the one that was silent for the longest time is sent away")
        }
        log.debug("process \(peer.pid) of user \(peer.uid) has connected")
        try reactor.watch(client.descriptor, for: [.readable, .writable, .edge], as: .client(place))
    }

    /// Goes on with the sockets that nobody was accepted from for a while.
    mutating func resumeConnections() throws(SystemError) {
        guard areConnectionsPaused else { return }
        areConnectionsPaused = false
        for index in listeners.indices { try acceptClients(index) }
    }
}
