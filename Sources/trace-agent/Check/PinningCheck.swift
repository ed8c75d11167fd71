import CommandSupport
import Reactor
import Synchronization

/// Checks whether a worker can be pinned to each CPU that is traced: cpuset(7).
enum PinningCheck {
    /// - Parameters:
    ///   - cpus: The CPUs that are traced and online.
    ///   - service: The CPUs that the service may run on; `nil` if all, or if no service is installed.
    static func result(for cpus: [Int], service: CPUList?) -> CheckResult {
        result(own: impossible(among: cpus), service: cpus.filter { service?.cpus.contains($0) == false })
    }

    /// - Parameters:
    ///   - own: The CPUs to which a process that is started like this one cannot be pinned.
    ///   - service: Those to which the service cannot be pinned.
    static func result(own: [Int], service: [Int]) -> CheckResult {
        if !service.isEmpty {
            return .warn(
                "pinning",
                "the service may not run on CPU \(list(service)), so these are read from other CPUs, which costs three times as much: systemctl edit virtio-trace-agent, remove AllowedCPUs="
            )
        }
        if !own.isEmpty {
            return .warn(
                "pinning",
                "this process may not run on CPU \(list(own)) (cpuset), nor may an agent that is started like it: these would be read from other CPUs, which costs three times as much"
            )
        }
        return .ok("pinning", "workers can run on each CPU that is traced")
    }

    private static func list(_ cpus: [Int]) -> String { cpus.map(String.init).joined(separator: ",") }

    /// Results of the thread that is pinned; it has ended when they are read.
    private final class Attempt: Sendable {
        let failed = Mutex<[Int]>([])
    }

    /// The CPUs to which a thread of this process cannot be pinned.
    private static func impossible(among cpus: [Int]) -> [Int] {
        let attempt = Attempt()
        // A thread that cannot be started cannot be pinned either.
        guard
            let thread = try? JoinedThread(
                name: "pinning",
                body: {
                    let failed = cpus.filter { CPUMask([$0]).set(ofThread: callingThreadID) != nil }
                    attempt.failed.withLock { $0 = failed }
                })
        else { return cpus }
        _ = consume thread
        return attempt.failed.withLock { $0 }
    }
}
