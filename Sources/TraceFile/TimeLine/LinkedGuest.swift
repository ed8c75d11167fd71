/// A guest in its host's file: the option GUEST, trace-cmd.dat.v7(5).
package struct LinkedGuest: Equatable, Codable, Sendable {
    private let name: String
    /// The trace id of the guest's file.
    private let id: UInt64
    /// The threads of the virtual CPUs.
    private let threads: [Thread]

    /// A virtual CPU and the host's thread that it is.
    package struct Thread: Equatable, Codable, Sendable {
        package let cpu: Int
        package let id: Int

        package init(cpu: Int, id: Int) { (self.cpu, self.id) = (cpu, id) }
    }

    package init(name: String, id: UInt64, threads: [Thread]) {
        (self.name, self.id, self.threads) = (name, id, threads)
    }

    /// The option's data.
    func data(in order: ByteOrder) -> [UInt8] {
        var data = name.utf8.filter { $0 != 0 } + [0] + order.bytes(id) + order.bytes(UInt32(threads.count))
        for thread in threads {
            data += order.bytes(UInt32(clamping: thread.cpu)) + order.bytes(UInt32(clamping: thread.id))
        }
        return data
    }
}
