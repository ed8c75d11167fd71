import CommandSupport
import Reactor

/// The program that a recording is about: it starts once the recording has begun, and the recording ends with it.
///
/// It is started early, before the agent changes limits that a program inherits, and waits: `trace-agent launch`.
final class RecordedCommand: Sendable {
    private let process: ChildProcess
    private let pipe: Pipe

    /// The descriptor at which it waits.
    static let gate: CInt = 3
    static let launcher = "launch"
    /// Its exit code if it was not run.
    static let notRun: Int32 = 125

    init(_ words: [String]) throws(Failure) {
        do throws(SystemError) {
            pipe = try Pipe(size: 4096)
            process = try ChildProcess(
                ["/proc/self/exe", Self.launcher, "--"] + words, passing: pipe.readEnd, as: Self.gate)
        } catch {
            throw Failure(.operatingSystem, "cannot run \(words[0]): \(error)")
        }
    }

    var pid: CInt { process.pid }
    /// Readable once it has ended.
    var descriptor: FileDescriptor { _read { yield process.descriptor } }

    /// The recording has begun.
    func begin() {
        // One that has gone already is noticed by its end.
        _ = try? pipe.writeEnd.write([1])
    }

    /// Its exit code; if it still runs, it is asked to end.
    func finish() -> Int32 {
        if let status = process.status(within: .zero) { return status }
        process.terminate()
        return process.status(within: .seconds(5)) ?? 128 + 15
    }
}
