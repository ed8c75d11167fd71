import CommandSupport
import Logging
import Reactor

/// What was logged about a channel, so that each trouble is logged once for as long as it lasts.
struct Complaints {
    /// What is wrong with the way of the pages.
    private var trouble: String?
    private var isStatsTroubleLogged = false
    private var pinTrouble: Errno?
    private var isPollingLogged = false
    private var zeroSplices = 0
    private var isStallLogged = false

    mutating func log(_ trouble: String, of channel: Channel, _ log: inout LimitedLog) {
        if self.trouble == trouble { return }
        if log.log(trouble, Self.fields(of: channel)) { self.trouble = trouble }
    }

    /// A start was ordered.
    mutating func begin() { isPollingLogged = false }

    /// The channel works again, unless its port is blocked and has never accepted anything.
    mutating func forget(_ channel: Channel, isBlocked: Bool, _ log: inout LimitedLog) {
        trouble = nil
        guard isBlocked, !isStallLogged, let hint = channel.sink.stallHint, channel.counters.bytes.now == 0
        else { return }
        isStallLogged = log.log("\(channel.sink.name) has never accepted anything, and \(hint)")
    }

    static func fields(of channel: Channel) -> Logger.Metadata {
        ["trace_cpu": "\(channel.cpu)", "port": "\(channel.sink.name)"]
    }

    /// Logs what is wrong after a job.
    ///
    /// - Parameter usesPorts: Otherwise a failed output ends the agent, and that is logged.
    mutating func logJob(
        _ result: JobResult, of channel: Channel, usesPorts: Bool, _ log: inout LimitedLog
    ) {
        logZeroSplices(of: channel, &log)
        logPin(channel.placement.problem, of: channel, &log)
        logFailure(result, of: channel, usesPorts: usesPorts, &log)
    }

    private mutating func logFailure(
        _ result: JobResult, of channel: Channel, usesPorts: Bool, _ log: inout LimitedLog
    ) {
        switch result {
        // A CPU that was never online has no ring buffer to read.
        case .ringFailed(.noDevice): break
        case .ringFailed(let code):
            self.log("CPU \(channel.cpu): cannot read its ring buffer: \(code)", of: channel, &log)
        case .pipeFailed(let code): self.log("CPU \(channel.cpu): a page is lost: \(code)", of: channel, &log)
        case .sinkFailed(let code) where usesPorts:
            self.log("cannot write to \(channel.sink.name): \(code)", of: channel, &log)
        case .dry, .spent, .blocked: forget(channel, isBlocked: result == .blocked, &log)
        case .idle, .interrupted, .sinkFailed: break
        }
    }

    /// Logs pages that a port threw away: a loss that no counter of the kernel shows.
    private mutating func logZeroSplices(of channel: Channel, _ log: inout LimitedLog) {
        let count = channel.counters.zeroSplices.now
        guard count > zeroSplices else { return }
        let isLogged = log.log(
            "\(channel.sink.name) threw pages away: \(channel.counters.bytesGone.now) bytes are lost so far, its queue is too small",
            Self.fields(of: channel))
        if isLogged { zeroSplices = count }
    }

    /// Logs that the worker may run anywhere for `time`; `nil` if it may not.
    func logRelease(_ time: Duration?, of channel: Channel, _ log: inout LimitedLog) {
        guard let time else { return }
        log.log(
            "CPU \(channel.cpu) gives its worker no time, because of a real-time task for instance: it may run on any CPU for \(time)",
            level: .notice, Self.fields(of: channel))
    }

    /// Logs that the kernel's counters cannot be read; the CPU's figures are those of the last time.
    ///
    /// - Parameter error: `nil` if they can.
    mutating func logStats(_ error: Errno?, of channel: Channel, _ log: inout LimitedLog) {
        guard let error else {
            isStatsTroubleLogged = false
            return
        }
        if isStatsTroubleLogged { return }
        isStatsTroubleLogged = log.log(
            "CPU \(channel.cpu): cannot read per_cpu/cpu\(channel.cpu)/stats: \(error): its losses are not known",
            Self.fields(of: channel))
    }

    /// Logs that a worker cannot be pinned to its CPU although that is online.
    private mutating func logPin(_ error: Errno?, of channel: Channel, _ log: inout LimitedLog) {
        guard let error, error != pinTrouble else { return pinTrouble = error }
        // If the list cannot be read, the CPU counts as online.
        guard (try? CPUList(ofSystem: "online"))?.cpus.contains(channel.cpu) ?? true else { return }
        let isLogged = log.log(
            "CPU \(channel.cpu): its worker is not pinned to it: \(error): is the CPU outside the cpuset (AllowedCPUs=)? --worker-cpus names others",
            Self.fields(of: channel))
        if isLogged { pinTrouble = error }
    }

    /// Logs that poll(2) is of no use for a ring buffer.
    mutating func logPolling(of channel: Channel, _ log: inout LimitedLog) {
        if isPollingLogged { return }
        isPollingLogged = log.log(
            "CPU \(channel.cpu): poll(2) reports events before a page is full: a timer tries its ring buffer instead: is options/block set, or buffer_percent 0?",
            Self.fields(of: channel))
    }
}
