/// How much a virtio port can have taken that its host has not: an upper bound, because the driver tells nobody.
///
/// The port's queue holds at most 128 splices. They are lost without a sign if the port is unplugged.
struct InFlight {
    private var sizes: [Int]
    private var next = 0
    /// Bytes of the last splices: no more than these can be on their way.
    private(set) var bytes = 0

    /// - Parameter splices: How many the queue holds; 0 for an output that is no port.
    init(splices: Int) { sizes = Array(repeating: 0, count: splices) }

    mutating func add(_ count: Int) {
        if sizes.isEmpty { return }
        bytes += count - sizes[next]
        sizes[next] = count
        next = (next + 1) % sizes.count
    }
}
