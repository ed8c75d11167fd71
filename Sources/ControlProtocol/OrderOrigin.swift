/// Which side of the guest an order came from.
package enum OrderOrigin: Int, CaseIterable, Sendable {
    /// The control port.
    case host
    /// A client of the local socket.
    case client
}
