import Glibc
import Support
import Testing

/// `trace-host` with a script in the place of virsh.
struct VirshTests {
    @Test func `the exit code of a program counts where the end of children is ignored`() throws {
        let folder = TemporaryFolder()
        try writeFile("\(folder.path)/virsh", "#!/bin/sh\necho error: no such domain >&2\nexit 3\n")
        chmod("\(folder.path)/virsh", 0o700)
        let host = try Command(
            "env",
            [
                "--ignore-signal=CHLD", "PATH=\(folder.path):/usr/bin:/bin", Machine.product("trace-host"),
                "status", "--domain", "x",
            ])
        #expect(host.status == 69, "\(host.errorText)")
        #expect(host.errorText.contains("dumpxml --domain=x: no such domain"), "\(host.errorText)")
    }
}
