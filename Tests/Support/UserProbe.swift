import Glibc

/// Events that occur when a program of the test's own is run: uprobes, one at a time.
///
/// The kernel gives the number of one that was removed to the next one that is made (6.18).
package final class UserProbe {
    private static let list = TraceInstance.top + "/uprobe_events"

    package let system = "test\(getpid())"
    private let folder = TemporaryFolder()
    private var program: String { "\(folder.path)/probed" }
    private let entry: Int
    private var name: String?

    package init() throws {
        let bytes = try readFile("/bin/true")
        // The entry point: elf(5). It is at the same place in the file.
        entry = bytes[24..<32].reversed().reduce(0) { $0 << 8 | Int($1) }
        try writeBytes("\(folder.path)/probed", bytes)
        chmod("\(folder.path)/probed", 0o755)
    }

    deinit { try? remove() }

    /// Makes the event `name`, and enables it.
    package func make(_ name: String, in instance: TraceInstance) throws {
        try append("p:\(system)/\(name) \(program):\(entry)\n")
        self.name = name
        try instance.set("events/\(system)/\(name)/enable", "1")
    }

    /// Lets it occur.
    package func run(times: Int) throws {
        for _ in 0..<times { _ = try Command(program, []) }
    }

    /// Its number.
    package func id() throws -> String {
        String(try readText("\(TraceInstance.top)/events/\(system)/\(name ?? "")/id").dropLast())
    }

    /// Removes it; it must not be enabled.
    package func remove(disabledIn instance: TraceInstance? = nil) throws {
        guard let name else { return }
        try instance?.set("events/\(system)/\(name)/enable", "0")
        try append("-:\(system)/\(name)\n")
        self.name = nil
    }

    // Without truncating the list, which removes the probes of others.
    private func append(_ line: String) throws {
        let file = open(Self.list, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(file) }
        guard write(file, line, line.utf8.count) == line.utf8.count else {
            throw TestFailure("cannot write \(line) to \(Self.list): errno \(errno)")
        }
    }
}
