import Glibc

// The process's table of descriptors.
extension FileDescriptor {
    /// Opens `/dev/null` in place of a closed standard input, output or error: open(2).
    ///
    /// A file that is opened later would otherwise get its number.
    package static func fillStandardStreams() throws(SystemError) {
        while true {
            let filler = try systemCall("open", on: "/dev/null") { Glibc.open("/dev/null", O_RDWR) }
            if filler > STDERR_FILENO {
                close(filler)
                return
            }
        }
    }

    /// Raises the soft limit of open descriptors to the hard limit: setrlimit(2).
    ///
    /// The default soft limit, 1024, exists for programs that use select(2).
    package static func allowAsManyAsPossible() throws(SystemError) {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        _ = try systemCall("getrlimit") { getrlimit(resource, &limit) }
        limit.rlim_cur = limit.rlim_max
        _ = try systemCall("setrlimit") { setrlimit(resource, &limit) }
    }
}
