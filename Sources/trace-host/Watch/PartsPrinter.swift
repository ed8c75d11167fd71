import CommandSupport
import Reactor
import TraceFile

/// Prints the parts of a recording that goes on, FILE.head and FILE.cpuN, as they grow.
final class PartsPrinter {
    private let path: String
    private let header: TraceHeader
    private var readers: [PageReader] = []
    /// How far behind the recording the printing may be, in bytes of a CPU; `nil` if it may be as far as it likes.
    private let mostBehind: Int?

    /// The time between two looks at the files.
    private static let tick = Duration.milliseconds(50)
    /// Pages of a CPU that are read in a turn, so that all have their turns.
    private static let turn = 64

    init(_ path: String, mostBehind: Int?) throws(Failure) {
        self.path = path
        self.mostBehind = mostBehind
        do throws(TraceFileError) {
            header = try TraceHeader(opening: "\(path).head")
        } catch {
            throw Failure(reading: error)
        }
    }

    /// Whether the recording FILE has parts, and so goes on, or has been killed.
    static func areThere(_ path: String) -> Bool { FileDescriptor.resolve("\(path).head") != nil }

    /// Prints until `isOver`, which may wait as long as it is told, or the parts are removed because FILE is made.
    func run(
        _ options: PrintOptions, to output: EventOutput, isOver: (Duration) -> Bool
    ) throws(Failure) -> EventPrinter {
        let printer = try EventPrinter(header, cpus: [], options, to: output)
        var (isLast, isBusy) = (false, true)
        while !printer.isOutputClosed {
            // What came before this is asked is printed.
            isLast = isOver(isBusy ? .zero : Self.tick) || isRemoved
            try findReaders(printer)
            isBusy = try readTurn(printer)
            while isLast, isBusy, !printer.isOutputClosed {
                try printer.print()
                isBusy = try readTurn(printer)
            }
            try printer.print(isComplete: isLast)
            if isLast { break }
        }
        return printer
    }

    private var isRemoved: Bool { !readers.isEmpty && readers.allSatisfy(\.isRemoved) }

    /// Opens the parts of further CPUs.
    private func findReaders(_ printer: EventPrinter) throws(Failure) {
        while FileDescriptor.resolve("\(path).cpu\(readers.count)") != nil {
            do throws(TraceFileError) {
                readers.append(try PageReader(growing: "\(path).cpu\(readers.count)", header.layout))
            } catch {
                throw Failure(reading: error)
            }
            printer.expect(cpu: readers.count - 1)
        }
    }

    /// Reads some of what has come.
    ///
    /// - Returns: Whether there can be more.
    private func readTurn(_ printer: EventPrinter) throws(Failure) -> Bool {
        var isBusy = false
        do throws(TraceFileError) {
            for (cpu, reader) in readers.enumerated() {
                var skipped =
                    try mostBehind.map { limit throws(TraceFileError) in try reader.skip(toLast: limit) } ?? 0
                var count = 0
                while count < Self.turn, let page = try reader.next() {
                    printer.add(page, cpu: cpu, skipped: skipped)
                    skipped = 0
                    count += 1
                }
                if count == Self.turn { isBusy = true }
            }
        } catch {
            throw Failure(reading: error)
        }
        return isBusy
    }
}
