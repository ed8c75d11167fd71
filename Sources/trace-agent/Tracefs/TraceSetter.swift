import ControlProtocol
import Reactor

/// Sets what the agent's own trace instance records; the thread that has it is the only one that may.
///
/// What is refused leaves nothing changed. What is written into files is only the kernel's own names, numbers, and the text
/// of filters.
struct TraceSetter: Sendable {
    private let files: SetupFiles
    private let limits: SetupLimits
    /// What was asked for last; every property has a value.
    private(set) var inForce: TraceSetup
    /// What the files hold.
    private var now: InstanceState
    /// Whether an event can end what is recorded: a trigger of it turns the tracing off.
    private let hasTrigger: Bool

    /// Why a change is refused.
    struct Refusal: Error, Equatable {
        let reason: String
    }

    /// - Parameters:
    ///   - inForce: What the instance records already; `nil`: it is new, and is emptied.
    ///   - wasOn: Whether its tracing was on when an agent last knew.
    init(
        _ files: SetupFiles, _ limits: SetupLimits, hasTrigger: Bool = false, adopting inForce: TraceSetup?,
        wasOn: Bool = true
    ) throws(Refusal) {
        self.hasTrigger = hasTrigger
        self.files = files
        self.limits = limits
        self.inForce = InstanceState.cleared.completing(TraceSetup())
        now = .new
        if let inForce {
            // What it allows now need not be what it allowed then.
            now = try InstanceState(inForce, files, SetupLimits())
            now.isOn = wasOn
            self.inForce = now.completing(inForce)
        } else {
            try clear()
        }
    }

    var owner: UInt32 { get throws(SystemError) { try files.owner } }

    /// Whether the tracing is on, as far as is known.
    var isOn: Bool { now.isOn }

    /// Whether an event may end what is recorded from now on.
    var mayBeTriggered: Bool { hasTrigger && now.isOn }

    /// Whether one has, since the last change or call.
    mutating func isTriggered() -> Bool {
        now.isOn = files.isOn
        return !now.isOn
    }

    /// Allows a thread to open what is needed.
    func allow(_ rules: borrowing LandlockRules) throws(SystemError) { try files.allow(rules) }

    /// - Parameter withoutRings: Does something while nobody has a ring buffer open.
    /// - Returns: Why it is refused, `nil` if it is done.
    mutating func carryOut(_ change: TraceChange, withoutRings: (() -> Void) -> Void = { $0() }) -> String? {
        do throws(Refusal) {
            switch change {
            case .setup(let setup): try apply(setup, withoutRings)
            case .malformed(let reason): throw Refusal(reason: reason)
            case .clear: try clear(withoutRings)
            case .tracing(let on): try turn(on: on)
            }
            return nil
        } catch {
            return error.reason
        }
    }

    private mutating func apply(_ setup: TraceSetup, _ withoutRings: (() -> Void) -> Void) throws(Refusal) {
        let wanted = try InstanceState(setup, files, limits)
        try change(to: wanted, withoutRings)
        inForce = wanted.completing(setup)
    }

    private mutating func clear(_ withoutRings: (() -> Void) -> Void = { $0() }) throws(Refusal) {
        try change(to: .cleared, withoutRings)
        inForce = now.completing(TraceSetup())
    }

    private mutating func turn(on: Bool) throws(Refusal) {
        try set(.tracingOn, to: on ? "1" : "0", "tracing")
        now.isOn = on
    }

    /// Changes everything, or nothing.
    private mutating func change(
        to wanted: InstanceState, _ withoutRings: (() -> Void) -> Void
    ) throws(Refusal) {
        // Others may have changed them; if the events cannot be read, they are taken for what was set.
        now.isOn = files.isOn
        if let enabled = try? files.events.enabled { now.events = Set(enabled) }
        let before = now
        do throws(Refusal) {
            try move(to: wanted, withoutRings)
            // A clock that is set empties the ring buffers, even if it was set before. It comes last: it cannot be undone.
            try set(.clock, to: wanted.clock, "clock")
            now.clock = wanted.clock
            if wanted.isOn { try turn(on: true) }
        } catch {
            // What was there before can be set again.
            try? move(to: before, withoutRings)
            if before.isOn { try? turn(on: true) }
            throw error
        }
    }

    /// Sets all but the clock, with the tracing turned off; what is refused leaves `now` as far as it came.
    private mutating func move(
        to wanted: InstanceState, _ withoutRings: (() -> Void) -> Void
    ) throws(Refusal) {
        try moveFilters(to: wanted.filters)
        try turn(on: false)
        if wanted.pids != now.pids {
            do throws(SystemError) { try files.set(pids: wanted.pids) } catch {
                throw Refusal(reason: "pids: \(error.code)")
            }
            now.pids = wanted.pids
        }
        try moveEvents(to: wanted.events)
        if wanted.kibibytes != now.kibibytes {
            try set(.size, to: "\(wanted.kibibytes)", "buffer_kb")
            now.kibibytes = wanted.kibibytes
        }
        // Last: the kernel empties the ring buffers before it tries another tracer.
        if wanted.tracer != now.tracer {
            var refusal: Refusal?
            withoutRings {
                do throws(Refusal) { try set(.tracer, to: wanted.tracer, "tracer") } catch { refusal = error }
            }
            if let refusal { throw refusal }
            now.tracer = wanted.tracer
        }
    }

    private mutating func moveFilters(to wanted: [String: String]) throws(Refusal) {
        for event in Set(now.filters.keys).union(wanted.keys).sorted()
        where now.filters[event] != wanted[event] {
            do throws(SystemError) {
                try files.events.setFilter(wanted[event] ?? EventFiles.noFilter, of: event)
            } catch {
                // The event of an old filter can have gone.
                guard let filter = wanted[event] else { continue }
                // The kernel has replaced the filter by its message.
                now.filters[event] = filter
                throw Refusal(reason: "filter '\(filter)' of \(event): \(files.events.reason(of: error))")
            }
            now.filters[event] = wanted[event]
        }
    }

    private mutating func moveEvents(to wanted: Set<String>) throws(Refusal) {
        for event in now.events.subtracting(wanted) {
            // One that has gone records nothing.
            try? files.events.disable(event)
            now.events.remove(event)
        }
        for event in wanted.subtracting(now.events) {
            do throws(SystemError) { try files.events.enable(event) } catch {
                throw Refusal(reason: "event \(event): \(error.code)")
            }
            now.events.insert(event)
        }
    }

    private func set(_ setting: SetupFiles.Setting, to value: String, _ name: String) throws(Refusal) {
        do throws(SystemError) {
            try files.set(setting, to: value)
        } catch {
            throw Refusal(reason: "\(name) \(value): \(error.code)")
        }
    }
}
