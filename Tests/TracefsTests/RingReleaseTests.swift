import Glibc
import Reactor
import Support
import Testing

/// An agent that lets go of the ring buffers while it is stopped.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct RingReleaseTests {
    /// Whether the kernel refuses to change the tracer because somebody has a ring buffer open.
    ///
    /// An instance may not have another tracer at all; that is another error.
    private func isTracerHeld(_ rig: AgentRig) throws -> Bool {
        let file = try FileDescriptor.open("\(rig.instance.path)/current_tracer", .writeOnly)
        do throws(SystemError) {
            try file.overwrite(with: "function")
            try file.overwrite(with: "nop")
            return false
        } catch {
            return error.code == .busy
        }
    }

    @Test func `with the option the tracer can be changed whenever no page moves`() throws {
        let rig = try AgentRig(options: ["--release-when-stopped"])
        #expect(try rig.control.order("status").rings_released == true)
        #expect(try !isTracerHeld(rig))
        for _ in 0..<2 {
            try rig.instance.write(100, cpu: 0)
            #expect(try rig.control.order("start").state == "streaming")
            #expect(try isTracerHeld(rig))
            try rig.instance.write(100, cpu: 0)
            // What follows on the page of which a part was sent comes after the ring buffers were closed and opened.
            let answer = try rig.control.order("stop")
            #expect(answer.complete && answer.totals.lost == 0 && answer.totals.unread == 0)
            #expect(try eventually { try rig.control.order("status").rings_released == true })
        }
        try rig.instance.write(50, cpu: 1)
        #expect(try rig.control.order("dump").complete)
        let isWhole = try rig.stream(cpu: 0).numbers(of: 0) == (0..<4).flatMap { _ in 0..<100 }
        #expect(isWhole)
        #expect(try rig.stream(cpu: 1).numbers(of: 1) == Array(0..<50))
        #expect(try rig.control.order("release").rings_released == true)
        #expect(try !isTracerHeld(rig))
        #expect(try rig.control.order("status").cpus.map(\.state) == ["idle", "idle"])
    }

    @Test func `both sides can order it, and it is refused while pages move`() throws {
        let rig = try AgentRig()
        #expect(try rig.control.order("status").rings_released == false)
        #expect(try isTracerHeld(rig))
        let answer = try rig.control.order("release id=7")
        #expect(answer.rings_released == true && answer.error == nil && answer.id == "7")
        #expect(try !isTracerHeld(rig))
        #expect(try rig.control.order("start").state == "streaming")
        let refused = try rig.connect().order("release")
        #expect(refused.error == "streaming: the ring buffers can be released after a stop")
        _ = try rig.control.order("stop")
        let client = try Command(Machine.program("trace-agent"), ["release", "--socket", rig.localSocket])
        #expect(client.status == 0 && client.output.hasPrefix("stopped, "))
        #expect(client.output.contains("the ring buffers are released"))
        #expect(try !isTracerHeld(rig))
    }

    @Test func `the ring buffer of a CPU without a port is released too, and served once its port comes`()
        throws
    {
        let rig = try AgentRig { unlink("\($0.path)/trace-path-cpu1") }
        #expect(try rig.control.order("release").cpus.map(\.state) == ["idle", "portless"])
        #expect(try !isTracerHeld(rig))
        try rig.instance.write(30, cpu: 1)
        try writeFile(rig.path(cpu: 1), "")
        #expect(try eventually { try rig.control.order("status").cpus.map(\.state) == ["idle", "idle"] })
        let answer = try rig.control.order("dump")
        #expect(answer.complete && answer.rings_released == false)
        #expect(try rig.stream(cpu: 1).numbers(of: 1) == Array(0..<30))
    }

    // MARK: without Landlock

    private func rigWithoutLandlock(_ options: [String] = []) throws -> AgentRig {
        try AgentRig(
            in: try TraceInstance(), options: options, program: Machine.product("without-landlock"),
            prefix: [Machine.program("trace-agent")])
    }

    @Test func `without Landlock the order is refused, unless an option lets the thread keep its right`()
        throws
    {
        let rig = try rigWithoutLandlock()
        let refused = try rig.control.order("release")
        #expect(refused.error?.contains("--header-thread-without-landlock") == true)
        #expect(refused.rings_released == false)
        let other = try rigWithoutLandlock(["--header-thread-without-landlock"])
        #expect(try other.control.order("release").rings_released == true)
        try other.instance.write(20, cpu: 0)
        #expect(try other.control.order("dump").complete)
        #expect(try other.stream(cpu: 0).numbers(of: 0) == Array(0..<20))
    }

    @Test func `without Landlock the option is refused at the start`() throws {
        let instance = try TraceInstance()
        let folder = try AgentRig.makeFolder(.files)
        let agent = try Command(
            "env",
            [
                // It has dropped its privileges when it ends.
                AgentRig.withoutLeaks, Machine.product("without-landlock"), Machine.program("trace-agent"),
                "--ports", folder.path, "--instance", instance.name, "-o",
                "--socket", "\(folder.path)/socket", "--release-when-stopped", "--user", "nobody",
                "--foreground",
            ])
        #expect(agent.status == 78)
        #expect(
            agent.errorText.contains("--release-when-stopped: the ring buffers could not be opened again"))
    }
}
