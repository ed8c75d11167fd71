/// A line that no order asked for: an earlier process of the agent has ended, and this one goes on, or does not; or an event
/// has ended what is recorded.
///
/// Only a host that has sent words gets it.
package struct Notice: AnswerLine, Equatable, Sendable {
    /// What has become of the stream.
    package let word: Word
    /// What was the reason.
    package let cause: Cause
    /// How often the service manager has started the agent again.
    package let restarts: Int
    package var version = programVersion
    package var schema: Int? = schemaVersion
    /// The kernel's name of this boot: random(4).
    package let bootID: String

    /// What has become of the stream.
    package enum Word: String, Codable, Sendable {
        /// It goes on.
        case resumed
        /// It does not, because the agent has crashed too often: `start` lets it go on.
        case stopped
        /// What the ring buffers hold is sent.
        case dumped
    }

    /// How a process, or a recording, has ended.
    package enum Cause: String, Codable, Sendable {
        /// It was killed, or has failed.
        case crash
        /// It was told to: a restart, an upgrade.
        case restart
        /// The event of `--dump-on` has occurred.
        case event
    }

    package init(_ word: Word, after cause: Cause, restarts: Int, bootID: String) {
        self.word = word
        self.cause = cause
        self.restarts = restarts
        self.bootID = bootID
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case word = "notice"
        case cause = "after"
        case restarts, version, schema
        case bootID = "boot_id"
    }

    package var id: OrderID? { nil }

    /// The line as it is sent, without the newline at its end: what the earlier process was sending may lie before it.
    package var lineToSend: String { "\n" + line }
}
