/// How cycles become nanoseconds: (cycles * mult) >> shift; the option TSC2NSEC, trace-cmd.dat.v7(5).
package struct CounterScale: Equatable, Codable, Sendable {
    package let mult: UInt32
    package let shift: UInt32

    /// trace-cmd reads `mult` as a signed number.
    private static let largestMult = UInt32(Int32.max)
    private static let largestShift: UInt32 = 32

    /// - Returns: `nil` if trace-cmd could not use them.
    package init?(mult: UInt32, shift: UInt16) {
        guard (1...Self.largestMult).contains(mult), shift <= Self.largestShift else { return nil }
        (self.mult, self.shift) = (mult, UInt32(shift))
    }

    /// From a measurement.
    ///
    /// - Returns: `nil` if nothing, or nothing believable, was measured.
    package init?(cycles: Int, nanoseconds: Int) {
        guard cycles > 0, nanoseconds > 0 else { return nil }
        let period = Double(nanoseconds) / Double(cycles)
        for shift in (0...Self.largestShift).reversed() {
            let mult = (period * Double(1 << UInt64(shift))).rounded()
            if (1...Double(Self.largestMult)).contains(mult) {
                (self.mult, self.shift) = (UInt32(mult), shift)
                return
            }
        }
        return nil
    }

    /// The nanoseconds that so many cycles are, rounded; at most 2^62.
    package func nanoseconds(_ cycles: Int) -> Int {
        let time = (Double(cycles) * Double(mult) / Double(1 << UInt64(shift))).rounded()
        return Int(min(max(time, -Double(1 << 62)), Double(1 << 62)))
    }

    /// The option's data.
    func data(in order: ByteOrder) -> [UInt8] {
        order.bytes(mult) + order.bytes(shift) + order.bytes(UInt64(0))
    }
}
