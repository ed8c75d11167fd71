import Reactor

/// Which CPU each stream is of: what the names say, as `trace-path-cpu3.out` or `cpu3.raw`, else their order.
package struct StreamOrder: Equatable {
    /// From CPU 0 on; `nil` for a CPU that has none.
    package private(set) var streams: [String?]
    /// What the user may not expect, a sentence each.
    package private(set) var notes: [String] = []

    package init(_ paths: [String]) {
        streams = paths
        let numbers = paths.map(Self.cpu)
        let known = numbers.compactMap(\.self)
        guard known.count == paths.count else { return }
        guard Set(known).count == known.count, let last = known.max() else {
            if known.count > 1 {
                notes = ["two streams have the same CPU in their names: they are taken in their order"]
            }
            return
        }
        streams = Array(repeating: nil, count: last + 1)
        for (cpu, path) in zip(known, paths) { streams[cpu] = path }
        if known != known.sorted() {
            notes.append(
                "the streams are taken by the CPUs in their names: \(known.sorted().map { "\($0)" }.joined(separator: ", "))"
            )
        }
        let missing = CPUList((0...last).filter { streams[$0] == nil })
        if !missing.cpus.isEmpty { notes.append("there is no stream of \(missing.sentence): taken as empty") }
    }

    /// The number behind the last `cpu` in the name of a file; `nil` if there is none.
    private static func cpu(inNameOf path: String) -> Int? {
        let name = FilePath.name(of: path)
        guard let mark = name.ranges(of: "cpu").last else { return nil }
        let digits = name[mark.upperBound...].prefix(while: \.isASCIIDigit)
        return Int(digits).flatMap { $0 < CPUList.limit ? $0 : nil }
    }

    /// What is to be said if the recorded machine has more CPUs; `nil` if it has not.
    package func note(ofMachineWith cpus: Int) -> String? {
        guard cpus > streams.count else { return nil }
        let missing = CPUList(Array(streams.count..<cpus))
        return "the recorded machine has \(cpus) CPUs, and there is no stream of \(missing.sentence)"
    }
}

extension CPUList {
    fileprivate var sentence: String { "CPU\(cpus.count == 1 ? "" : "s") \(self)" }
}
