import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// The trace instance of the agent, and with `--setup` what sets what it records.
enum SetupInstance {
    /// Opens the instance that is named, or makes one of the agent's own for `--setup`.
    ///
    /// What an earlier process has left of its own is removed, unless its stream goes on.
    ///
    /// - Throws: 64 if the options ask for what the kernel refuses; 69 if another process uses the agent's instance.
    static func open(
        _ options: Options, _ resumption: inout Resumption, _ log: Logger
    ) throws(Failure) -> (Tracefs, TraceSetter?) {
        let tracing = options.common.tracing
        guard options.orders.setup else {
            return (try tracing.openTracefs(makingInstance: options.makeInstance), nil)
        }
        let top = try Tracefs(at: tracing.tracefs, instance: nil).top
        let folder = "\(top)/instances/\(options.instance)"
        let left = resumption.isSetupInForce ? resumption.setup : nil
        if let left, FileDescriptor.resolve(folder) != nil {
            let tracefs = try Tracefs(at: top, instance: options.instance)
            let setter = try setter(in: tracefs, options, adopting: left, wasOn: resumption.wasTracingOn)
            return (tracefs, setter)
        }
        try makeAnew(folder)
        let tracefs = try Tracefs(at: top, instance: options.instance)
        var setter = try setter(in: tracefs, options, adopting: nil)
        if let dumpOn = options.orders.dumpOn { try EventFiles(in: tracefs).endTracing(on: dumpOn) }
        let setup = resumption.setup ?? options.trace.setup
        resumption.instanceIsNew()
        if setup != TraceSetup(), let problem = setter.carryOut(.setup(setup)) {
            // What an earlier process had set up was allowed then.
            if resumption.setup == nil { throw Failure(.usage, problem) }
            log.warning("what an earlier process had set up is not recorded: \(problem)")
        }
        // A file that is open: it can be written.
        if resumption.setup != nil, !resumption.wasTracingOn { _ = setter.carryOut(.tracing(on: false)) }
        return (tracefs, setter)
    }

    private static func makeAnew(_ folder: String) throws(Failure) {
        if FileDescriptor.resolve(folder) != nil,
            let problem = PutBackList("\(PutBackList.Entry.remove(folder: folder).line)").apply().first
        {
            throw Failure(.unavailable, "--setup: another process uses the trace instance: \(problem)")
        }
        do throws(SystemError) {
            try FileDescriptor.makeFolder(folder)
        } catch {
            throw Failure(.operatingSystem, "--setup: cannot make \(folder): \(error.code)")
        }
    }

    private static func setter(
        in tracefs: Tracefs, _ options: Options, adopting setup: TraceSetup?, wasOn: Bool = true
    ) throws(Failure) -> TraceSetter {
        let files = try SetupFiles(in: tracefs)
        do throws(TraceSetter.Refusal) {
            return try TraceSetter(
                files, options.orders.limits, hasTrigger: options.orders.dumpOn != nil, adopting: setup,
                wasOn: wasOn)
        } catch {
            throw Failure(.operatingSystem, "--setup: \(error.reason)")
        }
    }
}
