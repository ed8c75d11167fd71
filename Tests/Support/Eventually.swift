import Glibc

/// How long a test waits for what must come: only a failure takes as long, and machines differ.
package let patience = Duration.seconds(60)

/// Polls `condition` until it holds, where no event reports that it does.
///
/// - Returns: Whether it held within `limit`.
package func eventually(within limit: Duration = patience, _ condition: () throws -> Bool) rethrows
    -> Bool
{
    let end = ContinuousClock.now + limit
    while try !condition() {
        if ContinuousClock.now > end { return false }
        usleep(5000)
    }
    return true
}
