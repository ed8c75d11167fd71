import CommandSupport
import ControlProtocol
import Reactor

/// A guest that is pinged while it is recorded: what a recording does for that.
protocol PingedGuest: AnyObject {
    /// The clock by which it is taken when orders were sent, and when their answers had come; `nil`: by none.
    var stampClock: TraceClock? { get set }

    /// Gives the order `time`, and does not wait.
    ///
    /// - Returns: `false` if nobody is there.
    func orderTime() throws(Failure) -> Bool

    /// Waits for the answer, at most for `limit`, while the recording goes on.
    func awaitTime(within limit: Duration) throws(Failure)

    /// The line that answers the last order, and the times of both; `nil` if it has not come.
    var stampedAnswer: (line: String, sent: Int, arrived: Int)? { get }

    /// The process that has the control port; `nil` if that is not known from it.
    var controlPeer: PeerCredentials? { get }
}
