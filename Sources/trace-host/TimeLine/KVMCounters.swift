import ControlProtocol
import Reactor
import TraceFile

/// How KVM makes the counters of a guest's CPUs from the host's: guest = ((host * ratio) >> fraction) + offset.
///
/// It is exact, but only root may read it: debugfs.
struct KVMCounters: Equatable {
    private var cpus: [Int: CPU] = [:]

    private struct CPU: Equatable {
        let offset: Int
        let ratio: UInt64
        let fraction: UInt64

        /// guest - host at a time of the guest; `nil` if the numbers are not those of KVM.
        func point(_ guest: Int) -> OffsetPoint? {
            let scaled = (Int128(guest) - Int128(offset)) << Int128(fraction)
            guard let host = Int(exactly: scaled / Int128(ratio)) else { return nil }
            return OffsetPoint(time: guest, offset: guest - host)
        }
    }

    static let folder = "/sys/kernel/debug/kvm"
    /// Vendors have 32 and 48 bits.
    private static let largestFraction: UInt64 = 62

    /// Reads those of the machine of a process.
    ///
    /// - Returns: `nil` if KVM has no such machine, or that may not be read.
    init?(of pid: Int, in folder: String = Self.folder) {
        guard let names = try? FileDescriptor.open(folder, .directory).names(),
            let machine = names.first(where: { $0.hasPrefix("\(pid)-") })
        else { return nil }
        let entries = (try? FileDescriptor.open("\(folder)/\(machine)", .directory).names()) ?? []
        for name in entries where name.hasPrefix("vcpu") {
            let file = { (name: String) -> String? in
                (try? FileDescriptor.open("\(folder)/\(machine)/\(name)", .readOnly).contents()).map { text in
                    String(text.prefix { !$0.isWhitespace })
                }
            }
            guard let number = Int(name.dropFirst(4)),
                let offset = file("\(name)/tsc-offset").flatMap({ Int($0) })
            else { return nil }
            // Without these files the hardware cannot scale.
            let ratio = file("\(name)/tsc-scaling-ratio").flatMap { UInt64($0) } ?? 1
            let fraction = file("\(name)/tsc-scaling-ratio-frac-bits").flatMap { UInt64($0) } ?? 0
            guard ratio > 0, fraction <= Self.largestFraction else { return nil }
            cpus[number] = CPU(offset: offset, ratio: ratio, fraction: fraction)
        }
        if cpus.isEmpty { return nil }
    }

    /// The offsets of the CPUs 0 to `count` - 1, exact from `begin` to `end` of the guest's time but for one cycle.
    ///
    /// - Returns: `nil` if one is not known.
    func offsets(ofCPUs count: Int, from begin: Int, to end: Int) -> [ClockOffset]? {
        var offsets: [ClockOffset] = []
        for number in 0..<count {
            guard let cpu = cpus[number], let first = cpu.point(begin), let last = cpu.point(end) else {
                return nil
            }
            offsets.append(ClockOffset(known: [OffsetLine(begin: first, end: last, bound: 1)]))
        }
        return offsets
    }
}
