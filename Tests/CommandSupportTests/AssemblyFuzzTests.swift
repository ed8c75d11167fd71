import CommandSupport
import Glibc
import Logging
import Support
import Testing
import TraceFile

/// Damaged headers and pages: the seed is fixed, and `FUZZ_RUNS` sets how many there are.
struct AssemblyFuzzTests {
    private let folder = TemporaryFolder()
    private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let runs = getenv("FUZZ_RUNS").flatMap { Int(String(cString: $0)) } ?? 1000
    /// Of the files that are made, trace-cmd reads one in so many.
    private let sample = 20

    private static let kernels = [
        ForeignKernel(), ForeignKernel(longSize: 4), ForeignKernel(isBigEndian: true),
        ForeignKernel(isBigEndian: true, longSize: 4), ForeignKernel(pageSize: 8192),
    ]
    private static let formats: [TraceFileFormat?] = [nil, .version6, .version7(.none), .version7(.zstd)]

    private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// Writes a header and two streams, of which some are damaged.
    private func writeInput(_ mutator: inout Mutator) throws {
        let kernel = Self.kernels.randomElement(using: &mutator) ?? ForeignKernel()
        let header = kernel.header(
            eventsRead: [3, 1], instance: Bool.random(using: &mutator) ? "box" : "",
            clock: Bool.random(using: &mutator) ? "local" : "counter")
        let isHeaderDamaged = Bool.random(using: &mutator)
        try writeBytes(path("header"), isHeaderDamaged ? mutator.damaged(header) : header)
        for cpu in 0...1 {
            let losses: [ForeignKernel.Loss] = [.none, .counted(5), .counted(.max), .uncounted]
            let pages = (0..<Int.random(in: 0...3, using: &mutator)).flatMap { page in
                kernel.page(
                    at: UInt64(page + 1) * 1000,
                    [.marker("one", delta: 1), .timeExtend, .discarded(bytes: 16), .marker("two", delta: 7)],
                    loss: losses.randomElement(using: &mutator) ?? .none)
            }
            let isDamaged = Int.random(in: 0..<3, using: &mutator) == 0
            try writeBytes(path("cpu\(cpu)"), isDamaged ? mutator.damaged(pages) : pages)
        }
    }

    /// Whether a file was made of the input.
    private func assemble(_ mutator: inout Mutator) -> Bool {
        let assembly = TraceAssembly(
            header: path("header"), streams: [path("cpu0"), path("cpu1")], output: path("trace.dat"),
            replaces: true, salvaging: Bool.random(using: &mutator), isCompact: Bool.random(using: &mutator),
            format: Self.formats.randomElement(using: &mutator) ?? nil)
        do throws(Failure) {
            _ = try assembly.make(log)
            return true
        } catch {
            return false
        }
    }

    @Test func `damaged input is refused, or makes a file that trace-cmd reads, in a second of CPU`()
        throws
    {
        var made = 0
        for run in 0..<runs {
            var mutator = Mutator(seed: UInt64(run))
            try writeInput(&mutator)
            // Microseconds of CPU of this process: clock(3).
            let start = clock()
            let isMade = assemble(&mutator)
            #expect(clock() - start < 1_000_000, "run \(run)")
            guard isMade else { continue }
            made += 1
            let names = ["trace.dat", "trace.2.dat", "trace.3.dat"].filter { access(path($0), F_OK) == 0 }
            if Machine.hasGuest, made % sample == 0 { for name in names { try read(name, run) } }
            for name in names { unlink(path(name)) }
        }
        // Neither is an exception.
        #expect(made > runs / 5 && made < runs * 4 / 5, "\(made) of \(runs) were accepted")
    }

    /// Lets trace-cmd read a file.
    private func read(_ name: String, _ run: Int) throws {
        let report = try Command("trace-cmd", ["report", "-i", path(name)], within: .seconds(5))
        #expect(report.status == 0, "run \(run): \(report.errorText)")
    }
}
