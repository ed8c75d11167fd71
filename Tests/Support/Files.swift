import Glibc
import Reactor

/// Why a test cannot go on.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// A path that nothing has yet.
package func temporaryPath() -> String {
    "/tmp/trace-agent-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
}

/// A folder of its own, removed with what is in it when the test drops it.
///
/// The agent opens ports in it again after it has become somebody else.
package final class TemporaryFolder {
    package let path = temporaryPath()

    package init() {
        mkdir(path, 0o777)
        chmod(path, 0o777)
    }

    deinit {
        for name in (try? namesIn(path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

package func namesIn(_ directory: String) throws -> [String] {
    try FileDescriptor.open(directory, .directory).names()
}

package func readFile(_ path: String) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly)
    return try readAll(file)
}

/// Reads until the end, or until nothing more is there to read.
package func readAll(_ file: borrowing FileDescriptor) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while let count = try chunk.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
        bytes += chunk[..<count]
    }
    return bytes
}

package func readText(_ path: String) throws -> String { String(decoding: try readFile(path), as: UTF8.self) }

package func writeFile(_ path: String, _ text: String) throws {
    let file = FileDescriptor(owning: open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
    guard file.rawValue >= 0 else { throw TestFailure("cannot write \(path)") }
    if path.hasPrefix("/tmp/") { fchmod(file.rawValue, 0o666) }
    _ = try file.write(Array(text.utf8))
}

package func writeBytes(_ path: String, _ bytes: [UInt8]) throws {
    unlink(path)
    try FileDescriptor.create(path).writeAll(bytes)
}

package func makeFIFO(_ path: String) throws {
    guard mkfifo(path, 0o600) == 0, chmod(path, 0o666) == 0 else {
        throw TestFailure("cannot make the FIFO \(path)")
    }
}

package func makeLink(_ path: String, to target: String) throws {
    guard symlink(target, path) == 0 else { throw TestFailure("cannot make the link \(path)") }
}

/// Looks again and again, for what no event tells, until `condition` holds.
package func eventually(within limit: Duration = .seconds(20), _ condition: () throws -> Bool) rethrows
    -> Bool
{
    let end = ContinuousClock.now + limit
    while try !condition() {
        if ContinuousClock.now > end { return false }
        usleep(5000)
    }
    return true
}
