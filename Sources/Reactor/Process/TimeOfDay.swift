import Glibc

/// Microseconds since 1970: `CLOCK_REALTIME`, clock_gettime(2).
package var microsecondsSinceEpoch: Int {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}
