import Logging
import Reactor
import TraceFile

/// Makes a trace.dat of a head and streams, and says what is in it.
struct TraceMaker {
    let head: String
    /// The first is CPU 0's.
    let streams: [String]
    let output: String

    /// Checks everything, then writes the file in one go: until it is whole, what had its name before keeps it.
    ///
    /// - Parameter log: Hears what is not as it should be.
    /// - Returns: What is in it, for people, a line each.
    func make(_ log: Logger, isCancelled: () -> Bool = { false }) throws(Failure) -> [String] {
        let progress = ProgressLine("putting \(output) together")
        let step = { (done: Int, total: Int) throws(TraceFileError) in
            progress.show(done, of: total)
            if isCancelled() { throw .cancelled }
        }
        defer { progress.clear() }
        do throws(TraceFileError) {
            let head = try Head(opening: head)
            var open: [CPUStream] = []
            for path in streams { open.append(try CPUStream(opening: path)) }
            let assembly = try Assembly(head, open)
            let contents = try assembly.survey(progress: step)
            try refuseToOverwrite(open)
            let file = try NewFile(at: output)
            try assembly.write(contents, to: file.content, progress: step)
            try file.takePlace()
            progress.clear()
            for doubt in doubts(about: contents, head) { log.warning("\(doubt)") }
            return summary(of: contents, head)
        } catch {
            throw explain(error)
        }
    }

    private func refuseToOverwrite(_ open: [CPUStream]) throws(TraceFileError) {
        guard let there = try? FileDescriptor.open(output, .readOnly) else { return }
        for stream in open where (try? stream.file.isSameFile(as: there)) == true {
            throw .malformed(file: output, problem: "one of the streams that it is to be made of")
        }
    }

    private func explain(_ error: TraceFileError) -> Failure {
        switch error {
        case .malformed: return Failure(.dataError, "\(error)")
        case .system(let file, let cause) where file.hasPrefix(output):
            let remedy = cause.code.meansFull ? ": make room" : ""
            return Failure(.outputFailed, "cannot write \(file): \(cause.code)\(remedy)")
        case .system(let file, let cause): return Failure(.noInput, "cannot read \(file): \(cause.code)")
        case .tooLarge, .cancelled: return Failure(.tryAgain, "\(output) is not made: \(error)")
        }
    }

    /// What can be doubted although every page is sound.
    private func doubts(about contents: [CPUStream.Contents], _ head: Head) -> [String] {
        var doubts: [String] = []
        for (cpu, entry) in contents.enumerated() {
            if entry.tornBytes > 0 {
                doubts.append(
                    "\(streams[cpu]): the last page is torn: its \(entry.tornBytes) bytes, of \(head.layout.pageSize), are left out"
                )
            }
            if entry.lost > 0 || entry.uncountedLosses > 0 {
                let more =
                    entry.uncountedLosses > 0
                    ? ", and some \(entry.uncountedLosses) times without a number" : ""
                doubts.append("CPU \(cpu): the kernel lost \(entry.lost) events\(more), as the pages say")
            }
            guard entry.events > 0, let read = head.eventsRead(cpu: cpu), read != entry.events else {
                continue
            }
            if let other = (0..<head.cpus).first(where: { head.eventsRead(cpu: $0) == entry.events }) {
                doubts.append(
                    "\(streams[cpu]) has \(entry.events) events, which is what was read on CPU \(other), not on CPU \(cpu): are the streams in order?"
                )
            }
        }
        return doubts
    }

    private func summary(of contents: [CPUStream.Contents], _ head: Head) -> [String] {
        let columns = ["cpu", "pages", "events", "lost", "read by the kernel"]
        let rows = contents.enumerated().map { cpu, entry in
            let read = head.eventsRead(cpu: cpu).map { "\($0)" } ?? "?"
            let lost = "\(entry.lost)" + (entry.uncountedLosses > 0 ? "+" : "")
            return ["\(cpu)", "\(entry.pages)", "\(entry.events)", lost, read]
        }
        return ["\(output): \(head.machine), clock \(head.clock)"] + Table(columns, rows).lines
    }
}

extension Errno {
    /// Whether there is no room left.
    var meansFull: Bool { [.noSpace, .overQuota, .fileTooLarge].contains(self) }
}
