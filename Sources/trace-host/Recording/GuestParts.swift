import CommandSupport
import Logging
import Reactor
import TraceFile

/// The parts of a guest's recording: when one ends, and how each becomes a trace.dat while the next one is recorded.
final class GuestParts {
    private let files: RecordingFiles
    private let maker: PartMaker
    /// `nil` if there is only one part.
    private let assembler: PartAssembler<FinishedPart>?
    private var clock: PartClock?
    /// The part that has ended, until its header has come.
    private var ended: FinishedPart?
    private var isFinished = false
    /// Events that had been read from each CPU's ring buffer before the recording, by CPU; `nil` if that is unknown.
    private var readBefore: [Int]?
    /// The same at its end.
    private var readAfter: [Int]?

    init(_ files: RecordingFiles, _ limits: PartLimits?, _ log: Logger) throws(Failure) {
        self.files = files
        clock = limits.map { PartClock($0) }
        let maker = PartMaker(
            keptParts: KeptParts(most: limits?.kept, log), log: log)
        self.maker = maker
        let make = { @Sendable (part: FinishedPart) throws(Failure) in
            do throws(Failure) {
                for line in try maker.make(part) { log.info("\(line)") }
            } catch {
                let command = part.part.command(header: part.header)
                throw Failure(error.status, "\(error); the recorded data is kept: \(command)")
            }
        }
        assembler = try wrappingSystemError { () throws(SystemError) in
            limits == nil ? nil : try PartAssembler(make)
        }
    }

    /// The header from before the recording is in its file.
    func noteFirstHeader() { readBefore = readByCPU }
    /// That from the end is there.
    func noteLastHeader() { readAfter = readByCPU }

    /// A header that cannot be read fails the assembly, with the reason.
    private var readByCPU: [Int]? { (try? TraceHeader(opening: files.header))?.readByCPU }

    /// The first part begins.
    func begin() { if files.isFirstPart { clock?.begin() } }

    func isOver(bytes: Int) -> Bool { clock?.isPartOver(bytes: bytes) ?? false }

    /// A part has ended; its own header is still to come.
    ///
    /// - Parameter header: The one to be used otherwise; `nil` if there is none: the files are kept as they are.
    func end(
        _ part: RecordingPart, _ excess: [Int: Int], header: String?, linkedBy links: [TimeLineOption]
    ) {
        ended = header.map { FinishedPart(part: part, header: $0, excess: excess, links: links) }
    }

    /// Where the header of the part that has ended goes.
    var header: String { ended?.part.headerPath ?? "" }

    /// Makes the trace.dat of the part that has ended, in a thread.
    func assemble(hasHeader: Bool) {
        guard var part = ended else { return }
        ended = nil
        if hasHeader { part.header = part.part.headerPath }
        assembler?.add(part)
    }

    /// Why a part could not be made.
    var failure: Failure? { assembler?.failure }

    /// Waits until all parts but the last one are made.
    func finishOthers() {
        // The guest has gone before the header of the part before has come.
        assemble(hasHeader: false)
        if !isFinished { assembler?.finish() }
        isFinished = true
    }

    /// Makes FILE, or its last part, once all others are made.
    ///
    /// - Returns: The lines of the summary.
    func finish(
        _ excess: [Int: Int], header: String, linkedBy links: [TimeLineOption], _ isCancelled: () -> Bool
    ) throws(Failure) -> [String] {
        finishOthers()
        var part = files.part
        // Of parts, only the sum is known.
        if assembler == nil, let readBefore, let readAfter {
            part.eventsRead = eventsRead(between: readBefore, and: readAfter)
        }
        let lines = try maker.make(
            FinishedPart(part: part, header: header, excess: excess, links: links), isCancelled: isCancelled)
        // Otherwise the command that makes the part needs it.
        if failure == nil { files.removeHeader() }
        return lines
    }
}
