import Glibc

/// What a program that was run to its end has left.
package struct ProgramRun: Sendable {
    /// Its exit code, or 128 and the signal that ended it.
    package let status: Int32
    package let output: String
    package let errorText: String

    /// The most bytes of a program's output that are read.
    private static let longestOutput = 16 << 20

    /// Runs a program, and kills it if it has not ended after `limit`: posix_spawnp(3).
    ///
    /// - Parameters:
    ///   - words: The program, which is searched in `$PATH`, and its arguments.
    ///   - input: What it reads from its standard input, or from `/dev/stdin`.
    /// - Returns: `nil` if it did not end in time.
    /// - Throws: `ENOENT` if there is no such program.
    package static func run(
        _ words: [String], input: String = "", within limit: Duration
    ) throws(SystemError) -> ProgramRun? {
        // Files in memory: the program never waits for this process, in whatever order it reads and writes.
        let inputFile = try FileDescriptor.inMemory("input")
        let outputFile = try FileDescriptor.inMemory("output")
        let errorFile = try FileDescriptor.inMemory("error")
        try inputFile.write(Array(input.utf8), at: 0)
        let child = try SpawnedProcess(
            words,
            passing: [(inputFile.rawValue, 0), (outputFile.rawValue, 1), (errorFile.rawValue, 2)])
        guard poll(child.end, for: .readable, timeout: limit) else {
            child.kill()
            return nil
        }
        var status: CInt = 0
        waitpid(child.pid, &status, 0)
        return ProgramRun(
            status: status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f,
            output: try text(of: outputFile), errorText: try text(of: errorFile))
    }

    private static func text(of file: borrowing FileDescriptor) throws(SystemError) -> String {
        String(decoding: try file.read(min(file.size(), longestOutput), at: 0), as: UTF8.self)
    }
}
