/// Tells when a part of a long recording is over.
package struct PartClock {
    private let limits: PartLimits
    private var begun = ContinuousClock.now
    private var bytesBefore = 0

    /// The time between two questions, at most.
    package static let period = Duration.milliseconds(50)

    package init(_ limits: PartLimits) { self.limits = limits }

    /// The first part begins.
    package mutating func begin() { begun = .now }

    /// Whether it is time for another part, which begins then.
    ///
    /// - Parameter bytes: Bytes of all parts until now.
    package mutating func isPartOver(bytes: Int, at now: ContinuousClock.Instant = .now) -> Bool {
        // A timer may come a bit early after one that came late.
        let isOld = limits.time.map { now - begun >= $0 - Self.period / 2 } ?? false
        let isLarge = limits.bytes.map { bytes - bytesBefore >= $0 } ?? false
        guard isOld || isLarge else { return false }
        (begun, bytesBefore) = (now, bytes)
        return true
    }
}
