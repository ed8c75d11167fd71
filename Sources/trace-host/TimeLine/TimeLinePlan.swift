/// What is to be on one time line with a guest.
struct TimeLinePlan {
    /// The host's events that are recorded; none if it is not.
    var hostEvents: [String] = []
    var hostOutput = ""
    /// Whether a file of this name is replaced.
    var replaces = false
    /// QEMU's monitor; `nil` if it is not known.
    var monitor: String?
}
