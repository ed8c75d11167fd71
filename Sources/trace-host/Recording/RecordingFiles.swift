import CommandSupport
import Reactor
import TraceFile

/// The files of a recording: beside FILE, until it is made, its header and a stream for each CPU.
final class RecordingFiles {
    let output: String
    private let replaces: Bool
    /// What the names of the parts begin with.
    private let prefix: String
    /// The streams from CPU 0 on.
    private var streams: [StreamFile] = []

    /// The parts of an earlier recording, which are left as they are; empty if there are none.
    let leftover: [String]

    /// Checks that FILE can be made, and chooses names for its parts that are not in use.
    ///
    /// - Parameter replaces: Whether a FILE that exists is replaced.
    init(_ output: String, replacing replaces: Bool) throws(Failure) {
        self.output = output
        self.replaces = replaces
        do throws(TraceFileError) {
            // Otherwise this error would show only at the end of the recording.
            _ = try NewFile(at: output, replacing: replaces)
        } catch .malformed(_, let problem) {
            throw Failure(.usage, "-o \(output): \(problem)")
        } catch .exists(let file) {
            throw Failure(.usage, "\(TraceFileError.exists(file: file))")
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
        let slash = output.lastIndex(of: "/")
        let folder = slash.map { $0 == output.startIndex ? "/" : String(output[..<$0]) } ?? "."
        let base = slash.map { String(output[output.index(after: $0)...]) } ?? output
        let names = try wrappingSystemError { () throws(SystemError) in
            try FileDescriptor.open(folder, .directory).names()
        }
        let isPart = { (name: String, prefix: String) in
            name == "\(prefix).head" || name.hasPrefix("\(prefix).cpu")
        }
        leftover = names.filter { isPart($0, base) }
        var number = 1
        let numbered = { (path: String) in number == 1 ? path : "\(path).\(number)" }
        while names.contains(where: { isPart($0, numbered(base)) }) { number += 1 }
        prefix = numbered(output)
    }

    var header: String { "\(prefix).head" }

    /// Makes a file for each CPU up to the last of `cpus`: the position of a stream in the assembly is its CPU.
    func make(upTo last: Int) throws(Failure) {
        do throws(SystemError) {
            for cpu in 0...last { streams.append(try StreamFile("\(prefix).cpu\(cpu)")) }
        } catch {
            throw Failure(.outputFailed, "cannot write \(error.subject): \(error.code)")
        }
    }

    func stream(cpu: Int) -> StreamFile { streams[cpu] }
    /// The streams up to the last one with pages: there may be ports for more CPUs than the guest has now.
    var pathsToAssemble: [String] {
        let last = streams.lastIndex { $0.size > 0 } ?? 0
        return streams.prefix(last + 1).map(\.path)
    }
    var bytes: Int { streams.reduce(0) { $0 + $1.size } }

    /// Whether the disk has room for what was recorded once more, and something for the header and for what comes meanwhile.
    ///
    /// It is looked at from time to time only.
    func haveRoomForOutput() -> Bool {
        let bytes = bytes
        guard bytes - lookedAtBytes > Self.reserve || ContinuousClock.now - lookedAt > .milliseconds(50)
        else {
            return true
        }
        (lookedAt, lookedAtBytes) = (.now, bytes)
        // A file system that does not say how much is free is trusted.
        guard let free = streams.first.flatMap({ try? $0.freeBytes() }) else { return true }
        let header = (try? FileDescriptor.open(header, .readOnly).size()) ?? 0
        // The last header takes the place of the first one, and is in FILE too.
        return free > bytes + bytes / 16 + 2 * header + 2 * Self.reserve
    }

    private static let reserve = 1 << 20
    private var lookedAt = ContinuousClock.now
    private var lookedAtBytes = 0

    /// The shell command that makes FILE from the parts.
    var command: String {
        let hasHeader = FileDescriptor.resolve(header) != nil
        let program = FileDescriptor.resolve("/proc/self/exe") ?? ProgramName.own
        return ShellCommand.line(
            [program, "assemble", "-o", output] + (replaces ? ["--force"] : [])
                + [hasHeader ? header : "HEADER"] + pathsToAssemble)
    }

    /// Removes the parts.
    ///
    /// What cannot be removed is left.
    func remove() {
        for path in [header] + streams.map(\.path) { try? FileDescriptor.remove(path) }
    }
}
