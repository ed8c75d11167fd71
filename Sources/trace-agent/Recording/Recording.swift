import CommandSupport
import Logging
import Reactor
import TraceFile

/// `--record FILE`: pages go to a file a CPU beside FILE, and all of them into FILE at the end.
///
/// A header is written before anything is recorded: whatever ends the agent, `trace-agent assemble` can make a trace.dat
/// of what lies there.
final class Recording {
    private let path: String
    private let headers: HeaderBuilder
    private let log: Logger
    /// Those that have a file: from 0 on.
    private var cpus: [Int] = []
    /// Events that the kernel had read from each CPU's ring before the recording began.
    private var readBefore: [Int] = []
    /// Whether what lies there is this recording's, and nothing has been recorded yet.
    private var isToBeRemoved = false

    private var headerPath: String { "\(path).head" }
    private func streamPath(cpu: Int) -> String { "\(path).cpu\(cpu)" }

    /// Begins with the header.
    init(to path: String, _ headers: HeaderBuilder, _ log: Logger) throws(Failure) {
        self.path = path
        self.headers = headers
        self.log = log
        do throws(TraceFileError) {
            // Now is the time to find that it cannot be made.
            _ = try NewFile(at: path)
        } catch .malformed(_, let problem) {
            throw Failure(.usage, "--record \(path): \(problem)")
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
        if let doubt = headers.warning(about: try writeHeader(isFirst: true)) { log.warning("\(doubt)") }
        isToBeRemoved = true
        // A header that was just written can be read.
        let header = try? TraceHeader(opening: headerPath)
        readBefore = (0..<(header?.cpus ?? 0)).map { header?.eventsRead(cpu: $0) ?? 0 }
    }

    deinit {
        if isToBeRemoved { removeParts() }
    }

    /// From now on, what lies there is kept whatever happens.
    func begin() { isToBeRemoved = false }

    /// The file of a CPU's pages.
    func openSink(cpu: Int) throws(Failure) -> Sink {
        // A stream's place in the assembly says which CPU it is of: one that is not traced has an empty one.
        for skipped in cpus.count..<cpu { _ = try makeStream(cpu: skipped) }
        return Sink(try makeStream(cpu: cpu), name: streamPath(cpu: cpu))
    }

    private func makeStream(cpu: Int) throws(Failure) -> FileDescriptor {
        do throws(SystemError) {
            let file = try FileDescriptor.create(streamPath(cpu: cpu))
            cpus.append(cpu)
            return file
        } catch  where error.code == .exists {
            throw Failure(
                .usage, "\(error.subject) is there already: it may be of an earlier recording; remove it")
        } catch {
            throw Failure(.outputFailed, "cannot write \(error.subject): \(error.code)")
        }
    }

    /// Makes FILE of what was recorded.
    ///
    /// - Parameter isCancelled: Whether to leave it at what lies there.
    func finish(isCancelled: () -> Bool) throws(Failure) {
        do throws(Failure) {
            // Names of tasks, symbols of modules, the rings' accounts: as they are now.
            try writeHeader(isFirst: false)
            let maker = TraceAssembly(
                header: headerPath, streams: streamsUntilTheLast, output: path, readBefore: readBefore)
            for line in try maker.make(log, isCancelled: isCancelled) { log.info("\(line)") }
            try sync()
        } catch {
            throw Failure(error.status, "\(error); \(whatRemains)")
        }
        removeParts()
    }

    /// What to do with what lies there: a line for the shell.
    var whatRemains: String {
        let program = FileDescriptor.resolve("/proc/self/exe") ?? "trace-agent"
        let words = [program, "assemble", "-o", path, headerPath] + streamsUntilTheLast
        return "what was recorded is kept: " + words.map(Self.quoted).joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            let character = UnicodeScalar(byte)
            return character.properties.isAlphabetic && byte < 0x80 || (0x2d...0x39).contains(byte)
                || byte == 0x5f
        }
        return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }

    /// The parts go only once the whole is on the disk.
    private func sync() throws(Failure) {
        do throws(SystemError) {
            try FileDescriptor.open(path, .readOnly).sync()
        } catch {
            throw Failure(.outputFailed, "cannot write \(path): \(error.code)")
        }
    }

    /// - Returns: What is in it.
    @discardableResult
    private func writeHeader(isFirst: Bool) throws(Failure) -> HeaderSummary {
        do throws(TraceFileError) {
            let file = try NewFile(at: headerPath)
            let summary = try headers.write(to: file.content)
            if isFirst { try file.linkIntoPlace() } else { try file.replaceTarget() }
            return summary
        } catch .system(_, let cause) where isFirst && cause.code == .exists {
            throw Failure(
                .usage,
                "\(headerPath) is left of an earlier recording: trace-agent assemble makes a trace.dat of it and \(path).cpu*, or remove it"
            )
        } catch {
            throw Failure(.outputFailed, "cannot write the header: \(error)")
        }
    }

    /// The streams' files from CPU 0 to the last one that recorded something, and those online at least.
    private var streamsUntilTheLast: [String] {
        let used = cpus.filter { cpu in
            // A file that cannot be looked at is for the assembly to complain of.
            (try? FileDescriptor.open(streamPath(cpu: cpu), .readOnly).size()) != 0
        }
        let online = (try? CPUList(ofSystem: "online").cpus.last) ?? 0
        return cpus.filter { $0 <= max(used.max() ?? 0, online) }.map(streamPath)
    }

    private func removeParts() {
        for part in [headerPath] + cpus.map(streamPath) {
            do throws(SystemError) {
                try FileDescriptor.remove(part)
            } catch {
                log.warning("\(error)")
            }
        }
    }
}
