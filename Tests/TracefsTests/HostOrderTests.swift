import Support
import Testing

/// The host's program with a real agent.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct HostOrderTests {
    @Test func `start, status, stop and metadata`() throws {
        let host = try HostFolder(try AgentRig(.fifos))
        try host.rig.instance.write(50, cpu: 0)
        #expect(try host.host("start").output.hasPrefix("streaming, trace instance \(host.rig.instance.name)\n"))
        let stopped = try host.host("stop", ["--json"])
        #expect(stopped.status == 0)
        #expect(try Answer(stopped.output).cpus[0].bytes == 4096)
        let header = "\(host.path)/head.dat"
        #expect(try host.host("metadata", ["-o", header]).status == 0)
        #expect(try readFile(header).starts(with: [0x17, 0x08, 0x44] + Array("tracing6".utf8)))
    }
}
