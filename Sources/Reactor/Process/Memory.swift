internal import CEpoll
import Glibc

/// Bytes of a page of memory, as pipes count them: sysconf(3).
package let memoryPageSize = Int(sysconf(CInt(_SC_PAGESIZE)))

/// Keeps the kernel from giving this process huge pages: prctl(2).
///
/// A thread's stack would cost 2 MiB instead of a few KiB, and there is a thread a CPU.
package func refuseHugePages() throws(SystemError) {
    _ = try systemCall("prctl(PR_SET_THP_DISABLE)") { cepoll_disable_huge_pages() }
}
