import CommandSupport
import Logging
import Reactor

/// Opens the ports that are there at start-up, and keeps what is to be tried again.
struct PortOpening {
    private let options: Options
    /// Whether the agent has no use without ports.
    private let areNeeded: Bool
    private let log: Logger
    private(set) var opened: OpenedPorts

    private var ports: Ports { opened.ports }

    init(_ options: Options, areNeeded: Bool, _ log: Logger) {
        self.options = options
        self.areNeeded = areNeeded
        self.log = log
        opened = OpenedPorts(ports: Ports(directory: options.common.tracing.ports))
    }

    /// The control port, if there is one.
    ///
    /// - Throws: 69 if there is none and the agent has no other way to get orders.
    mutating func openControl() throws(Failure) -> OrderStream? {
        do throws(Failure) {
            if let port = try ports.openControl() {
                opened.hasControl = true
                return OrderStream(port.descriptor, kind: port.kind)
            }
        } catch {
            if areNeeded { throw error }
            log.warning("\(error)")
            opened.controlTrouble = error.description
            return nil
        }
        if !areNeeded || options.foreground { return nil }
        throw Failure(
            .unavailable,
            "no control port \(ports.controlPath): give the guest a virtserialport of that name, or use --foreground"
        )
    }

    /// A channel for every ring buffer whose pages have somewhere to go.
    ///
    /// - Throws: 69 if there is none and the agent has no use without; 64 if standard output is a terminal.
    mutating func openChannels(for rings: [Ring], _ maker: ChannelMaker) throws(Failure) -> [Channel] {
        if !options.mode.usesPorts {
            let sink = try StandardOutput.sink(channels: rings.count)
            var channels: [Channel] = []
            for ring in rings { channels.append(try maker.make(ring, sink)) }
            return channels
        }
        let onlineCPUs = try OnlineCPUs()
        let online = onlineCPUs.cpus
        opened.online = onlineCPUs
        var channels: [Channel] = []
        var failure = Failure(
            .unavailable,
            "no port for any CPU in \(ports.directory): give the guest virtserialports named trace-path-cpu0, ..., or use -o"
        )
        for ring in rings {
            do throws(Failure) {
                if let sink = try ports.openSink(cpu: ring.cpu) {
                    channels.append(try maker.make(ring, sink))
                    continue
                }
                if online.contains(ring.cpu) {
                    log.warning("CPU \(ring.cpu) is not traced: no port \(ports.dataPath(cpu: ring.cpu))")
                }
            } catch {
                failure = error
                opened.dataTroubles[ring.cpu] = error.description
                log.warning("CPU \(ring.cpu) is not traced: \(error)")
            }
            opened.spareRings.append(ring)
        }
        if channels.isEmpty, areNeeded { throw failure }
        return channels
    }
}
