import Reactor
import Testing

@testable import trace_agent

struct DecisionTests {
    /// Phase, job, result, whether the job before found nothing, whether a flush is due, and the step.
    static let steps: [(Phase, Job, JobResult, Bool, Bool, NextStep)] = [
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
        (.flushing(Phase.Flush()), .drain, .dry, false, true, .flush),
        (.flushing(Phase.Flush()), .drain, .interrupted, false, true, .flush),
        (.flushing(Phase.Flush()), .flush(pages: 9), .dry, false, true, .flush),
        (.flushing(Phase.Flush()), .flush(pages: 9), .dry, false, false, .rest),
        (.flushing(Phase.Flush()), .flush(pages: 9), .idle, false, false, .rest),
        (.flushing(Phase.Flush()), .flush(pages: 9), .spent, false, false, .rest),
        (.flushing(Phase.Flush()), .flush(pages: 9), .interrupted, false, false, .flush),
        (.flushing(Phase.Flush()), .flush(pages: 9), .blocked, false, false, .waitForPort),
        (.flushing(Phase.Flush()), .flush(pages: 9), .ringFailed(.noDevice), false, false, .rest),
        (.flushing(Phase.Flush()), .flush(pages: 9), .sinkFailed(.noDevice), false, false, .giveUpPort),
        (.flushing(Phase.Flush()), .flush(pages: 9), .sinkFailed(.inputOutput), false, false, .retryPort),
        (.flushing(Phase.Flush(hasGivenUp: true)), .drain, .blocked, false, true, .rest),
        (.stopped, .drain, .dry, false, true, .rest),
        (.stopped, .flush(pages: 9), .blocked, false, false, .rest),
    ]

    @Test(arguments: steps.indices)
    func `decides what a channel does next`(index: Int) {
        let (phase, job, result, wasIdle, flushIsDue, expected) = Self.steps[index]
        let step = NextStep(after: result, of: job, in: phase, wasIdle: wasIdle, flushIsDue: flushIsDue)
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
    func `a result survives its word`(result: JobResult) {
        #expect(JobResult(word: result.word) == result)
    }

    @Test(arguments: [
        Source.signals, .control, .flushTimer, .retryTimer, .deadline, .heartbeat, .portsFolder,
        .durationTimer, .headerTurn, .header(1), .listener(2),
        .client(63), .jobResult(0), .ring(77), .sink(4095),
    ])
    func `a source survives its token`(source: Source) {
        #expect(Source(rawValue: source.rawValue) == source)
    }
}
