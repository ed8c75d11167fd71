import Glibc
import Reactor
import Support
import Testing
import TraceFile

@testable import trace_agent

struct FormatStoreTests {
    private let tracefs: FakeTracefs

    init() throws { tracefs = try FakeTracefs() }

    private static let bytes =
        FakeTracefs.format("print", 5).utf8.count
        + FakeTracefs.format("sched_switch", 300).utf8.count

    @Test func `a format that has changed is replaced, however often, and the last changes are named`() throws
    {
        var store = try FormatStore()
        try store.update(from: tracefs.events)
        try store.update(from: tracefs.events)
        #expect(store.count == 2 && store.changes == [])
        for round in 0..<10 {
            try tracefs.set(
                "events/sched/sched_switch/format", FakeTracefs.format("sched_switch", 300) + "\(round)\n")
            try store.update(from: tracefs.events)
        }
        #expect(store.count == 2)
        let change = "300 is sched:sched_switch, and was one of another format"
        #expect(store.changes == Array(repeating: change, count: 8))
    }

    @Test func `formats of removed events are dropped where there is no room for new ones`() throws {
        var store = try FormatStore(limit: Self.bytes + 20)
        try store.update(from: tracefs.events)
        #expect(store.count == 2 && !store.hasForgotten)
        try tracefs.addEvent("other", id: 301)
        #expect(throws: TraceFileError.tooLarge(limit: Self.bytes + 20)) {
            try store.update(from: tracefs.events)
        }
        tracefs.remove("events/sched/sched_switch/format")
        try store.update(from: tracefs.events)
        #expect(store.count == 2 && store.hasForgotten)
    }

    @Test func `what cannot be read is named, and all else is read`() throws {
        try tracefs.makeFolder("events/a")
        try tracefs.makeFolder("events/a/b")
        try tracefs.makeFolder("events/a/b/format")
        var store = try FormatStore()
        let error = #expect(throws: TraceFileError.self) { try store.update(from: tracefs.events) }
        #expect(error?.description == "events/a/b/format: Is a directory")
        #expect(store.count == 2)
        // A header has what there is, and says so.
        let file = NamedFile(try .inMemory("header"), name: "memory")
        let builder = try tracefs.builder()
        let announcement = builder.write(to: file, for: .host, &store, isCancelled: { false })
        #expect(announcement.error == "the header lacks events/a/b/format: Is a directory")
        #expect(announcement.events == 2)
    }

    @Test func `reading ends when it is cancelled`() throws {
        var store = try FormatStore()
        #expect(throws: TraceFileError.cancelled) {
            try store.update(from: tracefs.events, isCancelled: { true })
        }
        #expect(store.isEmpty)
    }

    @Test(
        .enabled(if: Privileges.user == 0, "needs root"),
        arguments: [(0o640, 0o640, "ok"), (0o640, 0o600, "warn"), (0o600, 0o600, "fail")])
    func `check reads formats as the group that owns events`(
        print: UInt32, sched: UInt32, verdict: String
    ) throws {
        #expect(chmod("\(tracefs.path)/events/ftrace/print/format", print) == 0)
        #expect(chmod("\(tracefs.path)/events/sched/sched_switch/format", sched) == 0)
        let result = HeadersCheck.result(of: try Tracefs(at: tracefs.path, instance: nil))
        #expect(result.verdict.rawValue == verdict)
        let isNamed = result.text.contains("format: Permission denied, for group 0, which owns events")
        #expect(isNamed == (verdict != "ok"))
    }
}
