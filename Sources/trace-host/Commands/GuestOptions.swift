import ArgumentParser
import CommandSupport
import ControlProtocol

/// The guest, and the options that all orders to its agent have in common.
struct GuestOptions: ParsableArguments {
    @OptionGroup var selection: GuestSelection
    @OptionGroup var order: OrderOptions

    /// Orders `word` and prints the answer.
    func order(_ word: OrderWord) throws { try order.order(word, at: GuestAgent(selection.ports())) }
}
