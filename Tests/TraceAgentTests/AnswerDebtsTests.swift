import ControlProtocol
import Testing

@testable import trace_agent

struct AnswerDebtsTests {
    private func debts(_ words: OrderWord...) -> AnswerDebts {
        var debts = AnswerDebts()
        for word in words { debts.add(Request(word)) }
        return debts
    }

    @Test func `words are settled once, in the order in which they were given`() {
        var debts = debts(.stop, .start, .dump, .stop)
        #expect(debts.settle { $0.word.answerTime == .onceStopped }.map(\.word) == [.stop, .dump, .stop])
        #expect(debts.hasWords)
        #expect(debts.settle { _ in true }.map(\.word) == [.start])
        #expect(debts.settle { _ in true }.map(\.word) == [])
        #expect(debts.isEmpty)
    }

    @Test func `debts of the same word are settled each with its id`() throws {
        var debts = AnswerDebts()
        let ids = try ["a", "b"].map { try #require(OrderID(rawValue: $0)) }
        for id in [ids[0], nil, ids[1]] {
            debts.add(Request(.stop, id: id))
            debts.add(Request(.metadata, id: id))
        }
        #expect(debts.settle { $0.word == .stop }.map(\.id) == [ids[0], nil, ids[1]])
        for id in [ids[0], nil, ids[1]] {
            debts.headerIsBeingMade()
            #expect(debts.settleHeader() == Request(.metadata, id: id))
        }
        #expect(debts.isEmpty)
    }

    @Test func `at most 64 answers are owed, words and headers together`() {
        var debts = AnswerDebts()
        for _ in 0..<40 { debts.add(Request(.metadata)) }
        for _ in 0..<40 { debts.add(Request(.stop)) }
        debts.add(Request(.metadata))
        #expect(debts.settle { _ in true }.count == 24)
        for _ in 0..<40 {
            debts.headerIsBeingMade()
            #expect(debts.settleHeader() != nil)
        }
        #expect(debts.isEmpty)
    }

    @Test func `a header settles a debt only if it was begun after it was asked for`() {
        var debts = AnswerDebts()
        debts.headerIsBeingMade()
        debts.add(Request(.metadata))
        #expect(debts.settleHeader() == nil)
        #expect(debts.hasHeaders)
        debts.headerIsBeingMade()
        #expect(debts.settleHeader() != nil)
        #expect(debts.settleHeader() == nil)
        #expect(debts.isEmpty)
    }

    @Test func `each header settles one debt`() {
        var debts = debts(.metadata, .metadata)
        debts.headerIsBeingMade()
        #expect(debts.settleHeader() != nil)
        #expect(debts.hasHeaders)
        #expect(!debts.hasWords)
        #expect(!debts.isEmpty)
    }

    @Test func `only what was owed before the mark is dropped`() {
        var debts = debts(.stop, .metadata)
        debts.markAsOld()
        debts.add(Request(.start))
        debts.add(Request(.metadata))
        debts.dropOld()
        #expect(debts.hasHeaders)
        // It is dropped once.
        debts.dropOld()
        debts.headerIsBeingMade()
        #expect(debts.settleHeader() == nil)
        #expect(debts.settle { _ in true }.map(\.word) == [])
    }

    @Test func `what is owed since the mark stays, whatever was settled meanwhile`() {
        var debts = debts(.stop, .start)
        debts.markAsOld()
        #expect(debts.settle { $0.word == .stop }.map(\.word) == [.stop])
        debts.add(Request(.dump))
        debts.dropOld()
        #expect(debts.settle { _ in true }.map(\.word) == [.dump])
    }

    @Test func `a header that is being made for a host that has left is not the next host's`() {
        var debts = debts(.metadata)
        debts.headerIsBeingMade()
        debts.markAsOld()
        debts.dropOld()
        debts.add(Request(.metadata))
        #expect(debts.settleHeader() == nil)
        #expect(debts.hasHeaders)
    }
}
