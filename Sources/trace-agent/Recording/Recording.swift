import CommandSupport
import Logging
import Reactor
import TraceFile

/// `--record FILE`: writes the pages of each CPU to a file beside FILE, and assembles FILE from these at the end.
///
/// A trace header is written before the recording starts: however the agent ends, `trace-agent assemble` can make a
/// trace.dat from the files.
final class Recording {
    private let path: String
    private let headers: HeaderBuilder
    /// Those of the first header are also in the second one.
    private var formats: FormatStore
    private let log: Logger
    /// CPUs that have a file, from 0 on.
    private var cpus: [Int] = []
    /// Events that had been read from each CPU's ring buffer before the recording began.
    private var readBefore: [Int] = []
    /// Whether the files are this recording's, and still empty: they are removed if it does not begin.
    private var isToBeRemoved = false

    private var headerPath: String { "\(path).head" }
    private func streamPath(cpu: Int) -> String { "\(path).cpu\(cpu)" }

    /// Checks that FILE can be made, and writes the trace header.
    init(to path: String, _ headers: HeaderBuilder, _ log: Logger) throws(Failure) {
        self.path = path
        self.headers = headers
        formats = try wrappingSystemError { () throws(SystemError) in try FormatStore() }
        self.log = log
        do throws(TraceFileError) {
            // Otherwise this error would show only at the end of the recording.
            _ = try NewFile(at: path)
        } catch .malformed(_, let problem) {
            throw Failure(.usage, "--record \(path): \(problem)")
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
        if let warning = headers.warning(about: try writeHeader(isFirst: true)) { log.warning("\(warning)") }
        isToBeRemoved = true
        // The header was just written. If it cannot be read, the number of earlier events is unknown, and counts as 0.
        let header = try? TraceHeader(opening: headerPath)
        readBefore = (0..<(header?.cpus ?? 0)).map { header?.eventsRead(cpu: $0) ?? 0 }
    }

    deinit {
        if isToBeRemoved { removeParts() }
    }

    /// Marks the start of the recording: from now on, the files are kept if it fails.
    func begin() { isToBeRemoved = false }

    /// Creates the file of a CPU's pages.
    func openSink(cpu: Int) throws(Failure) -> Sink {
        // The position of a stream in the assembly is its CPU: a CPU that is not traced gets an empty file.
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
                .usage, "\(error.subject) exists, and may be from an earlier recording: remove it first")
        } catch {
            throw Failure(.outputFailed, "cannot write \(error.subject): \(error.code)")
        }
    }

    /// Assembles FILE from the recorded files, and removes these.
    ///
    /// - Parameter isCancelled: Called between steps; `true` ends the work, and the files are kept.
    /// - Throws: A failure that also contains the command to continue with.
    func finish(isCancelled: () -> Bool) throws(Failure) {
        do throws(Failure) {
            // The names of tasks, the symbols of modules and the counters of the rings changed during the recording.
            let summary = try writeHeader(isFirst: false)
            if let warning = HeaderBuilder.warning(aboutChanges: summary) { log.warning("\(warning)") }
            let assembly = TraceAssembly(
                header: headerPath, streams: streamsToAssemble, output: path, readBefore: readBefore)
            for line in try assembly.make(log, isCancelled: isCancelled) { log.info("\(line)") }
            try sync()
        } catch {
            throw Failure(error.status, "\(error); \(whatRemains)")
        }
        removeParts()
    }

    /// The message about the files that are kept, with the shell command that makes a trace.dat from them.
    var whatRemains: String {
        let program = FileDescriptor.resolve("/proc/self/exe") ?? "trace-agent"
        let words = [program, "assemble", "-o", path, headerPath] + streamsToAssemble
        return "the recorded data is kept: " + words.map(Self.quoted).joined(separator: " ")
    }

    /// A word as a shell needs it: in quotes if it has any character other than letters, digits, and `-./_`.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            let character = UnicodeScalar(byte)
            return character.properties.isAlphabetic && byte < 0x80 || (0x2d...0x39).contains(byte)
                || byte == 0x5f
        }
        return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }

    /// Writes FILE to the disk: its parts are removed only after that.
    private func sync() throws(Failure) {
        do throws(SystemError) {
            try FileDescriptor.open(path, .readOnly).sync()
        } catch {
            throw Failure(.outputFailed, "cannot write \(path): \(error.code)")
        }
    }

    /// Writes `FILE.head`.
    ///
    /// - Parameter isFirst: Whether the file must not exist yet.
    /// - Returns: Its contents.
    private func writeHeader(isFirst: Bool) throws(Failure) -> HeaderSummary {
        do throws(TraceFileError) {
            let file = try NewFile(at: headerPath)
            let summary = try headers.write(to: file.content, includesAddresses: true, &formats)
            if isFirst { try file.linkIntoPlace() } else { try file.replaceTarget() }
            return summary
        } catch .system(_, let cause) where isFirst && cause.code == .exists {
            throw Failure(
                .usage,
                "\(headerPath) is left from an earlier recording: make a trace.dat from it and \(path).cpu* with trace-agent assemble, or remove it"
            )
        } catch {
            throw Failure(.outputFailed, "cannot write the trace header: \(error)")
        }
    }

    /// The files of the streams from CPU 0 to the last CPU that is online or recorded something.
    private var streamsToAssemble: [String] {
        let used = cpus.filter { cpu in
            // A file whose size cannot be read counts as used: the assembly then reports the error.
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
