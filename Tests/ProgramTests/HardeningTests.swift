import Glibc
import Support
import Testing

/// The options that the program was compiled and linked with, read from its file.
@Suite(.enabled(if: Machine.isCI || hasProgram, "needs the program that `make trace-agent` builds"))
struct HardeningTests {
    private let program: ELFFile
    private let entries: [Int64: UInt64]

    init() throws {
        program = try ELFFile(try readFile(Machine.release("trace-agent")))
        entries = try program.dynamicEntries()
    }

    /// A program that root runs must not load libraries from the folder it lies in.
    @Test func `no folder of its own is searched for libraries`() {
        #expect(!entries.isEmpty)
        #expect(entries[DynamicTag.rpath] == nil)
        #expect(entries[DynamicTag.runpath] == nil)
    }

    @Test func `all symbols are bound at start, and the tables of addresses are read-only from then on`() {
        #expect(program.segments.contains { $0.type == SegmentType.readOnlyAfterRelocation })
        #expect((entries[DynamicTag.flags] ?? 0) & 0x8 != 0, "DF_BIND_NOW")
        #expect((entries[DynamicTag.flags1] ?? 0) & 0x1 != 0, "DF_1_NOW")
    }

    /// A guest need not have what the host's program decodes with.
    @Test func `only the program of the host needs libtraceevent`() throws {
        for (name, isNeeded) in [("trace-agent", false), ("trace-host", true)] {
            let entries = try Command("readelf", ["-d", Machine.release(name)]).output
            #expect(
                entries.contains("libtraceevent.so.1") == isNeeded && entries.contains("libc.so.6"), "\(name)"
            )
        }
    }

    @Test func `the program is position-independent`() {
        #expect(program.type == 3, "ET_DYN")
        #expect((entries[DynamicTag.flags1] ?? 0) & 0x800_0000 != 0, "DF_1_PIE")
    }

    @Test func `no memory is both writable and executable, nor is the stack executable`() {
        let both = SegmentFlags.writable | SegmentFlags.executable
        #expect(program.segments.allSatisfy { $0.flags & both != both })
        let stack = program.segments.first { $0.type == SegmentType.stack }
        #expect(stack.map { $0.flags & SegmentFlags.executable } == 0)
    }

    /// Sources/CEpoll/fortify.c writes the note.
    @Test func `the C code is fortified`() throws {
        let note = try #require(try program.notes().first { $0.owner == "CEpoll" })
        let level = try #require(note.value.first)
        #expect(level >= 2)
    }
}

private let hasProgram = access(Machine.release("trace-agent"), R_OK) == 0
