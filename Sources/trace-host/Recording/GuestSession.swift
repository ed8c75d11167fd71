import CommandSupport
import ControlProtocol
import Logging
import Reactor
import TraceFile

/// The orders to a guest's agent, and its answers; what fails is explained to the user, and no call waits.
final class GuestSession {
    private let link: GuestLink
    private let log: Logger
    /// Where a trace header that is on its way goes; `nil` if none is.
    private var header: NamedFile?
    /// The file that gets its name when the header is complete; `nil` if it has none.
    private var newFile: NewFile?

    init(_ link: GuestLink, _ log: Logger) {
        self.link = link
        self.log = log
    }

    /// Gives the order of an agent of the original kind, which is never answered.
    func digit(_ digit: String) throws(Failure) {
        try give { dialog throws(SystemError) in try dialog.orderDigit(digit) }
    }

    func order(_ word: OrderWord) throws(Failure) { try order(Request(word)) }

    /// The same for an order that takes something.
    func order(_ request: Request) throws(Failure) {
        try give { dialog throws(SystemError) in try dialog.order(request) }
    }

    /// Whether nothing more is to be waited for.
    var isAnswered: Bool { link.answer != nil || link.agentHasGone }

    /// The answer to the last order; `nil` if none has come.
    func answer() throws(Failure) -> Answer? { try line() }

    /// The agent has had time to announce a trace header, which goes to the file at `path`.
    func beginHeader(to path: String) throws(Failure) {
        let file = try writing { () throws(TraceFileError) in try NewFile(at: path, isPrivate: true) }
        try beginHeader(into: file.content)
        newFile = file
    }

    /// The same with an empty file.
    func beginHeader(into file: NamedFile) throws(Failure) {
        (header, newFile) = (nil, nil)
        guard let announcement: HeaderAnnouncement = try line() else {
            return log.warning("the agent sends no trace header")
        }
        if let error = announcement.error { log.warning("\(error)") }
        if announcement.isTooLong { throw Failure(tooLong: announcement) }
        link.receiveHeader(announcement.bytes, to: file)
        if announcement.bytes > 0 { header = file }
    }

    /// Whether nothing more is to be waited for.
    var isHeaderOver: Bool { header == nil || link.isHeaderComplete || link.agentHasGone }

    /// The header has had time to come.
    ///
    /// - Returns: Whether it is in its file; if it is not, a file that was there stays as it is.
    func endHeader() throws(Failure) -> Bool {
        defer { (header, newFile) = (nil, nil) }
        guard let file = header else { return false }
        if let error = link.headerError {
            throw Failure(.outputFailed, "cannot write \(file.name): \(error.code)")
        }
        guard link.isHeaderComplete else {
            log.warning("the trace header did not come whole")
            return false
        }
        if let newFile { try writing(newFile.replaceTarget) }
        return true
    }

    private func give(_ order: (inout AgentDialog) throws(SystemError) -> Void) throws(Failure) {
        do throws(SystemError) {
            try link.give(order)
        } catch {
            throw PortFailure.explain(error, in: link.name)
        }
    }

    private func line<Line: AnswerLine>() throws(Failure) -> Line? {
        guard let line = link.answer else { return nil }
        do throws(NotAnAnswer) {
            return try Line(line: line)
        } catch {
            throw Failure(noAnswer: line, from: GuestAgent.name(ofGuest: link.name))
        }
    }
}
