import Glibc

/// Events that are asked for by one name, and what they have to fulfil.
package struct EventChoice: Equatable, Sendable {
    /// As `set_event` takes it: a system, an event, or both with a colon between; with `*` and `?`.
    package let name: String
    package let filter: String?

    /// - Returns: `nil` if `text` is not one event, or all of a system or a name, or disables something.
    package init?(_ text: String, filter: String? = nil) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, !text.contains(where: { $0.isWhitespace || $0 == "!" }), !parts.contains("")
        else { return nil }
        name = text == "all" ? "*:*" : text
        self.filter = filter
    }

    /// Whether `set_event` does not take it as it is: it knows no wildcard but a whole `*`.
    package var isPattern: Bool {
        name.split(separator: ":").contains { $0 != "*" && $0.contains { #"*?[\"#.contains($0) } }
            || name == "*"
    }

    /// Whether it is about an event, `system:event`, as the kernel would take it.
    package func matches(_ event: String) -> Bool {
        if name.contains(":") { return fnmatch(name, event, 0) == 0 }
        return event.split(separator: ":").contains { fnmatch(name, String($0), 0) == 0 }
    }
}

extension EventChoice: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case name, filter }

    /// The longest name and the longest filter, in bytes.
    private static let longestName = 128
    private static let longestFilter = 1024

    package init(from decoder: any Decoder) throws {
        try decoder.checkKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let text = try container.decodeText(forKey: .name, longest: Self.longestName)
        let filter = try container.decodeTextIfPresent(forKey: .filter, longest: Self.longestFilter)
        guard let choice = EventChoice(text, filter: filter) else {
            throw container.problem("no event, and not all of a system", at: .name)
        }
        self = choice
    }
}
