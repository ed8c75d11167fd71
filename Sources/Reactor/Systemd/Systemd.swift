internal import CEpoll
import Glibc

/// What a program and the systemd that started it tell each other: sd-daemon(3).
package enum Systemd {
    /// Whether it wants to hear: `$NOTIFY_SOCKET`.
    package static let wantsNotifications = sender != nil

    private static let sender: DatagramSender? = {
        guard let path = getenv("NOTIFY_SOCKET") else { return nil }
        // Without a socket there is no way to say so either.
        return try? DatagramSender(to: String(cString: path))
    }()

    /// How often it has to hear that the program is alive; `nil` if it does not care: sd_watchdog_enabled(3).
    package static let watchdogInterval: Duration? = {
        var microseconds: UInt64 = 0
        return sd_watchdog_enabled(0, &microseconds) > 0 ? .microseconds(Int64(microseconds)) : nil
    }()

    /// Tells it assignments, a line each, as sd_notify(3) does, but without waiting.
    ///
    /// - Returns: `false` if it does not take it now.
    package static func notify(_ assignments: String) -> Bool {
        switch sender {
        case .some(let sender): sender.send(Array(assignments.utf8))
        case .none: true
        }
    }

    /// A socket that it has made, by the name that its unit gives it.
    package struct Socket: Sendable {
        package let name: String
        /// `nil` if it is anything but a stream socket of this machine that listens: sd_is_socket_unix(3).
        package let listener: LocalSocket?
    }

    /// Takes over the sockets that were passed to this process, and forgets about them in the environment:
    /// sd_listen_fds_with_names(3), which looks at `$LISTEN_PID` and sets `FD_CLOEXEC`.
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
