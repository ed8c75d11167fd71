import CommandSupport
import Reactor

/// libvirt by its program: virsh(1).
struct Virsh {
    /// libvirt's URI; `nil` lets virsh choose, as by `LIBVIRT_DEFAULT_URI`.
    let uri: String?

    /// How long one command may take.
    private static let patience = Duration.seconds(30)

    /// Runs a command.
    ///
    /// - Parameter input: What the command finds in the file `/dev/stdin`.
    /// - Returns: What it prints.
    @discardableResult
    func run(_ command: [String], input: String = "") throws(Failure) -> String {
        let words = ["virsh", "--quiet"] + (uri.map { ["--connect", $0] } ?? []) + command
        let run: ProgramRun?
        do throws(SystemError) {
            run = try ProgramRun.run(words, input: input, within: Self.patience)
        } catch  where error.code == .noEntry {
            throw Failure(.unavailable, "there is no virsh here: apt-get install libvirt-clients")
        } catch {
            throw Failure(error)
        }
        guard let run else {
            throw Failure(.tryAgain, "no answer from libvirt within \(Self.patience): \(Self.line(words))")
        }
        if run.status == 0 { return run.output }
        let error = run.errorText.split(separator: "\n").map { line in
            line.hasPrefix("error: ") ? String(line.dropFirst(7)) : String(line)
        }
        throw Failure(.unavailable, "\(Self.line(words)): \(error.joined(separator: ": "))")
    }

    private static func line(_ words: [String]) -> String {
        ShellCommand.line(words.filter { $0 != "--quiet" })
    }

    /// The names of the domains that run.
    func runningDomains() throws(Failure) -> [String] {
        try run(["list", "--name"]).split(separator: "\n").map { String($0) }
    }

    /// The domain as it runs; as it is defined, if it does not run.
    func domain(_ name: String) throws(Failure) -> Domain { try dump(name, []) }

    /// The domain as it will be started the next time.
    func definition(of name: String) throws(Failure) -> Domain { try dump(name, ["--inactive"]) }

    private func dump(_ name: String, _ options: [String]) throws(Failure) -> Domain {
        let document = try run(["dumpxml", "--domain=\(name)"] + options)
        guard let element = XMLElement(document: document), element.name == "domain" else {
            throw Failure(.protocolError, "what virsh dumpxml \(name) prints is no domain")
        }
        return Domain(element)
    }

    /// Plugs a device into the running domain, and with `isPersistent` into its definition.
    func attach(_ device: String, to name: String, isPersistent: Bool) throws(Failure) {
        try run(
            ["attach-device", "--domain=\(name)", "--file=/dev/stdin", "--live"]
                + (isPersistent ? ["--config"] : []), input: device)
    }

    /// Begins to take a device out of the running domain, or out of its definition.
    func detach(alias: String, from name: String, _ part: String) throws(Failure) {
        try run(["detach-device-alias", "--domain=\(name)", "--alias=\(alias)", part])
    }
}
