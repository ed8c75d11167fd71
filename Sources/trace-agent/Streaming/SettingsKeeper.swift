import CommandSupport
import Logging
import Reactor

/// Keeps the settings of the ring buffers as streaming needs them, whatever others write, and adopts what it cannot keep.
struct SettingsKeeper: ~Copyable {
    private var settings: RingSettings
    private let reader: SettingsReader
    private let log: Logger
    /// What others write costs a round of all ring buffers.
    private var rate = RateLimit(burst: 16, thenOneEvery: .milliseconds(50))
    /// What has become of the size of a sub-buffer since the last start; `nil` if nothing has.
    private(set) var pageSizeChange: String?

    init(
        _ settings: consuming RingSettings, _ reader: SettingsReader, log: Logger,
        _ reactor: inout AgentReactor
    ) throws(SystemError) {
        try settings.watchWrites(&reactor)
        self.settings = settings
        self.reader = reader
        self.log = log
    }

    /// Bytes of a sub-buffer.
    var pageSize: Int { settings.pageSize }
    /// What is to be restored, `nil` if nothing is.
    var percent: SavedPercent? { settings.percent }
    /// The clock of the timestamps, `nil` if unknown.
    var clock: String? { reader.clock }

    /// A start was ordered.
    ///
    /// - Returns: Why it is not carried out, `nil` if it is.
    mutating func begin(_ channels: TracedChannels, _ log: inout LimitedLog) -> String? {
        reader.refresh()
        adoptPageSize(channels, &log)
        pageSizeChange = nil
        let size = pageSize
        if !channels.setPageSize(size) {
            return
                "not started: sub-buffers of \(size) bytes do not fit into a pipe: --pipe-size \(size >> 10)K"
        }
        setPercent(channels, &log)
        return nil
    }

    /// What others have written to since the last call; what comes too often is left to the next tick.
    mutating func writesOfOthers() throws(SystemError) -> RingSettings.Writes {
        let writes = try settings.writesOfOthers()
        if writes.any { reader.refresh() }
        // A snapshot is never left out: it has to be known.
        return RingSettings.Writes(
            any: writes.snapshot || writes.any && rate.admit(), snapshot: writes.snapshot)
    }

    /// Sets `buffer_percent` for the smallest ring buffer, unless that is what it is.
    mutating func setPercent(_ channels: TracedChannels, _ log: inout LimitedLog) {
        guard let smallest = channels.smallestRing else { return }
        settings.setPercent(forRingOf: smallest, &log)
    }

    /// Sets `buffer_percent` again, and adopts another size of sub-buffers.
    mutating func keep(_ channels: TracedChannels, _ log: inout LimitedLog) {
        setPercent(channels, &log)
        adoptPageSize(channels, &log)
    }

    mutating func restorePercent() { settings.restorePercent(log) }

    /// Goes on with the size that sub-buffers have now.
    ///
    /// - Returns: Whether it has changed.
    @discardableResult
    mutating func adoptPageSize(_ channels: TracedChannels, _ log: inout LimitedLog) -> Bool {
        let before = settings.pageSize
        guard settings.updatePageSize() else { return false }
        let size = settings.pageSize
        let change = "the sub-buffer size has changed from \(before) to \(size) bytes"
        log.log("\(change): the kernel has dropped what the ring buffers held")
        pageSizeChange = change
        _ = channels.setPageSize(size)
        channels.interrupt()
        return true
    }

    /// What a job's result means: where splice(2) has refused a ring buffer with `EINVAL`, it may be readable in another
    /// way from now on, as if the job had only been interrupted.
    mutating func afterRefusal(
        _ result: JobResult, of refused: Channel, _ channels: TracedChannels, _ log: inout LimitedLog
    ) -> JobResult {
        guard result == .ringFailed(.invalidArgument) else { return result }
        // The worker may not have known of a new size.
        let isKnownNow = adoptPageSize(channels, &log) && refused.pageSize == settings.pageSize
        return isKnownNow || refused.canRead(pagesOf: settings.pageSize) ? .interrupted : result
    }
}
