import CommandSupport
import Reactor
import TraceFile

/// Prints the pages that `PageFeed` hands over at standard input.
struct FramePrinter: ~Copyable {
    private let input = FileDescriptor(owning: 0)
    private var bytes: [UInt8] = []

    /// The time between two looks at what waits.
    private static let tick = Duration.milliseconds(50)

    mutating func run(cpus: [Int], _ options: PrintOptions, to output: EventOutput) throws(Failure)
        -> EventPrinter?
    {
        guard let header = try header() else { return nil }
        let printer = try EventPrinter(header, cpus: cpus, options, to: output)
        let size = PageFrame.headSize + header.layout.pageSize
        var isOpen = true
        while isOpen, !printer.isOutputClosed {
            isOpen = try readMore()
            var rest = bytes[...]
            while rest.count >= size {
                let (cpu, skipped) = PageFrame.head(rest)
                printer.add(
                    Array(rest.prefix(size).dropFirst(PageFrame.headSize)), cpu: cpu, skipped: skipped)
                rest = rest.dropFirst(size)
            }
            bytes = Array(rest)
            try printer.print(isComplete: !isOpen)
        }
        return printer
    }

    /// Waits for a while, and reads what has come.
    ///
    /// - Returns: `false` at the end.
    private mutating func readMore() throws(Failure) -> Bool {
        guard poll(input, or: input, timeout: Self.tick) != .neither else { return true }
        return try wrappingSystemError { () throws(SystemError) in
            let more = try input.readSome(64 << 10)
            bytes += more
            return !more.isEmpty
        }
    }

    private mutating func header() throws(Failure) -> TraceHeader? {
        while bytes.count < 8 { if try !readMore() { return nil } }
        let size = bytes.withUnsafeBytes { Int($0.loadUnaligned(as: Int64.self)) }
        while bytes.count < 8 + size { if try !readMore() { return nil } }
        let content = Array(bytes[8..<8 + size])
        bytes.removeFirst(8 + size)
        let memory = try wrappingSystemError { () throws(SystemError) in
            let memory = try FileDescriptor.inMemory("header")
            try memory.write(content, at: 0)
            return memory
        }
        do throws(TraceFileError) {
            return try TraceHeader(memory, name: "the guest's trace header")
        } catch {
            throw Failure(.dataError, "\(error)")
        }
    }
}
