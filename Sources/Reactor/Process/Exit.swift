import Glibc

/// Ends the process at once, with all its threads, even those that cannot be joined: _exit(2).
package func exitAtOnce(_ status: CInt) -> Never { _exit(status) }
