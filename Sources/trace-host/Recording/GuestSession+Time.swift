import CommandSupport
import ControlProtocol
import Reactor

extension GuestSession: PingedGuest {
    var stampClock: TraceClock? {
        get { loop.clock }
        set { loop.clock = newValue }
    }

    func orderTime() throws(Failure) -> Bool {
        if loop.agentHasGone { return false }
        try give { dialog throws(SystemError) in try dialog.order(.time) }
        return true
    }

    func awaitTime(within limit: Duration) throws(Failure) {
        try serve(within: limit) { [loop] in loop.answer != nil || loop.agentHasGone }
    }

    var stampedAnswer: (line: String, sent: Int, arrived: Int)? {
        loop.answer.map { ($0, loop.times.sent, loop.times.arrived) }
    }

    var controlPeer: PeerCredentials? { loop.peer }
}
