import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

/// Builds trace headers from files that were opened before the privileges were dropped.
final class HeaderBuilder: Sendable {
    private let source: HeaderSource
    private let rings: [Ring]
    /// The list of present CPUs, open because the thread that builds headers can open nothing but formats.
    private let present: FileDescriptor
    /// The kernel's name of this boot: random(4).
    let bootID: String
    private let instance: String

    /// The most bytes of a header; that of a distribution's kernel with all its modules has 15 MB.
    static let limit = 64 << 20

    /// - Parameters:
    ///   - rings: Their counters become part of the header.
    ///   - path: Where the kernel's symbols are, `-` for standard input.
    ///   - bootID: As systemd writes it; `nil` to ask the kernel.
    init(_ tracefs: Tracefs, _ rings: [Ring], symbols path: String, bootID: String?) throws(Failure) {
        do throws(SystemError) {
            let present = try FileDescriptor.open("/sys/devices/system/cpu/present", .readOnly)
            source = try HeaderSource(
                tracefs: tracefs.top, folder: tracefs.directory, instance: tracefs.instance,
                symbols: Self.openSymbols(path),
                version: programVersion)
            self.present = present
        } catch {
            throw Failure(.unavailable, "cannot open \(error.subject): \(error.code)")
        }
        self.rings = rings
        self.bootID = Self.uuid(bootID ?? Self.bootIDOfKernel)
        instance = tracefs.instance
    }

    /// `events` of tracefs: formats are opened below it each time.
    var events: FileDescriptor {
        _read { yield source.events }
    }

    /// Writes the header as it is now.
    func write(
        to file: NamedFile, isCancelled: () -> Bool = { false }
    ) throws(TraceFileError) -> HeaderSummary {
        var stats: [CPUStats] = []
        let cpus = cpus
        for ring in rings where ring.cpu < cpus {
            do throws(SystemError) {
                stats.append(CPUStats(cpu: ring.cpu, text: try ring.statsText()))
            } catch {
                throw .system(file: "stats of CPU \(ring.cpu)", error)
            }
        }
        return try HeaderWriter.write(
            source, cpus: cpus, stats: stats, to: file, limit: Self.limit, isCancelled: isCancelled)
    }

    /// What announces a header.
    ///
    /// - Parameters:
    ///   - summary: `nil` if there is none.
    ///   - error: Why there is none.
    func announcement(of summary: HeaderSummary?, error: String? = nil) -> HeaderAnnouncement {
        var announcement = HeaderAnnouncement(instance: instance, cpus: cpus, bootID: bootID)
        announcement.error = error ?? summary.flatMap(warning(about:))
        guard let summary else { return announcement }
        announcement.bytes = summary.bytes
        announcement.pageSize = summary.pageSize
        announcement.clock = summary.clock
        announcement.events = summary.events
        announcement.symbols = summary.symbols
        return announcement
    }

    /// What a decoder will lack, `nil` if nothing.
    func warning(about summary: HeaderSummary) -> String? {
        if summary.symbols > 0 { return nil }
        return
            "no symbols: /proc/kallsyms cannot be read, or shows no addresses (kptr_restrict): functions will be numbers"
    }

    /// Present CPUs, online or not, as trace-cmd counts them.
    private var cpus: Int {
        // If the list cannot be read: there are ring buffers for at least these.
        let list = (try? present.contents()).flatMap { CPUList($0) }
        return (list?.cpus.last ?? rings.last?.cpu ?? 0) + 1
    }

    /// `nil` if they cannot be opened: a trace can be decoded without.
    private static func openSymbols(_ path: String) -> NamedFile? {
        if path == "-" { return NamedFile(FileDescriptor(owning: 0), name: "standard input") }
        guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
        return NamedFile(file, name: path)
    }

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
