import ControlProtocol
import TraceFile

/// Where the header worker's trace headers come from: built when they are asked for, or at start-up.
protocol HeaderSupply: Sendable {
    /// Reads the event formats that are there, so that headers have them when their events are gone.
    func read(_ formats: inout FormatStore, isCancelled: () -> Bool)

    /// Writes a trace header for `audience` from the start of `file` on.
    ///
    /// - Parameters:
    ///   - formats: The event formats of earlier headers; those of new events are added.
    ///   - isCancelled: Called between writes; `true` ends the work.
    /// - Returns: What announces it, with the reason if there is none.
    func write(
        to file: NamedFile, for audience: HeaderAudience, _ formats: inout FormatStore,
        isCancelled: @escaping () -> Bool
    ) -> HeaderAnnouncement

    /// What is announced instead of a header.
    func noHeader(because reason: String) -> HeaderAnnouncement
}
