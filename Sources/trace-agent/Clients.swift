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

    /// Gives a new one a place; if all are taken, that of the one who has been silent for the longest time.
    ///
    /// - Returns: The place, and who had to go.
    mutating func add(_ client: OrderStream) -> (place: Int, evicted: OrderStream?) {
        let free = places.firstIndex { $0 == nil }
        let place = free ?? places.indices.min { lastHeard[$0] < lastHeard[$1] } ?? 0
        let evicted = places[place]
        places[place] = client
        noteHeard(place)
        return (place, evicted)
    }

    mutating func noteHeard(_ place: Int) {
        clock += 1
        lastHeard[place] = clock
    }

    mutating func remove(_ client: OrderStream) {
        if let place = places.firstIndex(where: { $0 === client }) { places[place] = nil }
    }
}
