import CommandSupport
import Reactor
import TraceFile

/// The threads of a QEMU that are the CPUs of its guest.
enum VirtualCPUs {
    /// By the names of the threads, which they have with `-name X,debug-threads=on`: `CPU 0/KVM`.
    ///
    /// - Parameter folder: `/proc/PID/task`.
    /// - Returns: Empty if no thread has such a name, or they may not be read.
    static func threads(in folder: String) -> [LinkedGuest.Thread] {
        // A thread that has gone meanwhile is no CPU.
        let tasks = (try? FileDescriptor.open(folder, .directory).names()) ?? []
        return tasks.compactMap { task in
            let name = (try? FileDescriptor.open("\(folder)/\(task)/comm", .readOnly).contents()) ?? ""
            let words = name.split { $0 == " " || $0 == "/" || $0 == "\n" }
            guard words.count == 3, words[0] == "CPU", let cpu = Int(words[1]), let id = Int(task) else {
                return nil
            }
            return LinkedGuest.Thread(cpu: cpu, id: id)
        }.sorted { $0.cpu < $1.cpu }
    }

    /// By QEMU's monitor: `query-cpus-fast` of QMP.
    static func threads(askedFromMonitor path: String) throws(Failure) -> [LinkedGuest.Thread] {
        let cpus = try QMPConnection(to: path).execute("query-cpus-fast").elements
        let threads = cpus.compactMap { cpu -> LinkedGuest.Thread? in
            guard let number = cpu["cpu-index"]?.int, let thread = cpu["thread-id"]?.int else { return nil }
            return LinkedGuest.Thread(cpu: number, id: thread)
        }
        if threads.isEmpty { throw Failure(.protocolError, "QEMU's monitor at \(path) names no CPUs") }
        return threads
    }
}
