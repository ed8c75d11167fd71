import Reactor
import Support
import Testing

@testable import trace_agent

struct ClientsTests {
    private var clients = Clients(places: 3)
    /// Keeps the other sides open.
    private var others: [Connection] = []

    /// Gives a client of `uid` a place.
    private mutating func add(uid: UInt32, hasHadTurn: Bool = true) throws -> (
        place: Int?, evicted: OrderStream?
    ) {
        let (stream, other) = try SocketPair.client(uid: uid)
        others.append(other)
        if hasHadTurn { try stream.read() }
        let given = clients.add(stream)
        return (given?.place, given?.evicted)
    }

    @Test mutating func `a place that was given back is given first`() throws {
        for place in 0..<3 { #expect(try add(uid: 0).place == place) }
        #expect(clients.taken == [0, 1, 2])
        let second = try #require(clients[1])
        clients.remove(second)
        #expect(clients.taken == [0, 2])
        #expect(clients[1] == nil)
        #expect(try add(uid: 0).place == 1)
        #expect(clients.all.count == 3)
    }

    @Test mutating func `a client that has not had a turn yet keeps its place`() throws {
        _ = try add(uid: 7, hasHadTurn: false)
        for _ in 0..<2 { _ = try add(uid: 7) }
        #expect(clients.hasRoom)
        let keeping = try #require(clients[0])
        for expected in [1, 2, 1] { #expect(try add(uid: 7).place == expected) }
        #expect(clients[0] === keeping)
    }

    @Test mutating func `no place is given while no client can lose its own`() throws {
        for _ in 0..<3 { _ = try add(uid: 0, hasHadTurn: false) }
        #expect(!clients.hasRoom)
        #expect(try add(uid: 0).place == nil)
    }

    @Test(arguments: [
        // Users of the three places, and the place that a new client gets.
        ([0, 7, 7], 1), ([7, 0, 7], 0), ([0, 0, 7], 0), ([1, 2, 3], 0),
    ])
    mutating func `the user with the most clients loses one`(users: [UInt32], expected: Int) throws {
        for uid in users { _ = try add(uid: uid) }
        let loser = clients[expected]
        let given = try add(uid: 9)
        #expect(given.place == expected)
        #expect(given.evicted === loser)
    }

    @Test mutating func `a client does not wait for itself`() throws {
        for _ in 0..<2 { _ = try add(uid: 0) }
        #expect(!clients.isAnyPaused())
        let first = try #require(clients[0])
        while first.budget.admit() {}
        #expect(clients.isAnyPaused())
        #expect(clients.isAnyPaused(besides: clients[1]))
        #expect(!clients.isAnyPaused(besides: first))
    }
}
