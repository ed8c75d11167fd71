import Glibc
import Reactor
import Support

@testable import trace_agent

/// A ring buffer made of a pipe: it gives whole pages to splice(2), and poll(2) reports it as soon as it has one.
final class PipeRing {
    let ring: Ring
    private let statsPath: String
    private let pageSize: Int
    private var writeEnd: FileDescriptor?
    private var written: UInt32 = 0
    /// Where the pipe has a name, so that it can be opened again.
    private let path: String
    /// Keeps what is in such a pipe while the ring is released.
    private let keeper: FileDescriptor?

    /// - Parameters:
    ///   - folder: Where its files are.
    ///   - kiB: What its `buffer_size_kb` says.
    ///   - hasStats: Otherwise reading its `stats` fails.
    ///   - isNamed: Whether it can be opened again; it is then smaller.
    init(
        cpu: Int, in folder: TemporaryFolder, pageSize: Int = 4096, kiB: Int = 1024, hasStats: Bool = true,
        isNamed: Bool = false
    ) throws {
        // A worker may still write when the reader's end is closed.
        SignalFD.ignoreFailedWrites()
        path = "\(folder.path)/cpu\(cpu)/trace_pipe_raw"
        statsPath = "\(folder.path)/stats\(cpu)"
        try writeFile(statsPath, "entries: 0\noverrun: 0\n")
        try writeFile("\(folder.path)/size\(cpu)", "\(kiB)\n")
        let pages: FileDescriptor
        if isNamed {
            mkdir("\(folder.path)/cpu\(cpu)", 0o700)
            try makeFIFO(path)
            pages = try .open(path, [.readOnly, .nonBlocking])
            keeper = try .open(path, [.readOnly, .nonBlocking])
            writeEnd = try .open(path, [.writeOnly, .nonBlocking])
        } else {
            let pipe = try Pipe(size: 1 << 20)
            pages = FileDescriptor(owning: dup(pipe.readEnd.rawValue))
            keeper = nil
            writeEnd = FileDescriptor(owning: dup(pipe.writeEnd.rawValue))
        }
        ring = Ring(
            cpu: cpu, pages: pages,
            stats: try .open(hasStats ? statsPath : folder.path, .readOnly),
            size: try .open("\(folder.path)/size\(cpu)", .readOnly))
        self.pageSize = pageSize
    }

    deinit { remove() }

    /// Removes the pipe's name: it cannot be opened again.
    func remove() {
        unlink(path)
        rmdir(String(path.dropLast("/trace_pipe_raw".count)))
    }

    /// Sets what the kernel would count.
    func setStats(entries: Int, overrun: Int = 0) throws {
        try writeFile(statsPath, "entries: \(entries)\noverrun: \(overrun)\n")
    }

    /// Writes `count` pages; each begins with the CPU and a number that rises from 0, and is full of that number.
    func write(pages count: Int) throws {
        for _ in 0..<count {
            let words = [UInt32(ring.cpu)] + Array(repeating: written, count: pageSize / 4 - 1)
            let bytes = words.withUnsafeBytes { Array($0) }
            guard try writeEnd?.write(bytes) == pageSize else { throw TestFailure("the ring is full") }
            written += 1
        }
    }

    /// Closes the writer's end: poll(2) then reports the ring, but nothing is there to read.
    func closeWriter() { writeEnd = nil }

    func reopenWriter() throws {
        writeEnd = try .open(
            "/proc/self/fd/\(ring.pageFile?.descriptor.rawValue ?? -1)", [.writeOnly, .nonBlocking])
    }

    /// Pages that are still in it.
    func pagesLeft() throws -> Int { (try ring.pageFile?.descriptor.bytesToRead() ?? 0) / pageSize }

    /// The numbers of the pages in `bytes` that are of `cpu`, in their order; `nil` if a page is not whole.
    static func numbers(in bytes: [UInt8], of cpu: Int, pageSize: Int = 4096) -> [Int]? {
        guard bytes.count % pageSize == 0 else { return nil }
        var numbers: [Int] = []
        for start in stride(from: 0, to: bytes.count, by: pageSize) {
            let words = bytes[start..<start + pageSize].withUnsafeBytes {
                Array($0.bindMemory(to: UInt32.self))
            }
            guard words[1...].allSatisfy({ $0 == words[1] }) else { return nil }
            if words[0] == UInt32(cpu) { numbers.append(Int(words[1])) }
        }
        return numbers
    }
}
