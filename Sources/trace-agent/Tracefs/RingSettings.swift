import CommandSupport
import Logging
import Reactor
import TraceFile

/// What all ring buffers of an instance share: the size of a sub-buffer, and when poll(2) reports them as readable.
struct RingSettings: ~Copyable {
    /// Bytes of a sub-buffer when that was last read.
    private(set) var pageSize: Int
    private let headerPage: FileDescriptor
    /// Its text at that time.
    private var headerText: String
    private let bufferPercent: FileDescriptor
    /// Reports what others write.
    private let writes: WriteWatch
    /// What names the files in it that take snapshots.
    private var snapshotFiles: Set<Int32> = []
    /// What `buffer_percent` was before the agent set it, or what others have set since; `nil` while it is not set.
    private(set) var percent: SavedPercent?
    private var isChangeLogged = false

    /// - Parameters:
    ///   - headerPage: `events/header_page`.
    ///   - bufferPercent: `buffer_percent`, for reading and writing.
    ///   - percent: What an earlier process has set there and did not restore.
    /// - Throws: 78 if the kernel's page layout is unknown.
    init(
        headerPage: consuming FileDescriptor, bufferPercent: consuming FileDescriptor,
        percent: SavedPercent? = nil
    ) throws(Failure) {
        let writes = try wrappingSystemError { () throws(SystemError) in try WriteWatch() }
        let text = try Self.text(of: headerPage)
        pageSize = try Self.pageSize(in: text)
        headerText = text
        self.headerPage = headerPage
        self.bufferPercent = bufferPercent
        self.percent = percent
        self.writes = writes
    }

    /// Opens the files of an instance; Linux has had `buffer_percent` since 5.0.
    ///
    /// - Parameter cpus: The CPUs whose ring buffers are read.
    init(in tracefs: Tracefs, cpus: [Int], percent: SavedPercent? = nil) throws(Failure) {
        try self.init(
            headerPage: try tracefs.open("events/header_page", .readOnly),
            bufferPercent: try tracefs.open("buffer_percent", .readWrite), percent: percent)
        // The files whose change makes a ring buffer another one, or one of another size. Not every kernel has every file;
        // changes that are not reported are noticed at the next tick.
        let folders = [tracefs.directory] + cpus.map { "\(tracefs.directory)/per_cpu/cpu\($0)" }
        for folder in folders {
            if let file = try? writes.add("\(folder)/snapshot") { snapshotFiles.insert(file) }
            _ = try? writes.add("\(folder)/buffer_size_kb")
        }
        for file in ["buffer_subbuf_size_kb", "trace_clock"] {
            _ = try? writes.add("\(tracefs.directory)/\(file)")
        }
    }

    /// What others have written to.
    struct Writes: Equatable {
        /// Whether to any file that matters.
        let any: Bool
        /// Whether to one that exchanges a ring buffer for its snapshot.
        let snapshot: Bool
    }

    /// Watches for `writesOfOthers`.
    func watchWrites(_ reactor: inout AgentReactor) throws(SystemError) {
        try reactor.watch(writes.descriptor, for: .readable, as: .settings)
    }

    private static func text(of headerPage: borrowing FileDescriptor) throws(Failure) -> String {
        try wrappingSystemError { () throws(SystemError) in try headerPage.contents() }
    }

    private static func pageSize(in headerPage: String) throws(Failure) -> Int {
        guard let pageSize = PageLayout(headerPage: headerPage)?.pageSize else {
            throw Failure(.configuration, "events/header_page of tracefs names no data field: unknown kernel")
        }
        return pageSize
    }

    /// What others have written to since the last call.
    func writesOfOthers() throws(SystemError) -> Writes {
        let files = try writes.drain()
        return Writes(any: !files.isEmpty, snapshot: !files.isDisjoint(with: snapshotFiles))
    }

    /// Reads the size of a sub-buffer, which `buffer_subbuf_size_kb` can change at any time.
    ///
    /// - Returns: Whether it has changed.
    mutating func updatePageSize() -> Bool {
        // If it cannot be read, nothing is known of a change.
        guard let text = try? Self.text(of: headerPage), text != headerText,
            let size = try? Self.pageSize(in: text)
        else { return false }
        headerText = text
        defer { pageSize = size }
        return size != pageSize
    }

    /// Sets `buffer_percent` for ring buffers of `bytes` each, unless that is what it is.
    ///
    /// What others have set meanwhile is what will be restored.
    mutating func setPercent(forRingOf bytes: Int, _ log: inout LimitedLog) {
        let wanted = "\(RingGeometry.bufferPercent(ringOf: bytes, pageSize: pageSize))"
        do throws(SystemError) {
            let found = try currentPercent()
            var original = found
            if let percent, found == percent.own {
                original = percent.found
            } else if percent != nil, !isChangeLogged {
                isChangeLogged = log.log(
                    "buffer_percent was set to \(found) by another program: it is \(wanted) while pages are streamed"
                )
            }
            percent = SavedPercent(found: original, own: wanted)
            if found != wanted { try bufferPercent.overwrite(with: wanted) }
        } catch {
            log.log("cannot set buffer_percent: \(error.code)")
        }
    }

    private func currentPercent() throws(SystemError) -> String {
        String(try bufferPercent.contents().prefix { !$0.isNewline })
    }

    /// Restores `buffer_percent` to what it was before it was set, unless others have set it since.
    mutating func restorePercent(_ log: Logger) {
        guard let percent else { return }
        self.percent = nil
        isChangeLogged = false
        do throws(SystemError) {
            if try currentPercent() == percent.own { try bufferPercent.overwrite(with: percent.found) }
        } catch {
            log.warning("buffer_percent is not restored: \(error)")
        }
    }
}
