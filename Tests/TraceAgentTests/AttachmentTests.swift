import Reactor
import Testing

@testable import trace_agent

struct AttachmentTests {
    @Test(arguments: [(0, []), (5, [5]), (70_000, [32768, 32768, 4464])])
    func `gives the file's first bytes in pieces`(bytes: Int, pieces: [Int]) throws {
        let content = MemoryFile.pattern(80_000)
        var attachment = Attachment(try MemoryFile.holding(content), bytes: bytes)
        var sizes: [Int] = []
        var whole: [UInt8] = []
        while case let piece = try attachment.next(), !piece.isEmpty {
            sizes.append(piece.count)
            whole += piece
        }
        #expect(sizes == pieces)
        #expect(whole == Array(content[..<bytes]))
    }

    @Test(arguments: [(0, false), (9, false), (11, true), (21, true), (3600, true)])
    func `a client may accept nothing for 10 seconds`(seconds: Int, isTooSlow: Bool) throws {
        let attachment = Attachment(try MemoryFile.holding([]), bytes: 0)
        #expect(attachment.isTooSlow(at: .now + .seconds(seconds)) == isTooSlow)
    }

    @Test func `progress gives a client more time`() throws {
        var attachment = Attachment(try MemoryFile.holding([]), bytes: 0)
        let begun = ContinuousClock.now
        // Without a pause, both moments could be the same.
        while ContinuousClock.now - begun < .milliseconds(2) {}
        #expect(attachment.isTooSlow(at: begun + .seconds(10) + .milliseconds(1)))
        attachment.noteProgress()
        #expect(!attachment.isTooSlow(at: begun + .seconds(10) + .milliseconds(1)))
    }
}
