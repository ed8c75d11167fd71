import Reactor

/// The threads that may still open files of tracefs once privileges are dropped.
struct PrivilegedThreads {
    let headerWorker: HeaderWorker
    let ringOpener: RingOpener

    /// Starts them, with the rights that the calling thread has now; the first opens no files as another user.
    ///
    /// - Parameters:
    ///   - ofHeaders: How the first gives up opening anything but event formats; `nil` if it need not.
    ///   - ofRings: How the second gives up opening anything but ring buffers; `nil` if it need not.
    ///   - reason: Why the second may not be able to open these, if that is known.
    init(
        _ headers: any HeaderSupply, _ rings: RingFolder, _ ofHeaders: ThreadConfinement? = nil,
        _ ofRings: ThreadConfinement? = nil, reason: String? = nil
    ) throws(SystemError) {
        ringOpener = try RingOpener(rings, reason: reason) { ofRings?.confine() }
        if ofRings != nil, rings.setter != nil { try Privileges.openAsOwnUser() }
        headerWorker = try HeaderWorker(headers, confinement: ofHeaders)
    }
}
