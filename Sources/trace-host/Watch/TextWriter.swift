import TraceFile

/// Writes events as `trace-cmd report` does, a line each.
struct TextWriter: EventWriter {
    private let time: EventTime
    private let fields: FieldReader
    private let isColoured: Bool

    init(_ time: EventTime, _ layout: PageLayout, isColoured: Bool) {
        fields = FieldReader(layout.order)
        self.time = time
        self.isColoured = isColoured
    }

    func write(
        _ record: EventRecord, _ format: EventFormat?, with decoder: EventDecoder, to output: EventOutput
    ) {
        if let pid = decoder.pid(of: record, format) {
            decoder.withName(ofTask: pid) { name in
                output.pad(name.count, to: 16)
                output.append(untrusted: name)
            }
            let text = "-\(pid)"
            output.append(text)
            output.pad(text.utf8.count, to: 6)
        } else {
            output.append("                ?-?    ")
        }
        output.append(" [")
        output.append(UInt64(record.content.cpu), width: 3)
        output.append("] ")
        time.append(record.content.ts, to: output)
        output.append(": ")
        colour("\u{1b}[36m", output)
        let name = format?.name ?? "unknown"
        name.withUTF8Copy { output.append(untrusted: $0) }
        output.append(":")
        colour("\u{1b}[0m", output)
        output.pad(name.utf8.count, to: 20)
        output.append(" ")
        let isDecoded = decoder.withInfo(of: record, format) { text in
            output.append(untrusted: text.withoutNewlinesAtEnd)
        }
        if !isDecoded {
            if let format, record.event.count >= format.smallestRecord {
                fields.append(record, format, to: output)
            } else {
                output.append(hexadecimal: UnsafeRawBufferPointer(record.event))
            }
        }
        output.append("\n")
    }

    func write(_ item: StreamItem, cpu: Int, to output: EventOutput) {
        let text =
            switch item {
            case .lost(.counted(let number)): "\(number) EVENTS DROPPED"
            case .lost: "EVENTS DROPPED"
            case .skipped(let pages): "\(pages) PAGES NOT PRINTED: they came too fast"
            case .damaged(let problem): "DAMAGED: \(problem)"
            case .event: ""
            }
        colour("\u{1b}[33m", output)
        output.append("CPU:\(cpu) [\(text)]")
        colour("\u{1b}[0m", output)
        output.append("\n")
    }

    private func colour(_ sequence: StaticString, _ output: EventOutput) {
        if isColoured { output.append(sequence) }
    }
}
