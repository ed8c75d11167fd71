import CTraceEvent
import TraceFile

/// Writes events as JSON, an object a line.
struct JSONWriter: EventWriter {
    private let time: EventTime
    private let fields: FieldReader

    init(_ time: EventTime, _ layout: PageLayout) {
        self.time = time
        fields = FieldReader(layout.order)
    }

    func write(
        _ record: EventRecord, _ format: EventFormat?, with decoder: EventDecoder, to output: EventOutput
    ) {
        output.append("{\"time\":")
        output.append(time.shifted(record.content.ts))
        output.append(",\"cpu\":\(record.content.cpu)")
        if let pid = decoder.pid(of: record, format) {
            output.append(",\"pid\":\(pid),\"comm\":")
            decoder.withName(ofTask: pid) { output.append(json: $0) }
        }
        if let format {
            output.append(",\"system\":")
            format.system.withUTF8Copy { output.append(json: $0) }
            output.append(",\"event\":")
            format.name.withUTF8Copy { output.append(json: $0) }
            output.append(",\"flags\":")
            decoder.withFlags(of: record, format) { output.append(json: $0) }
            output.append(",\"text\":")
            let isDecoded = decoder.withInfo(of: record, format) {
                output.append(json: $0.withoutNewlinesAtEnd)
            }
            if !isDecoded { output.append("null") }
            output.append(",\"fields\":")
            fields.append(record, format, to: output)
        } else {
            output.append(",\"event\":null,\"data\":\"")
            output.append(hexadecimal: UnsafeRawBufferPointer(record.event))
            output.append("\"")
        }
        output.append("}\n")
    }

    func write(_ item: StreamItem, cpu: Int, to output: EventOutput) {
        output.append("{\"cpu\":\(cpu),")
        switch item {
        case .lost(.counted(let number)): output.append("\"lost\":\(number)")
        case .lost: output.append("\"lost\":null")
        case .skipped(let pages): output.append("\"pages_not_printed\":\(pages)")
        case .damaged(let problem):
            output.append("\"damaged\":")
            problem.withUTF8Copy { output.append(json: $0) }
        case .event: break
        }
        output.append("}\n")
    }
}
