/// Those who are connected to the local socket: never more than there are places.
struct Clients {
    private var places: [OrderStream?]
    /// When each was heard last, as a number that grows.
    private var lastHeard: [Int]
    private var clock = 0

    init(places: Int = 64) {
        self.places = Array(repeating: nil, count: places)
        lastHeard = Array(repeating: 0, count: places)
    }

    subscript(place: Int) -> OrderStream? { places[place] }

    var all: [OrderStream] { places.compactMap { $0 } }

    /// Whether anybody but `other` has to wait before more is heard of him.
    func isAnyPaused(besides other: OrderStream? = nil) -> Bool {
        places.contains { $0.map { $0.isPaused && $0 !== other } ?? false }
    }

    /// Gives a new one a place; if all are taken, that of another.
    ///
    /// It is one of the user who has the most places; of his, one that is owed no answer, and that has been silent for
    /// the longest time. Somebody has to have been heard before he has to go.
    ///
    /// - Returns: The place, and who had to go; `nil` if nobody can.
    mutating func add(_ client: OrderStream) -> (place: Int, evicted: OrderStream?)? {
        guard let place = places.firstIndex(where: { $0 == nil }) ?? leastWorthy else { return nil }
        let evicted = places[place]
        places[place] = client
        noteHeard(place)
        return (place, evicted)
    }

    /// Whether a new one would get a place.
    var hasRoom: Bool { places.contains { $0?.isHeard ?? true } }

    private var leastWorthy: Int? {
        var held: [UInt32: Int] = [:]
        for client in all { held[client.client?.uid ?? 0, default: 0] += 1 }
        func rank(_ place: Int) -> (Int, Int, Int) {
            guard let client = places[place] else { return (0, 0, 0) }
            return (-held[client.client?.uid ?? 0, default: 0], client.isOwed ? 1 : 0, lastHeard[place])
        }
        return places.indices.filter { places[$0]?.isHeard ?? true }.min { rank($0) < rank($1) }
    }

    mutating func noteHeard(_ place: Int) {
        clock += 1
        lastHeard[place] = clock
    }

    mutating func remove(_ client: OrderStream) {
        if let place = places.firstIndex(where: { $0 === client }) { places[place] = nil }
    }
}
