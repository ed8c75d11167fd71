import Reactor

/// A trace.dat of version 7, whose sections are put together to a trace header of version 6: their contents are the same.
struct Version7 {
    let header: TraceHeader
    private let file: NamedFile
    private let isCompressed: Bool
    private let buffers: [Buffer]

    /// A trace buffer, with the places of its pages.
    struct Buffer {
        let name: String
        let option: HeaderOption
        let isCompressed: Bool
        let places: [(cpu: Int, range: Range<Int>)]
    }

    /// HEADER_INFO to CMDLINES; of all but the first, this stands for one that is missing.
    private static let sections: [(id: UInt16, missing: [UInt8]?)] = [
        (16, nil), (17, [0, 0, 0, 0]), (18, [0, 0, 0, 0]), (19, [0, 0, 0, 0]), (20, [0, 0, 0, 0]),
        (21, [0, 0, 0, 0, 0, 0, 0, 0]),
    ]
    /// Far more bytes than the kernel's symbols or the formats of all events have.
    private static let largestSection = 64 << 20

    init(_ file: NamedFile) throws(TraceFileError) {
        self.file = file
        var cursor = try Section(file, at: TraceHeader.magic.count + 2, ofBytes: 1 << 10)
        let start = try cursor.bytes(6)
        let order: ByteOrder = start[0] == 0 ? .little : .big
        cursor.order = order
        let compressor = try cursor.text()
        _ = try cursor.text()
        guard compressor == "none" || compressor == "zstd" else {
            throw .malformed(
                file: file.name, problem: "compressed with \(compressor.utf8.count > 16 ? "?" : compressor)")
        }
        isCompressed = compressor == "zstd"
        let options = try Self.options(file, at: try cursor.size(), order)
        var buffers: [Buffer] = []
        for option in options where option.id == HeaderOption.buffer {
            buffers.append(try Self.buffer(option, file, order))
        }
        self.buffers = buffers
        var image = TraceHeader.magic + Array("6".utf8) + [0] + start
        for (id, missing) in Self.sections {
            guard let place = options.first(where: { $0.id == id && $0.data.count == 8 }) else {
                guard let missing else { throw .malformed(file: file.name, problem: "it has no HEADER_INFO") }
                image += missing
                continue
            }
            image += try Self.body(
                file, at: Int(clamping: place.data.withUnsafeBytes { order.load(UInt64.self, $0, at: 0) }),
                order)
        }
        let cpus = options.first { $0.id == HeaderOption.cpuCount && $0.data.count == 4 }?.data
        image += cpus ?? order.bytes(UInt32(1 + (buffers.flatMap(\.places).map(\.cpu).max() ?? 0)))
        image += TraceHeader.optionsMark
        let shown = buffers.first { !$0.places.isEmpty }
        for option in options.filter({ $0.copy != nil }) + [shown?.option].compactMap(\.self) {
            image += order.bytes(option.id) + order.bytes(UInt32(option.data.count)) + option.data
        }
        header = try Self.header(image + [0, 0], file.name)
    }

    private static func header(_ image: [UInt8], _ name: String) throws(TraceFileError) -> TraceHeader {
        let memory = try naming(name) { () throws(SystemError) in
            let memory = try FileDescriptor.inMemory("header")
            try memory.write(image, at: 0)
            return memory
        }
        return try TraceHeader(memory, name: name)
    }

    /// The pages of the first buffer that has some, and the names of the others that have.
    func streams() throws(TraceFileError) -> (streams: [Int: PageReader], others: [String]) {
        let filled = buffers.filter { !$0.places.isEmpty }
        guard let shown = filled.first else { return ([:], []) }
        var streams: [Int: PageReader] = [:]
        for (cpu, range) in shown.places where range.count > 4 {
            guard shown.isCompressed else {
                streams[cpu] = PageReader(file, range, header.layout)
                continue
            }
            var section = try Section(file, at: range.lowerBound, ofBytes: 4)
            section.order = header.layout.order
            let chunks = Int(try section.number() as UInt32)
            streams[cpu] = PageReader(
                file, range.dropFirst(4), header.layout, chunks: chunks)
        }
        return (streams, filled.dropFirst().map(\.name))
    }

    private static func options(
        _ file: NamedFile, at place: Int, _ order: ByteOrder
    ) throws(TraceFileError) -> [HeaderOption] {
        var options: [HeaderOption] = []
        var next = place
        while next != 0 {
            var section = Section(try body(file, at: next, order), file.name, order)
            let last = next
            next = 0
            while !section.isAtEnd {
                let id: UInt16 = try section.number()
                let data = try section.bytes(Int(try section.number() as UInt32))
                if id == 0 {
                    next =
                        data.count == 8
                        ? Int(clamping: data.withUnsafeBytes { order.load(UInt64.self, $0, at: 0) }) : 0
                    if next != 0, next <= last {
                        throw .malformed(file: file.name, problem: "its options go round in a circle")
                    }
                    break
                }
                options.append(HeaderOption(id: id, data: data))
            }
        }
        return options
    }

    /// The content of the section at `place`.
    private static func body(
        _ file: NamedFile, at place: Int, _ order: ByteOrder
    ) throws(TraceFileError) -> [UInt8] {
        var head = try Section(file, at: place, ofBytes: sectionHeader)
        head.order = order
        _ = try head.number() as UInt16
        let flags: UInt16 = try head.number()
        _ = try head.number() as UInt32
        let size = try head.size()
        let start = place + sectionHeader
        if flags & 1 != 0 { return try unpack(file, at: start, order, limit: largestSection).bytes }
        guard size <= largestSection else {
            throw .malformed(file: file.name, problem: "the section at byte \(place) is too large")
        }
        let bytes = try naming(file.name) { () throws(SystemError) in
            try file.descriptor.read(size, at: start)
        }
        if bytes.count < size { throw truncated(file, place) }
        return bytes
    }

    private static let sectionHeader = 16

    private static func buffer(
        _ option: HeaderOption, _ file: NamedFile, _ order: ByteOrder
    ) throws(TraceFileError) -> Buffer {
        var fields = Section(option.data, file.name, order)
        let place = try fields.size()
        let name = try fields.text()
        // The clock, and the size of pages, which other options have.
        _ = try fields.text()
        _ = try fields.number() as UInt32
        let count = Int(try fields.number() as UInt32)
        var places: [(Int, Range<Int>)] = []
        for _ in 0..<count {
            let cpu = Int(try fields.number() as UInt32)
            guard cpu < TraceHeader.largestCPUCount else {
                throw .malformed(file: file.name, problem: "it has pages of a CPU \(cpu)")
            }
            let bytes = try fields.bytes(16)
            let range = bytes.withUnsafeBytes { TraceDataFile.range($0, at: 0, order) }
            if let range { places.append((cpu, range)) }
        }
        var head = try Section(file, at: place, ofBytes: sectionHeader)
        head.order = order
        _ = try head.number() as UInt16
        let flags: UInt16 = try head.number()
        return Buffer(name: name, option: option, isCompressed: flags & 1 != 0, places: places)
    }
}
