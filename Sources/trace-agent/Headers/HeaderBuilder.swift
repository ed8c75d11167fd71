import CommandSupport
import ControlProtocol
import Logging
import Reactor
import TraceFile

/// Builds trace headers from files that were opened before the privileges were dropped.
final class HeaderBuilder: HeaderSupply {
    private let source: HeaderSource
    private let rings: [Ring]
    /// The list of present CPUs, open because the thread that builds headers can open nothing but formats.
    private let present: NamedFile?
    /// The kernel's name of this boot: random(4).
    let bootID: String
    private let instance: String
    /// Whether all members of the group get the kernel's addresses.
    private let addressesForGroup: Bool

    /// Opens the files; what cannot be opened is logged, and missing in headers: pages are streamed all the same.
    ///
    /// - Parameters:
    ///   - rings: Their counters become part of the header.
    ///   - path: Where the kernel's symbols are, `-` for standard input.
    ///   - bootID: As systemd writes it; `nil` to ask the kernel.
    ///   - addressesForGroup: Whether clients that are not root get the kernel's addresses.
    ///   - dateOffset: As in `HeaderSource`.
    init(
        _ tracefs: Tracefs, _ rings: [Ring], symbols path: String, bootID: String?, addressesForGroup: Bool,
        dateOffset: Int? = nil, log: Logger
    ) {
        source = HeaderSource(
            tracefs: tracefs.top, folder: tracefs.directory, instance: tracefs.instance,
            symbols: Self.openSymbols(path),
            version: programVersion, dateOffset: dateOffset)
        // Without it, there are ring buffers for at least the present CPUs.
        present = try? NamedFile(.open("/sys/devices/system/cpu/present", .readOnly), name: "present")
        self.rings = rings
        self.bootID = Self.bootID(bootID)
        self.addressesForGroup = addressesForGroup
        instance = tracefs.instance
        if !source.missing.isEmpty {
            let reasons = source.missing.map(\.description).joined(separator: "; ")
            log.warning("trace headers will lack what cannot be opened: \(reasons)")
        }
    }

    /// `events` of tracefs, below which formats are opened each time; `nil` if it cannot be opened.
    var events: NamedFile? { try? source.events.get() }

    /// Whether the headers for `audience` have the kernel's addresses.
    func showsAddresses(to audience: HeaderAudience) -> Bool { audience != .group || addressesForGroup }

    func read(_ formats: inout FormatStore, isCancelled: () -> Bool) {
        // What cannot be read is named with the next header, which tries it again.
        try? formats.update(from: try source.events.get(), isCancelled: isCancelled)
    }

    func write(
        to file: NamedFile, for audience: HeaderAudience, _ formats: inout FormatStore,
        isCancelled: @escaping () -> Bool
    ) -> HeaderAnnouncement {
        let includesAddresses = showsAddresses(to: audience)
        do throws(TraceFileError) {
            let summary = try write(
                to: file, includesAddresses: includesAddresses, &formats, isCancelled: isCancelled)
            return announcement(of: summary, warning: warning(about: summary, includesAddresses))
        } catch {
            return noHeader(because: "\(error)")
        }
    }

    func noHeader(because reason: String) -> HeaderAnnouncement {
        var announcement = HeaderAnnouncement(instance: instance, cpus: cpus, bootID: bootID)
        announcement.error = "no header: \(reason)"
        return announcement
    }

    /// Events that were read from each CPU's ring buffer until now, by CPU; 0 if the counter cannot be read.
    var eventsRead: [Int] {
        var counts = Array(repeating: 0, count: (rings.last?.cpu ?? -1) + 1)
        for ring in rings { counts[ring.cpu] = (try? ring.stats().read) ?? 0 }
        return counts
    }

