import CommandSupport
import Reactor

extension Failure {
    /// An output that is not a port cannot be written: it will not come back.
    init(outputFailed code: Errno, _ sink: Sink) {
        let reason =
            switch code {
            case .brokenPipe, .connectionReset, .notConnected: "its reader has closed it"
            case _ where code.meansFull: "\(code): make room, or record less"
            default: "\(code)"
            }
        self.init(.outputFailed, "\(sink.name): \(reason)")
    }

    /// An output that is not a port did not accept everything; `nil` for ports, which get the rest after the next start.
    init?(outputIncomplete mode: OutputMode) {
        guard let name = mode.outputName else { return nil }
        self.init(.outputFailed, "\(name) did not accept everything in time")
    }
}
