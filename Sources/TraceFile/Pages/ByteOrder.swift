/// The byte order of the numbers in a file.
package enum ByteOrder: Equatable, Sendable {
    case little, big

    /// The byte order of this machine.
    package static let native: ByteOrder = 1.littleEndian == 1 ? .little : .big

    /// The bytes of `number` in this order.
    func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: self == .little ? number.littleEndian : number.bigEndian) { Array($0) }
    }

    /// The number at `offset`, which need not be aligned.
    @inline(__always)
    package func load<Number: FixedWidthInteger>(
        _ type: Number.Type, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) -> Number {
        let number = bytes.loadUnaligned(fromByteOffset: offset, as: type)
        return self == .little ? Number(littleEndian: number) : Number(bigEndian: number)
    }
}
