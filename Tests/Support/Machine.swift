import Glibc
import Reactor

/// The machine that the tests run on.
package enum Machine {
    /// A test that cannot run is an error there, not something to skip.
    package static let isCI = getenv("CI") != nil

    /// Whether the agent can be tested on the real rings; in CI it has to be.
    package static let hasTracefs =
        isCI || (geteuid() == 0 && access(TraceInstance.top + "/instances", W_OK) == 0)

    /// Whether a guest has been made for the tests; in CI it has to be.
    package static let hasGuest = isCI || access(guestFolder + "/initramfs", R_OK) == 0

    /// Whether libvirt can run a guest; in CI it has to be.
    package static let hasLibvirt =
        isCI || (geteuid() == 0 && hasGuest && access("/usr/sbin/libvirtd", X_OK) == 0)

    /// Whether system calls can be watched; in CI that has to be.
    package static let hasStrace = isCI || (hasTracefs && access("/usr/bin/strace", X_OK) == 0)

    /// Whether root folders and disks with a systemd have been made for the tests; in CI it has to be.
    package static let hasSystemd =
        isCI || (hasTracefs && access(guestFolder + "/systemd/agent.img", R_OK) == 0)

    /// The top folder of the sources.
    package static let sources: String = {
        let parts = #filePath.split(separator: "/")
        return "/" + parts.dropLast(3).joined(separator: "/")
    }()

    package static let guestFolder = sources + "/.build/guest"

    /// The program as it was built with the tests, so that sanitizers see it too.
    package static func product(_ name: String) -> String {
        let own = FileDescriptor.resolve("/proc/self/exe") ?? ""
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
        return "/" + bundle.split(separator: "/").dropLast().joined(separator: "/") + "/" + name
    }

    /// Whether the tests were built with a sanitizer: `make sanitize`.
    private static let isSanitized =
        product("").contains("/.build/tsan/") || product("").contains("/.build/asan/")

    /// The program for tests of the whole: as users build it, unless sanitizers are to see it.
    package static func program(_ name: String) -> String { isSanitized ? product(name) : release(name) }

    /// The program as users build it.
    package static func release(_ name: String) -> String { sources + "/.build/release/" + name }
}
