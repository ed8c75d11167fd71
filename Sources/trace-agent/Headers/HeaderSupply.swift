import ControlProtocol
import TraceFile

/// Where the header worker's trace headers come from: built when they are asked for, or at start-up.
protocol HeaderSupply: Sendable {
    /// Writes a trace header for `audience` from the start of `file` on.
    ///
    /// - Parameter isCancelled: Called between writes; `true` ends the work.
    /// - Returns: What announces it, with the reason if there is none.
    func write(
        to file: NamedFile, for audience: HeaderAudience, isCancelled: () -> Bool
    ) -> HeaderAnnouncement

    /// What is announced instead of a header.
    func noHeader(because reason: String) -> HeaderAnnouncement
}
