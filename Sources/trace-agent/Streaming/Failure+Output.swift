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

    /// Why a job's result ends the agent; `nil` if it goes on.
    ///
    /// - Parameter pageSizeChange: What has become of the size of a sub-buffer; a trace.dat has only one size.
    init?(after result: JobResult, _ sink: Sink, _ mode: OutputMode, _ pageSizeChange: String?) {
        if case .sinkFailed(let code) = result, !mode.usesPorts {
            self.init(outputFailed: code, sink)
        } else if case .record = mode, let pageSizeChange {
            self.init(.configuration, "the recording ends: \(pageSizeChange)")
        } else {
            return nil
        }
    }

    /// What keeps an output that is not a port from having all events; `nil` for ports, which get the rest after the next
    /// start.
    init?(outputOf mode: OutputMode, _ lastStop: StopOutcome, hasBegun: Bool) {
        guard let name = mode.outputName else { return nil }
        if !hasBegun {
            self.init(.unavailable, "nothing was recorded into \(name): streaming has not begun")
        } else if !lastStop.isDelivered {
            self.init(.outputFailed, "\(name) did not accept everything in time")
        } else if !lastStop.isRead {
            self.init(.operatingSystem, "\(name) lacks events: a ring buffer could not be read")
        } else {
            return nil
        }
    }
}
