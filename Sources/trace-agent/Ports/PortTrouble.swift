import CommandSupport

/// Why a port that is there cannot be used; each reason is logged once, as soon as the log has room for it.
struct PortTrouble {
    fileprivate let reason: String
    fileprivate var isLogged = false

    /// - Parameter reason: One that was logged already.
    init(logged reason: String) {
        self.reason = reason
        isLogged = true
    }

    fileprivate init(_ reason: String) { self.reason = reason }
}

extension PortTrouble? {
    /// The port was tried, in vain.
    ///
    /// - Returns: Whether the reason is another one than before.
    mutating func note(_ reason: String, _ log: inout LimitedLog) -> Bool {
        let isNew = self?.reason != reason
        if isNew { self = PortTrouble(reason) }
        if self?.isLogged == false { self?.isLogged = log.log(reason) }
        return isNew
    }
}
