import Reactor

/// A port of a guest as its host sees it.
struct Port: Equatable {
    /// The port's name in the guest.
    let name: String
    /// The socket; of FIFOs what QEMU's pipe character device has as its path.
    let path: String
    let kind: Kind
    /// Whether the guest has the port open; `nil` if that is unknown.
    var isOpenInGuest: Bool?

    enum Kind: Equatable {
        /// `NAME.in`, which QEMU reads, and `NAME.out`, which it writes to.
        case fifos
        /// A unix socket that QEMU listens at.
        case socket
    }

    /// The FIFO that orders go to.
    var inPath: String { "\(path).in" }
    /// The FIFO that pages and answers come from.
    var outPath: String { "\(path).out" }
    /// What bytes from the guest are read from.
    var readPath: String { kind == .socket ? path : outPath }
}

extension Port {
    /// - Returns: `nil` if no stream can come from what is behind the port.
    init?(name: String, _ backEnd: BackEnd, isOpenInGuest: Bool? = nil) {
        switch backEnd {
        case .socket(let path): self.init(name: name, path: path, kind: .socket, isOpenInGuest: isOpenInGuest)
        case .fifos(let path): self.init(name: name, path: path, kind: .fifos, isOpenInGuest: isOpenInGuest)
        case .other: return nil
        }
    }
}
