import CommandSupport
import Reactor

/// What makes flight recorders send, besides `SIGUSR1` and the end of COMMAND: Enter on the terminal, a file that appears.
final class FlightTrigger {
    private let file: String?
    private let folder: DirectoryWatch
    private let terminal: Bool
    private(set) var isPulled = false

    /// Never closed: later files must not get its number.
    static let standardInput = FileDescriptor(owning: 0)

    /// - Parameters:
    ///   - file: `nil` for none.
    ///   - readsTerminal: Whether Enter is one, if this program has the terminal.
    /// - Throws: 64 if the file is there already, or its folder is not.
    init(file: String?, readsTerminal: Bool) throws(Failure) {
        self.file = file
        terminal = readsTerminal && Self.standardInput.isTerminalInForeground
        folder = try wrappingSystemError { () throws(SystemError) in try DirectoryWatch() }
        guard let file else { return }
        let name = FilePath.folder(of: file)
        guard try wrappingSystemError({ () throws(SystemError) in try folder.add(name) }) else {
            throw Failure(.usage, "--trigger \(file): there is no folder \(name)")
        }
        if FileDescriptor.resolve(file) != nil {
            throw Failure(.usage, "--trigger \(file): it is there already: remove it")
        }
    }

    /// What can be done, for a message.
    func choices(hasCommand: Bool) -> String {
        var choices = terminal ? ["Enter"] : []
        choices.append("kill -USR1 \(processID)")
        if let file { choices.append("a file \(file)") }
        if hasCommand { choices.append("the end of the command") }
        return choices.joined(separator: ", ")
    }

    func watch(in reactor: borrowing Reactor<Source>) throws(SystemError) {
        try reactor.watch(folder.descriptor, for: .readable, as: .triggerFile)
        if terminal { try reactor.watch(Self.standardInput, for: .readable, as: .terminal) }
    }

    func pull() { isPulled = true }

    /// A name has appeared in the folder.
    func checkFile() throws(SystemError) {
        if try folder.drain(), let file, FileDescriptor.resolve(file) != nil { pull() }
    }

    /// A line can be read.
    func readTerminal(in reactor: borrowing Reactor<Source>) throws(SystemError) {
        // In the background, reading would stop the program.
        if Self.standardInput.isTerminalInForeground,
            let line = try? Self.standardInput.readSome(4096), !line.isEmpty
        {
            return pull()
        }
        try reactor.rearm(Self.standardInput, for: .once, as: .terminal)
    }
}
