import Glibc

extension FileDescriptor {
    /// What sort of file stands behind a path or a descriptor: `st_mode` of stat(2).
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

        /// The kind of what `path` leads to, links followed.
        package init(of path: String) throws(SystemError) {
            var status = stat()
            _ = try systemCall("stat", on: path) { stat(path, &status) }
            self.init(mode: status.st_mode)
        }
    }

    /// What sort of file this is: fstat(2).
    package func kind() throws(SystemError) -> Kind {
        var status = stat()
        _ = try systemCall("fstat") { fstat(rawValue, &status) }
        return Kind(mode: status.st_mode)
    }

    /// Whether this is a terminal: isatty(3).
    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// The status flags that two descriptors of one open file share: `F_GETFL`, fcntl(2).
    package func statusFlags() throws(SystemError) -> Mode {
        Mode(rawValue: try systemCall("fcntl(F_GETFL)") { fcntl(rawValue, F_GETFL) })
    }

    /// Sets the status flags, for every holder of the open file: `F_SETFL`, fcntl(2).
    package func setStatusFlags(_ flags: Mode) throws(SystemError) {
        _ = try systemCall("fcntl(F_SETFL)") { fcntl(rawValue, F_SETFL, flags.rawValue) }
    }

    /// Whether this is open for appending: splice(2) refuses such a file with `EINVAL`.
    package func isAppending() throws(SystemError) -> Bool {
        try statusFlags().rawValue & O_APPEND != 0
    }

    /// Moves the file offset to the end of the file: lseek(2).
    package func seekToEnd() throws(SystemError) {
        _ = try systemCall("lseek") { lseek(rawValue, 0, SEEK_END) }
    }

    /// Opens `/dev/null` where standard input, output or error is missing, so that no later file takes its number.
    package static func fillStandardStreams() throws(SystemError) {
        while true {
            let filler = try systemCall("open", on: "/dev/null") { Glibc.open("/dev/null", O_RDWR) }
            if filler > STDERR_FILENO {
                close(filler)
                return
            }
        }
    }

    /// Raises the soft limit of open descriptors to the hard one: setrlimit(2).
    ///
    /// The usual 1024 is for programs that use select(2).
    package static func allowAsManyAsPossible() throws(SystemError) {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        _ = try systemCall("getrlimit") { getrlimit(resource, &limit) }
        limit.rlim_cur = limit.rlim_max
        _ = try systemCall("setrlimit") { setrlimit(resource, &limit) }
    }

    /// The path without links that `path` leads to, `nil` if it leads nowhere: realpath(3).
    package static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
