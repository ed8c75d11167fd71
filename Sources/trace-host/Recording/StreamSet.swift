import CommandSupport
import Reactor

/// The streams of a guest, in the order of their CPUs.
final class StreamSet {
    private let streams: [GuestStream]
    /// When bytes came the last time.
    private(set) var lastArrival = ContinuousClock.now

    /// Opens all ports.
    init(_ ports: GuestPorts) throws(Failure) {
        var streams: [GuestStream] = []
        for (cpu, port) in try ports.streams().sorted(by: { $0.key < $1.key }) {
            do throws(SystemError) {
                streams.append(try GuestStream(cpu: cpu, port))
            } catch  where error.code == .busy {
                throw Failure(
                    .unavailable, "another program, such as trace-host, reads \(port.readPath): end it first")
            } catch {
                throw PortFailure.explain(error, in: ports.name)
            }
        }
        if streams.isEmpty {
            throw Failure(
                .unavailable,
                "no port of a CPU in \(ports.name), such as trace-path-cpu0: does the guest run?")
        }
        self.streams = streams
    }

    func watch(
        in reactor: borrowing Reactor<Source>, as source: (_ place: Int) -> Source
    ) throws(SystemError) {
        for (place, stream) in streams.enumerated() {
            try reactor.watch(stream.descriptor, for: .readable, as: source(place))
        }
    }

    func rearm(
        _ place: Int, for interest: Readiness, in reactor: borrowing Reactor<Source>, as source: Source
    ) throws(SystemError) {
        try reactor.rearm(streams[place].descriptor, for: interest, as: source)
    }

    var cpus: [Int] { streams.map(\.cpu) }
    var lastCPU: Int { streams.last?.cpu ?? 0 }
    func isOpen(_ place: Int) -> Bool { streams[place].isOpen }
    /// Whether no port is open any more.
    var hasEnded: Bool { !streams.contains(where: \.isOpen) }
    /// Bytes that came for each CPU and are in its file.
    var received: [Int: Int] { byCPU(\.received) }
    /// The same of all files that there were.
    var total: [Int: Int] { byCPU(\.total) }
    /// All that came, those that went to no file included.
    var arrived: [Int: Int] { byCPU(\.arrived) }
    var bytes: Int { streams.reduce(0) { $0 + $1.total } }
    var dropped: Int { streams.reduce(0) { $0 + $1.dropped } }

    private func byCPU(_ count: (GuestStream) -> Int) -> [Int: Int] {
        Dictionary(streams.map { ($0.cpu, count($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Moves what has come for the stream at `place`.
    ///
    /// - Throws: The error of the file.
    func move(_ place: Int) throws(SystemError) {
        let stream = streams[place]
        let before = stream.arrived
        try stream.move()
        if stream.arrived > before { lastArrival = .now }
    }

    /// Lets what comes from now on go to files.
    func write(to files: RecordingFiles) {
        for stream in streams { stream.write(to: files.stream(cpu: stream.cpu)) }
    }

    /// From now on what comes and goes to no file is given to `reader`, with its CPU.
    func read(by reader: @escaping (_ cpu: Int, UnsafeRawBufferPointer) -> Void) {
        for stream in streams { stream.read { [cpu = stream.cpu] in reader(cpu, $0) } }
    }

    /// Drops what comes from now on, so that the agent's stop does not wait for the disk.
    func stopWriting() { for stream in streams { stream.stopWriting() } }
}
