import Reactor

/// Every event format that was there once when formats were read: a page may have records of events that are gone.
///
/// The texts are in a file in memory, so that the heap has only their places. A decoder knows events by their numbers:
/// the store has one format for each. A number that the kernel has given to another event has that one's.
package struct FormatStore: Sendable {
    private let memory: NamedFile
    private let limit: Int
    /// Bytes of `memory` that are in use; formats whose number has changed its meaning included.
    private var end = 0
    private var systems: [String] = []
    private var formats: [UInt16: Format] = [:]
    /// Numbers that have changed their meaning, in words: the last few.
    package private(set) var changes: [String] = []
    /// Whether the formats of removed events were dropped, because there was no room.
    package private(set) var hasForgotten = false

    /// Where a format is in the store.
    struct Format {
        fileprivate let place: UInt32
        fileprivate let count: UInt32
        /// Its index in `systems`.
        fileprivate let system: UInt16
    }

    private static let mostChanges = 8
    /// Far more systems than a kernel has; the names of those that are gone need memory too.
    private static let mostSystems = 4096
    /// Far more bytes than any format has.
    private static let longestFormat = 1 << 20

    /// - Parameter limit: The most bytes of all formats; a distribution's kernel with all its modules has 5 MB.
    package init(limit: Int = 32 << 20) throws(SystemError) {
        memory = NamedFile(try .inMemory("event-formats"), name: "memory")
        self.limit = limit
    }

    package var isEmpty: Bool { formats.isEmpty }
    package var count: Int { formats.count }

    // MARK: reading

    /// Reads the format of every event that there is now: tracefs has it in `events/SYSTEM/EVENT/format`.
    ///
    /// What cannot be read is left as it was, and all else is read.
    ///
    /// - Parameter isCancelled: Called between events; `true` ends the work with `.cancelled`.
    /// - Throws: `.tooLarge` if they do not fit; otherwise the first thing that could not be read.
    package mutating func update(
        from events: NamedFile, isCancelled: () -> Bool = { false }
    ) throws(TraceFileError) {
        do throws(TraceFileError) {
            try read(events, isCancelled)
        } catch .tooLarge where !isEmpty {
            (end, systems, formats, hasForgotten) = (0, [], [:], true)
            try read(events, isCancelled)
        }
    }

    private mutating func read(_ events: NamedFile, _ isCancelled: () -> Bool) throws(TraceFileError) {
        let systems = try naming(events.name) { () throws(SystemError) in try events.descriptor.names() }
        var firstError: TraceFileError?
        for system in systems {
            var names: [String] = []
            try Self.noting(&firstError) { () throws(TraceFileError) in
                names = try Self.names(of: system, in: events)
            }
            for event in names {
                if isCancelled() { throw .cancelled }
                try Self.noting(&firstError) { () throws(TraceFileError) in
                    try read(event, of: system, in: events)
                }
            }
        }
        if let firstError { throw firstError }
    }

    /// Runs `body`, and notes an error that concerns only what it reads.
    private static func noting(
        _ firstError: inout TraceFileError?, _ body: () throws(TraceFileError) -> Void
    ) throws(TraceFileError) {
        do throws(TraceFileError) {
            try body()
        } catch {
            guard case .system = error else { throw error }
            firstError = firstError ?? error
        }
    }

    private static func names(of system: String, in events: NamedFile) throws(TraceFileError) -> [String] {
        try unlessGone("\(events.name)/\(system)") { () throws(SystemError) in
            try events.descriptor.open(system, .directory).names()
        } ?? []
    }

    private mutating func read(
        _ event: String, of system: String, in events: NamedFile
    ) throws(TraceFileError) {
        let path = "\(system)/\(event)/format"
        let text = try Self.unlessGone("\(events.name)/\(path)") { () throws(SystemError) in
            try events.descriptor.open(path, .readOnly).readToEnd(limit: Self.longestFormat)
        }
        if let text { try keep(text, of: system, event) }
    }

    /// What `body` reads; `nil` if there is no such event: a file beside the events, or one that was just removed.
    private static func unlessGone<Value>(
        _ name: String, _ body: () throws(SystemError) -> Value
    ) throws(TraceFileError) -> Value? {
        do throws(SystemError) {
            return try body()
        } catch  where [.noEntry, .notADirectory, .noDevice].contains(error.code) {
            return nil
        } catch {
            throw .system(file: name, error)
        }
    }

    private mutating func keep(_ text: [UInt8], of system: String, _ event: String) throws(TraceFileError) {
        // Without a number no decoder finds it.
        guard let id = Self.field("ID: ", of: text).flatMap({ UInt16($0) }) else { return }
        if let format = formats[id] {
            let known = try self.text(of: format)
            if known == text, systems[Int(format.system)] == system { return }
            let earlier = "\(systems[Int(format.system)]):\(Self.field("name: ", of: known) ?? "")"
            let name = "\(system):\(event)"
            note("\(id) is \(name), and was \(earlier == name ? "one of another format" : earlier)")
        }
        if end + text.count > limit || systems.count > Self.mostSystems { throw .tooLarge(limit: limit) }
        try naming(memory.name) { () throws(SystemError) in try memory.descriptor.write(text, at: end) }
        let index = systems.firstIndex(of: system) ?? systems.count
        if index == systems.count { systems.append(system) }
        formats[id] = Format(place: UInt32(end), count: UInt32(text.count), system: UInt16(index))
        end += text.count
    }

    private mutating func note(_ change: String) {
        if changes.count == Self.mostChanges { changes.removeFirst() }
        changes.append(change)
    }

    /// The rest of the first line that begins with `mark`.
    static func field(_ mark: String, of text: [UInt8]) -> String? {
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: mark.utf8) {
            return String(decoding: line.dropFirst(mark.utf8.count), as: UTF8.self)
        }
        return nil
    }

    // MARK: the contents

    /// The formats of each system, in the order in which they were read; systems are sorted by their names.
    var formatsBySystem: [(system: String, formats: [Format])] {
        var groups = systems.map { (system: $0, formats: [Format]()) }
        for format in formats.values.sorted(by: { $0.place < $1.place }) {
            groups[Int(format.system)].formats.append(format)
        }
        return groups.filter { !$0.formats.isEmpty }.sorted { $0.system < $1.system }
    }

    func text(of format: Format) throws(TraceFileError) -> [UInt8] {
        try naming(memory.name) { () throws(SystemError) in
            try memory.descriptor.read(Int(format.count), at: Int(format.place))
        }
    }
}
