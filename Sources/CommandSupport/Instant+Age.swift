extension ContinuousClock.Instant {
    /// Whole seconds since this moment.
    package var secondsAgo: Int { Int((ContinuousClock.now - self).components.seconds) }
}
