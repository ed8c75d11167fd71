internal import CEpoll
import Glibc

/// This CPU's cycle counter, in its own unit: `rdtsc` of x86, `cntvct_el0` of arm64.
package var cycleCounter: Int { Int(truncatingIfNeeded: cepoll_read_counter()) }

/// The time of a clock in nanoseconds: clock_gettime(2).
package func nanoseconds(of clock: CInt) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// How the kernel makes nanoseconds of cycles: (cycles * mult) >> shift, perf_event_open(2).
///
/// - Returns: `nil` if the kernel does not say.
/// - Throws: `EACCES` or `EPERM` where perf events are not allowed.
package func kernelCounterScale() throws(SystemError) -> (mult: UInt32, shift: UInt16)? {
    var (mult, shift): (UInt32, UInt16) = (0, 0)
    let isKnown = try systemCall("perf_event_open") { cepoll_counter_scale(&mult, &shift) }
    return isKnown == 1 ? (mult, shift) : nil
}
