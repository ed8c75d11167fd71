import ControlProtocol
import Testing

/// What goes over the wire, to the letter.
struct WireTests {
    private func report(instance: String = "") -> Report {
        var counts = Counts()
        for (number, counter) in Counter.allCases.enumerated() { counts[counter] = number + 1 }
        var report = Report(
            state: .stopped, instance: instance, pageSize: 4096,
            cpus: [0, 3].map { CPUReport(cpu: $0, state: .blocked, counts: counts) }, ordersRefused: 7,
            isComplete: true)
        report.cpus[1].ringSize = 65536
        report.warnings = ["tracing_on is 0", "b"]
        report.facts.bootID = "b-1"
        report.facts.running = 60
        report.facts.restarts = 1
        report.facts.isTracingOn = false
        report.facts.areRingsReleased = true
        report.facts.clock = "local"
        report.facts.isHostConnected = true
        report.facts.lastOrder = LastOrder(.stop, from: .client, pid: 7, uid: 0, age: 2)
        report.facts.lastError = LastError("no \"port\"", age: 3)
        return report
    }

    @Test func `an answer is one JSON object on one line, its keys sorted`() {
        #expect(
            Answer(.stop, report(instance: "a\"b/c")).line == """
                {"answer":"stop","boot_id":"b-1","clock":"local","complete":true,"cpus":[\
                {"blocked":9,"bytes":2,"cpu":0,"gone":7,"lost":3,"overwritten":4,"pages":1,"pending":6,\
                "state":"blocked","swaps":10,"unconfirmed":11,"unread":5,"zero_splices":8},\
                {"blocked":9,"bytes":2,"cpu":3,"gone":7,"lost":3,"overwritten":4,"pages":1,"pending":6,\
                "ring_size":65536,"state":"blocked","swaps":10,"unconfirmed":11,"unread":5,"zero_splices":8}],\
                "host_connected":true,"instance":"a\\"b/c","last_error":{"age":3,"message":"no \\"port\\""},\
                "last_order":{"age":2,"from":"client","order":"stop","pid":7,"uid":0},\
                "orders_refused":7,"page_size":4096,"restarts":1,"rings_released":true,"running":60,"schema":2,"state":"stopped",\
                "totals":{"blocked":18,"bytes":4,"gone":14,"lost":6,"overwritten":8,"pages":2,"pending":12,\
                "swaps":20,"unconfirmed":22,"unread":10,"zero_splices":16},"tracing_on":false,\
                "version":"\(programVersion)","warnings":["tracing_on is 0","b"]}
                """)
    }

    @Test func `an answer has what is set up, and a reader ignores what it does not know of it`() throws {
        var report = report()
        var setup = TraceSetup()
        setup.events = [EventChoice("sched:*", filter: "a == 1"), EventChoice("all")].compactMap { $0 }
        (setup.tracer, setup.clock, setup.kibibytes) = ("nop", "mono", 64)
        report.facts.setup = setup
        let line = Answer(.setup, report).line
        let object =
            #"{"buffer_kb":64,"clock":"mono","events":[{"filter":"a == 1","name":"sched:*"},{"name":"*:*"}],"tracer":"nop"}"#
        #expect(line.contains(#""setup":\#(object),"#))
        #expect(try Answer(line: line).report.facts.setup == setup)
        let newer = line.replacing(#""buffer_kb":64"#, with: #""added":[1],"buffer_kb":64"#)
        #expect(try Answer(line: newer).report.facts.setup == setup)
        #expect(throws: TraceSetup.Malformed.self) { try TraceSetup(order: Array(#"{"added":[1]}"#.utf8)) }
    }

    @Test func `an error stands in the answer, escaped, on the same line`() {
        let line = Answer(.start, report(), error: "no \"port\"\n\u{1b}").line
        #expect(line.contains(#""error":"no \"port\"\n\u001b","host_connected""#))
        #expect(!line.contains("\n"))
    }

    @Test func `a header's announcement has its own keys, whether there is a header or not`() {
        var announcement = HeaderAnnouncement(instance: "x", cpus: 2, bootID: "b-1")
        announcement.error = "no header: no memory"
        #expect(
            announcement.line == """
                {"answer":"metadata","boot_id":"b-1","bytes":0,"clock":"","cpus":2,"error":"no header: no memory",\
                "events":0,"instance":"x","page_size":0,"schema":2,"symbols":0,"version":"\(programVersion)"}
                """)
    }

    @Test func `a time has what was read, or an error in its place`() throws {
        let asked = TimeAnswer(to: Request(.time, id: OrderID(rawValue: "7")), clock: "boot")
        let line = asked.lineToSend
        let answer = try TimeAnswer(line: line)
        let (received, answered) = (try #require(asked.received), try #require(answer.answered))
        #expect(
            line == """

                {"answer":"time","answered":\(answered),"clock":"boot","id":"7","received":\(received),"schema":2,\
                "version":"\(programVersion)"}
                """)
        #expect(answered >= received)
        #expect(
            TimeAnswer(to: Request(.time), clock: "lo\"cal").lineToSend == """
                {"answer":"time","clock":"lo\\"cal","error":"the trace clock lo\\"cal cannot be read: choose one of \
                x86-tsc, mono, mono_raw, boot, tai","schema":2,"version":"\(programVersion)"}
                """)
    }

    @Test func `a notice is a line of its own, and no answer`() throws {
        let notice = Notice(.resumed, after: .crash, restarts: 2, bootID: "b-1")
        #expect(
            notice.lineToSend == """

                {"after":"crash","boot_id":"b-1","notice":"resumed","restarts":2,"schema":2,\
                "version":"\(programVersion)"}
                """)
        #expect(try Notice(line: notice.line) == notice)
        #expect(throws: NotAnAnswer.self) { try Answer(line: notice.line) }
    }

    @Test func `each answer begins with the key that a host searches for, and has the order's id`() throws {
        let id = try #require(OrderID(rawValue: "a-1"))
        let announcement = HeaderAnnouncement(instance: "", cpus: 1, bootID: "").answering(id)
        let answers: [any AnswerLine] = [
            Answer(.stop, id: id, report(), error: "e"), Answer(.status, report()), announcement,
        ]
        for answer in answers {
            #expect(answer.line.hasPrefix(#"{"answer":""#))
            #expect(answer.line.contains(#""id":"a-1""#) == (answer.id != nil))
            #expect(id.isAnswered(by: answer.line) == (answer.id != nil))
            // It stands on a line of its own, whatever lies before it.
            #expect(answer.lineToSend == (answer.id == nil ? answer.line : "\n" + answer.line))
        }
        // No key may come before it.
        let keys =
            Answer.CodingKeys.allCases.map(\.rawValue) + Report.CodingKeys.allCases.map(\.rawValue)
            + AgentFacts.CodingKeys.allCases.map(\.rawValue)
            + HeaderAnnouncement.CodingKeys.allCases.map(\.rawValue)
        #expect(keys.min() == "answer")
    }

    @Test(arguments: [
        #"{"answer":"status","error":"\"id\":\"a\"","id":"b"}"#, #" {"answer":"status","id":"a"}"#,
        #"x{"answer":"status","id":"a"}"#, #"{"answer":"status","id":"ab"}"#,
        #"{"id":"a","answer":"status"}"#, "",
    ])
    func `another line is not the answer to an order`(line: String) throws {
        #expect(!(try #require(OrderID(rawValue: "a"))).isAnswered(by: line))
    }

    @Test func `an answer of schema 1 can be read`() throws {
        let answer = try Answer(
            line: """
                {"answer":"stop","complete":true,"cpus":[\
                {"blocked":9,"bytes":2,"cpu":0,"gone":7,"lost":3,"overwritten":4,"pages":1,"pending":6,\
                "state":"waiting for port","unread":5,"zero_splices":8}],\
                "instance":"","orders_refused":7,"page_size":4096,"state":"stopped",\
                "totals":{"blocked":18,"bytes":4,"gone":14,"lost":6,"overwritten":8,"pages":2,"pending":12,"unread":10,\
                "zero_splices":16},"version":"0.1.0"}
                """)
        #expect(answer.schema == nil && answer.id == nil)
        #expect(answer.report.facts == AgentFacts() && answer.report.warnings == [])
        #expect(answer.report.cpus.map(\.state.rawValue) == ["waiting for port"])
    }

    @Test func `what is not known has no key`() {
        let report = Report(
            state: .stopped, instance: "", pageSize: 4096,
            cpus: [CPUReport(cpu: 0, state: .idle, counts: Counts())], ordersRefused: 0, isComplete: true)
        let line = Answer(.status, report).line
        let absent = [
            "id", "error", "ring_size", "tracing_on", "clock", "host_connected", "last_order", "last_error",
            "restarts", "rings_released", "setup",
        ]
        for key in absent { #expect(!line.contains("\"\(key)\"")) }
        #expect(line.contains(#""warnings":[]"#))
    }

    @Test func `states are single words`() {
        let states = AgentState.allCases.map(\.rawValue) + CPUState.allCases.map(\.rawValue)
        for state in states { #expect(state.allSatisfy { ("a"..."z").contains($0) }) }
    }

    @Test(arguments: [nil, "no port"])
    func `what one side writes the other side reads`(error: String?) throws {
        let answer = Answer(.dump, report(instance: "i"), error: error)
        #expect(try Answer(line: answer.line) == answer)
        var announcement = HeaderAnnouncement(instance: "i", cpus: 4, bootID: "b")
        (announcement.error, announcement.bytes, announcement.events) = (error, 12, 3)
        #expect(try HeaderAnnouncement(line: announcement.line) == announcement)
    }

    @Test func `states and keys of a newer agent are no error`() throws {
        let line = Answer(.status, report()).line
            .replacing("blocked", with: "asleep").replacing(
                "{\"answer\"", with: "{\"added\":[1],\"answer\"")
        let answer = try Answer(line: line)
        #expect(answer.report.cpus.map(\.state.rawValue) == ["asleep", "asleep"])
    }

    @Test func `numbers and texts of another machine are bounded`() throws {
        let line = Answer(.status, report()).line
            .replacing("\"bytes\":2,", with: "\"bytes\":9223372036854775807,")
            .replacing("\"lost\":3,", with: "\"lost\":-9223372036854775808,")
            .replacing("\"tracing_on is 0\"", with: "\"one\\nok    agent\"")
        let answer = try Answer(line: line)
        #expect(answer.report.totals[.bytes] == 2 << 48 && answer.report.totals[.lost] == 0)
        #expect(answer.report.warnings == ["one ok    agent", "b"])
        for cpu in ["-1", "8192", "9223372036854775807"] {
            let other = Answer(.status, report()).line.replacing("\"cpu\":3,", with: "\"cpu\":\(cpu),")
            #expect(throws: NotAnAnswer.self) { try Answer(line: other) }
        }
    }

    @Test(arguments: [
        "", "{}", "HTTP/1.1 400", "{\"answer\":\"stop\"}", "{\"answer\":\"metadata\",\"bytes\":1}",
    ])
    func `another line is no answer`(line: String) {
        #expect(throws: NotAnAnswer.self) { try Answer(line: line) }
        #expect(throws: NotAnAnswer.self) { try HeaderAnnouncement(line: line) }
    }

    @Test func `counts add up`() {
        let totals = report().totals
        for (number, counter) in Counter.allCases.enumerated() {
            #expect(totals[counter] == 2 * (number + 1))
        }
    }
}
