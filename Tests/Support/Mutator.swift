/// Damages bytes, the same way for the same seed.
package struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// The next number of SplitMix64.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }

    /// `bytes`, damaged at up to four places.
    package mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty { damage(&bytes) }
        return bytes
    }

    private mutating func damage(_ bytes: inout [UInt8]) {
        let place = Int.random(in: bytes.indices, using: &self)
        let end = min(bytes.count, place + Int.random(in: 1...64, using: &self))
        switch Int.random(in: 0..<8, using: &self) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &self)
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4: bytes.removeSubrange(place...)
        case 5: for index in place..<end { bytes[index] = 0 }
        default:
            // Numbers at which sums and products overflow, and small ones.
            let numbers: [UInt64] = [
                0, 1, 7, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, .max >> 1, .max, .max - 7,
            ]
            let number = numbers.randomElement(using: &self) ?? 0
            let width = [2, 4, 8].randomElement(using: &self) ?? 8
            let isBig = Bool.random(using: &self)
            for index in 0..<width where place + index < bytes.count {
                bytes[place + index] = UInt8(
                    truncatingIfNeeded: number >> UInt64(8 * (isBig ? width - 1 - index : index)))
            }
        }
    }
}
