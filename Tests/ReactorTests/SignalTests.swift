import Glibc
import Reactor
import Testing

struct SignalTests {
    @Test func `a blocked signal is read from the descriptor`() throws {
        let signals = try SignalFD([SIGUSR1])
        #expect(try signals.next() == nil)
        // Sent to this thread only: other threads may not block the signal.
        pthread_kill(pthread_self(), SIGUSR1)
        #expect(try signals.next() == SIGUSR1)
        #expect(try signals.next() == nil)
    }
}
