/// The last warning or error that the agent has logged.
package struct LastError: Codable, Equatable, Sendable {
    package var message: String
    /// Seconds since it was logged.
    package var age: Int

    package init(_ message: String, age: Int) {
        self.message = message
        self.age = age
    }

    package enum CodingKeys: String, CodingKey, CaseIterable { case message, age }
}
