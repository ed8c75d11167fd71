/// One record of `trace_marker_raw`, as far as the tests read it.
package struct RingRecord: Equatable, Sendable {
    /// The first word of the record: the CPU that wrote it.
    package let tag: UInt32
    /// The number that follows the tag.
    package let number: UInt64
}
