import CTraceEvent

/// A field of an event's format.
struct EventField {
    let name: String
    let offset: Int
    /// Bytes; 0 for an array that goes on to the end of the record.
    let size: Int
    let elementSize: Int
    private let flags: UInt32

    /// - Parameter isText: Whether characters are a text: those that a program has written to `trace_marker_raw` are bytes.
    init(_ field: tep_format_field, isText: Bool = true) {
        name = field.name.map { String(cString: $0) } ?? ""
        offset = Int(field.offset)
        size = Int(field.size)
        elementSize = Int(field.elementsize)
        let all = UInt32(truncatingIfNeeded: field.flags)
        flags = isText ? all : all & ~TEP_FIELD_IS_STRING.rawValue
    }

    private func has(_ flag: tep_format_flags) -> Bool { flags & flag.rawValue != 0 }

    var isArray: Bool { has(TEP_FIELD_IS_ARRAY) || isDynamic }
    var isText: Bool { has(TEP_FIELD_IS_STRING) }
    var isSigned: Bool { has(TEP_FIELD_IS_SIGNED) }
    /// Whether the field has the place of the array, and its size, which are 16 bits each.
    var isDynamic: Bool { has(TEP_FIELD_IS_DYNAMIC) }
    /// Whether that place counts from the end of the field.
    var isRelative: Bool { has(TEP_FIELD_IS_RELATIVE) }
}
