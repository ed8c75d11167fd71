/// When a part of a recording ends, and how many are kept.
package struct PartLimits: Equatable, Sendable {
    /// Bytes of all CPUs' pages; `nil` for no limit.
    package let bytes: Int?
    package let time: Duration?
    /// `nil`: all.
    package let kept: Int?
}
