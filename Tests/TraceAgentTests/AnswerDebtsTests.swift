import ControlProtocol
import Testing

@testable import trace_agent

struct AnswerDebtsTests {
    private func debts(_ words: OrderWord...) -> AnswerDebts {
        var debts = AnswerDebts()
        for word in words { debts.add(word) }
        return debts
    }

    @Test func `words are settled once, in the order in which they were given`() {
        var debts = debts(.stop, .start, .dump, .stop)
        #expect(debts.settle { $0.answerTime == .onceStopped } == [.stop, .dump, .stop])
        #expect(debts.hasWords)
        #expect(debts.settle { _ in true } == [.start])
        #expect(debts.settle { _ in true } == [])
        #expect(debts.isEmpty)
    }

    @Test func `at most 64 answers are owed, words and headers together`() {
        var debts = AnswerDebts()
        for _ in 0..<40 { debts.add(.metadata) }
        for _ in 0..<40 { debts.add(.stop) }
        debts.add(.metadata)
        #expect(debts.headers == 40)
        #expect(debts.settle { _ in true }.count == 24)
    }

    @Test func `a header settles a debt only if it was begun after it was asked for`() {
        var debts = AnswerDebts()
        debts.headerIsBeingMade()
        debts.add(.metadata)
        #expect(debts.settleHeader() == false)
        #expect(debts.headers == 1)
        debts.headerIsBeingMade()
        #expect(debts.settleHeader() == true)
        #expect(debts.settleHeader() == false)
        #expect(debts.isEmpty)
    }

    @Test func `each header settles one debt`() {
        var debts = debts(.metadata, .metadata)
        debts.headerIsBeingMade()
        #expect(debts.settleHeader() == true)
        #expect(debts.headers == 1)
        #expect(!debts.hasWords)
        #expect(!debts.isEmpty)
    }

    @Test func `only what was owed before the mark is dropped`() {
        var debts = debts(.stop, .metadata)
        debts.markAsOld()
        debts.add(.start)
        debts.add(.metadata)
        debts.dropOld()
        #expect(debts.headers == 1)
        // It is dropped once.
        debts.dropOld()
        debts.headerIsBeingMade()
        #expect(debts.settleHeader() == false)
        #expect(debts.settle { _ in true } == [])
    }

    @Test func `what is owed since the mark stays, whatever was settled meanwhile`() {
        var debts = debts(.stop, .start)
        debts.markAsOld()
        #expect(debts.settle { $0 == .stop } == [.stop])
        debts.add(.dump)
        debts.dropOld()
        #expect(debts.settle { _ in true } == [.dump])
    }

    @Test func `a header that is being made for a host that has left is not the next host's`() {
        var debts = debts(.metadata)
        debts.headerIsBeingMade()
        debts.markAsOld()
        debts.dropOld()
        debts.add(.metadata)
        #expect(debts.settleHeader() == false)
        #expect(debts.headers == 1)
    }
}
