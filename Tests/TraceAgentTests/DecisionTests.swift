import Reactor
import Testing

@testable import trace_agent

struct DecisionTests {
    /// Agent, job, outcome, whether the job before found nothing, whether a flush is due, and the step.
    static let steps: [(AgentState, Job, JobResult, Bool, Bool, NextStep)] = [
        (.streaming, .drain, .dry, false, false, .waitForData),
        (.streaming, .drain, .dry, false, true, .flush),
        (.streaming, .drain, .interrupted, false, false, .drain),
        (.streaming, .drain, .blocked, false, true, .waitForPort),
        (.streaming, .flush(pages: 9), .dry, false, true, .waitForData),
        (.streaming, .flush(pages: 9), .spent, false, false, .waitForData),
        // Readable, but nothing to splice: the partial page is read; if there is none either, polling is no use.
        (.streaming, .drain, .idle, false, false, .flush),
        (.streaming, .flush(pages: 9), .idle, true, false, .giveUpRing),
        (.streaming, .flush(pages: 9), .idle, false, false, .waitForData),
        (.streaming, .drain, .ringFailed(.noDevice), false, false, .giveUpRing),
        (.streaming, .drain, .sinkFailed(.noDevice), false, false, .giveUpPort),
        (.streaming, .drain, .sinkFailed(.brokenPipe), false, false, .giveUpPort),
        (.streaming, .drain, .sinkFailed(.noSpace), false, false, .retryPort),
        // A job that was under way when the stop came does not count as the stop's flush.
        (.flushing, .drain, .dry, false, true, .flush),
        (.flushing, .drain, .interrupted, false, true, .flush),
        (.flushing, .flush(pages: 9), .dry, false, true, .flush),
        (.flushing, .flush(pages: 9), .dry, false, false, .rest),
        (.flushing, .flush(pages: 9), .idle, false, false, .rest),
        (.flushing, .flush(pages: 9), .spent, false, false, .rest),
        (.flushing, .flush(pages: 9), .interrupted, false, false, .flush),
        (.flushing, .flush(pages: 9), .blocked, false, false, .waitForPort),
        (.flushing, .flush(pages: 9), .ringFailed(.noDevice), false, false, .rest),
        (.flushing, .flush(pages: 9), .sinkFailed(.noDevice), false, false, .giveUpPort),
        (.flushing, .flush(pages: 9), .sinkFailed(.inputOutput), false, false, .retryPort),
        (.stopped, .drain, .dry, false, true, .rest),
        (.stopped, .flush(pages: 9), .blocked, false, false, .rest),
    ]

    @Test(arguments: steps.indices)
    func `decides what a channel does next`(index: Int) {
        let (agent, job, outcome, wasIdle, flushIsDue, expected) = Self.steps[index]
        let step = NextStep(after: outcome, of: job, agent: agent, wasIdle: wasIdle, flushIsDue: flushIsDue)
        #expect(step == expected, "\(Self.steps[index])")
    }

    @Test(arguments: [Job.drain, .flush(pages: 0), .flush(pages: 70_000), .interrupt, .handBack, .quit])
    func `a job survives its word`(job: Job) {
        #expect(Job(word: job.word) == job)
    }

    @Test(arguments: 1...3)
    func `words that meet in the mailbox are still understood`(interrupts: UInt64) {
        let interrupt = Job.interrupt.word * interrupts
        // A drain has no end of its own: it must not swallow the interrupt.
        #expect(Job(word: Job.drain.word + interrupt) == .handBack)
        #expect(Job(word: Job.flush(pages: 123).word + interrupt) == .flush(pages: 123))
        #expect(Job(word: Job.drain.word + interrupt + Job.quit.word) == .quit)
        #expect(Job(word: interrupt) == .interrupt)
    }

    @Test(arguments: [
        JobResult.dry, .idle, .blocked, .spent, .interrupted, .ringFailed(.noDevice),
        .sinkFailed(.brokenPipe),
    ])
    func `an outcome survives its word`(outcome: JobResult) {
        #expect(JobResult(word: outcome.word) == outcome)
    }

    @Test(arguments: [
        Source.signals, .control, .flushTimer, .retryTimer, .deadline, .heartbeat, .portsFolder, .listener(2),
        .client(63), .readiness(0), .ring(77), .sink(4095),
    ])
    func `a source survives its token`(source: Source) {
        #expect(Source(rawValue: source.rawValue) == source)
    }
}
