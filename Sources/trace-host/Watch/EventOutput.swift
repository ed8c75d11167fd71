import CommandSupport
import Reactor

/// Lines that are collected, and written in large pieces.
final class EventOutput {
    private let descriptor: FileDescriptor
    private var bytes: [UInt8] = []

    /// Bytes from which on a write is worth its system call.
    private static let large = 64 << 10

    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    var isTerminal: Bool { descriptor.isTerminal }

    func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    func append(_ byte: UInt8) { bytes.append(byte) }

    /// Appends what another machine has sent, with a `?` for what controls a terminal; tabulators stay.
    func append(untrusted text: UnsafeBufferPointer<UInt8>) {
        if text.allSatisfy({ (0x20...0x7e).contains($0) || $0 == 0x09 }) {
            bytes.append(contentsOf: text)
        } else {
            let lines = String(decoding: text, as: UTF8.self).split(
                separator: "\t", omittingEmptySubsequences: false)
            let safe = lines.map { String($0).withoutControlCharacters.replacing("\n", with: "?") }
            bytes.append(contentsOf: safe.joined(separator: "\t").utf8)
        }
    }

    /// Appends a number, with `fill` before it up to `width` characters.
    func append(_ number: UInt64, width: Int = 0, fill: UInt8 = UInt8(ascii: "0")) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (rest, place) = (number, 20)
            repeat {
                place -= 1
                digits[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            pad(20 - place, to: width, with: fill)
            bytes.append(contentsOf: digits[place...])
        }
    }

    /// Appends `fill`, as often as `count` characters are fewer than `width`.
    func pad(_ count: Int, to width: Int, with fill: UInt8 = UInt8(ascii: " ")) {
        for _ in count..<max(count, width) { bytes.append(fill) }
    }

    /// Appends bytes as hexadecimal digits.
    func append(hexadecimal content: UnsafeRawBufferPointer) {
        let digits: StaticString = "0123456789abcdef"
        for byte in content {
            bytes.append(digits.utf8Start[Int(byte >> 4)])
            bytes.append(digits.utf8Start[Int(byte & 15)])
        }
    }

    /// Writes what is collected if it is much.
    ///
    /// - Returns: Whether it was.
    func flushIfLarge() throws(SystemError) -> Bool {
        if bytes.count < Self.large { return false }
        try flush()
        return true
    }

    func flush() throws(SystemError) {
        if bytes.isEmpty { return }
        try descriptor.writeAll(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
