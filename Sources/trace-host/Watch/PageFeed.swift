import Reactor
import TraceFile

/// Hands the pages of a guest to the process that prints them, which may be too slow: then pages are left out, and counted.
final class PageFeed {
    private let pageSize: Int
    private let pipe: Pipe
    /// What has come of the next page of each CPU.
    private var beginnings: [Int: [UInt8]] = [:]
    /// The pages of each CPU that were left out since the last one that was not.
    private var skipped: [Int: Int] = [:]
    /// Frames that the pipe has not taken yet.
    private var frames: [[UInt8]] = []
    /// Of these, how many are done with, and of the next one, how many bytes.
    private var (done, written) = (0, 0)
    private var waiting = 0

    /// Bytes that may wait.
    private static let mostWaiting = 8 << 20

    /// - Parameter header: What is sent first.
    init(_ header: [UInt8], pageSize: Int, to pipe: Pipe) {
        self.pageSize = pageSize
        self.pipe = pipe
        frames = [withUnsafeBytes(of: Int64(header.count)) { Array($0) } + header]
    }

    /// Takes what has come from a CPU.
    func add(_ bytes: UnsafeRawBufferPointer, cpu: Int) {
        var beginning = beginnings.removeValue(forKey: cpu) ?? []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(pageSize - beginning.count)
            rest = rest.dropFirst(part.count)
            beginning += part
            guard beginning.count == pageSize else { break }
            add(page: beginning, cpu: cpu)
            beginning.removeAll(keepingCapacity: true)
        }
        beginnings[cpu] = beginning
    }

    private func add(page: [UInt8], cpu: Int) {
        if waiting > Self.mostWaiting { write() }
        if waiting > Self.mostWaiting {
            skipped[cpu, default: 0] += 1
            return
        }
        let frame = PageFrame.bytes(page, cpu: cpu, skipped: skipped.removeValue(forKey: cpu) ?? 0)
        waiting += frame.count
        frames.append(frame)
    }

    /// Gives the pipe what it takes.
    func write() {
        while done < frames.count {
            let frame = frames[done]
            let count = frame[written...].withUnsafeBytes { bytes in
                // This process has the reading end open too: only a full pipe refuses bytes.
                (try? pipe.writeEnd.write(bytes)) ?? nil
            }
            guard let count else { return }
            written += count
            waiting = max(0, waiting - count)
            if written < frame.count { continue }
            (done, written) = (done + 1, 0)
            guard done > 256 else { continue }
            frames.removeFirst(done)
            done = 0
        }
    }

    /// Sends how many pages were left out last.
    ///
    /// - Returns: Whether everything is in the pipe.
    func finish() -> Bool {
        for (cpu, count) in skipped {
            frames.append(PageFrame.bytes([UInt8](repeating: 0, count: pageSize), cpu: cpu, skipped: count))
        }
        skipped.removeAll()
        write()
        return done == frames.count
    }
}
