import Glibc

/// Ends the process here and now, threads that cannot be joined included: _exit(2).
package func exitAtOnce(_ status: CInt) -> Never { _exit(status) }
