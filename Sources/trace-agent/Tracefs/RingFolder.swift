import CommandSupport
import Reactor
import TraceFile

/// The ring buffers of all CPUs, and the folder in which they can be opened again.
struct RingFolder: Sendable {
    let rings: [Ring]
    /// `per_cpu` of the instance.
    let folder: NamedFile
    /// Whether they are released as soon as it is known that they can be opened again.
    let releasesAtOnce: Bool
    /// Sets what they record; `nil`: that is not for the agent.
    let setter: TraceSetter?

    init(_ rings: [Ring], folder: NamedFile, releasesAtOnce: Bool, setter: TraceSetter? = nil) {
        self.rings = rings
        self.folder = folder
        self.releasesAtOnce = releasesAtOnce
        self.setter = setter
    }

    init(
        _ rings: [Ring], in tracefs: Tracefs, releasesAtOnce: Bool, setter: TraceSetter?
    ) throws(Failure) {
        let folder = NamedFile(try tracefs.open("per_cpu", .directory), name: "per_cpu")
        self.init(rings, folder: folder, releasesAtOnce: releasesAtOnce, setter: setter)
    }

    /// Allows a thread to open the ring buffers, all of which are open, what sets what they record, and nothing else.
    func allow(_ rules: borrowing LandlockRules) throws(SystemError) {
        try setter?.allow(rules)
        for ring in rings { if let file = ring.pageFile { try rules.allow(file.descriptor) } }
    }
}
