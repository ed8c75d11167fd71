import CTraceEvent

/// What is known of an event before any is decoded: libtraceevent trusts that records are as their formats say.
struct EventFormat {
    let event: UnsafeMutablePointer<tep_event>
    let system: String
    let name: String
    /// Bytes that a record has at least.
    let smallestRecord: Int
    /// Whether libtraceevent may use its print format: no number in a record makes it read or write without a limit.
    let isPrintable: Bool
    /// Its own fields, without those that all events have.
    let ownFields: [EventField]
    /// The fields that count the elements of an array that is printed.
    private let counts: [UnsafeMutablePointer<tep_format_field>]

    init(_ event: UnsafeMutablePointer<tep_event>) {
        self.event = event
        system = event.pointee.system.map { String(cString: $0) } ?? ""
        name = event.pointee.name.map { String(cString: $0) } ?? ""
        var smallest = 0
        var isBounded = true
        let own = Self.list(from: event.pointee.format.fields)
        for field in Self.list(from: event.pointee.format.common_fields) + own {
            let (offset, size) = (Int(field.offset), Int(field.size))
            guard (0...FormatText.largestField).contains(offset), (0...FormatText.largestField).contains(size)
            else {
                isBounded = false
                continue
            }
            // An array can have fewer elements than its format says: the stack of kernel_stack.
            let isArray = field.flags & UInt(TEP_FIELD_IS_ARRAY.rawValue) != 0
            smallest = max(smallest, offset + (isArray ? 0 : size))
        }
        smallestRecord = smallest
        let isRaw = name == "raw_data"
        ownFields = own.map { EventField($0, isText: !isRaw) }
        var check = PrintFormatCheck(event)
        let isParsed = UInt32(bitPattern: event.pointee.flags) & UInt32(TEP_EVENT_FL_FAILED) == 0
        isPrintable = isBounded && isParsed && check.isBounded()
        counts = check.counts
    }

    private static func list(
        from first: UnsafeMutablePointer<tep_format_field>?
    ) -> [tep_format_field] {
        sequence(first: first) { $0?.pointee.next }.prefix { $0 != nil }.compactMap { $0?.pointee }
    }

    /// Whether libtraceevent may use the print format for this record.
    func canPrint(_ record: tep_record) -> Bool {
        isPrintable && record.size >= smallestRecord
            && counts.allSatisfy { field in
                let count = tep_read_number(
                    event.pointee.tep, record.data + Int(field.pointee.offset), field.pointee.size)
                return count <= PrintFormatCheck.longestArray
            }
    }
}
