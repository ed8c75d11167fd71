import Glibc

/// Whole seconds since the machine booted, those of a suspension included: `CLOCK_BOOTTIME`, clock_gettime(2).
package var secondsSinceBoot: Int {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return time.tv_sec
}
