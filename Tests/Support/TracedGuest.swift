/// A guest with a shell, in which tests start the agent and record.
package protocol TracedGuest {
    /// Runs a shell command in the guest: what it prints, without the last newline.
    @discardableResult
    func run(_ command: String, within limit: Duration) throws -> String
}

extension TracedGuest {
    @discardableResult
    package func run(_ command: String) throws -> String { try run(command, within: patience) }

    /// Starts the agent on an empty ring of `ringKiB`, with nothing else recorded than what the tests write.
    package func startAgent(_ options: String = "", ringKiB: Int = 2048) throws {
        try run("cd /sys/kernel/tracing; echo \(ringKiB) > buffer_size_kb; echo > trace; cd /")
        try run("(trace-agent \(options) 2> /tmp/agent.log & echo $! > /tmp/agent.pid)")
        // An emulated CPU takes half a second for that: as long as the ring buffers last.
        try run(
            """
            until grep -q 'without privileges' /tmp/agent.log || ! [ -d /proc/$(cat /tmp/agent.pid) ]; do usleep 10000; done
            """)
    }

    /// Ends it as a service manager does, and waits; what it said.
    @discardableResult
    package func endAgent(_ signal: String = "TERM") throws -> String {
        try run(
            "kill -\(signal) $(cat /tmp/agent.pid); while [ -d /proc/$(cat /tmp/agent.pid) ]; do usleep 10000; done"
        )
        return try run("cat /tmp/agent.log")
    }

    /// Writes numbered records on both CPUs at once; how many it were.
    package func writeRecords(seconds: Double, rate: Int) throws -> [Int] {
        let load = { (cpu: Int) in
            "trace-load write /sys/kernel/tracing \(cpu) \(seconds) \(rate) 64 > /tmp/count\(cpu)"
        }
        try run("\(load(0)) & p=$!; \(load(1)); wait $p", within: .seconds(120))
        return try (0...1).map { cpu in
            guard let count = Int(try run("cat /tmp/count\(cpu)")) else { throw TestFailure("no count") }
            return count
        }
    }

    package func number(_ command: String) throws -> Int {
        let text = try run(command)
        guard let number = Int(text) else { throw TestFailure("\(command): \(text)") }
        return number
    }

    package func stat(_ name: String, cpu: Int) throws -> Int {
        try number("sed -n 's/^\(name): //p' /sys/kernel/tracing/per_cpu/cpu\(cpu)/stats")
    }
}
