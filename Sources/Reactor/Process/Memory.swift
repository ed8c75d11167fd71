internal import CEpoll
import Glibc

/// The size of a memory page in bytes, which is the unit of a pipe's capacity: sysconf(3).
package let memoryPageSize = Int(sysconf(CInt(_SC_PAGESIZE)))

/// Turns transparent huge pages off for this process: `PR_SET_THP_DISABLE`, prctl(2).
///
/// A thread's stack would use 2 MiB instead of a few KiB, and there is one thread per CPU.
package func refuseHugePages() throws(SystemError) {
    _ = try systemCall("prctl(PR_SET_THP_DISABLE)") { cepoll_disable_huge_pages() }
}
