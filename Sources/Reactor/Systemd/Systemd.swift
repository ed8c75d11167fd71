internal import CEpoll
import Glibc

/// The protocol between a service and the systemd that started it: sd-daemon(3).
package enum Systemd {
    /// Whether systemd asked for notifications: `$NOTIFY_SOCKET`.
    package static let wantsNotifications = sender != nil

    private static let sender: DatagramSender? = {
        guard let path = getenv("NOTIFY_SOCKET") else { return nil }
        // An error is dropped: without a socket there is no way to report it.
        return try? DatagramSender(to: String(cString: path))
    }()

    /// The longest time between two heartbeats, `nil` if systemd expects none: sd_watchdog_enabled(3).
    package static let watchdogInterval: Duration? = {
        var microseconds: UInt64 = 0
        return sd_watchdog_enabled(0, &microseconds) > 0 ? .microseconds(Int64(microseconds)) : nil
    }()

    /// Sends assignments, one a line, like sd_notify(3), but never blocks.
    ///
    /// - Returns: `false` if systemd cannot receive them now; `true` if it asked for no notifications.
    package static func notify(_ assignments: String) -> Bool {
        switch sender {
        case .some(let sender): sender.send(Array(assignments.utf8))
        case .none: true
        }
    }

    /// A socket that systemd made and passed, with the name from its socket unit.
    package struct Socket: Sendable {
        package let name: String
        /// `nil` if it is not a listening local stream socket: sd_is_socket_unix(3).
        package let listener: LocalSocket?
    }

    /// Adopts the sockets that systemd passed to this process: sd_listen_fds_with_names(3).
    ///
    /// That function checks `$LISTEN_PID`, sets `FD_CLOEXEC`, and removes its variables from the environment.
    package static func adoptSockets() throws(SystemError) -> [Socket] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        if count < 0 {
            throw SystemError(call: "sd_listen_fds", subject: "", code: Errno(rawValue: -count))
        }
        defer { free(names) }
        var sockets: [Socket] = []
        for index in 0..<Int(count) {
            defer { free(names?[index]) }
            let name = names?[index].map { String(cString: $0) } ?? ""
            let descriptor = FileDescriptor(owning: SD_LISTEN_FDS_START + CInt(index))
            let listens = sd_is_socket_unix(descriptor.rawValue, CInt(SOCK_STREAM.rawValue), 1, nil, 0) > 0
            sockets.append(
                Socket(name: name, listener: listens ? try LocalSocket(adopting: descriptor) : nil))
        }
        return sockets
    }
}
