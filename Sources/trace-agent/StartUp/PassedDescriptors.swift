import CommandSupport
import Logging
import Reactor

/// What systemd has passed to this process: where local clients connect, and what it has kept for the service.
struct PassedDescriptors {
    /// The sockets called "control".
    private(set) var sockets: [LocalSocket] = []
    /// The pipes of an earlier process, by CPU.
    private(set) var pipes: [Int: Pipe] = [:]

    /// Adopts them; others are closed.
    static func adopt(_ log: Logger) throws(Failure) -> PassedDescriptors {
        var adopted = PassedDescriptors()
        for passed in try wrappingSystemError(Systemd.adoptPassed) {
            let name = Array(passed.name.utf8).escapedASCII
            switch passed.content {
            case .listener(let socket) where passed.name == "control": adopted.sockets.append(socket)
            case .pipe(let pipe):
                if let cpu = PipeStore.cpu(ofPipeNamed: passed.name) {
                    adopted.pipes[cpu] = pipe
                } else {
                    log.warning("a passed pipe is not used: \"\(name)\" is no name of a CPU's pipe")
                }
            case .listener, .other:
                log.warning(
                    "a passed socket is not used: \"\(name)\" is not called control, or is no listening Unix stream socket"
                )
            }
        }
        return adopted
    }
}
