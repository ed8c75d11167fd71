import ControlProtocol
import Testing

@testable import trace_agent

struct ResumePlanTests {
    private func left(isStreaming: Bool, inOrder: Bool, crashes: [Int] = []) -> SavedState {
        var state = SavedState(bootID: "b", instance: "")
        state.restarts = 4
        state.isStreaming = isStreaming
        state.isEndInOrder = inOrder
        state.crashes = crashes
        return state
    }

    @Test func `the first process of a service has nothing to go on with`() {
        let plan = ResumePlan(after: nil, now: 100)
        #expect(!plan.resumes && plan.cause == nil && plan.restarts == 0 && plan.crashes == [])
    }

    @Test(
        arguments: [
            // streaming, ended in order, earlier crashes; how, goes on, crashes then
            (true, true, [], .restart, true, []), (true, false, [], .crash, true, [100]),
            (false, true, [], nil, false, []), (false, false, [], nil, false, []),
            // The fourth crash within a minute; one that is longer ago does not count, nor one of the future.
            (true, false, [50, 60, 70], .crash, false, [50, 60, 70]),
            (true, false, [40, 60, 70], .crash, true, [60, 70, 100]),
            (true, false, [60, 70, 200], .crash, true, [60, 70, 100]),
            // A restart in order goes on whatever came before it, and keeps the count.
            (true, true, [50, 60, 70], .restart, true, [50, 60, 70]),
        ] as [(Bool, Bool, [Int], Notice.Cause?, Bool, [Int])])
    func `goes on after a crash and a restart, not after a stop nor in a crash loop`(
        isStreaming: Bool, inOrder: Bool, earlier: [Int], cause: Notice.Cause?, resumes: Bool, crashes: [Int]
    ) {
        let plan = ResumePlan(
            after: left(isStreaming: isStreaming, inOrder: inOrder, crashes: earlier), now: 100)
        #expect(plan.cause == cause && plan.resumes == resumes)
        #expect(plan.crashes == crashes && plan.restarts == 5)
    }
}
