import Glibc

// Writes events for tests and benchmarks, or is what the agent is compared with: see `usage`.

private let usage = """
    usage: trace-load write TRACE_DIR CPU SECONDS RATE SIZE    write numbered records; prints how many
           trace-load bare TRACE_DIR CPU SECONDS SINK          move pages: poll(2), splice(2), splice(2)
           trace-load original TRACE_DIR CPU SECONDS SINK      move pages as Linux's virtio-trace agent
           trace-load switch CPU COUNT                         switch threads; prints nanoseconds a switch
    """

private func run(_ arguments: [String]) throws -> Bool {
    let isSwitch = arguments.first == "switch"
    guard arguments.count >= (isSwitch ? 3 : 5), let cpu = Int(arguments[isSwitch ? 1 : 2]) else {
        return false
    }
    try pin(to: cpu)
    if isSwitch {
        print(try switchThreads(count: Int(arguments[2]) ?? 0))
        return true
    }
    guard let seconds = Double(arguments[3]) else { return false }
    let load = Load(directory: arguments[1], cpu: cpu, seconds: seconds)
    switch arguments[0] {
    case "write" where arguments.count == 6:
        print(try load.writeRecords(rate: Int(arguments[4]) ?? 0, size: Int(arguments[5]) ?? 64))
    case "bare": try load.movePages(to: arguments[4])
    case "original": try load.movePagesAsOriginal(to: arguments[4])
    default: return false
    }
    return true
}

do {
    if try run(Array(CommandLine.arguments.dropFirst())) { exit(0) }
    print(usage)
    exit(64)
} catch {
    print("trace-load: \(error)")
    exit(71)
}