    /// Writes the header as it is now.
    ///
    /// - Parameters:
    ///   - includesAddresses: Whether the header may have kernel addresses.
    ///   - includesCounters: Whether it has the counters of the ring buffers.
    ///   - formats: As in `HeaderSupply`.
    func write(
        to file: NamedFile, includesAddresses: Bool, includesCounters: Bool = true,
        _ formats: inout FormatStore,
        isCancelled: @escaping () -> Bool = { false }
    ) throws(TraceFileError) -> HeaderSummary {
        var stats: [CPUStats] = []
        var lacks: [String] = []
        let cpus = cpus
        for ring in rings where includesCounters && ring.cpu < cpus {
            do throws(SystemError) {
                let text = try ring.statsText()
                stats.append(CPUStats(cpu: ring.cpu, text: text, readAtStart: ring.readAtStart))
            } catch {
                lacks.append("stats of CPU \(ring.cpu): \(error.code)")
            }
        }
        var summary = try HeaderWriter.write(
            source, includesAddresses: includesAddresses, cpus: cpus, stats: stats,
            formats: &formats, to: file, limit: HeaderAnnouncement.longestHeader, isCancelled: isCancelled)
        summary.lacks += lacks
        return summary
    }

    private func announcement(of summary: HeaderSummary, warning: String?) -> HeaderAnnouncement {
        var announcement = HeaderAnnouncement(instance: instance, cpus: cpus, bootID: bootID)
        announcement.error = warning
        announcement.bytes = summary.bytes
        announcement.pageSize = summary.pageSize
        announcement.clock = summary.clock
        announcement.events = summary.events
        announcement.symbols = summary.symbols
        return announcement
    }

    /// What a decoder will lack, `nil` if nothing.
    func warning(about summary: HeaderSummary, _ includesAddresses: Bool = true) -> String? {
        var warnings: [String] = []
        if !includesAddresses {
            warnings.append(
                "no symbols and no printk formats: these have the kernel's addresses, which only root and the host get, or the group with --symbols-for-group: functions will be numbers"
            )
        } else if summary.symbols == 0 {
            warnings.append(
                "no symbols: /proc/kallsyms cannot be read, or shows no addresses (kptr_restrict): functions will be numbers"
            )
        }
        if !summary.lacks.isEmpty {
            warnings.append("the header lacks \(summary.lacks.joined(separator: ", "))")
        }
        if let changes = Self.warning(aboutChanges: summary) { warnings.append(changes) }
        return warnings.isEmpty ? nil : warnings.joined(separator: "; ")
    }

    /// Which earlier records will be shown as those of another event, `nil` if none.
    static func warning(aboutChanges summary: HeaderSummary) -> String? {
        if summary.changes.isEmpty { return nil }
        let list = summary.changes.joined(separator: ", ")
        return
            "event numbers have changed their meaning, and earlier records are shown as later ones: \(list)"
    }

    /// Present CPUs, online or not, as trace-cmd counts them.
    private var cpus: Int {
        // If the list cannot be read: there are ring buffers for at least these.
        let list = (try? present?.descriptor.contents()).flatMap { CPUList($0) }
        return (list?.cpus.last ?? rings.last?.cpu ?? 0) + 1
    }

    private static func openSymbols(_ path: String) -> HeaderSource.File {
        if path == "-" { return .success(NamedFile(FileDescriptor(owning: 0), name: "standard input")) }
        do throws(SystemError) {
            return .success(NamedFile(try .open(path, .readOnly), name: path))
        } catch {
            return .failure(.system(file: path, error))
        }
    }

    /// The kernel's name of this boot, with dashes.
    ///
    /// - Parameter given: As systemd writes it; `nil` to ask the kernel.
    static func bootID(_ given: String?) -> String { uuid(given ?? bootIDOfKernel) }

    private static var bootIDOfKernel: String {
        // Without it a header only lacks a name.
        (try? FileDescriptor.open("/proc/sys/kernel/random/boot_id", .readOnly).contents()) ?? ""
    }

    /// With dashes, as the kernel writes it; systemd writes none.
    private static func uuid(_ text: String) -> String {
        let digits = text.filter(\.isHexDigit)
        guard digits.count == 32 else { return "" }
        var groups: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return groups.joined(separator: "-")
    }
}
