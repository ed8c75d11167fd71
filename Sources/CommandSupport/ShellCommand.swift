/// A command as a user can paste it into a shell.
package enum ShellCommand {
    package static func line(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

    /// Characters that mean nothing to a shell within a word.
    private static let plain = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:=".utf8)

    /// A word as a shell needs it: in quotes if it has other characters.
    private static func quoted(_ word: String) -> String {
        if !word.isEmpty, word.utf8.allSatisfy(plain.contains) { return word }
        return "'\(word.replacing("'", with: "'\\''"))'"
    }
}
