import CommandSupport
import Logging
import Reactor
import TraceFile

/// Makes the trace.dat of each part of a guest's recording, and keeps the latest of them.
struct PartMaker: Sendable {
    let keptParts: KeptParts
    let log: Logger

    /// Makes the trace.dat of a part, and removes the files that it was made from.
    ///
    /// - Returns: The lines of the summary.
    func make(
        _ finished: FinishedPart, isCancelled: () -> Bool = { false }
    ) throws(Failure) -> [String] {
        let part = finished.part
        for (cpu, bytes) in finished.excess where bytes > 0 {
            try writing { () throws(TraceFileError) in
                try StreamFile.dropFirst(bytes, of: part.streamPath(cpu: cpu))
            }
        }
        let lines = try part.assemble(
            header: finished.header, format: finished.format, linkedBy: finished.links, log,
            isCancelled: isCancelled)
        part.removeStreams(log)
        // The part's own; the one from before the recording stays for the other parts.
        try? FileDescriptor.remove(part.headerPath)
        keptParts.add(part.output)
        return lines
    }
}
