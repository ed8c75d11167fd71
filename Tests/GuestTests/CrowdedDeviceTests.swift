import Support
import Testing

/// A guest with more ports on one device than work with QEMU's FIFOs.
@MainActor @Suite(.serialized, .enabled(if: Machine.hasGuest, "needs the guest that `make guest` makes"))
struct CrowdedDeviceTests {
    @Test func `ports that never work are explained by check and in the log`() throws {
        let guest = try Guest(.fifos, spare: 17)
        let check = try guest.run("trace-agent check")
        #expect(check.contains("has 20 ports: with QEMU's FIFOs only 15 ports of a device work"), "\(check)")
        try guest.startAgent()
        _ = try guest.run("trace-agent start")
        _ = try guest.writeRecords(seconds: 0.5, rate: 10_000)
        let status = try guest.run("trace-agent stop --json 2> /dev/null")
        let log = try guest.endAgent()
        // Which ports do not work is a matter of time; some do not even get their name, and then there is no agent.
        if status.isEmpty {
            return #expect(log.contains("no control port") || log.contains("no port for any CPU"))
        }
        for cpu in try Answer(status).cpus {
            let explained = log.contains(
                "/dev/virtio-ports/trace-path-cpu\(cpu.cpu) has never accepted anything, and its device has 20 ports"
            )
            #expect(explained == (cpu.bytes == 0), "\(status) \(log)")
        }
    }
}
