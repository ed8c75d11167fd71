import Reactor

/// What a virtio port's queue accepts at once.
///
/// The driver makes one chain of descriptors of each splice(2), one for every page, and throws the data away if
/// the chain does not fit: `port_fops_splice_write`, drivers/char/virtio_console.c.
enum PortQueue {
    /// A chain is never longer than the queue, which has 128 places in QEMU.
    static let longestChain = 128

    /// VIRTIO_RING_F_INDIRECT_DESC: a chain takes one place in the queue, however long it is.
    private static let indirectDescriptors = 28

    /// The most pages that one splice(2) to the port `device` ("vport0p1") may hand over.
    ///
    /// Without indirect descriptors only single pages are safe: the driver stops when no place is free, but loses a
    /// chain that is longer than the places left.
    static func pagesPerSplice(ofDevice device: Substring) -> Int {
        let path = "/sys/class/virtio-ports/\(device)/device/features"
        // If the features cannot be read, single pages are right, only slower.
        let features = try? FileDescriptor.open(path, .readOnly).contents()
        return pagesPerSplice(features: features ?? "")
    }

    /// The same from the text of sysfs: a `0` or `1` for each feature bit, lowest first.
    static func pagesPerSplice(features: String) -> Int {
        features.utf8.dropFirst(indirectDescriptors).first == UInt8(ascii: "1") ? longestChain : 1
    }
}
