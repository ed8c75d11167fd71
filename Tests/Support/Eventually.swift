import Glibc

/// Polls `condition` until it holds, where no event reports that it does.
///
/// - Returns: Whether it held within `limit`.
package func eventually(within limit: Duration = .seconds(20), _ condition: () throws -> Bool) rethrows
    -> Bool
{
    let end = ContinuousClock.now + limit
    while try !condition() {
        if ContinuousClock.now > end { return false }
        usleep(5000)
    }
    return true
}
