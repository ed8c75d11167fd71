import Reactor

/// A port that is open, non-blocking, and what stands behind it.
struct OpenPort: ~Copyable {
    let descriptor: FileDescriptor
    let kind: FileDescriptor.Kind
}
