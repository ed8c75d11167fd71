/// The answer to `time`: when the order was read, and when it was answered, by the guest's trace clock.
package struct TimeAnswer: AnswerLine, Equatable, Sendable {
    package var word = OrderWord.time
    /// What the order was named; `nil` if it was not.
    package var id: OrderID?
    /// Why there are no times; `nil` if there are.
    package var error: String?
    /// The trace clock; `nil` if it is unknown.
    package var clock: String?
    /// When the order was read; `nil` if the clock cannot be read.
    package var received: Int?
    /// When the answer was made; `nil` if the clock cannot be read.
    package var answered: Int?
    /// The agent's version.
    package var version = programVersion
    package var schema = schemaVersion

    /// Reads the clock.
    ///
    /// - Parameter clock: The name of the trace clock; `nil` if it is unknown.
    package init(to request: Request, clock: String?) {
        received = clock.flatMap(TraceClock.init)?.now
        (id, self.clock) = (request.id, clock)
        if received != nil { return }
        error =
            clock.map { "the trace clock \($0) cannot be read: choose one of \(TraceClock.names)" }
            ?? "the trace clock is unknown"
    }

    /// The line as it is sent, without the newline at its end.
    ///
    /// The clock is read once the line is made: the time that takes must not be a part of the way back.
    package var lineToSend: String {
        var answer = self
        answer.answered = received.map { _ in 0 }
        var line = (id == nil ? "" : "\n") + answer.line
        // A quote within a string would be escaped: this is the key.
        guard let clock = clock.flatMap(TraceClock.init), let place = line.firstRange(of: Self.unanswered)
        else {
            return line
        }
        line.replaceSubrange(place, with: #""answered":\#(clock.now)"#)
        return line
    }

    private static let unanswered = #""answered":0"#

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case word = "answer"
        case id, error, clock, received, answered, version, schema
    }
}
