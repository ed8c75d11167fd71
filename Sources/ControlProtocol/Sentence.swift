extension String {
    /// One line of at most 512 characters: what another machine has sent must not look like several messages.
    var asSentence: String { String(prefix(512).map { $0.isNewline ? " " : $0 }) }
}
