import Glibc
import Support
import Testing

/// A guest that libvirt runs, with Debian's libvirt and without KVM.
@MainActor
@Suite(.serialized, .enabled(if: Machine.hasLibvirt, "needs libvirt, and the guest that `make guest` makes"))
struct LibvirtTests {
    private static let start = Result { try Libvirt() }
    private let libvirt: Libvirt
    private let folder = TemporaryFolder()

    init() throws { libvirt = try Self.start.get() }

    private func host(_ words: [String]) throws -> Command {
        try Command(Machine.release("trace-host"), words)
    }

    /// Records what the guest writes, and takes the agent's ports from the guest's names as they come.
    private func record(_ guest: Domain, _ name: [String]) throws {
        try guest.run(
            "until [ -e /dev/virtio-ports/agent-ctl-path ]; do name-ports; usleep 10000; done; name-ports")
        try guest.startAgent(ringKiB: 8192)
        let recording = try HostRecording(name)
        let written = try guest.writeRecords(seconds: 0.5, rate: 20_000)
        let report = try recording.end()
        for cpu in 0...1 {
            #expect(report.count(cpu: cpu) == written[cpu])
            #expect(try guest.stat("overrun", cpu: cpu) == 0)
        }
    }

    @Test func `a domain with the XML that setup prints is recorded by its name`() throws {
        let xml = try host(["setup", folder.path, "--cpus", "2", "--libvirt"]).output
        let guest = try Domain(libvirt, devices: xml)
        let name = ["--domain", guest.name, "--connect", Libvirt.uri]
        try record(guest, name)
        let check = try host(["check"] + name)
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("ok    control port  \(folder.path)/agent-ctl-path"), "\(check.output)")
        // What attach has not plugged in is not taken out.
        #expect(
            try host(["detach"] + name).output.contains(
                "0 ports taken out; 3 that attach has not plugged in stay"))
        // The group of the sockets' folder is the way in for others.
        let user = ["--reuid", "65533", "--regid", "65533", "--clear-groups", Machine.release("trace-host")]
        chmod(folder.path, 0o750)
        let refused = try Command("setpriv", user + ["check", folder.path])
        #expect(refused.status == 69, "\(refused)")
        #expect(refused.output.contains("in the folder \(folder.path): its group is root (adduser NAME root"))
        try libvirt.virsh("destroy", guest.name)
        let stopped = try host(["status"] + name)
        #expect(stopped.status == 69 && stopped.errorText.contains("does not run: virsh start \(guest.name)"))
    }

    @Test func `ports are plugged into a domain that runs, and taken out of it and of its definition`() throws
    {
        let guest = try Domain(libvirt)
        let name = ["--domain", guest.name, "--connect", Libvirt.uri]
        let attach = try host(["attach", "--timeout", "0", "--config"] + name)
        #expect(attach.output.contains("3 ports plugged in, 0 were there"), "\(attach)")
        try record(guest, name)
        // A member of no group sees what keeps it out.
        let user = ["--reuid", "65533", "--regid", "65533", "--clear-groups"]
        let xml = try libvirt.virsh("dumpxml", guest.name)
        let path = try #require(xml.firstMatch(of: /path='([^']*)\/agent-ctl-path'/)?.1)
        let refused = try Command("setpriv", user + [Machine.release("trace-host"), "status", String(path)])
        #expect(refused.status == 77, "\(refused)")
        // libvirt's devices are full before 40 CPUs have a port; what was plugged in stays until it is taken out.
        let full = try host(["attach", "--timeout", "0", "--cpus", "40"] + name)
        #expect(full.status == 69 && full.errorText.contains("virtio-serial devices are full"), "\(full)")
        let detach = try host(["detach"] + name)
        #expect(detach.status == 0 && detach.output.hasSuffix(" ports taken out\n"), "\(detach)")
        for definition in [[], ["--inactive"]] {
            let left = try Libvirt.virsh(["dumpxml", guest.name] + definition).output
            #expect(!left.contains("trace-path-cpu") && !left.contains("agent-ctl-path"))
        }
    }
}
