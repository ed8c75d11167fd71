import CommandSupport
import FoundationEssentials
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
        let cpus: [CPU]
        do throws(SystemError) {
            let connection = try FileDescriptor.connect(toSocketAt: path, within: patience)
            var monitor = LineReader(connection)
            for command in ["qmp_capabilities", "query-cpus-fast"] {
                guard try monitor.connection.write(Array("{\"execute\":\"\(command)\"}\n".utf8)) != nil else {
                    throw SystemError(call: "write", subject: path, code: .wouldBlock)
                }
            }
            // Before the answers come a greeting, and events.
            var answers: [String] = []
            while answers.count < 2 {
                guard let line = try monitor.line(within: patience) else {
                    throw SystemError(call: "read", subject: path, code: .wouldBlock)
                }
                if line.hasPrefix(#"{"return""#) || line.hasPrefix(#"{"error""#) { answers.append(line) }
            }
            cpus = (try? JSONDecoder().decode(Answer.self, from: Data(answers[1].utf8)))?.cpus ?? []
        } catch {
            throw Failure(.unavailable, "--qmp: QEMU's monitor at \(path) does not answer: \(error.code)")
        }
        if cpus.isEmpty { throw Failure(.protocolError, "--qmp: QEMU's monitor at \(path) names no CPUs") }
        return cpus.map { LinkedGuest.Thread(cpu: $0.index, id: $0.thread) }
    }

    private static let patience = Duration.seconds(5)

    private struct Answer: Decodable {
        let cpus: [CPU]

        enum CodingKeys: String, CodingKey { case cpus = "return" }
    }

    private struct CPU: Decodable {
        let index: Int
        let thread: Int

        enum CodingKeys: String, CodingKey { case index = "cpu-index", thread = "thread-id" }
    }
}
