import CommandSupport
import Reactor

/// The way of a CPU's pages from the guest's port to a file; what comes before there is a file is dropped.
final class GuestStream {
    let cpu: Int
    let port: Port
    let descriptor: FileDescriptor
    /// Between a socket and a file: splice(2) needs a pipe on one side.
    private let pipe: Pipe?
    private var file: StreamFile?
    /// Gets what comes and goes to no file.
    private var reader: ((UnsafeRawBufferPointer) -> Void)?
    /// Bytes in earlier files.
    private var receivedBefore = 0
    /// Bytes that came and are in no file.
    private(set) var dropped = 0
    /// Whether QEMU still has the port open.
    private(set) var isOpen = true

    /// The most bytes that are moved in a turn of the loop, so that all streams have their turns.
    private static let turn = 1 << 20
    private static let pipeSize = 256 << 10

    /// Opens the port.
    ///
    /// - Throws: `EBUSY` if another program of this kind reads it.
    init(cpu: Int, _ port: Port) throws(SystemError) {
        let descriptor: FileDescriptor
        if port.kind == .socket {
            // QEMU serves one connection, and lets others wait: their orders would come when it ends.
            if FileHolders.hasConnection(to: port.path) {
                throw SystemError(call: "connect", subject: port.path, code: .busy)
            }
            descriptor = try FileDescriptor.connect(toSocketAt: port.path)
            pipe = try Pipe(size: Self.pipeSize)
        } else {
            descriptor = try FileDescriptor.open(port.outPath, [.readOnly, .nonBlocking])
            if try !descriptor.lock() { throw SystemError(call: "flock", subject: port.outPath, code: .busy) }
            pipe = nil
        }
        self.descriptor = descriptor
        self.cpu = cpu
        self.port = port
    }

    /// Bytes that came to the file.
    var received: Int { file?.size ?? 0 }
    /// Bytes that came to this file and those before it.
    var total: Int { receivedBefore + received }
    /// All bytes that came.
    var arrived: Int { total + dropped }

    /// From now on what comes goes to `file`.
    func write(to file: StreamFile) {
        receivedBefore += received
        self.file = file
    }

    /// From now on what comes and goes to no file is given to `reader`, before it is dropped.
    func read(by reader: @escaping (UnsafeRawBufferPointer) -> Void) { self.reader = reader }

    /// Drops what comes from now on, and keeps the file.
    func stopWriting() { file?.isFull = true }

    /// Moves what has come, at most a turn's bytes.
    ///
    /// - Throws: The error of the file. An error of the port is its end.
    func move() throws(SystemError) {
        guard isOpen else { return }
        if let file, !file.isFull {
            if let pipe {
                try move(by: pipe, to: file)
            } else {
                try file.take(from: descriptor, Self.turn, &isOpen)
            }
        } else {
            drop()
        }
    }

    private func move(by pipe: Pipe, to file: StreamFile) throws(SystemError) {
        var taken: Int?
        do throws(SystemError) {
            taken = try descriptor.splice(to: pipe.writeEnd, length: Self.pipeSize)
        } catch  where error.code.meansGone {
            taken = 0
        }
        if taken == 0 { isOpen = false }
        var pipeIsOpen = true
        var left = taken ?? 0
        while left > 0 {
            let before = file.size
            try file.take(from: pipe.readEnd, left, &pipeIsOpen)
            left -= file.size - before
        }
    }

    /// Reads and drops what has come.
    ///
    /// An error of the port is its end, too.
    private func drop() {
        for _ in 0..<Self.turn >> 16 {
            let count = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer -> Int? in
                do throws(SystemError) {
                    let count = try descriptor.read(into: buffer)
                    if let count, count > 0 { reader?(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
                    return count
                } catch {
                    return 0
                }
            }
            guard let count else { return }
            if count == 0 {
                isOpen = false
                return
            }
            dropped += count
        }
    }
}
