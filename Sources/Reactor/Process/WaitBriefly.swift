import Glibc

/// Waits 20 ms for something of which no event tells.
package func waitBriefly() { usleep(20_000) }
