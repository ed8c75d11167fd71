import Glibc
import Reactor

/// A guest with busybox that libvirt runs, and a shell in it.
package final class Domain: TracedGuest {
    package let name = "trace-test-\(getpid())-\(UInt16.random(in: 0 ... .max))"
    private let libvirt: Libvirt
    private let folder = TemporaryFolder()
    private let shell: GuestShell

    /// Defines and starts it.
    ///
    /// - Parameter devices: More of its `<devices>`.
    package init(_ libvirt: Libvirt, devices: String = "") throws {
        self.libvirt = libvirt
        // libvirt gives them to QEMU's user.
        for file in ["vmlinuz", "initramfs"] {
            let copy = try Command("cp", ["\(Machine.guestFolder)/\(file)", folder.path])
            if copy.status != 0 { throw TestFailure(copy.errorText) }
        }
        let definition = """
            <domain type='qemu'><name>\(name)</name><memory unit='MiB'>512</memory><vcpu>2</vcpu>
            <os><type arch='x86_64'>hvm</type><kernel>\(folder.path)/vmlinuz</kernel>
            <initrd>\(folder.path)/initramfs</initrd><cmdline>console=ttyS0 quiet panic=-1</cmdline></os>
            <features><acpi/></features><cpu mode='maximum'/><devices>
            <channel type='unix'><source mode='bind' path='\(folder.path)/shell'/><target type='virtio' name='shell'/></channel>
            \(devices)</devices></domain>
            """
        try writeFile("\(folder.path)/domain.xml", definition)
        try libvirt.virsh("define", "\(folder.path)/domain.xml")
        do {
            try libvirt.virsh("start", name)
            shell = try GuestShell("\(folder.path)/shell")
        } catch {
            _ = try? Libvirt.virsh(["destroy", name])
            _ = try? Libvirt.virsh(["undefine", name])
            throw error
        }
        try shell.begin()
    }

    deinit {
        _ = try? Libvirt.virsh(["destroy", name])
        _ = try? Libvirt.virsh(["undefine", name])
    }

    @discardableResult
    package func run(_ command: String, within limit: Duration) throws -> String {
        try shell.run(command, within: limit)
    }
}
