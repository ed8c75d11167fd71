import TraceFile

/// Writes events as the text of ftrace that ui.perfetto.dev reads: it takes the words of a line apart at blanks, and each of
/// them at `=`, so neither may be in the name of a task.
struct PerfettoWriter: EventWriter {
    private let time: EventTime
    private let fields: FieldReader

    /// What the file begins with, so that it is recognized.
    static let head = "# tracer: nop\n#\n"

    init(_ time: EventTime, _ layout: PageLayout) {
        self.time = time
        fields = FieldReader(layout.order)
    }

    func write(
        _ record: EventRecord, _ format: EventFormat?, with decoder: EventDecoder, to output: EventOutput
    ) {
        guard let format, let pid = decoder.pid(of: record, format) else { return }
        decoder.withName(ofTask: pid) { name in
            output.pad(name.count, to: 16)
            for byte in name { output.append(Self.safe(byte)) }
        }
        output.append("-\(pid) [")
        output.append(UInt64(record.content.cpu), width: 3)
        output.append("] ")
        time.append(record.content.ts, to: output)
        output.append(": \(format.name): ")
        if format.name == "print", let text = format.ownFields.last {
            // Perfetto expects B|..., E|... and C|... without the function that precedes them.
            let bytes = UnsafeRawBufferPointer(record.event)
            append(line: bytes[fields.place(of: text, in: bytes)].prefix { $0 != 0 }, to: output)
        } else {
            makeNamesSafe(record, format)
            let isDecoded = decoder.withInfo(of: record, format) { append(line: $0[...], to: output) }
            if !isDecoded { output.append(hexadecimal: UnsafeRawBufferPointer(record.event)) }
        }
        output.append("\n")
    }

    /// A line that Perfetto passes over.
    func write(_ item: StreamItem, cpu: Int, to output: EventOutput) {
        switch item {
        case .lost(.counted(let number)): output.append("# CPU \(cpu): \(number) events lost\n")
        case .lost: output.append("# CPU \(cpu): events lost\n")
        case .skipped(let pages): output.append("# CPU \(cpu): \(pages) pages left out\n")
        case .damaged(let problem): output.append("# CPU \(cpu): \(problem)\n")
        case .event: break
        }
    }

    /// Makes the names of tasks in an event safe, where they are.
    private func makeNamesSafe(_ record: EventRecord, _ format: EventFormat) {
        for field in format.ownFields where field.isArray && field.isText && field.name.hasSuffix("comm") {
            for index in fields.place(of: field, in: UnsafeRawBufferPointer(record.event)) {
                let byte = record.event[index]
                if byte == 0 { break }
                record.event[index] = Self.safe(byte)
            }
        }
    }

    private static func safe(_ byte: UInt8) -> UInt8 {
        (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "=") ? byte : UInt8(ascii: "_")
    }

    /// Appends a text that must stay one line; what is no ASCII becomes `?`.
    private func append(line: some BidirectionalCollection<UInt8>, to output: EventOutput) {
        var rest = line[...]
        while rest.last == UInt8(ascii: "\n") { rest = rest.dropLast() }
        for byte in rest {
            output.append((0x20...0x7e).contains(byte) || byte == 0x09 ? byte : UInt8(ascii: "?"))
        }
    }
}
