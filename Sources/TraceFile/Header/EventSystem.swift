/// The events of one system in a trace header.
struct EventSystem: Equatable, Sendable {
    let name: String
    let formats: [Format]

    struct Format: Equatable, Sendable {
        /// The number of its events; `nil` if it has none.
        let type: UInt16?
        /// Where it is in the file, with its size before it.
        let place: Range<Int>
    }
}
