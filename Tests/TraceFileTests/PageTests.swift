import Reactor
import Support
import Testing

@testable import TraceFile

struct PageTests {
    private static let kernels = [
        ForeignKernel(), ForeignKernel(longSize: 4), ForeignKernel(isBigEndian: true),
        ForeignKernel(isBigEndian: true, longSize: 4), ForeignKernel(pageSize: 65536),
    ]

    private func layout(_ kernel: ForeignKernel) throws -> PageLayout {
        try #require(PageLayout(headerPage: kernel.headerPage, order: kernel.isBigEndian ? .big : .little))
    }

    private func page(_ bytes: [UInt8], _ kernel: ForeignKernel) throws -> Page {
        let layout = try layout(kernel)
        return try bytes.withUnsafeBytes { try Page($0, layout) }
    }

    @Test(arguments: kernels)
    func `reads the page layout from header_page`(kernel: ForeignKernel) throws {
        let layout = try layout(kernel)
        #expect(layout.pageSize == kernel.pageSize)
        #expect(layout.longSize == kernel.longSize)
    }

    @Test(arguments: [
        "", "field: char data;\toffset:;", ForeignKernel().headerPage.replacing("commit", with: "other"),
        ForeignKernel().headerPage.replacing("size:8;\tsigned:1", with: "size:2;\tsigned:1"),
        ForeignKernel().headerPage.replacing("4080", with: "99999999999999999999"),
        ForeignKernel().headerPage.replacing("4080", with: "0"),
        // No kernel has sub-buffers of 4095 or 1024 bytes, and trace-cmd cannot map them.
        ForeignKernel().headerPage.replacing("4080", with: "4079"),
        ForeignKernel().headerPage.replacing("4080", with: "1008"),
        ForeignKernel().headerPage.replacing("offset:16", with: "offset:12"),
        ForeignKernel().headerPage.replacing("u64", with: "u&4"),
        ForeignKernel().headerPage.replacing("field: char", with: "fiel[: char"),
    ])
    func `refuses a text that is not from header_page`(text: String) {
        #expect(PageLayout(headerPage: text) == nil)
    }

    @Test(arguments: kernels)
    func `counts the events of a page, and no padding or time stamps`(kernel: ForeignKernel) throws {
        let bytes = kernel.page(
            at: 77,
            [
                .marker("one", delta: 0), .discarded(bytes: 24), .timeExtend, .marker("two", delta: 5),
                .marker("a longer one", delta: 1),
            ])
        let page = try page(bytes, kernel)
        #expect(page == (try Page(timestamp: 77, events: 3)))
    }

    @Test(arguments: kernels)
    func `reads how many events were lost before a page`(kernel: ForeignKernel) throws {
        let items = [ForeignKernel.Item.marker("x", delta: 0)]
        #expect(try page(kernel.page(at: 1, items, loss: .counted(12345)), kernel).loss == .counted(12345))
        #expect(try page(kernel.page(at: 1, items, loss: .uncounted), kernel).loss == .uncounted)
        #expect(try page(kernel.page(at: 1, items), kernel).loss == .none)
    }

    @Test func `counts short records, and skips padding up to the end of the page`() throws {
        let kernel = ForeignKernel()
        // Two records of 12 bytes, whose length is in their first word, then padding up to the end.
        let record = kernel.bytes(UInt32(3)) + Array(repeating: 1, count: 12)
        let padding = kernel.bytes(UInt32(29)) + Array(repeating: 9, count: 40)
        #expect(try page(kernel.page(at: 1, [.bytes(record + record + padding)]), kernel).events == 2)
    }

    @Test func `refuses bytes that are not a page, with the reason`() throws {
        let kernel = ForeignKernel()
        let zeros = [UInt8](repeating: 0, count: 4096)
        let long = kernel.bytes(UInt64(1)) + kernel.bytes(UInt64(4081)) + zeros[16...]
        func flaw(_ bytes: [UInt8]) throws -> Page.Flaw? {
            do { _ = try page(bytes, kernel) } catch let flaw as Page.Flaw { return flaw }
            return nil
        }
        #expect(try flaw(zeros) == .empty)
        #expect(try flaw(long) == .tooLong(bytes: 4081, room: 4080))
        let beyond = kernel.page(at: 1, [.marker("x", delta: 0), .bytes(kernel.bytes(UInt32(28)))])
        #expect(try flaw(beyond) == .eventBeyondEnd(offset: 16 + 28))
        // A length of 0 would never advance: it has to include itself.
        let stuck = kernel.page(at: 1, [.bytes(kernel.bytes(UInt32(0)) + kernel.bytes(UInt32(0)))])
        #expect(try flaw(stuck) == .eventBeyondEnd(offset: 16))
        let halfWord = kernel.page(at: 1, [.bytes([1, 0])])
        #expect(try flaw(halfWord) == .eventBeyondEnd(offset: 16))
    }

    @Test func `random bytes are counted or refused, without a trap`() throws {
        var generator = SystemRandomNumberGenerator()
        let kernel = ForeignKernel()
        for _ in 0..<2000 {
            var bytes = (0..<512).flatMap { _ in kernel.bytes(generator.next() as UInt64) }
            bytes.replaceSubrange(8..<16, with: kernel.bytes(UInt64.random(in: 0...4080)))
            do { #expect(try page(bytes, kernel).events <= 1020) } catch is Page.Flaw {}
        }
    }
}

extension Page {
    fileprivate init(timestamp: UInt64, events: Int) throws {
        let kernel = ForeignKernel()
        let markers = (0..<events).map { _ in ForeignKernel.Item.marker("", delta: 0) }
        let layout = try #require(PageLayout(headerPage: kernel.headerPage, order: .little))
        self = try kernel.page(at: timestamp, markers).withUnsafeBytes { try Page($0, layout) }
    }
}

extension ForeignKernel: CustomTestStringConvertible {
    public var testDescription: String {
        "\(isBigEndian ? "big" : "little") endian, long of \(longSize), pages of \(pageSize)"
    }
}
