import CommandSupport
import ControlProtocol
import Reactor

/// Plugs ports into a domain of libvirt that runs, and takes them out again.
///
/// libvirt chooses the sockets' paths, and the places on the virtio-serial devices that the domain has.
struct DomainAttachment {
    private let name: String
    private let virsh: Virsh

    /// libvirt keeps aliases that begin with `ua-` as they are.
    private static let prefix = "ua-\(Attachment.prefix)"
    /// How long the guest may take to let go of a port.
    private static let patience = Duration.seconds(10)

    init(_ name: String, _ virsh: Virsh) {
        self.name = name
        self.virsh = virsh
    }

    /// - Parameters:
    ///   - cpus: How many get a port; `nil` for those that the guest has.
    ///   - isPersistent: Whether the domain's definition gets them, too.
    func attach(cpus: Int?, isPersistent: Bool) throws(Failure) -> Attachment {
        let domain = try virsh.runningDomain(name)
        let found = FoundPorts(domain)
        try Attachment.refuseUnusable(found)
        var result = Attachment(kept: found.ports.map(\.name))
        for port in Attachment.missing(in: found, cpus: cpus ?? domain.cpus) {
            do throws(Failure) {
                try virsh.attach(Self.device(port), to: name, isPersistent: isPersistent)
            } catch {
                throw Self.explain(error, port, domain, plugged: result.changed.count)
            }
            result.changed.append(port)
        }
        return result
    }

    /// Names what libvirt 9 cannot do: a virtio-serial device cannot be plugged in.
    private static func explain(_ error: Failure, _ port: String, _ domain: Domain, plugged: Int) -> Failure {
        let isFull = domain.channels.count + plugged >= domain.serialDevices * placesPerDevice
        let remedy =
            isFull && domain.serialDevices > 0
            ? "; its \(domain.serialDevices) virtio-serial devices are full, and libvirt plugs in no other: add <controller type='virtio-serial' index='\(domain.serialDevices)'/> to its definition, shut it down and start it"
            : ""
        return Attachment.failure(Failure(error.status, "\(error)\(remedy)"), port, plugged: plugged)
    }

    /// QEMU keeps the first of 31 for a console.
    private static let placesPerDevice = 30

    private static func device(_ port: String) -> String {
        """
        <channel type='unix'>
          <source mode='bind'/>
          <target type='virtio' name='\(port)'/>
          <alias name='\(prefix)\(port)'/>
        </channel>
        """
    }

    /// Takes out what `attach` has plugged in, from the running domain and from its definition.
    func detach(isForced: Bool) throws(Failure) -> Attachment {
        let domain = try virsh.domain(name)
        var result = Attachment(kept: FoundPorts(domain).ports.map(\.name))
        let own = domain.channels.filter(Self.isOwn)
        if domain.isRunning {
            if !isForced { try Attachment.refuseUsed(own.compactMap(\.path)) }
            for channel in own {
                try virsh.detach(alias: channel.alias ?? "", from: name, "--live")
                result.changed.append(channel.name)
            }
            let left = try waitForEnd(of: own.map(\.name))
            for port in left {
                result.problems.append("\(port) is still there: the guest does not let go of it")
            }
        }
        for channel in try virsh.definition(of: name).channels.filter(Self.isOwn) {
            try virsh.detach(alias: channel.alias ?? "", from: name, "--config")
            if !result.changed.contains(channel.name) { result.changed.append(channel.name) }
        }
        result.kept.removeAll(where: result.changed.contains)
        return result
    }

    private static func isOwn(_ channel: Domain.Channel) -> Bool {
        channel.alias?.hasPrefix(prefix) == true
    }

    /// Waits until the running domain does not have these ports any more.
    ///
    /// - Returns: Those that are left.
    private func waitForEnd(of ports: [String]) throws(Failure) -> [String] {
        let end = ContinuousClock.now + Self.patience
        var left = ports
        while !left.isEmpty {
            let now = try virsh.domain(name).channels.filter(Self.isOwn).map(\.name)
            left.removeAll { !now.contains($0) }
            if left.isEmpty || ContinuousClock.now > end { break }
            waitBriefly()
        }
        return left
    }
}
