import Glibc

/// Waits 20 ms, between two tries of what no event announces.
package func waitBriefly() { usleep(20_000) }
