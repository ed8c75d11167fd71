import CommandSupport
import ControlProtocol
import Reactor

/// What systemd knows of the service: systemctl(1).
struct ServiceState: Equatable {
    private let service: [String: String]
    private let socket: [String: String]

    /// How long systemd may take to answer.
    private static let patience = Duration.seconds(5)
    private static let properties = [
        "LoadState", "ActiveState", "Result", "ExecMainStatus", "MainPID", "AllowedCPUs", "EffectiveCPUs",
    ]

    /// - Parameter text: The output of `systemctl show` for the service and its socket, an empty line between them.
    init(shown text: String) {
        var units: [[String: String]] = [[:]]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let sign = line.firstIndex(of: "=") else {
                units.append([:])
                continue
            }
            units[units.count - 1][String(line[..<sign])] = String(line[line.index(after: sign)...])
        }
        service = units[0]
        socket = units.count > 1 ? units[1] : [:]
    }

    /// - Returns: `nil` if no systemd runs here, it does not know the service, or it does not answer.
    static var ofSystem: ServiceState? {
        guard (try? FileDescriptor.Kind(of: "/run/systemd/system")) == .directory else { return nil }
        let name = WellKnown.service
        let words = ["systemctl", "show", "\(name).service", "\(name).socket"]
        let run = try? ProgramRun.run(words + properties.map { "--property=\($0)" }, within: patience)
        guard let run else { return nil }
        let state = ServiceState(shown: run.output)
        return state.service["LoadState"] == "loaded" ? state : nil
    }

    /// The agent's process; `nil` if the service does not run.
    var mainPID: Int? { service["MainPID"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } }

    /// The CPUs that the service may run on; `nil` if all.
    var allowedCPUs: CPUList? {
        [service["EffectiveCPUs"], service["AllowedCPUs"]].compactMap(\.self)
            .first { !$0.isEmpty }.flatMap { CPUList($0.replacing(" ", with: ",")) }
    }

    var result: CheckResult {
        let name = WellKnown.service
        let state = service["ActiveState"] ?? "unknown"
        if state == "failed" || socket["ActiveState"] == "failed" {
            let failed = state == "failed" ? "\(name).service" : "\(name).socket"
            let code = service["ExecMainStatus"] ?? "?"
            let reason = (state == "failed" ? service : socket)["Result"] ?? "?"
            return .fail(
                "service",
                "\(failed) has failed (\(reason), last exit code \(code)): journalctl -u \(name); then \(WellKnown.revivalCommands)"
            )
        }
        return .ok("service", state == "inactive" ? "inactive: an order or a control port starts it" : state)
    }
}
