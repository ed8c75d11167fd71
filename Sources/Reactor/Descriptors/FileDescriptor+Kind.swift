import Glibc

extension FileDescriptor {
    /// The type of a file: `st_mode` of stat(2).
    package enum Kind: Sendable {
        case regular, fifo, socket, characterDevice, directory, other

        init(mode: mode_t) {
            self =
                switch mode & S_IFMT {
                case S_IFREG: .regular
                case S_IFIFO: .fifo
                case S_IFSOCK: .socket
                case S_IFCHR: .characterDevice
                case S_IFDIR: .directory
                default: .other
                }
        }

        /// The type of the file at `path`; symbolic links are followed: stat(2).
        package init(of path: String) throws(SystemError) {
            var status = stat()
            _ = try systemCall("stat", on: path) { stat(path, &status) }
            self.init(mode: status.st_mode)
        }
    }

    /// The type of this file: fstat(2).
    package func kind() throws(SystemError) -> Kind {
        var status = stat()
        _ = try systemCall("fstat") { fstat(rawValue, &status) }
        return Kind(mode: status.st_mode)
    }

    /// Whether this is a terminal: isatty(3).
    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Whether it is the terminal of this process, whose group may read it now: tcgetpgrp(3).
    package var isTerminalInForeground: Bool { tcgetpgrp(rawValue) == getpgrp() }

    /// The status flags, which every descriptor of one open file shares: `F_GETFL`, fcntl(2).
    package func statusFlags() throws(SystemError) -> Mode {
        Mode(rawValue: try systemCall("fcntl(F_GETFL)") { fcntl(rawValue, F_GETFL) })
    }

    /// Sets the status flags, for every descriptor of the open file: `F_SETFL`, fcntl(2).
    package func setStatusFlags(_ flags: Mode) throws(SystemError) {
        _ = try systemCall("fcntl(F_SETFL)") { fcntl(rawValue, F_SETFL, flags.rawValue) }
    }

    /// Lets a program that this process becomes not have the descriptor: `FD_CLOEXEC`, fcntl(2).
    package func setCloseOnExec() throws(SystemError) {
        _ = try systemCall("fcntl(F_SETFD)") { fcntl(rawValue, F_SETFD, FD_CLOEXEC) }
    }

    /// Whether this is open for appending: splice(2) to such a file fails with `EINVAL`.
    package func isAppending() throws(SystemError) -> Bool {
        try statusFlags().rawValue & O_APPEND != 0
    }
}
