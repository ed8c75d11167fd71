import CommandSupport
import Reactor
import TraceFile

/// Prints a finished trace.dat.
struct FilePrinter {
    private let data: TraceDataFile

    init(_ path: String) throws(Failure) {
        do throws(TraceFileError) {
            data = try TraceDataFile(opening: path)
        } catch {
            throw Failure(reading: error)
        }
    }

    /// The names of trace buffers in the file that are not printed.
    var otherBuffers: [String] { data.otherBuffers }

    func run(
        _ options: PrintOptions, to output: EventOutput, isCancelled: () -> Bool = { false }
    ) throws(Failure) -> EventPrinter {
        var options = options
        // Nothing comes later than it should.
        options.window = .seconds(1 << 40)
        let printer = try EventPrinter(data.header, cpus: data.streams.keys, options, to: output)
        while !isCancelled(), !printer.isOutputClosed {
            let cpus = printer.cpusInNeed
            if cpus.isEmpty { break }
            for cpu in cpus {
                if let page = try nextPage(cpu) { printer.add(page, cpu: cpu) } else { printer.end(cpu: cpu) }
            }
            try printer.print()
        }
        return printer
    }

    private func nextPage(_ cpu: Int) throws(Failure) -> [UInt8]? {
        do throws(TraceFileError) {
            return try data.streams[cpu]?.next()
        } catch {
            throw Failure(reading: error)
        }
    }
}

extension Failure {
    /// A file cannot be read.
    init(reading error: TraceFileError) {
        if case .system(let file, let cause) = error {
            self.init(.noInput, "cannot read \(file): \(cause.code)")
        } else {
            self.init(.dataError, "\(error)")
        }
    }
}
