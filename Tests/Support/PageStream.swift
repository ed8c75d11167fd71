/// The contents of a stream of complete pages.
package struct PageStream {
    package private(set) var pages = 0
    package private(set) var records: [RingRecord] = []
    package private(set) var eventCount = 0
    /// Pages before which events were lost.
    package private(set) var pagesWithLoss = 0
    /// The sum of the lost events whose number the pages contain.
    package private(set) var eventsMissed = 0
    /// The problem of an invalid stream: an incomplete page, bytes that are not a page, or time that runs backwards.
    package private(set) var flaw: String?

    /// Reads the pages up to the first bytes that are not one.
    ///
    /// - Parameter isOneCPU: Whether the time of each page must not be before that of the previous one.
    package init(_ bytes: [UInt8], pageSize: Int = 4096, rawDataType: UInt16, isOneCPU: Bool = true) {
        if bytes.count % pageSize != 0 { flaw = "\(bytes.count) bytes are not complete pages" }
        var last: UInt64 = 0
        bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count - bytes.count % pageSize, by: pageSize) {
                let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<start + pageSize])
                guard let page = RingPage(slice, rawDataType: rawDataType) else {
                    flaw = "invalid page at byte \(start)"
                    return
                }
                if isOneCPU, page.timestamp < last { flaw = "time runs backwards at byte \(start)" }
                last = page.timestamp
                pages += 1
                records += page.records
                eventCount += page.eventCount
                if let missed = page.missedEvents {
                    pagesWithLoss += 1
                    eventsMissed += missed
                }
            }
        }
    }

    /// The numbers that `cpu` wrote, in the order of the stream.
    package func numbers(of cpu: Int) -> [UInt64] {
        records.filter { $0.tag == UInt32(cpu) }.map(\.number)
    }
}
