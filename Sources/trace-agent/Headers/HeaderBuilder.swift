import Reactor
import TraceFile

/// Makes headers of what was opened while that was allowed.
final class HeaderBuilder: Sendable {
    private let source: HeaderSource
    private let rings: [Ring]
    /// The list of CPUs that are there: the thread that makes headers can open nothing but formats.
    private let present: FileDescriptor
    /// What the kernel calls this boot: random(4).
    let boot: String

    /// The most bytes of a header; one of a distribution's kernel with all its modules has 15 MB.
    static let limit = 64 << 20

    /// - Parameters:
    ///   - rings: Whose accounts are put into the header.
    ///   - symbols: Where they are read, `-` for standard input.
    init(_ tracefs: Tracefs, _ rings: [Ring], symbols path: String, boot: String?) throws(Failure) {
        do throws(SystemError) {
            let present = try FileDescriptor.open("/sys/devices/system/cpu/present", .readOnly)
            source = try HeaderSource(
                tracefs: tracefs.top, folder: tracefs.directory, instance: tracefs.instance,
                symbols: Self.openSymbols(path),
                version: version)
            self.present = present
        } catch {
            throw Failure(.unavailable, "cannot open \(error.subject): \(error.code)")
        }
        self.rings = rings
        self.boot = Self.uuid(boot ?? Self.bootOfKernel)
    }

    /// Where formats are looked for each time.
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

    /// What a decoder will lack.
    func doubt(about summary: HeaderSummary) -> String? {
        if summary.symbols > 0 { return nil }
        return
            "no symbols: /proc/kallsyms cannot be read, or shows no addresses (kptr_restrict): functions will be numbers"
    }

    /// CPUs that are there, whether they are online or not, as trace-cmd counts them.
    var cpus: Int {
        // Rings are there for more than these; that much is known in any case.
        let list = (try? present.contents()).flatMap { CPUList($0) }
        return (list?.cpus.last ?? rings.last?.cpu ?? 0) + 1
    }

    /// `nil` if they cannot be opened: a trace can be read without.
    private static func openSymbols(_ path: String) -> NamedFile? {
        if path == "-" { return NamedFile(FileDescriptor(owning: 0), name: "standard input") }
        guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
        return NamedFile(file, name: path)
    }

    private static var bootOfKernel: String {
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
