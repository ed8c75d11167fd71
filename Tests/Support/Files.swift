import Glibc
import Reactor

package func namesIn(_ directory: String) throws -> [String] {
    try FileDescriptor.open(directory, .directory).names()
}

package func readFile(_ path: String) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly)
    return try readAll(file)
}

/// Reads up to the end of the file, or until a read would block.
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
