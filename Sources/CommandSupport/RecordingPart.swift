import Logging
import Reactor
import TraceFile

/// One trace.dat of a recording, and the files beside it that become it: a stream of pages a CPU.
package struct RecordingPart: Sendable {
    /// The trace.dat.
    package let output: String
    /// What the names of the streams begin with.
    private let prefix: String
    /// Whether a file at `output` is replaced.
    private let replaces: Bool
    /// CPUs that have a file, from 0 on.
    private var cpus: [Int] = []
    /// Events that were read from each CPU's ring buffer for the part, by CPU; empty if that is unknown.
    package var eventsRead: [Int] = []

    /// - Parameters:
    ///   - prefix: What the names of the streams begin with; `nil`: `output`.
    ///   - replaces: Whether a file at `output` is replaced.
    package init(_ output: String, prefix: String? = nil, replacing replaces: Bool) {
        self.output = output
        self.replaces = replaces
        self.prefix = prefix ?? output
    }

    package func streamPath(cpu: Int) -> String { "\(prefix).cpu\(cpu)" }
    /// The file of its own header.
    package var headerPath: String { "\(prefix).head" }

    /// Creates the file of a CPU's pages.
    ///
    /// The position of a stream in the assembly is its CPU: a CPU that is not traced gets an empty file.
    package mutating func makeStream(cpu: Int) throws(Failure) -> FileDescriptor {
        for skipped in cpus.count..<cpu { _ = try makeFile(cpu: skipped) }
        return try makeFile(cpu: cpu)
    }

    private mutating func makeFile(cpu: Int) throws(Failure) -> FileDescriptor {
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

    /// The files of the streams from CPU 0 to the last CPU that recorded something.
    ///
    /// - Parameter last: Those up to this CPU are in it, too.
    package func streamsToAssemble(upTo last: Int = 0) -> [String] {
        let used = cpus.filter { cpu in
            // A file whose size cannot be read counts as used: the assembly then reports the error.
            (try? FileDescriptor.open(streamPath(cpu: cpu), .readOnly).size()) != 0
        }
        return cpus.filter { $0 <= max(used.max() ?? 0, last) }.map(streamPath)
    }

    /// Makes the trace.dat; once this returns, it is on the disk, and the files that it was made from can be removed.
    ///
    /// - Parameters:
    ///   - header: The file of its header.
    ///   - last: As in `streamsToAssemble`.
    ///   - isCompact: Whether the file gets only the formats of events that occur.
    ///   - format, links: See `TraceAssembly.init`.
    ///   - isCancelled: Called between steps; `true` ends the work, and the files are kept.
    /// - Returns: The lines of the summary.
    package func assemble(
        header: String, upTo last: Int = 0, isCompact: Bool = false, format: TraceFileFormat? = nil,
        linkedBy links: [TimeLineOption] = [], _ log: Logger, isCancelled: () -> Bool = { false }
    ) throws(Failure) -> [String] {
        let assembly = TraceAssembly(
            header: header, streams: streamsToAssemble(upTo: last), output: output, replaces: replaces,
            eventsRead: eventsRead, isCompact: isCompact, format: format, linkedBy: links)
        let lines = try assembly.make(log, isCancelled: isCancelled)
        do throws(SystemError) {
            try FileDescriptor.open(output, .readOnly).sync()
        } catch {
            throw Failure(.outputFailed, "cannot write \(output): \(error.code)")
        }
        return lines
    }

    /// Removes the files of the streams.
    package func removeStreams(_ log: Logger) {
        for cpu in cpus {
            do throws(SystemError) {
                try FileDescriptor.remove(streamPath(cpu: cpu))
            } catch {
                log.warning("\(error)")
            }
        }
    }

    /// The shell command that makes the trace.dat from the files.
    ///
    /// - Parameter header: The file of a header.
    package func command(header: String, upTo last: Int = 0) -> String {
        let program = FileDescriptor.resolve("/proc/self/exe") ?? ProgramName.own
        return ShellCommand.line(
            [program, "assemble", "-o", output] + (replaces ? ["--force"] : []) + [header]
                + streamsToAssemble(upTo: last))
    }
}
