import CommandSupport
import Reactor

/// Keeps other recordings from the ring buffers of an instance: each event goes to only one reader, and the first recording
/// that ends would disable the events of the others.
struct RecordingLock: ~Copyable {
    private let folder: FileDescriptor

    /// - Throws: 69 if another recording has the lock.
    init(of tracefs: Tracefs) throws(Failure) {
        let folder = try tracefs.open("", .directory)
        let isLocked: Bool
        do throws(SystemError) { isLocked = try folder.lock() } catch { throw Failure(error) }
        guard isLocked else {
            throw Failure(
                .unavailable,
                "another recording of \(tracefs.directory) is running: record a trace instance, --instance")
        }
        self.folder = folder
    }
}
