import Glibc
import Reactor

/// What is to be put back, a line each, in the order in which it was changed.
struct PutBackList {
    /// One thing to be done.
    enum Entry: Equatable {
        /// Writes `value` into a file of tracefs; one that adds what is written to what it has is emptied first.
        case write(path: String, value: String, emptied: Bool)
        /// Removes a trace instance.
        case remove(folder: String)
        /// Drops the entries of this file: they are done.
        case forget(path: String)

        var line: String {
            switch self {
            case .write(let path, let value, let emptied):
                "\(emptied ? "empty" : "write")\t\(path)\t\(value)\n"
            case .remove(let folder): "remove\t\(folder)\n"
            case .forget(let path): "forget\t\(path)\n"
            }
        }

        init?(line: Substring) {
            let words = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false).map(
                String.init)
            switch (words.first, words.count) {
            case ("write", 3), ("empty", 3):
                self = .write(path: words[1], value: words[2], emptied: words[0] == "empty")
            case ("remove", 2): self = .remove(folder: words[1])
            case ("forget", 2): self = .forget(path: words[1])
            default: return nil
            }
        }
    }

    /// The subcommand that applies one.
    static let command = "put-back"

    private(set) var entries: [Entry] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            switch Entry(line: line) {
            case .forget(let path):
                entries.removeAll { entry in
                    if case .write(let other, _, _) = entry { other == path } else { false }
                }
            case .some(let entry): entries.append(entry)
            case nil: break
            }
        }
    }

    /// How long something may be in use: the ring buffers of a process that is ending, for instance.
    private static let patience = Duration.seconds(3)

    /// Does it, the latest change first.
    ///
    /// - Returns: What is wrong, a sentence each.
    func apply() -> [String] { entries.reversed().compactMap(Self.apply) }

    private static func apply(_ entry: Entry) -> String? {
        let end = ContinuousClock.now + patience
        while true {
            do throws(SystemError) {
                switch entry {
                case .write(let path, let value, let emptied):
                    let mode: FileDescriptor.Mode = emptied ? [.writeOnly, .truncating] : .writeOnly
                    let file = try FileDescriptor.open(path, mode)
                    _ = try file.write(Array("\(value)\n".utf8))
                case .remove(let folder): try FileDescriptor.removeFolder(folder)
                case .forget: break
                }
                return nil
            } catch {
                // An instance that has gone has nothing to be put back.
                if error.code == .noEntry { return nil }
                guard error.code == .busy, ContinuousClock.now < end else {
                    return "cannot put back \(error.subject): \(error.code)"
                }
                waitBriefly()
            }
        }
    }
}
