import CommandSupport
import Logging
import Reactor
import TraceFile

/// The files of a guest's recording: beside FILE, until it is made, a trace header and a stream for each CPU; or beside FILE.1,
/// FILE.2 and so on, if the recording is divided into parts.
final class RecordingFiles {
    let output: String
    /// What the names of the files beside FILE begin with.
    private let prefix: String
    private let isDivided: Bool
    private(set) var part: RecordingPart
    private var number = 1
    /// The streams of the part from CPU 0 on.
    private var streams: [StreamFile] = []

    /// The files of an earlier recording, which are left as they are; empty if there are none.
    let leftover: [String]

    /// Checks that FILE can be made, and chooses names for the files beside it that are not in use.
    init(_ output: String, isDivided: Bool = false) throws(Failure) {
        self.output = output
        self.isDivided = isDivided
        let first = isDivided ? "\(output).1" : output
        do throws(TraceFileError) {
            // Otherwise this error would show only at the end of the recording.
            _ = try NewFile(at: first)
        } catch .malformed(_, let problem) {
            throw Failure(.usage, "-o \(output): \(problem)")
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
        let base = FilePath.name(of: output)
        let names = try wrappingSystemError { () throws(SystemError) in
            try FileDescriptor.open(FilePath.folder(of: output), .directory).names()
        }
        leftover = names.filter { Self.isFile($0, of: base) }
        var attempt = 1
        let numbered = { (path: String) in attempt == 1 ? path : "\(path).\(attempt)" }
        while names.contains(where: { Self.isFile($0, of: numbered(base)) }) { attempt += 1 }
        prefix = numbered(output)
        part = RecordingPart(first, prefix: isDivided ? "\(prefix).1" : prefix)
    }

    /// Whether a name is that of a header or a stream beside `base`, or beside a part of it.
    private static func isFile(_ name: String, of base: String) -> Bool {
        guard name.hasPrefix("\(base).") else { return false }
        var rest = name.dropFirst(base.count + 1)
        let digits = rest.prefix(while: \.isASCIIDigit)
        if !digits.isEmpty, rest.dropFirst(digits.count).first == "." {
            rest = rest.dropFirst(digits.count + 1)
        }
        return rest == "head" || rest.hasPrefix("cpu")
    }

    /// The header from before the recording, with which every part can be made.
    var header: String { "\(prefix).head" }

    /// Makes a file for each CPU of the part: the position of a stream in the assembly is its CPU.
    func make(upTo last: Int) throws(Failure) {
        streams = []
        for cpu in 0...last { streams.append(StreamFile(try part.makeStream(cpu: cpu))) }
    }

    /// Begins another part, which gets the page that has come in part.
    ///
    /// - Parameters:
    ///   - pageSize: `nil` if it is not known.
    ///   - excess: See `FinishedPart`.
    /// - Returns: The part before.
    func beginNext(pageSize: Int?, excess: [Int: Int]) throws(Failure) -> RecordingPart {
        let (finished, old) = (part, streams)
        number += 1
        part = RecordingPart("\(output).\(number)", prefix: "\(prefix).\(number)")
        try make(upTo: old.count - 1)
        guard let pageSize, pageSize > 0 else { return finished }
        try wrappingSystemError { () throws(SystemError) in
            for (cpu, stream) in old.enumerated() {
                let torn = (stream.size - excess[cpu, default: 0]) % pageSize
                if torn > 0 { try stream.moveTail(torn, to: streams[cpu]) }
            }
        }
        return finished
    }

    var isFirstPart: Bool { number == 1 }

    func stream(cpu: Int) -> StreamFile { streams[cpu] }
    /// Bytes in the streams of the part.
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

    /// The shell command that makes FILE, or the part of it that is being recorded, from the files beside it.
    var command: String {
        part.command(header: FileDescriptor.resolve(header) == nil ? "HEADER" : header)
    }

    /// Removes the header.
    ///
    /// What cannot be removed is left.
    func removeHeader() { try? FileDescriptor.remove(header) }

    /// Removes everything: nothing was recorded.
    func remove(_ log: Logger) {
        removeHeader()
        part.removeStreams(log)
    }
}
