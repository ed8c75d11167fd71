import Reactor

/// The pipes between ring buffers and sinks: those that systemd has kept for the service since its last process, and new
/// ones, which systemd is given to keep.
///
/// What is in a pipe outlives the process: it is neither lost nor sent twice.
struct PipeStore: Sendable {
    /// By CPU.
    let kept: [Int: Pipe]
    /// Gives a pipe to the service manager, by its name; `nil` if pipes need not outlive the process.
    let keep: (@Sendable (Pipe, String) -> Bool)?

    /// Pipes that end with the process.
    static let none = PipeStore(kept: [:], keep: nil)

    private static let prefix = "pipe-cpu"

    /// The CPU of a pipe of this name, `nil` for another name.
    static func cpu(ofPipeNamed name: String) -> Int? {
        name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil
    }

    /// The pipe for a CPU, of at least `size` bytes.
    func pipe(cpu: Int, size: Int) throws(SystemError) -> Pipe {
        if let pipe = kept[cpu] {
            // One that contains more than that stays as it is.
            if pipe.capacity != size { try? pipe.resize(to: size) }
            return pipe
        }
        let pipe = try Pipe(size: size)
        // If it is refused, only a crash loses what is in the pipe, and that is said.
        _ = keep?(pipe, "\(Self.prefix)\(cpu)")
        return pipe
    }

    /// Whether what the last process had put into the pipe of `cpu` is still there.
    func hasKept(cpu: Int) -> Bool { kept[cpu] != nil }
}
