import CTraceEvent
import TraceFile

/// Reads the fields of events: their own, without those that all events have.
struct FieldReader {
    private let order: ByteOrder

    init(_ order: ByteOrder) { self.order = order }

    /// Appends an object of JSON.
    func append(_ record: EventRecord, _ format: EventFormat, to output: EventOutput) {
        let bytes = UnsafeRawBufferPointer(record.event)
        output.append("{")
        var isFirst = true
        for field in format.ownFields {
            if !isFirst { output.append(",") }
            isFirst = false
            field.name.withUTF8Copy { output.append(json: $0) }
            output.append(":")
            append(field, bytes, to: output)
        }
        output.append("}")
    }

    private func append(_ field: EventField, _ record: UnsafeRawBufferPointer, to output: EventOutput) {
        guard field.isArray else {
            if !appendNumber(record, at: field.offset, field.size, field.isSigned, output) {
                output.append("null")
            }
            return
        }
        let content = UnsafeRawBufferPointer(rebasing: record[place(of: field, in: record)])
        if field.isText {
            let text = UnsafeRawBufferPointer(rebasing: content.prefix { $0 != 0 })
            output.append(json: text.assumingMemoryBound(to: UInt8.self))
        } else if [2, 4, 8].contains(field.elementSize) {
            output.append("[")
            let last = content.count - content.count % field.elementSize
            for start in stride(from: 0, to: last, by: field.elementSize) {
                if start > 0 { output.append(",") }
                _ = appendNumber(content, at: start, field.elementSize, field.isSigned, output)
            }
            output.append("]")
        } else {
            output.append("\"")
            output.append(hexadecimal: content)
            output.append("\"")
        }
    }

    /// Where an array is, as far as the record goes.
    func place(of field: EventField, in record: UnsafeRawBufferPointer) -> Range<Int> {
        var (start, count) = (field.offset, field.size == 0 ? record.count : field.size)
        if field.isDynamic {
            guard field.offset + 4 <= record.count else { return 0..<0 }
            let word = order.load(UInt32.self, record, at: field.offset)
            start = Int(word & 0xffff) + (field.isRelative ? field.offset + field.size : 0)
            count = Int(word >> 16)
        }
        start = min(start, record.count)
        return start..<min(start + count, record.count)
    }

    /// - Returns: `false` if there is no such number.
    private func appendNumber(
        _ bytes: UnsafeRawBufferPointer, at place: Int, _ size: Int, _ isSigned: Bool, _ output: EventOutput
    ) -> Bool {
        guard place + size <= bytes.count else { return false }
        let number: UInt64
        switch size {
        case 1: number = UInt64(bytes[place])
        case 2: number = UInt64(order.load(UInt16.self, bytes, at: place))
        case 4: number = UInt64(order.load(UInt32.self, bytes, at: place))
        case 8: number = order.load(UInt64.self, bytes, at: place)
        default: return false
        }
        let unused = 64 - 8 * UInt64(size)
        let signed = Int64(bitPattern: number << unused) >> Int64(unused)
        if isSigned, signed < 0 { output.append("-") }
        output.append(isSigned ? signed.magnitude : number)
        return true
    }
}
