import Glibc

/// A new folder, which is removed with the files in it when the test releases it.
///
/// Any user may write to it, but not replace what others have made: the agent opens ports in it again after it has
/// changed its user.
package final class TemporaryFolder {
    package let path = temporaryPath()

    package init() {
        mkdir(path, 0o700)
        chmod(path, 0o1777)
    }

    deinit {
        for name in (try? namesIn(path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

/// A path that does not exist yet.
package func temporaryPath() -> String {
    "/tmp/trace-agent-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
}
