/// What libvirt's XML tells of a domain: https://libvirt.org/formatdomain.html.
struct Domain {
    let name: String
    let isRunning: Bool
    /// CPUs that the guest has now.
    let cpus: Int
    /// Its virtio-serial channels.
    let channels: [Channel]
    /// How many virtio-serial devices it has.
    let serialDevices: Int

    struct Channel: Equatable {
        let name: String
        /// `unix`, `pipe`, or what else is behind it.
        let type: String
        /// `nil` if it has none.
        let path: String?
        /// Whether the guest has the port open; `nil` if libvirt does not know.
        let isOpenInGuest: Bool?
        let alias: String?
    }

    init(_ domain: XMLElement) {
        name = domain["name"]?.text ?? ""
        isRunning = domain.attributes["id"] != nil
        let vcpu = domain["vcpu"]
        cpus = Int(vcpu?.attributes["current"] ?? vcpu?.text ?? "") ?? 1
        serialDevices = (domain["devices"]?.all("controller") ?? []).count {
            $0.attributes["type"] == "virtio-serial"
        }
        channels = (domain["devices"]?.all("channel") ?? []).compactMap(Channel.init)
    }
}

extension Domain.Channel {
    /// - Returns: `nil` for a channel of another kind.
    fileprivate init?(_ channel: XMLElement) {
        guard let target = channel["target"], target.attributes["type"] == "virtio",
            let name = target.attributes["name"]
        else {
            return nil
        }
        self.name = name
        type = channel.attributes["type"] ?? ""
        path = channel["source"]?.attributes["path"]
        isOpenInGuest = target.attributes["state"].map { $0 == "connected" }
        alias = channel["alias"]?.attributes["name"]
    }
}
