/// A machine on which the agent is a service: a container or a guest.
package protocol Service {
    /// Runs a shell command there: what it prints, without the last newline.
    @discardableResult
    func run(_ command: String) throws -> String
}

extension Container: Service {}

extension Guest: Service {}

extension Service {
    /// One property of the service: systemctl(1).
    package func property(_ name: String) throws -> String {
        try run("systemctl show --property \(name) --value virtio-trace-agent.service")
    }

    /// The service's process, 0 if there is none.
    package func mainPID() throws -> Int { Int(try property("MainPID")) ?? 0 }

    /// One field of `/proc/PID/status` of the service.
    package func status(_ field: String) throws -> String {
        let line = try run("grep '^\(field):' /proc/\(mainPID())/status")
        return line.dropFirst(field.count + 1).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The answer to an order that is given with the agent's own client.
    package func client(_ word: String) throws -> Answer { try Answer(run("trace-agent \(word) --json")) }

    /// What the service has said since its machine came up; with `option`, in another form.
    package func journal(_ option: String = "-o cat") throws -> String {
        try run("journalctl --sync; journalctl --no-pager --unit virtio-trace-agent.service \(option)")
    }
}
