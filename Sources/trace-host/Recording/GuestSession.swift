import CommandSupport
import ControlProtocol
import Logging
import Reactor
import TraceFile

/// The orders of a recording, each of which waits for its answer while the loop serves the streams.
final class GuestSession {
    let loop: EventLoop
    private let folder: String
    private let timeout: Duration
    private let log: Logger
    /// Whether a first signal ends the recording in order; before that it ends the program.
    var isRecording = false

    /// Opens all ports.
    init(_ options: RecordingOptions, _ log: Logger) throws(Failure) {
        folder = options.guest.name
        timeout = options.timeout.duration
        self.log = log
        loop = try EventLoop(options.guest, within: options.timeout)
    }

    /// Serves the streams until `isOver`.
    ///
    /// - Returns: `false` if it is not over after `limit`.
    /// - Throws: If a signal ends the program.
    @discardableResult
    func serve(
        within limit: Duration = .seconds(1 << 40), until isOver: () -> Bool
    ) throws(Failure) -> Bool {
        let isEnded = { [self] in loop.isImpatient || (loop.signal != nil && !isRecording) }
        let result = try loop.serve(within: limit) { isOver() || isEnded() }
        if isEnded() {
            throw Failure(
                .tryAgain,
                "ended by a signal; the agent may go on streaming: trace-host stop \(folder)")
        }
        return result
    }

    /// Gives the order of an agent of the original kind, which is never answered.
    func digit(_ digit: String) throws(Failure) {
        try give { dialog throws(SystemError) in try dialog.orderDigit(digit) }
    }

    /// Orders `word`, and waits for its answer.
    ///
    /// - Returns: `nil` if none comes within `limit`, which is the timeout if `nil`.
    func order(_ word: OrderWord, within limit: Duration? = nil) throws(Failure) -> Answer? {
        try order(Request(word), within: limit)
    }

    /// The same for an order that takes something.
    func order(_ request: Request, within limit: Duration? = nil) throws(Failure) -> Answer? {
        guard let line = try line(request, within: min(limit ?? timeout, timeout)) else { return nil }
        return try parse(line)
    }

    /// Gets a trace header, and writes it to the file at `path`; if none comes, that file stays as it is.
    ///
    /// - Returns: Whether one came.
    func receiveHeader(to path: String) throws(Failure) -> Bool {
        let file = try writing { () throws(TraceFileError) in try NewFile(at: path) }
        guard try receiveHeader(into: file.content) else { return false }
        try writing(file.replaceTarget)
        return true
    }

    /// Gets a trace header, and writes it to an empty file.
    ///
    /// - Returns: Whether one came.
    func receiveHeader(into file: NamedFile) throws(Failure) -> Bool {
        guard let line = try line(Request(.metadata), within: timeout) else {
            log.warning("the agent sends no trace header")
            return false
        }
        let announcement: HeaderAnnouncement = try parse(line)
        if let error = announcement.error { log.warning("\(error)") }
        if announcement.isTooLong { throw Failure(tooLong: announcement) }
        try wrappingSystemError { () throws(SystemError) in
            try loop.receiveHeader(announcement.bytes, to: file)
        }
        if announcement.bytes == 0 { return false }
        try serve(within: timeout) { [loop] in loop.isHeaderComplete || loop.agentHasGone }
        if let error = loop.headerError {
            throw Failure(.outputFailed, "cannot write \(file.name): \(error.code)")
        }
        guard loop.isHeaderComplete else {
            log.warning("the trace header did not come whole")
            return false
        }
        return true
    }

    private func writing<Value>(_ body: () throws(TraceFileError) -> Value) throws(Failure) -> Value {
        do throws(TraceFileError) {
            return try body()
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
    }

    /// Gives an order, whose answer is not waited for.
    func give(_ order: (inout AgentDialog) throws(SystemError) -> Void) throws(Failure) {
        do throws(SystemError) {
            try loop.give(order)
        } catch {
            throw PortFailure.explain(error, in: folder)
        }
    }

    private func line(_ request: Request, within limit: Duration) throws(Failure) -> String? {
        try give { dialog throws(SystemError) in try dialog.order(request) }
        let isAnswered = { [loop] in loop.answer != nil || loop.agentHasGone }
        let unannounced = min(.seconds(1), limit)
        if try !serve(within: unannounced, until: isAnswered) {
            log.info("waiting for the agent's answer to \(request.word.rawValue), at most \(limit)")
            try serve(within: limit - unannounced, until: isAnswered)
        }
        return loop.answer
    }

    private func parse<Line: AnswerLine>(_ line: String) throws(Failure) -> Line {
        do throws(NotAnAnswer) {
            return try Line(line: line)
        } catch {
            let start = Array(line.utf8.prefix(64)).escapedASCII
            throw Failure(.protocolError, "the agent is not of this version: it sent \(start)")
        }
    }
}
