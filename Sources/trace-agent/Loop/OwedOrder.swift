import ControlProtocol

/// An order that waits for its answer.
struct OwedOrder: Sendable {
    let request: Request
    /// Tells it from others with the same word, of whatever stream.
    let number: Int

    var word: OrderWord { request.word }
}
