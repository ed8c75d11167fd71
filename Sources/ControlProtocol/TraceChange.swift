/// What an order changes in the agent's own trace instance.
package enum TraceChange: Equatable, Sendable {
    /// `setup`: from now on this is recorded, and nothing else.
    case setup(TraceSetup)
    /// `setup` with something else behind it than a set-up: why it is none.
    case malformed(String)
    /// `clear`: nothing is recorded, and nothing is kept.
    case clear
    /// `tracing`: whether what is set up is recorded.
    case tracing(on: Bool)

    /// The word that orders it.
    package var word: OrderWord {
        switch self {
        case .setup, .malformed: .setup
        case .clear: .clear
        case .tracing: .tracing
        }
    }

    /// What stands behind the word; empty if nothing does.
    var argument: String {
        switch self {
        case .setup(let setup): setup.json
        case .malformed, .clear: ""
        case .tracing(let on): on ? "on" : "off"
        }
    }

    /// - Parameter argument: What stands behind the word.
    /// - Returns: `nil` if the word changes nothing of an instance, or does not take this argument.
    init?(_ word: OrderWord, _ argument: ArraySlice<UInt8>) {
        switch (word, String(decoding: argument.prefix(8), as: UTF8.self)) {
        case (.setup, _):
            do throws(TraceSetup.Malformed) {
                self = .setup(try TraceSetup(order: argument))
            } catch {
                self = .malformed(error.reason)
            }
        case (.clear, ""): self = .clear
        case (.tracing, "on"): self = .tracing(on: true)
        case (.tracing, "off"): self = .tracing(on: false)
        default: return nil
        }
    }
}
