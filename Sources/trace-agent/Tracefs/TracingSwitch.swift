import CommandSupport
import Reactor

/// Whether an instance records: `tracing_on`, which can be read without waiting for a lock of the kernel.
struct TracingSwitch: ~Copyable {
    private let file: FileDescriptor?

    /// - Parameter file: In the format of `tracing_on`; `nil` if there is none.
    init(_ file: consuming FileDescriptor?) { self.file = file }

    /// If the file cannot be opened, only this report lacks a field: recording works without.
    init(in tracefs: Tracefs) { self.init(try? tracefs.open("tracing_on", .readOnly)) }

    /// `nil` if it cannot be read.
    var isOn: Bool? {
        switch file {
        case .some(let file):
            let text = try? file.contents()
            return text?.first == "1" ? true : text?.first == "0" ? false : nil
        case .none: return nil
        }
    }
}
