import TraceFile

/// The pages of one CPU that are still to be printed, event by event.
final class CPUEvents {
    let cpu: Int
    private let layout: PageLayout
    private var pages: [QueuedPage] = []
    /// Of `pages`, those that are done with.
    private var done = 0
    /// The page at whose events `cursor` is.
    private let page: UnsafeMutableRawBufferPointer
    private var cursor: EventCursor?
    /// What is told of the page before its first event.
    private var notes: [StreamItem] = []
    /// What comes next; `nil` if that is not known.
    private(set) var next: StreamItem?
    /// Its time.
    private(set) var time: UInt64 = 0
    /// When its page came.
    private(set) var arrival = ContinuousClock.now
    /// Whether no page is to come any more.
    var isEnded = false

    private struct QueuedPage {
        let bytes: [UInt8]
        let arrival: ContinuousClock.Instant
        let skipped: Int
    }

    init(cpu: Int, _ layout: PageLayout) {
        self.cpu = cpu
        self.layout = layout
        page = .allocate(byteCount: layout.pageSize, alignment: 8)
    }

    deinit { page.deallocate() }

    /// - Parameter skipped: How many pages were left out before this one.
    func add(_ bytes: [UInt8], skipped: Int, at arrival: ContinuousClock.Instant) {
        pages.append(QueuedPage(bytes: bytes, arrival: arrival, skipped: skipped))
        if next == nil { advance() }
    }

    /// Bytes that wait, apart from the page that is being printed.
    var queuedBytes: Int { (pages.count - done) * layout.pageSize }

    /// The bytes of the event that is next.
    func bytes(at place: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: page[place])
    }

    /// Goes to what follows `next`.
    func advance() {
        next = nil
        while next == nil {
            if !notes.isEmpty {
                next = notes.removeFirst()
            } else if cursor != nil {
                nextEvent()
            } else if !loadPage() {
                return
            }
        }
    }

    private func nextEvent() {
        do throws(Page.Flaw) {
            guard let place = try cursor?.next() else {
                cursor = nil
                return
            }
            time = cursor?.time ?? time
            next = .event(place)
        } catch {
            cursor = nil
            next = .damaged("a page \(error)")
        }
    }

    /// Begins with the next page.
    ///
    /// - Returns: Whether there is one.
    private func loadPage() -> Bool {
        guard done < pages.count else { return false }
        let queued = pages[done]
        done += 1
        if done > 64, done * 2 > pages.count {
            pages.removeFirst(done)
            done = 0
        }
        arrival = queued.arrival
        if queued.skipped > 0 { notes.append(.skipped(pages: queued.skipped)) }
        guard queued.bytes.count == layout.pageSize else { return true }
        page.copyBytes(from: queued.bytes)
        do throws(Page.Flaw) {
            let cursor = try EventCursor(UnsafeRawBufferPointer(page), layout)
            time = cursor.time
            if cursor.loss != .none { notes.append(.lost(cursor.loss)) }
            self.cursor = cursor
        } catch {
            notes.append(.damaged("a page \(error)"))
        }
        return true
    }
}
