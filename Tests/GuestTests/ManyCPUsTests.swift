import Glibc
import Support
import Testing

/// A guest with 32 CPUs: more ports than a virtio-serial device has.
@MainActor @Suite(.serialized, .enabled(if: Machine.hasGuest, "needs the guest that `make guest` makes"))
struct ManyCPUsTests {
    private let folder = TemporaryFolder()

    private func host(_ words: [String]) throws -> Command {
        let command = try Command(Machine.release("trace-host"), words)
        if command.status != 0 { throw TestFailure("\(command)") }
        return command
    }

    /// Waits until the guest has named the shell's and all of the agent's ports; the devices do not come in order.
    private func waitForPorts(_ guest: Guest) throws {
        try guest.run("until [ $(ls /dev/virtio-ports | wc -l) = 34 ]; do name-ports; usleep 10000; done")
    }

    /// One marker on each CPU, and whether each comes once.
    private func record(_ guest: Guest, _ name: [String]) throws {
        let recording = try HostRecording(name)
        try guest.run(
            """
            cd /sys/kernel/tracing; i=0; while [ $i -lt 32 ]; do
            taskset $(printf %x $((1 << i))) sh -c "echo mark-$i. > trace_marker" & i=$((i + 1)); done; wait; cd /
            """)
        let report = try recording.end()
        for cpu in 0..<32 {
            let isThere = report.events.filter { $0.text.contains("mark-\(cpu).") }.map(\.cpu) == [cpu]
            #expect(isThere, "CPU \(cpu)")
        }
    }

    @Test func `every CPU is recorded, with the devices that setup prints, and with those of attach`() throws
    {
        let options = try host(["setup", folder.path, "--cpus", "32", "--qemu"]).output
        let words = options.replacing("\\\n", with: "").split(whereSeparator: \.isWhitespace).map {
            String($0)
        }
        let guest = try Guest(.none, cpus: "32", options: words)
        try waitForPorts(guest)
        try guest.startAgent(ringKiB: 64)
        try record(guest, [folder.path])

        // QEMU numbers devices without an id: the shell's port is the first of them.
        for number in 1...33 {
            try guest.command("device_del", "{\"id\":\"/machine/peripheral-anon/device[\(number)]\"}")
        }
        let unplugged = "name-ports; ls /dev/virtio-ports"
        #expect(try eventually { try guest.run(unplugged) == "shell" })
        let name = ["--qmp", guest.monitorPath]
        #expect(
            try host(["attach", "--timeout", "0"] + name).output.contains("33 ports plugged in, 0 were there")
        )
        try waitForPorts(guest)
        try record(guest, name)
        #expect(try host(["detach"] + name).output.contains("33 ports taken out"))
        try guest.endAgent()
    }
}
