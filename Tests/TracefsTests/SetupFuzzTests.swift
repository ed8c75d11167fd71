import Glibc
import Reactor
import Support
import Testing

/// A host that sends any set-up at all.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct SetupFuzzTests {
    @Test func `2000 hostile orders change nothing outside the instance, and leave the agent at work`() throws
    {
        let top = TopLevel()
        let rig = try AgentRig(in: try TraceInstance(), options: ["--setup", "--setup-buffer", "2M"])
        let triggers = try triggers(rig)
        var fuzz = SetupFuzz(seed: 13)
        var (accepted, refused) = (0, 0)
        for number in 0..<250 {
            let orders = (0..<8).map { _ in fuzz.order() + "\n" }.joined()
            try rig.control.send(orders + "tracing id=n\(number) on\n")
            // Orders of set-up are answered in their order.
            while true {
                let line = try rig.control.line()
                if line.isEmpty { continue }
                // What is no order at all.
                if line.hasPrefix(#"{"answer":"refused""#) {
                    refused += 1
                    continue
                }
                let answer = try Answer(line)
                if answer.id == "n\(number)" { break }
                if answer.error == nil { accepted += 1 } else { refused += 1 }
            }
        }
        // Both happen, or the test tests nothing.
        #expect(accepted > 50 && refused > 500)
        #expect(top == TopLevel())
        #expect(try self.triggers(rig) == triggers)
        _ = try rig.control.order("stop")
        #expect(try rig.control.order(#"setup {"buffer_kb":64}"#).error == nil)
        try rig.instance.write(40, cpu: 0)
        #expect(try rig.control.order("dump").complete)
        #expect(try rig.stream(cpu: 0).numbers(of: 0) == Array(0..<40))
        #expect(rig.terminate() == 0)
        #expect(try rig.instance.get("set_event") == "")
        #expect(try rig.instance.get("buffer_size_kb") == "7")
        #expect(top == TopLevel())
    }

    private func triggers(_ rig: AgentRig) throws -> [String] {
        try ["sched/sched_switch", "irq/irq_handler_entry"].map {
            try rig.instance.get("events/\($0)/trigger")
        }
    }
}

/// Orders that look like set-ups, the same ones for a seed.
struct SetupFuzz {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

    private mutating func random(_ count: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(count))
    }

    private mutating func pick(_ choices: [String]) -> String { choices[random(choices.count)] }

    private static let names = [
        "sched_switch", "sched:sched_switch", "irq:*", "sched:sched_w*", "timer", "../../../set_event",
        "../../events:enable", "sched/sched_switch", "sched:../irq", "*:../../../tracing_on", "enable",
        "header_page", "!sched", "sched:sched_switch:mod:x", "sched\\\\:x", "sched_switch\\u0000", "a\\nb",
        "/etc/passwd", "[a-z]ched:sched_switch", ":", "", "\\u00e9",
    ]
    private static let filters = [
        "prev_pid == 0", "prev_pid == 0 && next_pid > 3", "common_pid != 1", "irq == 4", "no == 1", "((((",
        "0",
        "none", "prev_comm ~ \\\"a*\\\"", "prev_pid == 0 || ", "> ../trigger", "traceoff", "hist:keys=pid",
        "\\n1",
        String(repeating: "(", count: 900), String(repeating: "x", count: 1025),
    ]
    private static let words = [
        "nop", "function", "blk", "hwlat", "../nop", "mono", "boot", "local", "x86-tsc", "[local]", "",
        "nop\\n",
        "wakeup > /tmp/x", "osnoise",
    ]
    private static let numbers = [
        "1", "64", "2048", "2049", "0", "-1", "1e3", "99999999999999999999", "1.5", "\"64\"", "null", "true",
        "[]",
    ]

    private mutating func event() -> String {
        let filter = random(2) == 0 ? #","filter":"\#(pick(Self.filters))""# : ""
        return #"{"name":"\#(pick(Self.names))"\#(filter)}"#
    }

    private mutating func value(of key: String) -> String {
        if random(12) == 0 { return pick(Self.numbers) }
        return switch key {
        case "events": "[" + (0...random(3)).map { _ in event() }.joined(separator: ",") + "]"
        case "buffer_kb": pick(Self.numbers)
        case "pids": "[" + (0...random(3)).map { _ in pick(Self.numbers) }.joined(separator: ",") + "]"
        default: "\"\(pick(Self.words))\""
        }
    }

    private mutating func setup() -> String {
        let keys = ["events", "events", "tracer", "clock", "buffer_kb", "pids"]
        var chosen = (0..<random(4)).map { _ in pick(keys) }
        if random(10) == 0 { chosen.append(pick(["file", "path", "trigger", "exec", "instance", "Events"])) }
        return "{" + chosen.map { "\"\($0)\":\(value(of: $0))" }.joined(separator: ",") + "}"
    }

    /// The next order: no newline is in it.
    mutating func order() -> String {
        switch random(12) {
        case 0:
            return pick([
                "clear", "tracing on", "tracing off", "tracing", "clear now", "tracing on off", "stop",
            ])
        case 1:
            // Any byte may be another one.
            var bytes = Array("setup \(setup())".utf8)
            for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(0x20 + random(0x5f)) }
            return String(decoding: bytes, as: UTF8.self)
        case 2: return String("setup id=x \(setup())".dropLast(random(6)))
        case 3: return "setup " + String(repeating: pick(["[", "{\"a\":", "x", "\""]), count: random(1200))
        default: return "setup \(setup())"
        }
    }
}
