/// The layout of a trace.dat.
package enum TraceFileFormat: Equatable, Sendable {
    /// trace-cmd.dat.v6(5), which every trace-cmd reads: the name of a trace instance is lost.
    case version6
    /// trace-cmd.dat.v7(5), since trace-cmd 3.
    case version7(Compression)

    package enum Compression: Equatable, Sendable {
        case none, zstd
    }
}
