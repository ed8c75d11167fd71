import Glibc
import Reactor
import Support
import TraceFile

/// Files in memory for tests: memfd_create(2).
enum MemoryFile {
    /// One that holds `bytes`.
    static func holding(_ bytes: [UInt8]) throws -> NamedFile {
        let file = try FileDescriptor.inMemory("test")
        try file.write(bytes, at: 0)
        return NamedFile(file, name: "test")
    }

    /// An empty one that cannot grow, as if there were no memory: writes fail with `EPERM`.
    static func sealed() throws -> FileDescriptor {
        // Swift does not import it: glibc declares it for _GNU_SOURCE only.
        guard let symbol = dlsym(nil, "memfd_create") else { throw TestFailure("no memfd_create") }
        typealias Create = @convention(c) (UnsafePointer<CChar>, CUnsignedInt) -> CInt
        let allowSealing: CUnsignedInt = 2
        let file = FileDescriptor(owning: unsafeBitCast(symbol, to: Create.self)("sealed", allowSealing))
        let (addSeals, mustNotGrow) = (CInt(1033), CInt(4))
        guard file.rawValue >= 0, fcntl(file.rawValue, addSeals, mustNotGrow) == 0 else {
            throw TestFailure("cannot seal a file in memory: errno \(errno)")
        }
        return file
    }

    /// Bytes that differ from place to place.
    static func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 5) }
    }
}
