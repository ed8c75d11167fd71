import Reactor

/// What cannot be waited for, and is tried by a timer.
extension Agent {
    /// Sets the timer for whatever cannot be waited for, or turns it off.
    ///
    /// One that runs is never put off: a channel that blocks again and again must not keep the others waiting.
    mutating func setRetryTimer() throws(SystemError) {
        let needed = neededRetryPeriod
        if let needed, let running = retryPeriod, needed >= running { return }
        if needed == retryPeriod { return }
        retryPeriod = needed
        if let needed { try retryTimer.arm(after: needed) } else { try retryTimer.disarm() }
    }

    private var neededRetryPeriod: Duration? {
        if isAnyPaused || areConnectionsPaused || !untold.isEmpty { return .milliseconds(250) }
        var period: Duration?
        if control?.owesAnswers ?? awaitsControl || isAnyHeaderSent || isHeaderPutOff { period = .seconds(1) }
        for entry in tracked {
            switch entry.state {
            case .waitingForPort where !entry.portIsAway: return .milliseconds(250)
            case .waitingForPort: period = .seconds(1)
            case .portGone: period = .seconds(1)
            case .ringGone where options.flushInterval.milliseconds == 0: period = .seconds(1)
            default: break
            }
        }
        return period
    }

    /// The retry timer: tries whatever may have come back without telling.
    mutating func retry() throws(SystemError) {
        retryPeriod = nil
        for index in tracked.indices {
            switch tracked[index].state {
            case .waitingForPort: try resumeIfBlocked(index)
            case .portGone: try reopenPort(index)
            case .ringGone where state == .streaming: try flushIfAnythingWaits(index)
            default: break
            }
        }
        if awaitsControl { try reopenControl() }
        sendAnswers()
        if isAnyHeaderSent { endStalledTransfers() }
        if isHeaderPutOff { try makeHeaders() }
        tellWhatIsUntold()
        try hearPaused()
        try resumeConnections()
    }
}
