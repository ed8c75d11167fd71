/// What links the trace.dat files of a host and its guests, so that a reader shows them on one time line.
package enum TimeLineOption: Equatable, Codable, Sendable {
    /// The file's own id, not 0.
    case traceID(UInt64)
    /// In a guest's file.
    case timeShift(TimeShift)
    /// In the host's file, one for each guest.
    case guest(GuestLink)
    /// In all of them, if the clock is a counter.
    case counterScale(CounterScale)

    /// - Parameter order: That of the file.
    func option(in order: ByteOrder) -> HeaderOption {
        switch self {
        case .traceID(let id): HeaderOption(id: HeaderOption.traceID, data: order.bytes(id))
        case .timeShift(let shift): HeaderOption(id: HeaderOption.timeShift, data: shift.data(in: order))
        case .guest(let guest): HeaderOption(id: HeaderOption.guest, data: guest.data(in: order))
        case .counterScale(let scale):
            HeaderOption(id: HeaderOption.counterScale, data: scale.data(in: order))
        }
    }
}
