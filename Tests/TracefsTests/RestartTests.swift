import Glibc
import Support
import Testing

/// An agent that goes away and comes back, with a state that outlives it; ContainerTests has the real systemd.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct RestartTests {
    private let stateFolder = TemporaryFolder()
    private var state: String { "\(stateFolder.path)/state" }

    private func rig(ringKiB: Int = 2048, options: [String] = []) throws -> AgentRig {
        try AgentRig(ringKiB: ringKiB, options: ["--state", state, "--flush-interval", "50ms"] + options)
    }

    private func waitUntilSent(_ count: Int, _ rig: AgentRig) throws {
        #expect(try eventually { try rig.stream(cpu: 0).numbers(of: 0).count == count })
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func `streaming goes on, each event comes once, and the percent is put back at the end`(signal: CInt)
        throws
    {
        let rig = try rig()
        try rig.instance.set("buffer_percent", "77")
        try rig.control.send("1\n")
        #expect(try eventually { try rig.instance.get("buffer_percent") != "77" })
        try rig.instance.write(3000, cpu: 0)
        try waitUntilSent(3000, rig)
        try rig.restart(by: signal) { try rig.instance.write(2000, cpu: 0) }
        try waitUntilSent(5000, rig)
        #expect(try rig.instance.get("buffer_percent") != "77")
        try rig.instance.write(100, cpu: 0)
        // The first line that comes is the answer: a host that only sent a digit is told nothing.
        let stopped = try rig.control.order("stop")
        #expect(stopped.restarts == 1 && stopped.totals.lost == 0)
        // Without a service manager nobody keeps the pipes: what was in them is lost with the process.
        #expect(stopped.complete == (signal == SIGTERM))
        #expect(
            stopped.warnings.contains { $0.contains("had read and not sent is lost") }
                == (signal == SIGKILL))
        let stream = try rig.stream(cpu: 0)
        let isWhole = stream.numbers(of: 0) == Array(0..<3000) + Array(0..<2000) + Array(0..<100)
        #expect(isWhole && stream.flaw == nil)
        #expect(try rig.instance.get("buffer_percent") == "77")
        let word = signal == SIGKILL ? "crash" : "restart"
        #expect(rig.agent.errorText.contains("streaming goes on after a \(word)"))
    }

    @Test func `what is lost between two processes is counted`() throws {
        let rig = try rig(ringKiB: 64)
        _ = try rig.control.order("start")
        for round in 1...2 {
            try rig.restart(by: SIGKILL) { try rig.instance.write(4000, cpu: 0) }
            for _ in 0..<2 { _ = try rig.control.line() }
            #expect(try eventually { try rig.control.order("status").totals.unread == 0 })
            let lost = try rig.control.order("status").totals.lost
            let received = try rig.stream(cpu: 0).numbers(of: 0).count
            #expect(lost > 0 && lost + received == 4000 * round)
            #expect(try rig.instance.lost(cpu: 0) == lost)
        }
    }

    @Test func `ring buffers that are released while stopped are not while a stream goes on`() throws {
        let rig = try rig(ringKiB: 64, options: ["--release-when-stopped"])
        #expect(try rig.control.order("start").rings_released == false)
        try rig.restart(by: SIGKILL) { try rig.instance.write(4000, cpu: 0) }
        for _ in 0..<2 { _ = try rig.control.line() }
        // The first answer is of a stream that goes on from where the first process began it.
        let status = try rig.control.order("status")
        #expect(status.state == "streaming" && status.rings_released == false)
        let stopped = try rig.control.order("stop")
        let received = try rig.stream(cpu: 0).numbers(of: 0).count
        let lost = stopped.totals.lost
        #expect(lost > 0 && lost + received == 4000)
        #expect(try rig.control.order("release").rings_released == true)
        // What is stopped holds none from its start on.
        try rig.restart(by: SIGKILL)
        #expect(try rig.control.order("status").rings_released == true)
    }

    @Test func `a host that has sent words is told`() throws {
        let rig = try rig()
        #expect(try rig.control.order("start").restarts == 0)
        try rig.restart(by: SIGKILL)
        #expect(try rig.control.line() == "")
        let notice = try rig.control.line()
        #expect(
            notice.hasPrefix(#"{"after":"crash","boot_id":""#)
                && notice.contains(#""notice":"resumed","restarts":1"#))
        #expect(try rig.control.order("status").state == "streaming")
        try rig.restart(by: SIGTERM)
        #expect(try rig.control.line() == "")
        #expect(try rig.control.line().contains(#""notice":"resumed","restarts":2"#))
        // Then its host speaks in digits, and is told nothing.
        try rig.control.send("0\n1\n")
        #expect(eventually { rig.agent.errorText.contains("stopped: 0 bytes") })
        try rig.restart(by: SIGKILL)
        #expect(try rig.control.order("status").restarts == 3)
    }

    @Test func `what was stopped stays stopped`() throws {
        let rig = try rig()
        _ = try rig.control.order("start")
        _ = try rig.control.order("stop")
        try rig.restart(by: SIGKILL)
        let status = try rig.control.order("status")
        #expect(status.state == "stopped" && status.restarts == 1)
    }

    @Test func `a crash loop ends stopped, with the percent put back and the host told`() throws {
        let rig = try rig()
        try rig.instance.set("buffer_percent", "77")
        _ = try rig.control.order("start")
        // Restarts in order do not count.
        try rig.restart(by: SIGTERM)
        for _ in 0..<3 {
            try rig.restart(by: SIGKILL)
            #expect(try eventually { try rig.instance.get("buffer_percent") != "77" })
        }
        try rig.restart(by: SIGKILL)
        #expect(try rig.control.line() == "")
        #expect(try rig.control.line().contains(#""notice":"stopped","restarts":5"#))
        let status = try rig.control.order("status")
        #expect(status.state == "stopped")
        #expect(
            status.last_error?.message.hasPrefix("streaming does not go on: the agent has crashed 4 times")
                == true)
        #expect(try rig.instance.get("buffer_percent") == "77")
        #expect(try rig.control.order("start").state == "streaming")
    }

    @Test(
        arguments: [
            ("garbage\n", "the state in "), ("", ""),
            (
                #"{"bootID":"another","instance":"","restarts":1,"crashes":[],"isStreaming":true,"hostUsesWords":true,"rings":[],"isEndInOrder":true}"#,
                ""
            ),
            (
                #"{"bootID":"","instance":"","restarts":1,"crashes":[],"isStreaming":true,"hostUsesWords":true,"rings":[],"isEndInOrder":true,"percent":{"found":"50\n0","own":"1"}}"#,
                "the state in "
            ),
        ])
    func `a state that is not of this boot, or damaged, is not used`(text: String, message: String) throws {
        try writeFile(state, text)
        let rig = try rig()
        #expect(try rig.control.order("status").state == "stopped")
        #expect(rig.agent.errorText.contains("the state in ") == !message.isEmpty)
        // It is replaced by a good one.
        _ = try rig.control.order("start")
        try rig.restart(by: SIGTERM)
        #expect(try rig.control.line() == "")
    }

    @Test func `a state file that others could replace is not used`() throws {
        try makeLink(state, to: "/dev/null")
        let rig = try rig()
        _ = try rig.control.order("start")
        #expect(
            rig.agent.errorText.contains(
                "a restart will not resume streaming: --state \(state): Too many levels of symbolic links"))
        try rig.restart(by: SIGKILL)
        let status = try rig.control.order("status")
        #expect(status.state == "stopped" && status.restarts == nil)
    }
}
