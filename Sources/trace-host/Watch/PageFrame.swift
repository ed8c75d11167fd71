/// A page on its way to the process that prints: the CPU, the pages of it that were left out, then the page.
enum PageFrame {
    static let headSize = 16

    static func bytes(_ page: some Collection<UInt8>, cpu: Int, skipped: Int) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(headSize + page.count)
        for number in [cpu, skipped] { withUnsafeBytes(of: Int64(number)) { frame += $0 } }
        return frame + page
    }

    /// What a frame begins with.
    static func head(_ bytes: ArraySlice<UInt8>) -> (cpu: Int, skipped: Int) {
        bytes.withUnsafeBytes {
            (
                Int($0.loadUnaligned(as: Int64.self)),
                Int($0.loadUnaligned(fromByteOffset: 8, as: Int64.self))
            )
        }
    }
}
