/// The words that an agent understands; each is answered with one line.
package enum OrderWord: String, CaseIterable, Codable, Sendable {
    /// Send what the ring buffers hold, then what is recorded from now on.
    case start
    /// Send everything that was recorded until now, then nothing more.
    case stop
    /// Send what the ring buffers hold now, then nothing more.
    case dump
    /// Report what the agent does and has done.
    case status
    /// Send the trace header: what a decoder has to know of the kernel.
    case metadata

    /// Whether its answer waits until everything that it asked for has been sent.
    package var waitsForStop: Bool { self == .stop || self == .dump }
}
