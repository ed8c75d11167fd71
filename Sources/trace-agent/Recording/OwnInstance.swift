import CommandSupport
import Reactor

/// A trace instance that is made for a recording.
enum OwnInstance {
    /// Makes it; it is removed with what is put back.
    ///
    /// - Throws: 64 if there is one of this name.
    static func make(_ name: String, in tracefs: Tracefs, _ putBack: PutBack) throws(Failure) -> Tracefs {
        let folder = "\(tracefs.top)/instances/\(name)"
        do throws(SystemError) {
            try FileDescriptor.makeFolder(folder)
        } catch  where error.code == .exists {
            throw Failure(.usage, "--buffer \(name): \(folder) exists: record it with --instance \(name)")
        } catch {
            throw Failure(.operatingSystem, "cannot make \(folder): \(error.code)")
        }
        putBack.remember(.remove(folder: folder))
        return try Tracefs(at: tracefs.top, instance: name)
    }
}
