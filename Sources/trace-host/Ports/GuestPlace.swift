/// Where a guest's ports are asked for.
enum GuestPlace {
    case folder(PortsFolder)
    /// A domain of libvirt, by its name, number or UUID.
    case domain(String, Virsh)
    /// QEMU's monitor, by its socket.
    case monitor(String)
}
