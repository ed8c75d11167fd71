import CommandSupport
import Reactor

/// Makes the folder of a guest's ports; what is there already stays.
enum PortsMaker {
    /// Makes the folder at `path`, for its owner and its group.
    ///
    /// - Parameter owner: Who gets a folder that was not there; one that is there may be another's link.
    /// - Returns: Its absolute path.
    static func makeFolder(_ path: String, for owner: PeerCredentials? = nil) throws(Failure) -> String {
        do throws(SystemError) {
            do throws(SystemError) {
                try FileDescriptor.makeFolder(path)
                if let owner {
                    let folder = try FileDescriptor.open(path, [.directory, .noLink])
                    try folder.change(owner: owner.uid, group: owner.gid)
                }
            } catch  where error.code == .exists {
                _ = try FileDescriptor.open(path, .directory)
            }
        } catch {
            throw Failure(.outputFailed, "cannot make the folder \(path): \(error.code)")
        }
        guard let folder = FileDescriptor.resolve(path) else {
            throw Failure(.outputFailed, "the folder \(path) has gone")
        }
        return folder
    }

    /// Makes the FIFOs of `ports`; sockets are made by QEMU.
    static func make(_ ports: [Port]) throws(Failure) {
        for port in ports {
            if port.kind == .socket {
                // sun_path, unix(7).
                if port.path.utf8.count > 107 {
                    throw Failure(.usage, "\(port.path): the path of a socket has 107 bytes at most")
                }
                continue
            }
            for path in [port.inPath, port.outPath] { try makeFIFO(path) }
        }
    }

    private static func makeFIFO(_ path: String) throws(Failure) {
        do throws(SystemError) {
            try FileDescriptor.makeFIFO(path)
        } catch  where error.code == .exists {
            if (try? FileDescriptor.Kind(of: path)) != .fifo {
                throw Failure(.outputFailed, "\(path) is there, and is no FIFO: remove it")
            }
        } catch {
            throw Failure(.outputFailed, "cannot make \(path): \(error.code)")
        }
    }
}
