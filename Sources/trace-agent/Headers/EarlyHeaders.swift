import ControlProtocol
import Reactor
import TraceFile

/// Trace headers that were built at start-up, for a process that cannot read event formats any more.
final class EarlyHeaders: HeaderSupply {
    private let builder: HeaderBuilder
    private let withAddresses: Copy
    private let withoutAddresses: Copy

    /// A header in memory, and what announces it.
    private struct Copy {
        let file: NamedFile
        let announcement: HeaderAnnouncement
    }

    private static let warning =
        "made when the agent started, because no Landlock confines a thread that could make it now (--header-thread-without-landlock): later events, tasks and counters are missing"

    /// Builds them; one that cannot be built is announced with the reason.
    init(_ builder: HeaderBuilder) throws(SystemError) {
        self.builder = builder
        var formats = try FormatStore()
        withAddresses = try Self.build(builder, .root, &formats)
        withoutAddresses =
            builder.showsAddresses(to: .group) ? withAddresses : try Self.build(builder, .group, &formats)
    }

    private static func build(
        _ builder: HeaderBuilder, _ audience: HeaderAudience, _ formats: inout FormatStore
    ) throws(SystemError) -> Copy {
        let file = NamedFile(try .inMemory("early-header"), name: "memory")
        var announcement = builder.write(to: file, for: audience, &formats, isCancelled: { false })
        if announcement.bytes > 0 {
            announcement.error = [warning, announcement.error].compactMap(\.self).joined(separator: "; ")
        }
        return Copy(file: file, announcement: announcement)
    }

    func read(_ formats: inout FormatStore, isCancelled: () -> Bool) {}

    func write(
        to file: NamedFile, for audience: HeaderAudience, _ formats: inout FormatStore,
        isCancelled: @escaping () -> Bool
    ) -> HeaderAnnouncement {
        let copy = builder.showsAddresses(to: audience) ? withAddresses : withoutAddresses
        do throws(SystemError) {
            var written = 0
            while written < copy.announcement.bytes, !isCancelled() {
                let count = min(1 << 20, copy.announcement.bytes - written)
                try file.descriptor.write(try copy.file.descriptor.read(count, at: written), at: written)
                written += count
            }
        } catch {
            return noHeader(because: "\(file.name): \(error.code)")
        }
        return copy.announcement
    }

    func noHeader(because reason: String) -> HeaderAnnouncement { builder.noHeader(because: reason) }
}
