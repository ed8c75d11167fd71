import ControlProtocol

/// Every stream that orders come from: the control port, and the clients of the local socket.
struct Streams {
    /// The control port; `nil` if there is none.
    var host: OrderStream?
    var clients = Clients()

    var all: [OrderStream] { [host].compactMap { $0 } + clients.all }

    /// The streams of one side.
    func of(_ audience: HeaderAudience) -> [OrderStream] { all.filter { $0.audience == audience } }

    /// The audiences in which a stream waits for a header, one that is being made included.
    var awaitingHeader: [HeaderAudience] {
        HeaderAudience.allCases.filter { of($0).contains(where: \.isOwedHeader) }
    }

    subscript(id: StreamID) -> OrderStream? {
        switch id {
        case .host: host
        case .client(let place): clients[place]
        }
    }

    var isAnyPaused: Bool { host?.budget.isPaused == true || clients.isAnyPaused() }

    /// The streams that have sent too much, in another order each time: what clients may do together is not for the first
    /// ones only.
    var paused: [StreamID] {
        let ids = [StreamID.host] + clients.taken.map { .client(place: $0) }
        return ids.filter { self[$0]?.budget.isPaused == true }.shuffled()
    }

    mutating func remove(_ stream: OrderStream) {
        if stream === host { host = nil } else { clients.remove(stream) }
    }
}
