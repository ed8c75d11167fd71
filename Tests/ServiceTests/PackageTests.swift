import Glibc
import Reactor
import Support
import Testing

/// The Debian packages and the tarball under a real systemd, on a Debian without the agent, a compiler, make and a network:
/// dpkg installs what apt would, because all that the packages depend on is there.
///
/// Each test begins without them, with the control port there.
@MainActor
@Suite(.serialized, .enabled(if: Machine.hasSystemd, "needs what `make systemd-guest` and `make dist` make"))
struct PackageTests {
    private static let boot = Result { try Container(.bare) }
    private let container: Container
    private let unit = "virtio-trace-agent.service"
    private let agent = "/build/deb/virtio-trace-agent_*.deb"
    private let host = "/build/deb/virtio-trace-host_*.deb"

    init() throws {
        container = try Self.boot.get()
        try container.run("dpkg --purge virtio-trace-agent virtio-trace-host; systemctl reset-failed")
        for cpu in 0...1 {
            unlink("\(container.ports.path)/trace-path-cpu\(cpu)")
            try makeFIFO("\(container.ports.path)/trace-path-cpu\(cpu)")
        }
        try container.instance.set("buffer_size_kb", "16384")
        try container.instance.set("trace", "")
    }

    /// Installs packages; the administrator's options, which name the test's instance, are there before.
    private func install(_ packages: String...) throws {
        try container.setOptions("--stop-timeout 200ms")
        let names = packages.joined(separator: " ")
        let said = try container.run("dpkg --force-confold --install \(names); echo $?")
        #expect(said.hasSuffix("\n0"), "\(said)")
    }

    /// How often the service has been started so far.
    private func starts() throws -> Int {
        try container.journal().split(separator: "\n").count { $0.hasPrefix("Started ") }
    }

    /// The names of all files but those of the kernel, logs, dpkg and programs that keep something of every change.
    private func files() throws -> Set<Substring> {
        let list = try container.run(
            #"find / -xdev | grep -Ev '^/(proc|sys|run|tmp|dev|var/log|var/lib/dpkg|var/lib/systemd/[rt])|^/etc/[a-z]+-$|\.pwd\.lock'"#
        )
        return Set(list.split(separator: "\n"))
    }

    /// The package once more, as a later version.
    private func laterVersion() throws -> String {
        let path = "\(container.ports.path)/later.deb"
        let folder = TemporaryFolder()
        let made = try Command(
            "sh",
            [
                "-c",
                """
                dpkg-deb -R \(Machine.sources)/.build/deb/virtio-trace-agent_*.deb \(folder.path)/tree
                sed -i 's/^Version: .*/&+later/' \(folder.path)/tree/DEBIAN/control
                dpkg-deb --root-owner-group -Znone -b \(folder.path)/tree \(path)
                """,
            ])
        guard made.status == 0 else { throw TestFailure(made.errorText) }
        return "/dev/virtio-ports/later.deb"
    }

