internal import CEpoll
import Glibc

/// The inode of the other end of each connected unix socket of this network namespace, by the inode of the one: sock_diag(7).
///
/// - Throws: `ENOENT` or `EPROTONOSUPPORT` if the kernel has no such list.
package func peersOfUnixSockets() throws(SystemError) -> [UInt32: UInt32] {
    let netlink = FileDescriptor(owning: try systemCall("sock_diag") { cepoll_ask_unix_peers() })
    var peers: [UInt32: UInt32] = [:]
    while true {
        let bytes = try netlink.readSome(1 << 16)
        var place = 0
        while place + nlmsgHeader <= bytes.count {
            let (length, type) = (Int(bytes.word(at: place)), bytes.half(at: place + 4))
            guard type == sockDiagByFamily, length > nlmsgHeader, place + length <= bytes.count else {
                // The end of the list, or an error: its number is negative.
                let code = type == nlmsgError && place + 20 <= bytes.count ? bytes.word(at: place + 16) : 0
                if code == 0 { return peers }
                throw SystemError(
                    call: "sock_diag", subject: "", code: Errno(rawValue: -CInt(bitPattern: code)))
            }
            if let (own, other) = pair(bytes[place..<place + length]) { peers[own] = other }
            place += (length + 3) & ~3
        }
        if bytes.isEmpty { return peers }
    }
}

private let nlmsgHeader = 16
private let nlmsgError: UInt16 = 2
private let sockDiagByFamily: UInt16 = 20
private let unixDiagPeer: UInt16 = 2
/// `struct unix_diag_msg`; the inode is its fifth byte.
private let diagMessage = 16

/// The inodes in one message of the list; `nil` if the socket has no peer.
private func pair(_ message: ArraySlice<UInt8>) -> (UInt32, UInt32)? {
    var place = message.startIndex + nlmsgHeader + diagMessage
    while place + 8 <= message.endIndex {
        let length = Int(message.half(at: place))
        if message.half(at: place + 2) == unixDiagPeer {
            return (message.word(at: message.startIndex + nlmsgHeader + 4), message.word(at: place + 4))
        }
        if length < 4 { return nil }
        place += (length + 3) & ~3
    }
    return nil
}

extension RandomAccessCollection<UInt8> where Index == Int {
    /// netlink(7) has this machine's byte order: little-endian, as on every architecture that Swift runs on.
    fileprivate func word(at place: Int) -> UInt32 {
        UInt32(half(at: place)) | UInt32(half(at: place + 2)) << 16
    }

    fileprivate func half(at place: Int) -> UInt16 { UInt16(self[place]) | UInt16(self[place + 1]) << 8 }
}
