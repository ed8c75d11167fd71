import ArgumentParser
import Reactor

/// CPU numbers in rising order, written as the kernel writes them: `0-3,8`.
package struct CPUList: Equatable, Sendable {
    package let cpus: [Int]

    /// The largest number of CPUs that Linux can be built for: `CONFIG_NR_CPUS`.
    static let limit = 8192

    package init(_ cpus: [Int]) { self.cpus = Set(cpus).sorted() }

    /// Parses a list; a trailing newline, as in `/sys/devices/system/cpu/possible`, is ignored.
    ///
    /// - Returns: `nil` for an empty or malformed list.
    package init?(_ text: String) {
        let text = text.last == "\n" ? text.dropLast() : text[...]
        var cpus: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let numbers = ends.compactMap { $0.allSatisfy(\.isASCIIDigit) ? Int($0) : nil }
            guard numbers.count == ends.count, let first = numbers.first, let last = numbers.last,
                first <= last, last < Self.limit
            else { return nil }
            cpus.formUnion(first...last)
        }
        self.cpus = cpus.sorted()
    }
}

extension CPUList: CustomStringConvertible {
    package var description: String {
        var ranges: [ClosedRange<Int>] = []
        for cpu in cpus {
            if let last = ranges.last, last.upperBound == cpu - 1 {
                ranges[ranges.count - 1] = last.lowerBound...cpu
            } else {
                ranges.append(cpu...cpu)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}

extension CPUList: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension CPUList {
    /// The CPUs in `/sys/devices/system/cpu/NAME`: `possible` ones may come online, `online` ones are.
    package init(ofSystem name: String) throws(Failure) {
        let path = "/sys/devices/system/cpu/\(name)"
        let text = try wrappingSystemError { () throws(SystemError) in
            try FileDescriptor.open(path, .readOnly).contents()
        }
        guard let list = CPUList(text) else {
            throw Failure(.operatingSystem, "\(path) is no list of CPUs: \(text)")
        }
        self = list
    }
}
