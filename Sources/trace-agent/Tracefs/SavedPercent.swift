/// What `buffer_percent` was, and what the agent has set in its place.
struct SavedPercent: Codable, Equatable, Sendable {
    let found: String
    let own: String

    /// Whether both can be from `buffer_percent`: 0 to 100.
    var isPlausible: Bool { [found, own].allSatisfy { Int($0).map { (0...100).contains($0) } ?? false } }
}
