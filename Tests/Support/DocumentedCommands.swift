/// The commands in the code blocks of the documents for users.
package enum DocumentedCommands {
    private static let files = ["README.md", "docs/man/trace-agent.8.md", "docs/man/trace-host.1.md"]

    /// The arguments of each command of a program, as a shell passes them, by its line.
    package static func arguments(of program: String) throws -> [(line: String, words: [String])] {
        var commands: [(line: String, words: [String])] = []
        for file in files {
            var isCode = false
            for line in try readText("\(Machine.sources)/\(file)").split(separator: "\n") {
                if line.hasPrefix("```") {
                    isCode.toggle()
                } else if isCode, let match = line.firstMatch(of: #/^(sudo )?(./)?([a-z-]+) /#),
                    match.output.3 == program
                {
                    let start = match.range.upperBound
                    let command = line[start..<line.end(ofCommand: start)]
                    let words = try Command("sh", ["-c", "printf '%s\\n' \(command)"]).output
                    commands.append((String(line), words.split(separator: "\n").map { String($0) }))
                }
            }
        }
        return commands
    }
}

extension Substring {
    /// Where another command, or a redirection, follows.
    fileprivate func end(ofCommand start: Index) -> Index {
        [" && ", " | ", " > "].compactMap { self[start...].firstRange(of: $0)?.lowerBound }.min() ?? endIndex
    }
}
