import Reactor

/// The pipes between ring buffers and sinks: those that systemd has kept for the service since its last process, and new
/// ones, which systemd is given to keep.
///
/// What is in a pipe outlives the process: it is neither lost nor sent twice.
struct PipeStore: Sendable {
    /// By CPU.
    let kept: [Int: Pipe]
    /// Gives a pipe to the service manager, by its name; `nil` if pipes need not outlive the process.
    let give: (@Sendable (Pipe, String) -> Bool)?

    /// Pipes that end with the process.
    static let none = PipeStore(kept: [:], give: nil)

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
        return try Pipe(size: size)
    }

    /// Lets a new pipe outlive the process.
    func keep(_ pipe: Pipe, cpu: Int) {
        // If it is refused, only a sudden end loses what is in the pipe, and the next process says so.
        _ = give?(pipe, "\(Self.prefix)\(cpu)")
    }
}
