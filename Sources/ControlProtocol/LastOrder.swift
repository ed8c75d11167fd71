/// The last order that changed, or was to change, whether pages move.
package struct LastOrder: Codable, Equatable, Sendable {
    /// `start`, which `1` is too, `stop`, which `0` is too, or `dump`; a newer agent may have more.
    package var word: String
    /// `host` or `client`.
    package var from: String
    /// The client's process and user; `nil` for the host.
    package var pid: Int?
    package var uid: Int?
    /// Seconds since it was carried out.
    package var age: Int

    package init(_ word: OrderWord, from: OrderOrigin, pid: Int? = nil, uid: Int? = nil, age: Int) {
        self.word = word.rawValue
        self.from = "\(from)"
        self.pid = pid
        self.uid = uid
        self.age = age
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case word = "order"
        case from, pid, uid, age
    }
}
