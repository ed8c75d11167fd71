import Glibc

/// `trace-host record`, which goes on until a test ends it.
package final class HostRecording {
    private let folder = TemporaryFolder()
    private let program: Program
    private var output: String { "\(folder.path)/trace.dat" }
    private var begun: String { "\(folder.path)/begun" }

    /// Waits until the agent has started.
    ///
    /// - Parameters:
    ///   - guest: How the guest is named.
    ///   - program: The words that run it.
    package init(_ guest: [String], program words: [String] = [Machine.release("trace-host")]) throws {
        let wait = "echo > \(folder.path)/begun; while [ -e \(folder.path)/begun ]; do sleep 0.05; done"
        program = try Program(
            "env",
            words + ["record"] + guest
                + ["-o", "\(folder.path)/trace.dat", "--", "sh", "-c", wait])
        guard eventually({ access(begun, F_OK) == 0 || program.wait(.zero) != nil }),
            access(begun, F_OK) == 0
        else {
            throw TestFailure("nothing is recorded: \(program.errorText)")
        }
    }

    /// Ends it: what it recorded, without any warning.
    package func end() throws -> TraceReport {
        unlink(begun)
        guard program.wait() == 0, !program.errorText.contains("warning") else {
            throw TestFailure("\(program.wait(.zero) ?? -1): \(program.errorText)")
        }
        return try TraceReport(of: output)
    }
}
