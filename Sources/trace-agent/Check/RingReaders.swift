import CommandSupport

/// Which processes read ring buffers, and which have other files open.
typealias RingReaders = FileHolders

extension RingReaders {
    /// The processes that read events from the ring buffers of an instance; `nil` for the top-level ones.
    func readers(ofInstance instance: String?) -> [Holder] {
        holders { path in
            guard path.hasSuffix("/trace_pipe_raw") || path.hasSuffix("/trace_pipe") else { return false }
            let parts = path.split(separator: "/")
            let found = parts.firstIndex(of: "instances").map { parts[$0 + 1] }
            return found == instance.map { $0[...] }
        }
    }
}
