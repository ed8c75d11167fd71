import CommandSupport
import Logging
import Reactor

/// One trace.dat of a recording, and the files beside it that become it: a stream of pages a CPU.
struct RecordingPart: Sendable {
    /// The trace.dat.
    let output: String
    /// CPUs that have a file, from 0 on.
    private var cpus: [Int] = []
    /// Events that had been read from each CPU's ring buffer before the part began, by CPU.
    private let readBefore: [Int]
    /// Events that were read from each CPU's ring buffer for the part, by CPU; set when it has ended.
    private(set) var eventsRead: [Int] = []

    /// - Parameter readBefore: Events that had been read from each CPU's ring buffer until now, by CPU.
    init(_ output: String, readBefore: [Int]) {
        self.output = output
        self.readBefore = readBefore
    }

    /// - Parameter read: Events that were read from each CPU's ring buffer until now, by CPU.
    mutating func end(read: [Int]) {
        eventsRead = CommandSupport.eventsRead(between: readBefore, and: read)
    }

    func streamPath(cpu: Int) -> String { "\(output).cpu\(cpu)" }

    /// Creates the file of a CPU's pages.
    ///
    /// The position of a stream in the assembly is its CPU: a CPU that is not traced gets an empty file.
    mutating func makeStream(cpu: Int) throws(Failure) -> FileDescriptor {
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

    /// The files of the streams from CPU 0 to the last CPU that is online or recorded something.
    var streamsToAssemble: [String] {
        let used = cpus.filter { cpu in
            // A file whose size cannot be read counts as used: the assembly then reports the error.
            (try? FileDescriptor.open(streamPath(cpu: cpu), .readOnly).size()) != 0
        }
        let online = (try? CPUList(ofSystem: "online").cpus.last) ?? 0
        return cpus.filter { $0 <= max(used.max() ?? 0, online) }.map(streamPath)
    }

    /// Removes the files of the streams.
    func removeStreams(_ log: Logger) {
        for cpu in cpus {
            do throws(SystemError) {
                try FileDescriptor.remove(streamPath(cpu: cpu))
            } catch {
                log.warning("\(error)")
            }
        }
    }

    /// The message about the files that are kept, with the shell command that makes a trace.dat from them.
    ///
    /// - Parameter header: The header of the recording.
    func whatRemains(header: String) -> String {
        if FileDescriptor.resolve(header) == nil { return "\(header) and the recorded data are gone" }
        let program = FileDescriptor.resolve("/proc/self/exe") ?? "trace-agent"
        let words = [program, "assemble", "-o", output, header] + streamsToAssemble
        return "the recorded data is kept: \(ShellCommand.line(words))"
    }
}
