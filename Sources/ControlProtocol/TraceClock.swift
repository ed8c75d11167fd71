import Glibc
import Reactor

/// A trace clock that a program can read itself; `local` and `global` are the kernel's own.
package enum TraceClock: String, CaseIterable, Codable, Sendable {
    /// The cycle counter of x86.
    case counter = "x86-tsc"
    case mono
    case monoRaw = "mono_raw"
    case boot
    case tai

    /// The time now: cycles of `counter`, nanoseconds of the others.
    package var now: Int {
        switch self {
        case .counter: cycleCounter
        case .mono: nanoseconds(of: CLOCK_MONOTONIC)
        case .monoRaw: nanoseconds(of: CLOCK_MONOTONIC_RAW)
        case .boot: nanoseconds(of: CLOCK_BOOTTIME)
        case .tai: nanoseconds(of: CLOCK_TAI)
        }
    }

    package static let names = allCases.map(\.rawValue).joined(separator: ", ")
}
