import Support
import Testing

@testable import TraceFile

/// Finished files, read again.
struct ReadingTests {
    private let folder = TemporaryFolder()
    private static let formats: [TraceFileFormat] = [.version6, .version7(.none), .version7(.zstd)]

    private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// Makes a file with 200 pages of CPU 0 and 3 of CPU 2.
    private func make(_ format: TraceFileFormat, _ kernel: ForeignKernel) throws -> [[UInt8]] {
        try writeBytes(path("header"), kernel.header(cpus: 3, instance: "box"))
        let counts = [200, 0, 3]
        var pages: [[UInt8]] = []
        for (cpu, count) in counts.enumerated() {
            let stream = (0..<count).flatMap { number in
                kernel.page(at: UInt64(number + 1) * 1000, [.marker("\(cpu) \(number)", delta: 0)])
            }
            pages.append(stream)
            try writeBytes(path("cpu\(cpu)"), stream)
        }
        let assembly = try Assembly(
            try TraceHeader(opening: path("header")),
            try (0...2).map { try CPUStream(opening: path("cpu\($0)")) },
            as: format)
        let file = try NewFile(at: path("trace.dat"))
        try assembly.write(Assembly.files(try assembly.survey())[0], to: file.content)
        try file.replaceTarget()
        return pages
    }

    private func read(_ data: TraceDataFile) throws -> [Int: [UInt8]] {
        try data.streams.mapValues { reader in
            var bytes: [UInt8] = []
            while let page = try reader.next() { bytes += page }
            return bytes
        }
    }

    @Test(arguments: formats)
    func `the pages and the header of a file of each version are those that it was made of`(
        format: TraceFileFormat
    ) throws {
        for kernel in [ForeignKernel(), ForeignKernel(isBigEndian: true, longSize: 4)] {
            let pages = try make(format, kernel)
            let data = try TraceDataFile(opening: path("trace.dat"))
            let found = try read(data)
            let isEqual = found == [0: pages[0], 2: pages[2]]
            #expect(isEqual && data.otherBuffers == [])
            #expect(data.header.clock == "local" && data.header.cpus == 3)
            #expect(try data.header.commandLines() == Array("42 somebody\n".utf8))
        }
        #expect(throws: TraceFileError.self) { try TraceDataFile(opening: path("header")) }
    }

    @Test(arguments: [false, true])
    func `a CPU whose number no machine has is refused`(lacksCount: Bool) throws {
        _ = try make(.version7(.none), ForeignKernel())
        var file = try readFile(path("trace.dat"))
        func replace(_ bytes: [UInt8], at offset: Int, by new: [UInt8]) throws {
            let place = try #require(file.lastRange(of: bytes)).lowerBound + offset
            file.replaceSubrange(place..<place + new.count, with: new)
        }
        // The first CPU of the buffer's table; the option CPUCOUNT gets an id that means nothing.
        try replace([0, 16, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], at: 8, by: [0xff, 0xff, 0xff, 0xff])
        if lacksCount { try replace([8, 0, 4, 0, 0, 0, 3, 0, 0, 0], at: 0, by: [0xff, 0x7f]) }
        try writeBytes(path("damaged"), file)
        let error = #expect(throws: TraceFileError.self) { try TraceDataFile(opening: path("damaged")) }
        #expect(error.map { "\($0)".contains("CPU 4294967295") } == true, "\(error.debugDescription)")
    }

    @Test func `a damaged file is refused, or read up to the damage`() throws {
        var whole = 0
        let runs = 300
        for (index, format) in Self.formats.enumerated() {
            _ = try make(format, ForeignKernel())
            let file = try readFile(path("trace.dat"))
            for run in 0..<runs / 3 {
                var mutator = Mutator(seed: UInt64(run * 3 + index))
                // Most of the file is pages, whose damage is another test's subject.
                let places = [0..<4096, file.count - 4096..<file.count]
                let place = places.randomElement(using: &mutator) ?? 0..<4096
                try writeBytes(
                    path("damaged"),
                    file[..<place.lowerBound] + mutator.damaged(Array(file[place]))
                        + file[place.upperBound...])
                if let data = try? TraceDataFile(opening: path("damaged")), (try? read(data)) != nil {
                    whole += 1
                }
            }
        }
        #expect(whole > runs / 10 && whole < runs, "\(whole)")
    }
}
