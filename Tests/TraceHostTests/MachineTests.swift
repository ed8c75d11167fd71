import CommandSupport
import Glibc
import Reactor
import Support
import Testing

@testable import trace_host

/// What libvirt, QEMU's monitor and QEMU's command line tell of a guest.
struct MachineTests {
    @Test func `a domain's channels come from its live XML, other devices do not`() throws {
        let document = """
            <?xml version='1.0'?><domain type='kvm' id='3'><name>a&amp;b</name><vcpu current='2'>8</vcpu><devices>
            <controller type='virtio-serial' index='0'/><controller type='usb' index='0'/>
            <channel type='unix'><source mode='bind' path='/x/a&lt;b&#39;/agent-ctl-path'/>
              <target type='virtio' name='agent-ctl-path' state='disconnected'/><alias name='channel0'/></channel>
            <channel type='spicevmc'><target type='virtio' name='trace-path-cpu0'/></channel>
            <channel type='unix'><source path='/x/g'/><target type='guestfwd' name='trace-path-cpu1'/></channel>
            <channel type='pipe'><source path='/x/p'/><target type='virtio' name='trace-pipe-cpu1'/></channel>
            <channel type='unix'><source path='/x/m'/><target type='virtio' name='trace-path-cpu01'/></channel>
            </devices></domain>
            """
        let domain = Domain(try #require(XMLElement(document: document)))
        #expect(domain.name == "a&b" && domain.cpus == 2 && domain.isRunning && domain.serialDevices == 1)
        let found = FoundPorts(domain)
        #expect(found.control?.path == "/x/a<b'/agent-ctl-path" && found.control?.isOpenInGuest == false)
        #expect(found.streams == [1: Port(name: "trace-pipe-cpu1", path: "/x/p", kind: .fifos)])
        #expect(found.unusable == ["trace-path-cpu0 has neither a socket nor FIFOs behind it: spicevmc"])
        #expect(found.misspelt == ["trace-path-cpu01"])
        #expect(Attachment.missing(in: found, cpus: 3) == ["trace-path-cpu0", "trace-path-cpu2"])
    }

    @Test(arguments: [
        "", "no XML", "<domain>", String(repeating: "<a>", count: 100_000),
        "<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;&b;'>]><a",
    ])
    func `what is no XML is refused`(document: String) {
        #expect(XMLElement(document: document) == nil)
    }

    @Test func `QEMU's options are read, commas and JSON too`() {
        let line = QEMUCommandLine([
            "qemu-system-x86_64", "-name", "guest=vm,debug-threads=on", "-qmp", "unix:/q,,1,server=on",
            "-chardev",
            "socket,id=a,path=/x/a,,b,server=on", "-chardev", "pipe,id=p,path=/x/p", "-chardev",
            "socket,id=f,fd=3",
            "--mon", "chardev=a,mode=control", "-device", "virtserialport,chardev=p,name=trace-path-cpu0",
            "-device",
            #"{"driver":"virtserialport","chardev":"f","name":"agent-ctl-path","nr":1}"#, "-device", "{",
            "-device",
        ])
        #expect(line.name == "vm" && line.monitors == ["/q,1", "/x/a,b"])
        #expect(line.chardevs == ["a": .socket("/x/a,b"), "p": .fifos("/x/p"), "f": .other("socket")])
        #expect(line.ports.map(\.name) == ["trace-path-cpu0", "agent-ctl-path"])
    }

    // MARK: a monitor that a test plays

    /// Runs `trace-host check` against a monitor whose first lines are these, and which says no more.
    private func check(_ lines: String) throws -> Command {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/qmp"
        let monitor = try StreamSocket(path)
        let script = try Program(
            Machine.product("trace-host"), ["check", "--qmp", path], output: .truncate("\(folder.path)/out"))
        let connection = try monitor.accept()
        try connection.send(lines)
        connection.close()
        _ = script.wait()
        return try Command("cat", ["\(folder.path)/out"])
    }

    @Test(arguments: [
        ("SSH-2.0-OpenSSH\n", "is no QMP monitor: it sent SSH-2.0-OpenSSH"),
        (
            "{\"QMP\":{}}\n{\"event\":\"STOP\"}\nrubbish\n{\"return\":{},\"id\":\"other\"}\n",
            "QEMU has closed the monitor"
        ),
    ])
    func `what is no monitor, or stops being one, is named`(lines: String, message: String) throws {
        let output = try check(lines).output
        #expect(output.contains("fail  guest") && output.contains(message), "\(output)")
    }

    @Test func `events without end do not hold up a command`() async throws {
        SignalFD.ignoreFailedWrites()
        let folder = TemporaryFolder()
        let path = "\(folder.path)/qmp"
        let monitor = try StreamSocket(path)
        let query = Task.detached {
            #expect(throws: Failure.self) { try QMPConnection(to: path, patience: .milliseconds(100)) }?
                .status
        }
        let connection = try monitor.accept()
        try connection.send("{\"QMP\":{}}\n")
        let events = String(repeating: "{\"event\":\"RESUME\"}\n", count: 100)
        let end = ContinuousClock.now + .seconds(5)
        // Until the other side has closed.
        while ContinuousClock.now < end, (try? connection.trySend(events)) != nil {}
        #expect(ContinuousClock.now < end)
        let status = await query.value
        #expect(status == .tryAgain)
    }

    @Test func `a monitor that serves another one is not waited for without end`() throws {
        let folder = TemporaryFolder()
        let monitor = try StreamSocket("\(folder.path)/qmp")
        let error = #expect(throws: Failure.self) {
            try QMPConnection(to: "\(folder.path)/qmp", patience: .milliseconds(50))
        }
        #expect(
            error?.status == .tryAgain && error?.description.contains("another program is connected") == true)
        withExtendedLifetime(monitor) {}
    }

    @Test(arguments: [
        ([], "name one guest"), (["/x", "--domain", "y"], "name one guest"),
        (["/x", "--connect", "y"], "--connect is for --domain"),
        (["--domain", ""], "the guest's name is empty"),
    ])
    func `one guest is named`(words: [String], message: String) throws {
        let status = try Command(Machine.product("trace-host"), ["status"] + words)
        #expect(status.status == 64 && status.errorText.contains(message), "\(status)")
    }

    @Test func `a folder is no machine that ports can be plugged into`() throws {
        for word in ["attach", "detach"] {
            let refused = try Command(Machine.product("trace-host"), [word, "/x"])
            #expect(
                refused.status == 64
                    && refused.errorText.contains("a folder names no machine: trace-host \(word)"))
        }
    }
}
