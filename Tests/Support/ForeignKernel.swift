/// Makes the trace header and the pages of another machine, in either byte order and with a `long` of 4 or 8 bytes.
package struct ForeignKernel {
    package let isBigEndian: Bool
    package let longSize: Int
    package let pageSize: Int

    /// The formats of its events besides `ftrace/print`: of the system `foreign`.
    package let formats: [String]

    package init(
        isBigEndian: Bool = false, longSize: Int = 8, pageSize: Int = 4096, formats: [String] = []
    ) {
        self.isBigEndian = isBigEndian
        self.longSize = longSize
        self.pageSize = pageSize
        self.formats = formats
    }

    /// The format of an event with the number `id`, in the form of tracefs.
    ///
    /// - Parameters:
    ///   - fields: Declarations and sizes; they lie one behind the other.
    ///   - print: What follows `print fmt: `.
    package static func format(
        _ name: String, id: UInt16, fields: [(declaration: String, size: Int)], print: String
    ) -> String {
        var text = """
            name: \(name)
            ID: \(id)
            format:
            \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
            \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
            \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
            \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;


            """
        var offset = 8
        for field in fields {
            let isSigned = field.declaration.hasPrefix("int ") || field.declaration.hasPrefix("char ")
            text +=
                "\tfield:\(field.declaration);\toffset:\(offset);\tsize:\(field.size);\tsigned:\(isSigned ? 1 : 0);\n"
            offset += field.size
        }
        return text + "\nprint fmt: \(print)\n"
    }

    package func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: isBigEndian ? number.bigEndian : number.littleEndian) { Array($0) }
    }

    private func long(_ number: UInt64) -> [UInt8] {
        longSize == 8 ? bytes(number) : bytes(UInt32(truncatingIfNeeded: number))
    }

    private var headerSize: Int { 8 + longSize }

    package var headerPage: String {
        """
        \tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
        \tfield: local_t commit;\toffset:8;\tsize:\(longSize);\tsigned:1;
        \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
        \tfield: char data;\toffset:\(headerSize);\tsize:\(pageSize - headerSize);\tsigned:0;

        """
    }

    package static let headerEvent = """
        # compressed entry header
        \ttype_len    :    5 bits
        \ttime_delta  :   27 bits
        \tarray       :   32 bits

        \tpadding     : type == 29
        \ttime_extend : type == 30
        \ttime_stamp : type == 31
        \tdata max type_len  == 28

        """

    /// The event id of `ftrace/print`.
    package static let printID: UInt16 = 5

    private var printFormat: String {
        """
        name: print
        ID: \(Self.printID)
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
        \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

        \tfield:unsigned long ip;\toffset:8;\tsize:\(longSize);\tsigned:0;
        \tfield:char buf[];\toffset:\(8 + longSize);\tsize:0;\tsigned:0;

        print fmt: "%ps: %s", (void *)REC->ip, REC->buf

        """
    }

    /// One item in a page.
    package enum Item {
        /// A text, as `trace_marker` writes it, `delta` nanoseconds after the previous item.
        case marker(String, delta: UInt32)
        /// An event of one of `formats`: its number, and what follows the fields that all events have.
        case event(UInt16, [UInt8], delta: UInt32)
        case discarded(bytes: Int)
        case timeExtend
        case bytes([UInt8])
    }

    package enum Loss { case none, counted(UInt64), uncounted }

    /// A sub-buffer.
    package func page(at timestamp: UInt64, _ items: [Item], loss: Loss = .none) -> [UInt8] {
        var data: [UInt8] = []
        for item in items { data += bytes(of: item) }
        var commit = UInt64(data.count)
        switch loss {
        case .none: break
        case .counted(let number):
            commit |= 3 << 30
            data += long(number)
        case .uncounted: commit |= 1 << 31
        }
        // The kernel's field is signed, so widening it extends the sign.
        if commit & 1 << 31 != 0 { commit |= 0xffff_ffff << 32 }
        let page = bytes(timestamp) + long(commit) + data
        return page + Array(repeating: 0, count: pageSize - page.count)
    }

    private func bytes(of item: Item) -> [UInt8] {
        switch item {
        case .marker(let text, let delta):
            return bytes(of: .event(Self.printID, long(0) + Array(text.utf8) + [0], delta: delta))
        case .event(let id, let content, let delta):
            var record = bytes(id) + [0, 0] + bytes(UInt32(42)) + content
            while record.count % 4 != 0 { record.append(0) }
            return word(kind: 0, delta: delta) + bytes(UInt32(record.count + 4)) + record
        case .discarded(let size):
            return word(kind: 29, delta: 1) + bytes(UInt32(size)) + Array(repeating: 0, count: size - 4)
        case .timeExtend: return word(kind: 30, delta: 0) + bytes(UInt32(0))
        case .bytes(let bytes): return bytes
        }
    }

    private func word(kind: UInt32, delta: UInt32) -> [UInt8] {
        bytes(isBigEndian ? kind << 27 | delta : delta << 5 | kind)
    }

    /// The parts of a trace header, in their order.
    package func headerParts(
        cpus: UInt32 = 2, eventsRead: [Int] = [], readAtStart: Int? = nil, instance: String = "",
        clock: String = "local"
    ) -> [[UInt8]] {
        let page = Array(headerPage.utf8)
        let event = Array(Self.headerEvent.utf8)
        let format = Array(printFormat.utf8)
        let symbols = Array("ffffffff81000000 T _text\n".utf8)
        let lines = Array("42 somebody\n".utf8)
        var options: [UInt8] = option(4, "[\(clock)] global\n")
        options += option(5, "Linux somewhere 6.1.0 foreign")
        if !instance.isEmpty {
            options += bytes(UInt16(3)) + bytes(UInt32(instance.utf8.count + 9)) + bytes(UInt64(0))
            options += instance.utf8 + [0]
        }
        for (cpu, count) in eventsRead.enumerated() {
            let start = readAtStart.map { "read events at start: \($0)\n" } ?? ""
            options += option(2, "CPU: \(cpu)\nentries: 0\nread events: \(count)\n\(start)")
        }
        return [
            [0x17, 0x08, 0x44] + "tracing6".utf8 + [0, isBigEndian ? 1 : 0, UInt8(longSize)]
                + bytes(UInt32(pageSize)),
            "header_page".utf8 + [0] + bytes(UInt64(page.count)) + page,
            "header_event".utf8 + [0] + bytes(UInt64(event.count)) + event,
            bytes(UInt32(1)) + bytes(UInt64(format.count)) + format,
            bytes(UInt32(1)) + (formats.isEmpty ? "empty" : "foreign").utf8 + [0]
                + bytes(UInt32(formats.count))
                + formats.flatMap { bytes(UInt64($0.utf8.count)) + Array($0.utf8) },
            bytes(UInt32(symbols.count)) + symbols,
            bytes(UInt32(0)),
            bytes(UInt64(lines.count)) + lines,
            bytes(cpus),
            "options  ".utf8 + [0] + options + bytes(UInt16(0)),
        ]
    }

    package func header(
        cpus: UInt32 = 2, eventsRead: [Int] = [], readAtStart: Int? = nil, instance: String = "",
        clock: String = "local"
    ) -> [UInt8] {
        headerParts(
            cpus: cpus, eventsRead: eventsRead, readAtStart: readAtStart, instance: instance, clock: clock
        ).flatMap { $0 }
    }

    private func option(_ id: UInt16, _ text: String) -> [UInt8] {
        bytes(id) + bytes(UInt32(text.utf8.count + 1)) + text.utf8 + [0]
    }
}
