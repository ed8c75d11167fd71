import Glibc

/// A host that has `trace-host` from its package: a Debian of its own, with the processes and the `/tmp` of this machine.
package final class InstalledHost {
    private let folder = TemporaryFolder()
    private let life: Program

    /// Installs it as README's "Install" does, without a network.
    package init() throws {
        let script = """
            mount -t tmpfs tmpfs \(folder.path)
            cd \(folder.path)
            mkdir upper work root
            mount -t overlay -o lowerdir=\(Machine.guestFolder)/systemd/debian,upperdir=upper,workdir=work overlay root
            cp \(Machine.sources)/.build/deb/virtio-trace-host_*.deb root/root/
            for place in dev proc sys tmp; do mount --rbind /$place root/$place; done
            chroot root sh -c 'cd /root; DEBIAN_FRONTEND=noninteractive apt install ./virtio-trace-host_*.deb' >&2
            echo installed >&2
            exec sleep infinity
            """
        life = try Program("setpriv", ["--pdeathsig", "KILL", "unshare", "--mount", "sh", "-ec", script])
        let isInstalled = eventually(within: .seconds(60)) {
            life.errorText.hasSuffix("installed\n") || life.wait(.zero) != nil
        }
        guard isInstalled, life.wait(.zero) == nil else { throw TestFailure(life.errorText) }
    }

    /// The words that run a program of this host.
    package func program(_ name: String) -> [String] {
        ["nsenter", "--target", "\(life.pid)", "--mount", "chroot", "\(folder.path)/root", name]
    }
}
