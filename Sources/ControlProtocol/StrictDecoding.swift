// What an order holds is checked when it is decoded; what an answer holds may be from a newer agent.

extension [CodingUserInfoKey: Any] {
    private static var key: CodingUserInfoKey? { CodingUserInfoKey(rawValue: "refusesUnknownKeys") }

    /// Whether a key that is not known is an error.
    var refusesUnknownKeys: Bool {
        get { Self.key.map { self[$0] != nil } ?? false }
        set { if let key = Self.key { self[key] = newValue ? true : nil } }
    }
}

extension Decoder {
    /// Refuses keys that `Key` does not have, if the decoder is told to.
    func checkKeys<Key: CodingKey & CaseIterable>(_: Key.Type) throws {
        guard userInfo.refusesUnknownKeys else { return }
        let container = try container(keyedBy: AnyKey.self)
        let known = Set(Key.allCases.map(\.stringValue))
        if let key = container.allKeys.first(where: { !known.contains($0.stringValue) }) {
            throw container.problem("not known", at: key)
        }
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer {
    func problem(_ text: String, at key: Key) -> DecodingError {
        .dataCorruptedError(forKey: key, in: self, debugDescription: text)
    }

    /// A text of printable ASCII, which cannot end a line.
    func decodeText(forKey key: Key, longest: Int) throws -> String {
        let text = try decode(String.self, forKey: key)
        guard (1...longest).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else { throw problem("not 1 to \(longest) printable characters", at: key) }
        return text
    }

    func decodeTextIfPresent(forKey key: Key, longest: Int) throws -> String? {
        contains(key) ? try decodeText(forKey: key, longest: longest) : nil
    }
}