    @Test func `installed, it is started once; removed, its options stay; purged, nothing does`() throws {
        try container.run("rm -f /etc/default/virtio-trace-agent")
        let before = try files()
        let startsBefore = try starts()
        try install(agent, host)
        #expect(try container.property("ActiveState") == "active")
        #expect(try starts() == startsBefore + 1 && container.property("NRestarts") == "0")
        #expect(
            try container.run("systemctl is-enabled \(unit) virtio-trace-agent.socket") == "enabled\nenabled")
        #expect(try container.status("Uid").hasPrefix(container.run("id -u virtio-trace")))
        for file in [
            "bin/trace-agent", "bin/trace-host", "share/bash-completion/completions/trace-agent",
            "share/doc/virtio-trace-host/examples/record-nightly",
        ] {
            #expect(try files().contains("/usr/\(file)"), "\(file)")
        }
        try container.run("dpkg --remove virtio-trace-agent virtio-trace-host")
        #expect(try container.run("pidof trace-agent; ls -d /run/virtio-trace-agent 2> /dev/null") == "")
        let left = try files().subtracting(before)
        // The configuration, and that the units were enabled: deb-systemd-helper(1p).
        let kept = [
            "/etc/default/virtio-trace-agent", "/etc/systemd/system/", "/var/lib/systemd/deb-systemd-helper",
        ]
        #expect(left.allSatisfy { file in kept.contains { file.hasPrefix($0) } }, "\(left)")
        try container.run("dpkg --purge virtio-trace-agent virtio-trace-host")
        #expect(try files().symmetricDifference(before).sorted() == [])
        #expect(try container.run("getent passwd virtio-trace; getent group virtio-trace") == "")
        #expect(try container.run("systemctl list-unit-files 'virtio-trace*' --no-legend") == "")
    }

    @Test func `the host's package records what the agent's package sends`() throws {
        try install(agent, host)
        try container.run(
            """
            mkdir -p /tmp/vm; ln -sf /run/virtio-trace-agent/control.sock /tmp/vm/agent-ctl-path
            for cpu in 0 1; do ln -sf /dev/virtio-ports/trace-path-cpu$cpu /tmp/vm/trace-path-cpu$cpu.out; done
            """)
        try container.instance.write(500, cpu: 0)
        let said = try container.run(
            "trace-host record /tmp/vm -o /dev/virtio-ports/trace.dat --force --duration 200ms; echo $?")
        #expect(said.hasSuffix("\n0"), "\(said)")
        let report = try TraceReport(of: "\(container.ports.path)/trace.dat")
        #expect(report.count(cpu: 0) == 500 && report.count(cpu: 1) == 0)
    }

    @Test func `an upgrade while it streams restarts it once, and each event comes once`() throws {
        try install(agent)
        let reader = try FileDescriptor.open(
            "\(container.ports.path)/trace-path-cpu0", [.readOnly, .nonBlocking])
        _ = try container.client("start")
        let startsBefore = try starts()
        let load = try container.instance.startLoad(cpu: 0, seconds: 4, rate: 10_000)
        try install(laterVersion())
        #expect(try container.run("dpkg-query -W -f '${Version}' virtio-trace-agent").hasSuffix("+later"))
        let written = try load.recordsWritten()
        var bytes: [UInt8] = []
        #expect(
            try eventually {
                bytes += try readAll(reader)
                let status = try container.client("status")
                return status.state == "streaming" && status.totals.pending + status.totals.unread == 0
            })
        let stopped = try container.client("stop")
        bytes += try readAll(reader)
        #expect(stopped.complete && stopped.totals.lost == 0 && stopped.restarts == 1)
        #expect(try starts() == startsBefore + 1)
        let stream = PageStream(bytes, rawDataType: try TraceInstance.rawDataType())
        let isWhole = stream.numbers(of: 0) == Array(0..<UInt64(written))
        #expect(isWhole && stream.flaw == nil)
    }

    @Test func `what an administrator has disabled or masked stays off through an upgrade`() throws {
        try install(agent)
        let later = try laterVersion()
        let units = "\(unit) virtio-trace-agent.socket"
        // The first line of README's "Keep it off"; the last one is taken back by the second.
        try container.run("systemctl disable --now \(units)")
        try install(later)
        #expect(try container.run("systemctl is-enabled \(units)") == "disabled\ndisabled")
        #expect(try container.run("systemctl is-active \(units)") == "inactive\ninactive")
        try container.run("systemctl enable --now \(units)")
        #expect(try container.client("status").state == "stopped")
        try container.run("systemctl mask --now \(units)")
        try install(later)
        #expect(try container.run("systemctl is-enabled \(units)") == "masked\nmasked")
        #expect(try container.run("trace-agent status; echo $?").hasSuffix("69"))
        try container.run("systemctl unmask \(units)")
    }

    @Test func `the tarball's script installs, starts and removes it, without make`() throws {
        try container.setOptions()
        try container.run("cd /tmp; tar -xzf /build/dist/virtio-trace-agent-*-amd64.tar.gz")
        let said = try container.run("/tmp/virtio-trace-agent-*/install; echo $?")
        #expect(said.hasSuffix("\n0") || said == "0", "\(said)")
        #expect(try container.property("ActiveState") == "active")
        #expect(try container.client("status").state == "stopped")
        #expect(try container.run("trace-host --version") == container.run("trace-agent --version"))
        try container.run("/tmp/virtio-trace-agent-*/install remove")
        #expect(try container.run("find /usr/local -type f; pidof trace-agent") == "")
        #expect(try container.run("ls /etc/default/virtio-trace-agent") == "/etc/default/virtio-trace-agent")
    }
}
