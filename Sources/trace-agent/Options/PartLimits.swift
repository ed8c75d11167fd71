/// When a part of a recording ends, and how many are kept.
struct PartLimits: Equatable, Sendable {
    /// Bytes of all CPUs' pages; `nil` for no limit.
    let bytes: Int?
    let time: Duration?
    /// `nil`: all.
    let kept: Int?
}
