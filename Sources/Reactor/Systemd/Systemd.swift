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

    /// Gives a pipe to systemd to keep; the service gets it back when it is started again: `FDSTORE=1`, sd_notify(3).
    ///
    /// systemd keeps it until the service is stopped, as `FileDescriptorStoreMax=` allows.
    ///
    /// - Parameter name: A name without blanks and colons.
    /// - Returns: `false` if systemd cannot receive it now, or did not start this process.
    package static func keep(_ pipe: Pipe, as name: String) -> Bool {
        switch sender {
        // A pipe whose ends are with systemd alone reports a hang-up, for which systemd would drop it.
        case .some(let sender):
            sender.send(Array("FDSTORE=1\nFDNAME=\(name)\nFDPOLL=0".utf8), passing: pipe)
        case .none: false
        }
    }

    /// What systemd passed to this process.
    package struct Passed: Sendable {
        package let name: String
        package let content: Content

        package enum Content: Sendable {
            /// A listening local stream socket, from a socket unit.
            case listener(LocalSocket)
            /// A pipe that an earlier process of the service gave to `keep`.
            case pipe(Pipe)
            /// Something else, which is closed.
            case other
        }
    }

    /// Adopts what systemd passed to this process: sd_listen_fds_with_names(3).
    ///
    /// That function checks `$LISTEN_PID`, sets `FD_CLOEXEC`, and removes its variables from the environment.
    package static func adoptPassed() throws(SystemError) -> [Passed] {
        var passed: [Passed] = []
        var left = try passedDescriptors()[...]
        while let (name, number) = left.popFirst() {
            let other = left.firstIndex { $0.name == name && isReadEnd($0.number) != isReadEnd(number) }
            if sd_is_fifo(number, nil) > 0, let other {
                let pair = [number, left.remove(at: other).number].sorted { one, _ in isReadEnd(one) }
                let pipe = try Pipe(
                    adopting: FileDescriptor(owning: pair[0]), FileDescriptor(owning: pair[1]))
                passed.append(Passed(name: name, content: .pipe(pipe)))
                continue
            }
            let descriptor = FileDescriptor(owning: number)
            let listens = sd_is_socket_unix(number, CInt(SOCK_STREAM.rawValue), 1, nil, 0) > 0
            let content = listens ? Passed.Content.listener(try LocalSocket(adopting: descriptor)) : .other
            passed.append(Passed(name: name, content: content))
        }
        return passed
    }

    /// Whether a descriptor is open for reading only, as one end of a pipe is.
    private static func isReadEnd(_ number: CInt) -> Bool {
        fcntl(number, F_GETFL) & O_ACCMODE == O_RDONLY
    }

    private static func passedDescriptors() throws(SystemError) -> [(name: String, number: CInt)] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        if count < 0 {
            throw SystemError(call: "sd_listen_fds", subject: "", code: Errno(rawValue: -count))
        }
        defer { free(names) }
        return (0..<Int(count)).map { index in
            defer { free(names?[index]) }
            return (names?[index].map { String(cString: $0) } ?? "", SD_LISTEN_FDS_START + CInt(index))
        }
    }
}
