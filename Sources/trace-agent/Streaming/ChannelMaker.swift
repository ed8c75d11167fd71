import CommandSupport
import Logging
import Reactor

/// Makes channels, with pipes as large as asked for and as their ports allow.
struct ChannelMaker: Sendable {
    /// Bytes of a sub-buffer when the agent started.
    let pageSize: Int
    /// Bytes that `--pipe-size` asks for.
    let pipeSize: Int
    /// Where all workers run; `nil` for each on its CPU.
    var workerCPUs: [Int]?
    /// Longest time that an event waits in a ring buffer; 0: until the stop.
    var flushInterval = Duration.zero
    var pipes = PipeStore.none
    let log: Logger

    func make(_ ring: Ring, _ sink: Sink) throws(Failure) -> Channel {
        if pipeSize > sink.longestPipe {
            log.warning(
                "\(sink.name): the pipe is limited to \(ByteSize(bytes: sink.longestPipe)), as much as the port's queue takes"
            )
        }
        return try wrappingSystemError { () throws(SystemError) in
            try Channel(
                ring: ring, sink: sink, pageSize: pageSize, pipeSize: pipeSize, pipes, workerCPUs: workerCPUs,
                flushInterval: flushInterval)
        }
    }
}
