import Reactor
import Testing

@testable import trace_agent

struct StreamBudgetTests {
    /// A rate that earns nothing as long as a test lasts.
    private func rate(_ burst: Int) -> RateLimit { RateLimit(burst: burst, thenOneEvery: .seconds(100_000)) }

    @Test func `a stream is paused once its rate is spent`() {
        var budget = StreamBudget(rate(3))
        budget.beginTurn(limit: .max)
        #expect((0..<5).map { _ in budget.admit() } == [true, true, true, false, false])
        #expect(budget.isPaused)
        budget.beginTurn(limit: .max)
        #expect(budget.isPaused)
        budget.resume()
        #expect(!budget.isPaused)
        #expect(budget.admit() == false)
        #expect(budget.isPaused)
    }

    @Test func `a turn's limit is for streams that share a rate`() {
        var (budget, common) = (StreamBudget(rate(100)), rate(100))
        budget.beginTurn(limit: 2)
        #expect((0..<4).map { _ in budget.admit(sharing: &common) } == [true, true, false, false])
        #expect(budget.isPaused)
        budget.beginTurn(limit: 1)
        #expect(budget.admit(sharing: &common) == true)
        #expect(!budget.isPaused)
    }

    @Test func `what one stream spends of a shared rate the other one lacks`() {
        var (first, second, common) = (StreamBudget(rate(100)), StreamBudget(rate(100)), rate(3))
        first.beginTurn(limit: .max)
        second.beginTurn(limit: .max)
        #expect((0..<4).map { _ in first.admit(sharing: &common) } == [true, true, true, false])
        #expect(second.admit(sharing: &common) == false)
        #expect(first.isPaused && second.isPaused)
    }

    @Test func `a stream without budget takes nothing from the shared rate`() {
        var (budget, common) = (StreamBudget(rate(0)), rate(1))
        budget.beginTurn(limit: .max)
        #expect(budget.admit(sharing: &common) == false)
        #expect(common.admit() == true)
    }
}
