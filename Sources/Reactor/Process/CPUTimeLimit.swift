import Glibc

/// Ends this process by `SIGVTALRM` once it has used `seconds` of CPU time from now on, unless the limit is set anew, or
/// removed with 0: setitimer(2).
package func limitCPUTime(seconds: Int) throws(SystemError) {
    var value = itimerval()
    value.it_value.tv_sec = seconds
    _ = try systemCall("setitimer") { setitimer(__itimer_which_t(ITIMER_VIRTUAL.rawValue), &value, nil) }
}
