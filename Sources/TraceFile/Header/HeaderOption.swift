/// An option of a trace.dat: trace-cmd.dat.v6(5).
struct HeaderOption: Equatable, Sendable {
    let id: UInt16
    /// Numbers in it are in the byte order of the file.
    let data: [UInt8]

    static let date: UInt16 = 1
    static let cpuStats: UInt16 = 2
    static let buffer: UInt16 = 3
    static let traceClock: UInt16 = 4
    static let uname: UInt16 = 5
    static let offset: UInt16 = 7
    static let cpuCount: UInt16 = 8
    static let version: UInt16 = 9
    static let traceID: UInt16 = 11
    static let timeShift: UInt16 = 12
    static let guest: UInt16 = 13
    static let counterScale: UInt16 = 14

    /// The data as a text, without the NUL at its end.
    var text: String { String(decoding: data.prefix { $0 != 0 }, as: UTF8.self) }

    /// The option in the only form that trace-cmd reads safely; `nil` for one that an agent's header does not have.
    var copy: HeaderOption? {
        switch id {
        // trace-cmd does not check that a text has an end.
        case Self.date, Self.cpuStats, Self.traceClock, Self.uname, Self.offset, Self.version:
            HeaderOption(id: id, data: data.prefix { $0 != 0 } + [0])
        case Self.traceID where data.count == 8: self
        default: nil
        }
    }
}
