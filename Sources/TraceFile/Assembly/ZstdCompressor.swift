internal import CZstd
import Reactor

/// Compresses with libzstd, a frame for each call.
final class ZstdCompressor {
    /// What a trace.dat calls the compressor, and the version of the library.
    static let name = Array("zstd".utf8)
    static var version: [UInt8] { Array(String(cString: ZSTD_versionString()).utf8) }

    private let context: OpaquePointer

    /// Pages become smaller than with zstd's default, 3, in less time.
    private static let level: CInt = 1

    init() throws(TraceFileError) {
        guard let context = ZSTD_createCCtx() else { throw Self.noMemory }
        self.context = context
    }

    deinit { ZSTD_freeCCtx(context) }

    /// The frame that contains `bytes`.
    func compress(_ bytes: [UInt8]) throws(TraceFileError) -> [UInt8] {
        var isDone = true
        let frame = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { frame, count in
            let size = ZSTD_compressCCtx(
                context, frame.baseAddress, frame.count, bytes, bytes.count, Self.level)
            isDone = ZSTD_isError(size) == 0
            count = isDone ? size : 0
        }
        // The frame has room for any result: only the context can lack memory.
        if isDone { return frame }
        throw Self.noMemory
    }

    private static var noMemory: TraceFileError {
        .system(file: "libzstd", SystemError(call: "ZSTD_compressCCtx", subject: "", code: .noMemory))
    }
}
