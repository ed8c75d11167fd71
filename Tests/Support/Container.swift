import Glibc
import Reactor

/// A real systemd in a container on this machine's tracefs; FIFOs and files stand in for ports.
package final class Container {
    package let ports: TemporaryFolder
    package let instance: TraceInstance
    private let machine: Program
    private let leader: pid_t
    /// The container ends when nobody holds this open any more, which is with the test run at the latest.
    private let life: FileDescriptor

    /// What is on it: the agent, as `make install` installs it, or Debian alone.
    package enum Root: String { case installed = "root", bare = "debian" }

    /// Boots one; nothing of it stays.
    package init(_ root: Root = .installed) throws {
        ports = TemporaryFolder()
        instance = try TraceInstance(name: "trace-agent-\(root)-test")
        let folder = ports
        try makeFIFO("\(folder.path)/life")
        life = try FileDescriptor.open("\(folder.path)/life", .readWrite)
        try makeFIFO("\(folder.path)/agent-ctl-path")
        for cpu in 0...1 { try writeFile("\(folder.path)/trace-path-cpu\(cpu)", "") }
        machine = try Program(
            "systemd-nspawn",
            [
                "--quiet", "--directory", Machine.guestFolder + "/systemd/" + root.rawValue,
                "--volatile=overlay", "--register=no", "--keep-unit", "--console=pipe",
                // As on a machine; systemd-nspawn forbids it by default.
                "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
                "--bind=\(TraceInstance.top)", "--bind=\(folder.path):/dev/virtio-ports",
                "--bind-ro=\(Machine.sources)/systemd:/src",
                "--bind-ro=\(Machine.sources)/.build:/build", "--boot",
            ])
        // The first child of systemd-nspawn only makes the one that becomes the container's first process.
        let nspawn = machine.pid
        var found: pid_t = 0
        var state = ""
        let isUp = try eventually {
            guard let child = Self.firstChild(of: nspawn) else { return false }
            found = child
            let ended = try Command("nsenter", Self.entry(child) + ["systemctl", "is-system-running"])
            state = ended.output + ended.errorText
            return ended.output == "running\n" || ended.output == "degraded\n"
        }
        leader = found
        guard isUp else {
            throw TestFailure("the container's systemd does not come up: \(state)\(machine.errorText)")
        }
        try run(
            "sh -c 'cat /dev/virtio-ports/life; systemctl poweroff --force --force' > /dev/null 2>&1 3>&- &")
        try setOptions()
    }

    /// Gives the service options as an administrator does, from its next start on.
    package func setOptions(_ options: String = "") throws {
        try run("echo 'OPTIONS=--instance \(instance.name) \(options)' > /etc/default/virtio-trace-agent")
    }

    deinit {
        // The first process takes all others with it, and systemd-nspawn ends.
        if leader > 0 { kill(leader, SIGKILL) }
        if machine.wait(.seconds(10)) == nil { machine.kill() }
    }

    private static func firstChild(of pid: pid_t) -> pid_t? {
        let text = (try? readText("/proc/\(pid)/task/\(pid)/children")) ?? ""
        return text.split(separator: " ").first.flatMap { pid_t($0) }
    }

    private static func entry(_ leader: pid_t) -> [String] { ["--target", "\(leader)", "--all"] }

    /// Runs a shell command in the container: what it prints, without the last newline.
    @discardableResult
    package func run(_ command: String) throws -> String {
        let ended = try Command("nsenter", Self.entry(leader) + ["sh", "-c", "{ \(command)\n} 2>&1"])
        return ended.output.hasSuffix("\n") ? String(ended.output.dropLast()) : ended.output
    }
}
