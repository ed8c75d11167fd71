import CommandSupport
import Logging
import Support
import Testing

@testable import trace_agent

struct LimitedLogTests {
    private let collected = TestLog()

    @Test(arguments: [
        (Logger.Level.info, Logger.Level.warning), (.notice, .warning), (.warning, .error), (.info, .error),
        (.error, .info), (.warning, .notice),
    ])
    func `messages of one severity leave those of another their budget`(
        many: Logger.Level, one: Logger.Level
    ) {
        var log = LimitedLog(collected.logger)
        for _ in 0..<1000 { log.log("many", level: many) }
        #expect(collected.messages.count < 1000)
        #expect(log.log("one", level: one) == true)
        #expect(collected.messages.last == "one")
    }

    @Test func `what is dropped is counted in the next message of the same severity`() {
        var log = LimitedLog(collected.logger)
        var dropped = 0
        for _ in 0..<100 where !log.log("many", level: .info) { dropped += 1 }
        #expect(dropped > 0)
        log.log("loss")
        #expect(collected.messages.last == "loss")
        while !log.log("many", level: .notice) { dropped += 1 }
        #expect(collected.messages.last == "many (\(dropped) messages dropped)")
    }

    @Test func `a message below the log level costs nothing`() {
        var log = LimitedLog(collected.logger)
        for _ in 0..<1000 { #expect(log.log("hidden", level: .debug) == true) }
        #expect(log.log("shown", level: .info) == true)
        #expect(collected.messages == ["shown"])
    }
}
