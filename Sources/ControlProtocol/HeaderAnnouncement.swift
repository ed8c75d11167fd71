/// The answer to `metadata`: one line, which `bytes` bytes of a trace header follow.
///
/// An order that fails is answered in the same form, with `bytes` 0 and an `error`.
package struct HeaderAnnouncement: AnswerLine, Equatable, Sendable {
    package var word = OrderWord.metadata
    /// What the order was named; `nil` if it was not.
    package var id: OrderID?
    /// Why there is no header, or what it lacks; `nil` if nothing is wrong.
    package var error: String?
    /// Bytes of the header, which follow the line; 0 if there is none.
    package var bytes = 0
    /// The agent's version.
    package var version = programVersion
    /// `nil`: an agent before schema 2.
    package var schema: Int? = schemaVersion
    /// The trace instance; empty for the top-level ring buffers.
    package var instance: String
    /// CPUs of the machine, online or not: `/sys/devices/system/cpu/present`.
    package var cpus: Int
    /// Bytes of a sub-buffer.
    package var pageSize = 0
    /// The clock of the timestamps: `trace_clock`.
    package var clock = ""
    /// The kernel's name of this boot: random(4).
    package var bootID: String
    /// Event formats in the header, those of ftrace itself included.
    package var events = 0
    /// Symbols with an address; 0 if the kernel does not show them.
    package var symbols = 0

    package init(instance: String, cpus: Int, bootID: String) {
        self.instance = instance
        self.cpus = cpus
        self.bootID = bootID
    }

    /// The most bytes that a header has.
    package static let longestHeader = 64 << 20

    /// Whether what is announced cannot be a header.
    package var isTooLong: Bool { !(0...Self.longestHeader).contains(bytes) }

    /// The same for an order of this id.
    package func answering(_ id: OrderID?) -> HeaderAnnouncement {
        var announcement = self
        announcement.id = id
        return announcement
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case word = "answer"
        case id, error, bytes, version, schema, instance, cpus, clock, events, symbols
        case pageSize = "page_size"
        case bootID = "boot_id"
    }
}
