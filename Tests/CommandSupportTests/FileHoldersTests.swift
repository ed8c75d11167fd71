import CommandSupport
import Glibc
import Reactor
import Support
import Testing

/// Who has which files open.
struct FileHoldersTests {
    private let folder = TemporaryFolder()

    @Test(arguments: ["socket", "a  socket "])
    func `a socket's listener and its peers are found whatever its name`(name: String) throws {
        let path = "\(folder.path)/\(name)"
        #expect(!FileHolders.hasListener(at: path))
        let socket = try StreamSocket(path)
        #expect(FileHolders.hasListener(at: path) && !FileHolders.hasConnection(to: path))
        let client = try FileDescriptor.connect(toSocketAt: path)
        let connection = try socket.accept()
        #expect(FileHolders.hasConnection(to: path))
        let peers = FileHolders().peers(ofSocketAt: path)
        #expect(peers.contains { $0.pid == Int(getpid()) })
        withExtendedLifetime(connection) {}
        #expect(try client.readTextToEnd() == "")
    }
}
