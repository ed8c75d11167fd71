import ControlProtocol
import Support
import Testing

@testable import trace_agent

struct StopLogTests {
    private static let counts: [Counter: Int] = [.bytes: 4096, .lost: 2, .unread: 5, .pending: 100]

    @Test(arguments: [
        (true, false, nil), (true, true, nil), (false, false, "it waits for the next start"),
        (false, true, "it is given up"),
    ])
    func `logs what a stop has sent, and what it has not`(
        isComplete: Bool, isLast: Bool, rest: String?
    ) throws {
        let log = TestLog()
        var stopLog = StopLog(log.logger)
        stopLog.log(.sample(cpus: 2, Self.counts, isComplete: isComplete), isLast: isLast)
        let first = try #require(log.entries.first)
        #expect(first.text == "stopped: 8192 bytes sent, 4 events lost")
        #expect(first.level == .info)
        #expect(first.metadata == ["bytes": "8192", "lost": "4", "unread": "10"])
        let warnings = log.entries.dropFirst()
        #expect(
            warnings.map(\.text)
                == (rest.map {
                    [
                        "not everything was delivered, \($0): CPUs 0-1 have a port that did not accept everything in time (200 bytes in the pipe, 10 events in the ring buffer)"
                    ]
                } ?? []))
        #expect(warnings.allSatisfy { $0.level == .warning })
    }

    @Test func `many stops in a row are logged at a limited rate`() {
        let log = TestLog()
        var stopLog = StopLog(log.logger)
        for _ in 0..<200 { stopLog.log(.sample(), isLast: false) }
        #expect(log.messages.count >= 20)
        #expect(log.messages.count < 200)
    }

    @Test func `a host that stops again and again does not hide that not everything was delivered`() {
        let log = TestLog()
        var stopLog = StopLog(log.logger)
        for _ in 0..<200 { stopLog.log(.sample(), isLast: false) }
        stopLog.log(.sample([.unread: 5], isComplete: false), isLast: false)
        #expect(log.entries.last?.level == .warning)
    }
}
