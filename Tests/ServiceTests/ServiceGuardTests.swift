import Glibc
import Reactor
import Support
import Testing

/// What the service may do, and what it reports of itself, under a real systemd in a container.
///
/// Each test leaves the service stopped and its socket listening.
@MainActor
@Suite(.serialized, .enabled(if: Machine.hasSystemd, "needs the root that `make systemd-guest` makes"))
struct ServiceGuardTests {
    private let container: Container
    private static let dropIn = "/run/systemd/system/virtio-trace-agent.service.d"

    init() throws {
        container = try SharedContainer.boot.get()
        try container.run(
            """
            systemctl stop virtio-trace-agent.service; rm -rf \(Self.dropIn)
            systemctl daemon-reload; systemctl reset-failed; systemctl restart virtio-trace-agent.socket
            """)
    }

    /// Changes the unit until the next test.
    private func change(_ lines: String) throws {
        try container.run(
            """
            mkdir -p \(Self.dropIn)
            cat > \(Self.dropIn)/test.conf << 'END'
            [Service]
            \(lines)
            END
            systemctl daemon-reload
            """)
    }

    private func socketState() throws -> String {
        try container.run("systemctl is-active virtio-trace-agent.socket")
    }

    // MARK: wrong options

    @Test func `a wrong option is named with its file, tried once for each client, and leaves the socket`()
        throws
    {
        try container.run(
            "mv /etc/default/virtio-trace-agent /etc/default/kept; echo 'OPTIONS=--frobnicate' > /etc/default/virtio-trace-agent"
        )
        defer { _ = try? container.run("mv /etc/default/kept /etc/default/virtio-trace-agent") }
        let before = try messages()
        for count in 1...3 {
            let client = try container.run("trace-agent status --timeout 10s; echo $?")
            #expect(client.hasSuffix("69"), "\(client)")
            #expect(client.contains("journalctl -u virtio-trace-agent"), "\(client)")
            #expect(try eventually { try container.property("ActiveState") == "failed" })
            #expect(try messages() - before == count)
            #expect(try container.property("ExecMainStatus") == "64")
            #expect(try socketState() == "active")
        }
        let check = try container.run("trace-agent check; echo $?")
        #expect(
            check.contains(
                "fail  options       wrong options in /etc/default/virtio-trace-agent: Unknown option '--frobnicate'"
            ),
            "\(check)")
        #expect(
            check.contains(
                "fail  service       virtio-trace-agent.service has failed (exit-code, last exit code 64)"))
        #expect(check.hasSuffix("69"))
        // Corrected, it goes on by itself.
        try container.run("cp /etc/default/kept /etc/default/virtio-trace-agent")
        #expect(try container.client("status").state == "stopped")
    }

    /// How often the service has named the wrong word so far.
    private func messages() throws -> Int {
        let text = "wrong options in /etc/default/virtio-trace-agent: Unknown option '--frobnicate'"
        return try container.journal().split(separator: "\n").count { $0.hasPrefix(text) }
    }

    @Test func `many failed starts in a row end the socket, and one line of commands brings it back`() throws
    {
        try container.run(
            "mv /etc/default/virtio-trace-agent /etc/default/kept; echo 'OPTIONS=--cpu 4000' > /etc/default/virtio-trace-agent"
        )
        defer { _ = try? container.run("mv /etc/default/kept /etc/default/virtio-trace-agent") }
        #expect(
            try eventually {
                try container.run("trace-agent status --timeout 10s")
                return try socketState() == "failed"
            })
        #expect(
            try container.journal().contains(
                "wrong options in /etc/default/virtio-trace-agent: --cpu: this machine has no CPU 4000"))
        try container.run("cp /etc/default/kept /etc/default/virtio-trace-agent")
        // It is what check, the journal and the README advise.
        let commands =
            "systemctl reset-failed virtio-trace-agent.service; systemctl restart virtio-trace-agent.socket"
        #expect(try container.run("trace-agent check").contains(commands))
        #expect(try container.run("\(commands); echo $?") == "0")
        #expect(try container.client("status").state == "stopped")
    }

    @Test func `an instance that is not there is named as the administrator knows it, and made on request`()
        throws
    {
        let name = "trace-agent-made-test"
        let path = "\(TraceInstance.top)/instances/\(name)"
        rmdir(path)
        try container.run("cp /etc/default/virtio-trace-agent /etc/default/kept")
        defer {
            _ = try? container.run(
                "systemctl stop virtio-trace-agent.service; mv /etc/default/kept /etc/default/virtio-trace-agent"
            )
            rmdir(path)
        }
        try container.run("echo 'OPTIONS=--instance \(name)' > /etc/default/virtio-trace-agent")
        try container.run("trace-agent status --timeout 10s")
        #expect(
            try container.journal().contains(
                "no trace instance \(path): mkdir \(path), or use --make-instance"))
        try container.run(
            "echo 'OPTIONS=--instance \(name) --make-instance' > /etc/default/virtio-trace-agent")
        #expect(try container.client("status").instance == name)
        #expect(access(path, F_OK) == 0)
        // It is there now.
        try container.run("systemctl restart virtio-trace-agent.service")
        #expect(try container.client("status").instance == name)
    }

    // MARK: system calls

    @Test func `the filter lacks io_uring, keys and other processes' memory`() throws {
        let allowed = try Set(container.property("SystemCallFilter").split(separator: " "))
        for call in ["splice", "epoll_wait", "openat", "landlock_create_ruleset"] {
            #expect(allowed.contains(Substring(call)), "\(call)")
        }
        for call in [
            "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup", "io_submit", "keyctl",
            "add_key",
            "request_key", "process_vm_readv", "process_vm_writev", "process_madvise", "ptrace", "bpf",
            "perf_event_open", "userfaultfd", "mount", "open_by_handle_at", "pidfd_getfd", "init_module",
        ] {
            #expect(!allowed.contains(Substring(call)), "\(call)")
        }
    }

    @Test func `a program in the service's place cannot call io_uring`() throws {
        try change(
            """
            Type=oneshot
            ExecStart=
            ExecStart=/usr/bin/perl -e 'my $p = "\\0" x 120; print syscall(425, 1, $p) < 0 ? "io_uring: $!" : "io_uring works"'
            Restart=no
            """)
        try container.run("systemctl start virtio-trace-agent.service")
        #expect(try container.journal().contains("io_uring: Operation not permitted"))
    }

    // MARK: Landlock

    @Test func `where the filter forbids Landlock, no thread keeps root's group`() throws {
        try change("SystemCallFilter=~landlock_create_ruleset landlock_add_rule landlock_restrict_self")
        _ = try container.client("status")
        let gids = try container.run("grep -h ^Gid: /proc/\(container.mainPID())/task/*/status | sort -u")
        let gid = try container.run("id -g virtio-trace")
        #expect(gids.split(whereSeparator: \.isWhitespace).dropFirst().allSatisfy { $0 == gid })
        #expect(gids.split(separator: "\n").count == 1)
        let metadata = try container.run("trace-agent metadata --json -o /tmp/header")
        #expect(metadata.contains("warning: made when the agent started"))
        #expect(metadata.contains("\"bytes\":"))
        #expect(
            try container.journal().contains(
                "no Landlock here: all trace headers will be those of this start"))
    }

    // MARK: check

    @Test func `check takes instance and state from the service`() throws {
        _ = try container.client("start")
        let pid = try container.mainPID()
        let check = try container.run("trace-agent check")
        #expect(
            check.contains("ok    tracefs       /sys/kernel/tracing/instances/\(container.instance.name)\n"))
        #expect(check.contains("ok    options       --instance \(container.instance.name) (/etc/default"))
        #expect(check.contains("ok    readers       trace-agent (\(pid))\n"), "\(check)")
        #expect(check.contains("ok    service       active\n"))
        #expect(check.contains("ok    pinning       "))
        let words = "trace-agent --foreground --instance \(container.instance.name) --cpu 0 -o"
        let other = try container.run(
            "\(words) > /dev/null 2>&1 3>&- & echo $!; until ls -l /proc/$!/fd 2> /dev/null | grep -q trace_pipe_raw; do :; done"
        )
        defer { _ = try? container.run("kill \(other)") }
        let both = try container.run("trace-agent check")
        #expect(
            both.contains("warn  readers       trace-agent (\(other)) also reads the same ring buffers"),
            "\(both)")
    }

    @Test func `check names the CPUs on which the service may not run`() throws {
        try change("AllowedCPUs=0")
        _ = try container.client("status")
        #expect(
            try container.run("trace-agent check").contains(
                "warn  pinning       the service may not run on CPU 1,"))
    }

    @Test func `check finds the addresses that a container hides`() throws {
        let hidden = try container.run("! grep -qv ^0000000000000000 /proc/kallsyms; echo $?") == "0"
        let check = try container.run("trace-agent check")
        #expect(
            check.contains(
                hidden ? "warn  symbols       /proc/kallsyms shows no addresses" : "ok    symbols "))
        try container.run("echo '0000000000000000 T _text' > /tmp/symbols")
        #expect(
            try container.run("trace-agent check --kallsyms /tmp/symbols").contains(
                "warn  symbols       /tmp/symbols shows no addresses, as in a container"))
    }
}
