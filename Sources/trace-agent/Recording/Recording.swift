import CommandSupport
import Logging
import Reactor
import TraceFile

/// Writes the pages of each CPU to a file beside FILE, and assembles FILE from these at the end; or FILE.1, FILE.2 and so on,
/// if the recording is divided into parts.
///
/// A trace header is written before the recording starts: however the agent ends, `trace-agent assemble` can make a
/// trace.dat from the files.
final class Recording {
    private let path: String
    private let replaces: Bool
    private let isDivided: Bool
    private let headers: RecordingHeaders
    private let log: Logger
    /// The first header, which is locked while the recording goes on.
    private var firstHeader: NewFile?
    private var part: RecordingPart
    /// Events that had been read from each CPU's ring buffer before the part began, by CPU.
    private var readBefore: [Int]
    private var partNumber = 1
    private var sinks: [(cpu: Int, sink: Sink)] = []
    /// `nil` if there is only one part.
    private var assembler: PartAssembler<RecordingPart>?
    private let keptParts: KeptParts
    /// Whether the files are this recording's, and still empty: they are removed if it does not begin.
    private var isToBeRemoved = false

    private var headerPath: String { "\(path).head" }

    /// Checks that FILE can be made, and writes the trace header.
    ///
    /// - Parameters:
    ///   - replaces: Whether a FILE that exists is replaced.
    ///   - limits: When a part ends; `nil` for one file.
    init(
        to path: String, replacing replaces: Bool, _ limits: PartLimits?, _ headers: RecordingHeaders,
        _ log: Logger
    ) throws(Failure) {
        self.path = path
        self.replaces = replaces
        self.headers = headers
        self.log = log
        isDivided = limits != nil
        part = RecordingPart(isDivided ? "\(path).1" : path, replacing: replaces)
        readBefore = headers.eventsRead
        keptParts = KeptParts(most: limits?.kept, log)
        try OutputName.check(path, isDivided: isDivided, replacing: replaces)
        for warning in try writeFirstHeader() { log.warning("\(warning)") }
        isToBeRemoved = true
        if isDivided { assembler = try makeAssembler() }
    }

    deinit {
        if isToBeRemoved { removeFiles() }
    }

    /// Marks the start of the recording: from now on, the files are kept if it fails.
    func begin() { isToBeRemoved = false }

    /// Creates the file of a CPU's pages.
    func openSink(cpu: Int) throws(Failure) -> Sink {
        let sink = Sink(try part.makeStream(cpu: cpu), name: part.streamPath(cpu: cpu))
        sinks.append((cpu, sink))
        return sink
    }

    /// Begins another part, while no page moves; the one before is assembled meanwhile.
    func beginNextPart() throws(Failure) {
        if let failure = assembler?.failure { throw failure }
        endPart()
        let finished = part
        partNumber += 1
        part = RecordingPart("\(path).\(partNumber)", replacing: replaces)
        for (cpu, sink) in sinks {
            let file = try part.makeStream(cpu: cpu)
            do throws(SystemError) {
                try sink.replace(with: file, pagesPerSplice: .max)
            } catch {
                throw Failure(error)
            }
        }
        assembler?.add(finished)
    }

    private func endPart() {
        let read = headers.eventsRead
        part.eventsRead = eventsRead(between: readBefore, and: read)
        readBefore = read
    }

    private func makeAssembler() throws(Failure) -> PartAssembler<RecordingPart> {
        let (headers, log, keptParts, firstHeader) = (headers, log, keptParts, headerPath)
        do throws(SystemError) {
            return try PartAssembler { part throws(Failure) in
                do throws(Failure) {
                    try Self.assemble(part, header: part.headerPath, headers, log) { false }
                } catch {
                    throw Failure(
                        error.status, "\(error); \(Self.whatRemains(of: part, header: firstHeader))")
                }
                keptParts.add(part.output)
            }
        } catch {
            throw Failure(error)
        }
    }

    /// Assembles FILE, or its last part, and removes the files that it was made from.
    ///
    /// - Parameter isCancelled: Called between steps; `true` ends the work, and the files are kept.
    /// - Throws: A failure that also contains the command to continue with.
    func finish(isCancelled: () -> Bool) throws(Failure) {
        endPart()
        assembler?.finish()
        do throws(Failure) {
            let header = isDivided ? part.headerPath : headerPath
            try Self.assemble(part, header: header, headers, log, isCancelled)
        } catch {
            throw Failure(error.status, "\(error); \(whatRemains)")
        }
        keptParts.add(part.output)
        if let failure = assembler?.failure { throw failure }
        if isDivided { removeHeader() }
    }

    /// Makes the trace.dat of a part, and removes the files that it was made from.
    ///
    /// - Parameter header: The file that the last header is written to: the names of tasks, the symbols of modules and the
    ///   counters of the ring buffers have changed during the recording.
    private static func assemble(
        _ part: RecordingPart, header: String, _ headers: RecordingHeaders,
        _ log: Logger,
        _ isCancelled: () -> Bool
    ) throws(Failure) {
        do throws(TraceFileError) {
            for warning in try headers.writeLast(to: header) { log.warning("\(warning)") }
        } catch {
            throw Failure(.outputFailed, "cannot write the trace header: \(error)")
        }
        let links = try headers.linksPath.map(TimeLineFile.read)
        // Linked files are read together: there, the name of an instance would be in the way of the events' own.
        let lines = try part.assemble(
            header: header, upTo: lastOnline, isCompact: headers.areCompact,
            format: links == nil ? nil : .version6, linkedBy: links ?? [], log, isCancelled: isCancelled)
        for line in lines { log.info("\(line)") }
        do throws(SystemError) { try FileDescriptor.remove(header) } catch { log.warning("\(error)") }
        part.removeStreams(log)
    }

    private static var lastOnline: Int { (try? CPUList(ofSystem: "online").cpus.last) ?? 0 }

    /// The message about the files that are kept, with the shell command that makes a trace.dat from them.
    var whatRemains: String { Self.whatRemains(of: part, header: headerPath) }

    private static func whatRemains(of part: RecordingPart, header: String) -> String {
        if FileDescriptor.resolve(header) == nil { return "\(header) and the recorded data are gone" }
        return "the recorded data is kept: \(part.command(header: header, upTo: lastOnline))"
    }

    /// Writes `FILE.head`, which must not exist yet.
    ///
    /// - Returns: What is wrong with it, a sentence each.
    private func writeFirstHeader() throws(Failure) -> [String] {
        do throws(TraceFileError) {
            let file = try NewFile(at: headerPath, isPrivate: true)
            let warnings = try headers.writeFirst(to: file)
            // Nobody else knows the file yet.
            _ = try? file.content.descriptor.lock()
            try file.linkIntoPlace()
            firstHeader = file
            return warnings
        } catch .system(_, let cause) where cause.code == .exists {
            if isHeaderLocked { throw Failure(.unavailable, "another recording into \(path) is running") }
            throw Failure(
                .usage,
                "\(headerPath) is left from an earlier recording: make a trace.dat from it and \(part.output).cpu* with trace-agent assemble, or remove it"
            )
        } catch {
            throw Failure(.outputFailed, "cannot write the trace header: \(error)")
        }
    }

    /// Whether `FILE.head` belongs to a recording that is running.
    private var isHeaderLocked: Bool {
        (try? FileDescriptor.open(headerPath, .readOnly).lock()) == false
    }

    private func removeFiles() {
        removeHeader()
        part.removeStreams(log)
    }

    private func removeHeader() {
        do throws(SystemError) {
            try FileDescriptor.remove(headerPath)
        } catch {
            log.warning("\(error)")
        }
    }
}
