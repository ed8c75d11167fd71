/// What was found when the ports were opened at start-up.
struct OpenedPorts {
    let ports: Ports
    /// `nil` if pages do not go to ports: then no CPU lacks one.
    var online: OnlineCPUs?
    /// Whether orders may come from a control port.
    var areOrdersWanted = true
    /// Whether there is a control port.
    var hasControl = false
    /// Why the control port that is there cannot be opened.
    var controlTrouble: String?
    /// The ring buffers whose CPUs have no port yet.
    var spareRings: [Ring] = []
    /// Why a CPU's port that is there cannot be used.
    var dataTroubles: [Int: String] = [:]
}
