import CommandSupport
import Reactor

/// Standard output as the sink of all channels.
enum StandardOutput {
    /// Takes over descriptor 1.
    ///
    /// Two splices into one file would overwrite each other, and a page could be cut where the output accepts only
    /// part of it, so channels that share it take turns.
    ///
    /// - Throws: 64 if it is a terminal.
    static func sink(channels: Int) throws(Failure) -> Sink {
        let output = FileDescriptor(owning: 1)
        if output.isTerminal {
            throw Failure(
                .usage,
                "standard output is a terminal: send the trace data to a file or a program, as in -o > trace.raw"
            )
        }
        do throws(SystemError) {
            try makeSpliceable(output)
            return Sink(output, name: "standard output", turn: channels > 1 ? try Turn() : nil)
        } catch {
            throw Failure(error)
        }
    }

    private static func makeSpliceable(_ output: borrowing FileDescriptor) throws(SystemError) {
        switch try output.kind() {
        case .regular where try output.isAppending():
            // splice(2) refuses O_APPEND. Other processes that share the open file keep their own.
            let file = try FileDescriptor.open("/proc/self/fd/\(output.rawValue)", .writeOnly)
            try file.seekToEnd()
            try output.replace(with: file)
        case .socket:
            // Only the socket's own flag keeps a splice to it from blocking.
            try output.setStatusFlags(try output.statusFlags().union(.nonBlocking))
        default:
            break
        }
    }
}
