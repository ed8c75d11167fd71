import Glibc
import Support
import Testing

/// `trace-host record` with a test in the place of an agent that only knows digits.
struct OldAgentTests {
    @Test func `an agent that never answers gets digits alone, and its pages are kept`() throws {
        let folder = TemporaryFolder()
        let control = try FIFOPort("\(folder.path)/agent-ctl-path")
        // As trace-cmd's setup-guest names it.
        let stream = try FIFOPort("\(folder.path)/trace-pipe-cpu1")
        let output = "\(folder.path)/trace.dat"
        let record = try Program(
            Machine.product("trace-host"), ["record", folder.path, "-o", output, "--timeout", "200ms"])
        #expect(try control.order().hasPrefix("status id="))
        #expect(try control.order() == "1\n")
        let page = [UInt8](repeating: 7, count: 4096)
        try stream.send(page)
        #expect(try eventually { try readFile("\(output).cpu1") == page })
        record.signal(SIGINT)
        #expect(try control.order() == "0\n")
        // What is on its way still comes.
        try stream.send(page)
        #expect(record.wait() == 69)
        let isWhole = try readFile("\(output).cpu1") == page + page
        #expect(isWhole)
        let said = record.errorText
        #expect(said.contains("the agent does not answer: it does not run, or is of the original kind"))
        #expect(said.contains("no trace header: an agent of the original kind has none"))
        let command = "trace-host assemble -o \(output) HEADER \(output).cpu0 \(output).cpu1"
        #expect(said.contains("the recorded data is kept: /") && said.contains("/\(command)\n"))
    }

    @Test func `a guest that goes ends the recording, and what came is kept`() throws {
        let folder = TemporaryFolder()
        var ports = try ["agent-ctl-path", "trace-path-cpu0"].map { try FIFOPort("\(folder.path)/\($0)") }
        let output = "\(folder.path)/trace.dat"
        let record = try Program(
            Machine.product("trace-host"), ["record", folder.path, "-o", output, "--timeout", "200ms"])
        #expect(try ports[0].order().hasPrefix("status id="))
        #expect(try ports[0].order() == "1\n")
        let page = [UInt8](repeating: 7, count: 4096)
        try ports[1].send(page)
        ports.removeAll()
        #expect(record.wait() == 69)
        #expect(record.errorText.contains("the guest has gone: what came is kept"), "\(record.errorText)")
        let isWhole = try readFile("\(output).cpu0") == page
        #expect(isWhole)
    }

    @Test func `several agents that never answer are recorded in parts, and as flight recorders`() throws {
        let folders = [TemporaryFolder(), TemporaryFolder()]
        let output = "\(folders[0].path)/trace.dat"
        let controls = try folders.map { try FIFOPort("\($0.path)/agent-ctl-path") }
        let streams = try folders.map { try FIFOPort("\($0.path)/trace-path-cpu0") }
        let guests = folders.map(\.path)
        let common = ["record"] + guests + ["-o", output, "--timeout", "100ms"]
        let page = [UInt8](repeating: 7, count: 4096)

        var record = try Program(Machine.product("trace-host"), common + ["--max-size", "1M"])
        for control in controls { #expect(try control.order().hasPrefix("status id=")) }
        for control in controls { #expect(try control.order() == "1\n") }
        for (control, stream) in zip(controls, streams) {
            for _ in 0..<256 { #expect(eventually { (try? stream.send(page)) != nil }) }
            // A seam, and the second part.
            #expect(try control.order() == "0\n")
            #expect(try control.order() == "1\n")
            try stream.send(page + page)
        }
        record.signal(SIGINT)
        for control in controls { #expect(try control.order() == "0\n") }
        #expect(record.wait() == 69, "\(record.errorText)")
        let files = try namesIn(folders[0].path).filter { $0.hasPrefix("trace-") && $0.hasSuffix(".cpu0") }
        let sizes = try files.sorted().map { try readFile("\(folders[0].path)/\($0)").count / 4096 }
        #expect(sizes == [256, 2, 256, 2])
        for folder in guests {
            #expect(
                record.errorText.contains(
                    "trace-host: \(folder): error: no trace header: an agent of the original"))
        }
        for file in files { unlink("\(folders[0].path)/\(file)") }
        for control in controls { while let _ = try? control.order(within: .milliseconds(1)) {} }

        record = try Program(Machine.product("trace-host"), common + ["--flight"])
        for control in controls { #expect(try control.order().hasPrefix("status id=")) }
        #expect(eventually { record.errorText.contains("comes at a trigger") })
        record.signal(SIGUSR1)
        for control in controls { #expect(try control.order() == "1\n") }
        for stream in streams { try stream.send(page) }
        for control in controls { #expect(try control.order() == "0\n") }
        #expect(record.wait() == 69)
        #expect(try namesIn(folders[0].path).filter { $0.hasSuffix(".dat.cpu0") }.count == 2)
    }

    @Test func `a second program for the same ports is refused`() throws {
        let folder = TemporaryFolder()
        let control = try FIFOPort("\(folder.path)/agent-ctl-path")
        _ = try FIFOPort("\(folder.path)/trace-path-cpu0")
        let arguments = ["record", folder.path, "-o", "\(folder.path)/trace.dat"]
        let first = try Program(Machine.product("trace-host"), arguments)
        _ = try control.order()
        let second = try Command(Machine.product("trace-host"), arguments)
        #expect(second.status == 69)
        #expect(
            second.errorText.contains(
                "another program, such as trace-host, reads \(folder.path)/trace-path-cpu0.out"))
        // Nothing has begun: nothing is left.
        first.signal(SIGTERM)
        #expect(first.wait() == 75)
        #expect(try namesIn(folder.path).contains { $0.hasPrefix("trace.dat") } == false)
    }
}
