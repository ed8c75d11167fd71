/// The clients that are connected to the local socket: never more than there are places.
struct Clients {
    private var places: [OrderStream?]
    /// When each was active last, as a number that grows.
    private var lastActive: [Int]
    private var clock = 0

    init(places: Int = 64) {
        self.places = Array(repeating: nil, count: places)
        lastActive = Array(repeating: 0, count: places)
    }

    subscript(place: Int) -> OrderStream? { places[place] }

    /// The places that are taken.
    var taken: [Int] { places.indices.filter { places[$0] != nil } }

    var all: [OrderStream] { places.compactMap { $0 } }

    /// Whether any client but `other` has to wait before more is read from it.
    func isAnyPaused(besides other: OrderStream? = nil) -> Bool {
        places.contains { $0.map { $0.budget.isPaused && $0 !== other } ?? false }
    }

    /// Gives a new client a place; if all are taken, that of another one.
    ///
    /// The other one is a client of the user with the most places; of these, one that is owed no answer and has been
    /// silent for the longest time. A client that has not had a turn yet keeps its place.
    ///
    /// - Returns: The place, and the client that lost it; `nil` if none can lose its place.
    mutating func add(_ client: OrderStream) -> (place: Int, evicted: OrderStream?)? {
        guard let place = places.firstIndex(where: { $0 == nil }) ?? placeToReplace else { return nil }
        let evicted = places[place]
        places[place] = client
        noteActivity(place)
        return (place, evicted)
    }

    /// Whether a new client would get a place.
    var hasRoom: Bool { places.contains { $0?.hasHadTurn ?? true } }

    private var placeToReplace: Int? {
        var held: [UInt32: Int] = [:]
        for client in all { held[client.client?.uid ?? 0, default: 0] += 1 }
        func rank(_ place: Int) -> (Int, Int, Int) {
            guard let client = places[place] else { return (0, 0, 0) }
            return (-held[client.client?.uid ?? 0, default: 0], client.isOwed ? 1 : 0, lastActive[place])
        }
        return places.indices.filter { places[$0]?.hasHadTurn ?? true }.min { rank($0) < rank($1) }
    }

    mutating func noteActivity(_ place: Int) {
        clock += 1
        lastActive[place] = clock
    }

    mutating func remove(_ client: OrderStream) {
        if let place = places.firstIndex(where: { $0 === client }) { places[place] = nil }
    }
}
