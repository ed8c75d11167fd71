import CommandSupport
import Reactor

/// The process that decodes and prints: what a guest has sent may be more than libtraceevent can bear, and a terminal may
/// stand still, which must not end or hold up what comes from the guest.
final class PrinterProcess {
    private let process: ChildProcess

    /// - Parameters:
    ///   - words: The arguments.
    ///   - input: Its standard input.
    init(_ words: [String], input: borrowing FileDescriptor) throws(Failure) {
        let program = FileDescriptor.resolve("/proc/self/exe") ?? ProgramName.own
        process = try wrappingSystemError { () throws(SystemError) in
            try ChildProcess([program] + words, passing: input, as: 0)
        }
    }

    var hasEnded: Bool { process.status(within: .zero) != nil }

    func terminate() { process.terminate() }

    /// - Throws: If it has not ended well.
    func check() throws(Failure) {
        guard let status = process.status(within: .zero), status != 0 else { return }
        if status == 128 + 15 { return }
        if status > 128 {
            throw Failure(
                .dataError,
                "the decoder was ended by signal \(status - 128): libtraceevent cannot bear what the guest has sent"
            )
        }
        throw Failure(ExitStatus(rawValue: status) ?? .operatingSystem, "the decoder has ended: see above")
    }
}
