import Glibc

/// A libvirt for the tests: the daemons of Debian's packages, started by hand, for domains without KVM.
package final class Libvirt {
    private let daemons: [Program]
    private let folder = TemporaryFolder()
    package static let uri = "qemu:///system"

    package init() throws {
        // libvirt looks at /dev/kvm again before each use of QEMU, for 4 s, where it is there and does not work.
        try writeFile("\(folder.path)/kvm", "")
        chmod("\(folder.path)/kvm", 0o600)
        // libvirt would move that mount into a namespace of the domain's own, and fail.
        try writeFile("\(folder.path)/qemu.conf", "namespaces = []\n")
        let script = """
            [ ! -e /dev/kvm ] || mount --bind \(folder.path)/kvm /dev/kvm
            mount --bind \(folder.path)/qemu.conf /etc/libvirt/qemu.conf
            exec libvirtd
            """
        daemons = [
            try Program("setpriv", ["--pdeathsig", "KILL", "virtlogd"]),
            try Program("setpriv", ["--pdeathsig", "KILL", "unshare", "--mount", "sh", "-ec", script]),
        ]
        guard try eventually({ try Self.virsh(["list"]).status == 0 }) else {
            throw TestFailure("no libvirt: \(daemons[1].errorText)")
        }
    }

    deinit {
        for daemon in daemons.reversed() {
            daemon.signal(SIGTERM)
            _ = daemon.wait()
        }
    }

    package static func virsh(_ words: [String]) throws -> Command {
        try Command("virsh", ["--quiet", "--connect", uri] + words)
    }

    /// Runs a command, which must succeed.
    @discardableResult
    package func virsh(_ words: String...) throws -> String {
        let command = try Self.virsh(words)
        if command.status != 0 { throw TestFailure("virsh \(words): \(command.errorText)") }
        return command.output
    }
}
