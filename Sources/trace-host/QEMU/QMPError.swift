/// Why QEMU does not execute a command, in its words.
struct QMPError: Error, CustomStringConvertible {
    let description: String
}
