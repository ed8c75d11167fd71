import Glibc
import Support
import Testing

@testable import trace_host

/// `trace-host setup`.
struct SetupTests {
    private let folder = TemporaryFolder()

    private func setup(_ options: [String]) throws -> Command {
        try Command(Machine.product("trace-host"), ["setup", folder.path] + options)
    }

    @Test func `FIFOs are made once, for their owner and group, and kept`() throws {
        #expect(try setup(["--cpus", "1", "--fifo"]).status == 0)
        let names = ["agent-ctl-path.in", "agent-ctl-path.out", "trace-path-cpu0.in", "trace-path-cpu0.out"]
        #expect(try namesIn(folder.path) == names)
        var status = stat()
        #expect(stat("\(folder.path)/agent-ctl-path.in", &status) == 0 && status.st_mode == S_IFIFO | 0o660)
        // More CPUs, in a place that one file takes.
        try writeFile("\(folder.path)/trace-path-cpu1.out", "")
        let refused = try setup(["--cpus", "2", "--fifo"])
        #expect(refused.status == 74)
        #expect(refused.errorText.contains("trace-path-cpu1.out is there, and is no FIFO"))
        unlink("\(folder.path)/trace-path-cpu1.out")
        #expect(try setup(["--cpus", "2", "--fifo"]).status == 0)
    }

    @Test func `QEMU gets sockets, and libvirt gets FIFOs`() throws {
        let qemu = try setup(["--cpus", "1", "--qemu"])
        #expect(
            qemu.output == """
                -device virtio-serial-pci,id=trace0 \\
                -chardev socket,id=agent-ctl-path,path=\(folder.path)/agent-ctl-path,server=on,wait=off \
                -device virtserialport,bus=trace0.0,chardev=agent-ctl-path,name=agent-ctl-path \\
                -chardev socket,id=trace-path-cpu0,path=\(folder.path)/trace-path-cpu0,server=on,wait=off \
                -device virtserialport,bus=trace0.0,chardev=trace-path-cpu0,name=trace-path-cpu0

                """)
        let libvirt = try setup(["--cpus", "1", "--fifo", "--libvirt"])
        #expect(
            libvirt.output.hasSuffix(
                """
                <channel type='pipe'>
                  <source path='\(folder.path)/trace-path-cpu0'/>
                  <target type='virtio' name='trace-path-cpu0'/>
                  <address type='virtio-serial' controller='1' bus='0' port='2'/>
                </channel>

                """))
    }

    @Test func `a device has 15 ports at most`() {
        let plan = PortPlan(folder: "/x", cpus: 32, .fifos)
        #expect(plan.devices.map(\.count) == [15, 15, 3])
        #expect(plan.devices[0][0] == "agent-ctl-path" && plan.devices[2][2] == "trace-path-cpu31")
        let comma = PortPlan(folder: "/a,b", cpus: 1, .socket).qemuOptions
        #expect(comma[1][1].contains("path=/a,,b/agent-ctl-path,"))
    }
}
