import Reactor
import Support
import Testing

@testable import TraceFile

/// Files without the formats that their pages do not need.
struct CompactTests {
    private let folder = TemporaryFolder()

    private func format(_ type: UInt16, _ kernel: ForeignKernel) -> [UInt8] {
        let text = Array("name: event\(type)\nID: \(type)\nformat:\n".utf8)
        return kernel.bytes(UInt64(text.count)) + text
    }

    private func systems(_ types: [(String, [UInt16])], _ kernel: ForeignKernel) -> [UInt8] {
        types.reduce(into: kernel.bytes(UInt32(types.count))) { bytes, system in
            bytes += system.0.utf8 + [0] + kernel.bytes(UInt32(system.1.count))
            for type in system.1 { bytes += format(type, kernel) }
        }
    }

    /// An event of 8 bytes: a short one has its length in its first word.
    private func event(_ type: UInt16, isShort: Bool, _ kernel: ForeignKernel) -> ForeignKernel.Item {
        let kind: UInt32 = isShort ? 2 : 0
        let word = kernel.bytes(kernel.isBigEndian ? kind << 27 : kind)
        let data = kernel.bytes(type) + [0, 0] + kernel.bytes(UInt32(42))
        return .bytes(word + (isShort ? [] : kernel.bytes(UInt32(data.count + 4))) + data)
    }

    @Test(arguments: [ForeignKernel(), ForeignKernel(isBigEndian: true, longSize: 4)], ["", "box"])
    func `a compacted header has the formats of events that occur, and all else`(
        kernel: ForeignKernel, instance: String
    ) throws {
        var parts = kernel.headerParts(eventsRead: [3, 1], instance: instance)
        let place = 4
        parts[place] = systems(
            [("one", [100, 101]), ("two", [0, 102]), ("three", [103, 104, .max])], kernel)
        // An answer line may precede a header.
        try writeBytes("\(folder.path)/header", Array("{}\n".utf8) + parts.flatMap { $0 })
        // What was discarded is no event, and its bytes are zeros here.
        let pages = [
            kernel.page(at: 1, [event(101, isShort: true, kernel), .discarded(bytes: 16)]),
            kernel.page(
                at: 2,
                [event(103, isShort: false, kernel), .timeExtend, event(.max, isShort: true, kernel)]),
        ]
        var streams: [CPUStream] = []
        for (cpu, page) in pages.enumerated() {
            try writeBytes("\(folder.path)/cpu\(cpu)", page)
            streams.append(try CPUStream(opening: "\(folder.path)/cpu\(cpu)"))
        }
        let assembly = try Assembly(TraceHeader(opening: "\(folder.path)/header"), streams)
        let types = EventTypes()
        #expect(try assembly.survey(types: types).map(\.total.events) == [1, 2])
        let compact = try assembly.compacted(to: types).header
        parts[place] = systems([("one", [101]), ("three", [103, .max])], kernel)
        let expected = parts.flatMap { $0 }
        let isExpected = try compact.file.read(compact.size, at: 0) == expected
        #expect(isExpected && compact.size == expected.count && compact.instance == instance)
    }
}
