import ArgumentParser
import CommandSupport
import ControlProtocol

/// The guest, and the options that all orders to its agent have in common.
struct GuestOptions: ParsableArguments {
    @OptionGroup var selection: GuestSelection
    @OptionGroup var order: OrderOptions

    /// Orders `word` and prints the answer.
    func order(_ word: OrderWord) throws { try order(Request(word)) }

    /// The same for an order that takes something.
    func order(_ request: Request) throws { try order.order(request, at: GuestAgent(selection.ports())) }
}
