import ArgumentParser
import ControlProtocol

/// The argument of the order `tracing`.
package struct SwitchOptions: ParsableArguments {
    @Argument(help: "on or off.")
    package var position: Position

    package init() {}

    package enum Position: String, ExpressibleByArgument, CaseIterable, Sendable { case on, off }

    /// The order `tracing`.
    package var request: Request { Request(.tracing(on: position == .on)) }
}
