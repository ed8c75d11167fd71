internal import CZstd
import Reactor

/// Reads what a frame of zstd contains, which its size and that of its content precede: trace-cmd.dat.v7(5).
///
/// - Parameter limit: The most bytes that either may have.
/// - Returns: The content, and the bytes that it took in the file.
func unpack(
    _ file: NamedFile, at place: Int, _ order: ByteOrder, limit: Int
) throws(TraceFileError) -> (bytes: [UInt8], size: Int) {
    let sizes = try naming(file.name) { () throws(SystemError) in try file.descriptor.read(8, at: place) }
    guard sizes.count == 8 else { throw truncated(file, place) }
    let (packed, unpacked) = sizes.withUnsafeBytes {
        (Int(order.load(UInt32.self, $0, at: 0)), Int(order.load(UInt32.self, $0, at: 4)))
    }
    guard packed <= limit, unpacked <= limit else {
        throw .malformed(file: file.name, problem: "a compressed part at byte \(place) is too large")
    }
    let frame = try naming(file.name) { () throws(SystemError) in
        try file.descriptor.read(packed, at: place + 8)
    }
    guard frame.count == packed else { throw truncated(file, place) }
    let bytes = [UInt8](unsafeUninitializedCapacity: unpacked) { bytes, count in
        let size = ZSTD_decompress(bytes.baseAddress, bytes.count, frame, frame.count)
        count = ZSTD_isError(size) == 0 ? size : 0
    }
    guard bytes.count == unpacked else {
        throw .malformed(file: file.name, problem: "the part at byte \(place) cannot be decompressed")
    }
    return (bytes, 8 + packed)
}

func truncated(_ file: NamedFile, _ place: Int) -> TraceFileError {
    .malformed(file: file.name, problem: "truncated at byte \(place)")
}
