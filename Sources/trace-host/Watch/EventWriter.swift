import TraceFile

/// Writes events in one form.
protocol EventWriter {
    /// - Parameter format: `nil` if the event's number is unknown.
    func write(
        _ record: EventRecord, _ format: EventFormat?, with decoder: EventDecoder, to output: EventOutput)

    /// Writes something else that comes in the stream of a CPU.
    func write(_ item: StreamItem, cpu: Int, to output: EventOutput)
}
