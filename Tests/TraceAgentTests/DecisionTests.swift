import Reactor
import Testing

@testable import trace_agent

struct DecisionTests {
    /// Phase, job, result, whether a flush is due, and the step.
    static let steps: [(Phase, Job, JobResult, Bool, NextStep)] = [
        (.streaming, .drain, .dry, false, .waitForData),
        (.streaming, .drain, .dry, true, .flush),
        (.streaming, .drain, .interrupted, false, .drain),
        (.streaming, .drain, .blocked, true, .waitForPort),
        (.streaming, .flush(pages: 9), .dry, true, .waitForData),
        (.streaming, .flush(pages: 9), .spent, false, .waitForData),
        (.streaming, .flush(pages: 9), .interrupted, false, .flush),
        // Readable, but nothing to splice: poll(2) is of no use, and the partial page is left to the flush timer.
        (.streaming, .drain, .idle, false, .pollByTimer),
        (.streaming, .drainAll, .idle, false, .waitForData),
        (.streaming, .drainAll, .dry, false, .waitForData),
        (.streaming, .drainAll, .interrupted, false, .flush),
        (.streaming, .drain, .idle, true, .flush),
        (.streaming, .flush(pages: 9), .idle, false, .waitForData),
        (.streaming, .drain, .ringFailed(.noDevice), false, .waitForCPU),
        (.streaming, .drain, .ringFailed(.invalidArgument), false, .giveUpRing),
        (.streaming, .drain, .pipeFailed(.noSpace), false, .giveUpRing),
        (.streaming, .drain, .sinkFailed(.noDevice), false, .giveUpPort),
        (.streaming, .drain, .sinkFailed(.brokenPipe), false, .giveUpPort),
        (.streaming, .drain, .sinkFailed(.noSpace), false, .retryPort),
        // A job that was under way when the stop came does not count as the stop's flush.
        (.flushing(Phase.Flush()), .drain, .dry, true, .flush),
        (.flushing(Phase.Flush()), .drain, .interrupted, true, .flush),
        (.flushing(Phase.Flush()), .flush(pages: 9), .dry, true, .flush),
        (.flushing(Phase.Flush()), .flush(pages: 9), .dry, false, .rest),
        (.flushing(Phase.Flush()), .flush(pages: 9), .idle, false, .rest),
        (.flushing(Phase.Flush()), .flush(pages: 9), .spent, false, .rest),
        (.flushing(Phase.Flush()), .flush(pages: 9), .interrupted, false, .flush),
        (.flushing(Phase.Flush()), .flush(pages: 9), .blocked, false, .waitForPort),
        (.flushing(Phase.Flush()), .flush(pages: 9), .ringFailed(.noDevice), false, .rest),
        (.flushing(Phase.Flush()), .flush(pages: 9), .sinkFailed(.noDevice), false, .giveUpPort),
        (.flushing(Phase.Flush()), .flush(pages: 9), .sinkFailed(.inputOutput), false, .retryPort),
        (.flushing(Phase.Flush(hasGivenUp: true)), .drain, .blocked, true, .rest),
        (.stopped, .drain, .dry, true, .rest),
        (.stopped, .flush(pages: 9), .blocked, false, .rest),
    ]

    @Test(arguments: steps.indices)
    func `decides what a channel does next`(index: Int) {
        let (phase, job, result, flushIsDue, expected) = Self.steps[index]
        let step = NextStep(after: result, of: job, in: phase, flushIsDue: flushIsDue)
        #expect(step == expected, "\(Self.steps[index])")
    }

    @Test(arguments: [
        Job.drain, .drainAll, .flush(pages: 0), .flush(pages: 70_000), .interrupt, .handBack, .quit,
    ])
    func `a job survives its word`(job: Job) {
        #expect(Job(word: job.word) == job)
    }

    @Test(arguments: 1...3)
    func `words that meet in the mailbox are still understood`(interrupts: UInt64) {
        let interrupt = Job.interrupt.word * interrupts
        // A drain has no end of its own, and a flush that was given up must not run to its bound.
        #expect(Job(word: Job.drain.word + interrupt) == .handBack)
        #expect(Job(word: Job.drainAll.word + interrupt) == .handBack)
        #expect(Job(word: Job.flush(pages: 123).word + interrupt) == .handBack)
        #expect(Job(word: Job.drain.word + interrupt + Job.quit.word) == .quit)
        #expect(Job(word: interrupt) == .interrupt)
    }

    @Test(arguments: [
        JobResult.dry, .idle, .blocked, .spent, .interrupted, .ringFailed(.noDevice),
        .sinkFailed(.brokenPipe), .pipeFailed(.noSpace),
    ])
    func `a result survives its word`(result: JobResult) {
        #expect(JobResult(word: result.word) == result)
    }

    @Test(arguments: [
        Source.signals, .control, .flushTimer, .retryTimer, .deadline, .heartbeat, .portsFolder,
        .durationTimer, .headerTurn, .settings, .header(1), .listener(2),
        .client(63), .worker(0), .ring(77), .sink(4095),
    ])
    func `a source survives its token`(source: Source) {
        #expect(Source(rawValue: source.rawValue) == source)
    }
}
