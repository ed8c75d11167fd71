/// What is behind a port on the host: a character device of QEMU.
enum BackEnd: Equatable {
    /// The path of a unix socket that QEMU listens at.
    case socket(String)
    /// `PATH.in` and `PATH.out`.
    case fifos(String)
    /// Another kind, by its name.
    case other(String)
}
