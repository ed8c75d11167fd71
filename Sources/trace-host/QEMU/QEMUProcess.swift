import Reactor

/// A process that runs a guest.
struct QEMUProcess {
    let pid: Int
    let commandLine: QEMUCommandLine

    /// - Returns: `nil` if the process has gone, or its command line cannot be read.
    init?(_ pid: Int) {
        guard let file = try? FileDescriptor.open("/proc/\(pid)/cmdline", .readOnly),
            let text = try? file.readTextToEnd(), !text.isEmpty
        else {
            return nil
        }
        self.pid = pid
        commandLine = QEMUCommandLine(text.split(separator: "\0").map { String($0) })
    }

    /// Those of this machine, as far as they may be seen.
    static var all: [QEMUProcess] {
        let names = (try? FileDescriptor.open("/proc", .directory).names()) ?? []
        return names.compactMap { Int($0) }.sorted().filter { pid in
            let name = (try? FileDescriptor.open("/proc/\(pid)/comm", .readOnly).contents()) ?? ""
            return ["qemu-system-", "qemu-kvm", "kvm\n"].contains { name.hasPrefix($0) }
        }.compactMap(QEMUProcess.init)
    }

    /// The path from this process's point of view of one that QEMU uses.
    func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        // Only its owner may look at its folder.
        return FileDescriptor.resolve("/proc/\(pid)/cwd").map { "\($0)/\(path)" } ?? path
    }

    func absolute(_ backEnd: BackEnd) -> BackEnd {
        switch backEnd {
        case .socket(let path): .socket(absolute(path))
        case .fifos(let path): .fifos(absolute(path))
        case .other: backEnd
        }
    }
}
