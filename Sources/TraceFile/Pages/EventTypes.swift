/// The types of the events in pages: the numbers that their formats have.
package final class EventTypes {
    private var occurs = [Bool](repeating: false, count: 1 << 16)

    package init() {}

    func insert(_ type: UInt16) { occurs[Int(type)] = true }

    func contains(_ type: UInt16) -> Bool { occurs[Int(type)] }
}
