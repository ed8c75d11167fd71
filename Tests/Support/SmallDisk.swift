import Glibc

/// A small file system, mounted until the test releases it.
package final class SmallDisk {
    package let path = temporaryPath()

    package init(kiB: Int) throws {
        mkdir(path, 0o700)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(kiB)k") == 0 else {
            throw TestFailure("cannot mount a tmpfs: errno \(errno)")
        }
    }

    deinit {
        umount2(path, CInt(MNT_DETACH))
        rmdir(path)
    }

    package func enlarge(kiB: Int) throws {
        guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=\(kiB)k") == 0 else {
            throw TestFailure("cannot enlarge a tmpfs: errno \(errno)")
        }
    }
}
