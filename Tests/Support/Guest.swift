import Foundation
import Glibc
import Reactor

/// A guest under QEMU with virtio-serial ports for two CPUs, and a shell in it.
package final class Guest: TracedGuest {
    private let machine: Program
    private let folder = TemporaryFolder()
    private let shell: GuestShell
    private let monitor: Connection
    private var catchers: [Program] = []

    /// What stands behind the ports on the host.
    package enum BackEnd {
        case fifos, sockets
        /// The agent's ports are not there.
        case none
    }

    package static let portNames = ["agent-ctl-path", "trace-path-cpu0", "trace-path-cpu1"]

    /// What runs in it.
    package enum System: String {
        /// The agent is started by hand.
        case busybox
        /// Debian from a disk, as new for each guest: without the agent, but with its package in `/root`.
        case fresh
        /// The same with the package installed.
        case agent

        fileprivate var options: [String] {
            if self == .busybox { return ["-m", "512", "-initrd", "\(Machine.guestFolder)/initramfs"] }
            let folder = "\(Machine.guestFolder)/systemd"
            return [
                // With less than 512 MiB Linux uses no huge pages.
                "-m", "1024", "-initrd", "\(folder)/initramfs", "-device", "virtio-blk-pci,drive=disk",
                "-drive", "if=none,id=disk,format=raw,snapshot=on,file=\(folder)/\(rawValue).img",
            ]
        }
    }

    private let system: System

    /// Boots one.
    ///
    /// - Parameters:
    ///   - serial: Properties of the virtio-serial device, such as `indirect_desc=off`.
    ///   - spare: How many ports the device has beside the agent's; they come first.
    ///   - cpus: Those that it has, and those that may be plugged in, as in `1,maxcpus=2`.
    ///   - options: More options of QEMU.
    package init(
        _ backEnd: BackEnd, _ system: System = .busybox, serial: String = "", spare: Int = 0,
        cpus: String = "2", options: [String] = []
    ) throws {
        self.system = system
        var arguments =
            [
                // Many emulated CPUs on few real ones do better by turns.
                "-accel", (Int(cpus) ?? 1) > 8 ? "tcg,thread=single" : "tcg,thread=multi", "-cpu", "max",
                "-smp", cpus, "-nodefaults", "-no-reboot",
                "-display", "none", "-kernel", "\(Machine.guestFolder)/vmlinuz",
                "-append", "console=ttyS0 quiet panic=-1 oops=panic",
                "-serial", "file:\(folder.path)/console",
                "-device", "virtio-serial-pci,id=tools", "-device",
                "virtio-serial-pci,id=ports" + (serial.isEmpty ? "" : ",\(serial)"),
                "-chardev", "socket,id=shell,path=\(folder.path)/shell,server=on,wait=off",
                "-device", "virtserialport,bus=tools.0,chardev=shell,name=shell",
                "-qmp", "unix:\(folder.path)/monitor,server=on,wait=off",
                "-qmp", "unix:\(folder.path)/qmp,server=on,wait=off", "-name", "guest,debug-threads=on",
            ] + system.options + options
        let names = backEnd == .none ? [] : (0..<spare).map { "spare\($0)" } + Self.portNames
        for name in names {
            let path = "\(folder.path)/\(name)"
            switch backEnd {
            case .fifos:
                try makeFIFO(path + ".in")
                try makeFIFO(path + ".out")
                arguments += ["-chardev", "pipe,id=\(name),path=\(path)"]
            case .sockets:
                arguments += ["-chardev", "socket,id=\(name),path=\(path),server=on,wait=off"]
            case .none: break
            }
            arguments += ["-device", Self.port(name)]
        }
        // Its own kernel may hang, and then nobody else would end it.
        machine = try Program("setpriv", ["--pdeathsig", "KILL", "qemu-system-x86_64"] + arguments)
        let console = "\(folder.path)/console"
        shell = try GuestShell("\(folder.path)/shell") { (try? readText(console)) ?? "" }
        monitor = try Connection.to("\(folder.path)/monitor")
        _ = try monitor.line()
        try command("qmp_capabilities")
        // From now on the guest powers off when this connection ends, which is with the test run at the latest.
        try shell.begin()
    }

    deinit {
        for catcher in catchers { catcher.kill() }
        machine.kill()
    }

    private static func port(_ name: String) -> String {
        "virtserialport,bus=ports.0,id=\(name),chardev=\(name),name=\(name)"
    }

    // MARK: in the guest

    /// Runs a shell command in the guest: what it prints, without the last newline.
    @discardableResult
    package func run(_ command: String, within limit: Duration) throws -> String {
        try shell.run(command, within: limit)
    }

    /// Reboots a guest with a disk as its administrator does, and waits for its shell; QEMU, disk and ports stay.
    package func reboot() throws {
        try command("set-action", #"{"reboot":"reset"}"#)
        try shell.end("systemctl reboot")
        while try !monitor.line(within: .seconds(60)).contains("\"RESET\"") {}
        try shell.begin()
        try command("set-action", #"{"reboot":"shutdown"}"#)
    }

    /// Changes the tracer and back; whether the kernel allows that, which it does not while a ring buffer is open.
    package func canChangeTracer() throws -> Bool {
        try run(
            """
            cd /sys/kernel/tracing; (echo blk > current_tracer) 2> /dev/null; cat current_tracer
            echo nop > current_tracer; cd /
            """) == "blk"
    }

    /// How often the agent's threads have gone to sleep of their own accord: each time is one wake-up.
    package func agentWakeUps() throws -> Int {
        try number(
            "cat /proc/$(cat /tmp/agent.pid)/task/*/status | awk '/^voluntary_ctxt/ { n += $2 } END { print n }'"
        )
    }

    /// The bytes of a file in the guest; a few megabytes take seconds.
    package func bytes(of path: String) throws -> [UInt8] {
        let text = try run("gzip -c \(path) | base64", within: .seconds(120))
        guard let packed = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else {
            throw TestFailure("\(path): \(text.prefix(200))")
        }
        let file = temporaryPath()
        defer { unlink(file) }
        try writeBytes(file, Array(packed))
        let unpacked = temporaryPath()
        defer { unlink(unpacked) }
        guard try Program("gzip", ["-dc", file], output: .truncate(unpacked)).wait() == 0 else {
            throw TestFailure("\(path) did not come whole")
        }
        return try readFile(unpacked)
    }

    /// The number that `trace_marker_raw` records have as their type.
    package func rawDataType() throws -> UInt16 {
        UInt16(try number("sed -n 's/^ID: //p' /sys/kernel/tracing/events/ftrace/raw_data/format"))
    }

    // MARK: on the host

    /// QEMU's monitor for others than this object.
    package var monitorPath: String { "\(folder.path)/qmp" }

    /// The folder of the ports on the host.
    package var portsFolder: String { folder.path }

    /// The host's side of a port: both FIFOs, or a new connection to the socket.
    package func open(_ name: String) throws -> Connection {
        try Connection.to("\(folder.path)/\(name)")
    }

    /// Writes an order as an operator does: `echo ORDER > agent-ctl-path.in`.
    package func order(_ text: String) throws {
        let fifo = try FileDescriptor.open("\(folder.path)/agent-ctl-path.in", .readWrite)
        _ = try fifo.write(Array(text.utf8))
    }

    /// Gives an order in words, and reads its answer.
    package func order(_ word: String, answeredOn answers: Connection) throws -> Answer {
        try order(word + "\n")
        return try answers.answer()
    }

    /// Orders a header and catches it, as an operator does: the line that announces it, and the bytes that follow.
    package func header(from answers: Connection) throws -> (line: Announcement, bytes: [UInt8]) {
        try order("metadata\n")
        let line = try Announcement(try answers.line())
        return (line, try answers.bytes(line.bytes))
    }

    /// The file in which a CPU's pages are caught.
    package func caughtPath(cpu: Int) -> String { "\(folder.path)/caught\(cpu)" }

    /// The FIFO that answers come out of.
    package func answers() throws -> Connection {
        Connection(try FileDescriptor.open("\(folder.path)/agent-ctl-path.out", .readWrite))
    }

    /// Runs `cat trace-path-cpuN.out > file` for both CPUs, from now on.
    package func catchPages() throws {
        for cpu in 0...1 {
            unlink("\(folder.path)/caught\(cpu)")
            catchers.append(
                try Program(
                    "cat", ["\(folder.path)/trace-path-cpu\(cpu).out"],
                    output: .truncate("\(folder.path)/caught\(cpu)")))
        }
    }

    /// Waits until as many bytes have been caught as the agent says that it sent, and reads them.
    package func caught(cpu: Int, bytes: Int) throws -> PageStream {
        let path = "\(folder.path)/caught\(cpu)"
        guard try eventually({ try readFile(path).count >= bytes }) else {
            throw TestFailure("CPU \(cpu): \(try readFile(path).count) of \(bytes) bytes came")
        }
        return PageStream(try readFile(path), rawDataType: try rawDataType())
    }

    /// Ends the catchers: nobody reads any more.
    package func stopCatching() {
        for catcher in catchers { catcher.kill() }
        catchers.removeAll()
    }

    package func caughtBytes(cpu: Int) throws -> Int { try readFile("\(folder.path)/caught\(cpu)").count }

    /// Gives QEMU's monitor a command.
    package func command(_ name: String, _ arguments: String = "{}") throws {
        try monitor.send("{\"execute\":\"\(name)\",\"arguments\":\(arguments)}\n")
        while true {
            let line = try monitor.line()
            if line.contains("\"return\"") { return }
            if line.contains("\"error\"") { throw TestFailure("QEMU: \(line)") }
        }
    }

    /// Stops all its CPUs, and with them its clocks.
    package func pause(for duration: Duration) throws {
        try command("stop")
        usleep(useconds_t(duration / .microseconds(1)))
        try command("cont")
    }

    package var pid: pid_t { machine.pid }

    /// Names the ports, or waits until that is done.
    private var settle: String { system == .busybox ? "name-ports" : "udevadm settle" }

    /// Takes a port out of the running guest.
    package func unplug(_ name: String) throws {
        try command("device_del", "{\"id\":\"\(name)\"}")
        guard try eventually({ try run("\(settle); ls /dev/virtio-ports").contains(name) == false }) else {
            throw TestFailure("\(name) does not go")
        }
    }

    /// Plugs in another virtio-serial device, without ports yet.
    package func plugSerialDevice(_ name: String) throws {
        try command("device_add", "{\"driver\":\"virtio-serial-pci\",\"id\":\"\(name)\"}")
    }

    /// Plugs in another CPU, which stays offline.
    package func plugCPU(_ number: Int) throws {
        try command(
            "device_add",
            "{\"driver\":\"max-x86_64-cpu\",\"id\":\"cpu\(number)\",\"socket-id\":0,\"core-id\":\(number),\"thread-id\":0}"
        )
        let path = "/sys/devices/system/cpu/cpu\(number)/online"
        guard try eventually({ try run("[ -e \(path) ] && echo there") == "there" }) else {
            throw TestFailure("CPU \(number) does not come")
        }
    }

    package func plug(_ name: String, bus: String = "ports.0") throws {
        let device = """
            {"driver":"virtserialport","bus":"\(bus)","id":"\(name)","chardev":"\(name)","name":"\(name)"}
            """
        // QEMU lets go of the character device a moment after the port has gone.
        guard eventually({ (try? command("device_add", device)) != nil }) else {
            throw TestFailure("QEMU does not take \(name) back")
        }
        guard try eventually({ try run("\(settle); ls /dev/virtio-ports").contains(name) }) else {
            throw TestFailure("\(name) does not come")
        }
    }

    package var console: String { (try? readText("\(folder.path)/console")) ?? "" }
}
