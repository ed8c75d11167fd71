import FoundationEssentials

/// What an agent's own trace instance records: what the order `setup` asks for, and what is in force.
package struct TraceSetup: Codable, Equatable, Sendable {
    package var events: [EventChoice] = []
    /// `nil`: no tracer, `nop`.
    package var tracer: String?
    /// The clock of the timestamps; `nil`: `local`.
    package var clock: String?
    /// KiB of each CPU's ring buffer; `nil`: what the kernel gives a ring buffer, 1408.
    package var kibibytes: Int?
    /// Only what these threads do is recorded; none: what all do.
    package var pids: [Int] = []

    package static let defaultClock = "local"
    package static let defaultKibibytes = 1408
    package static let noTracer = "nop"

    package init() {}

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case events, tracer, clock, pids
        case kibibytes = "buffer_kb"
    }

    /// The most events and threads that an order names, and the longest name of a tracer or clock.
    private static let most = 64
    private static let longestName = 32
    /// The largest thread number of Linux: `PID_MAX_LIMIT`.
    private static let largestPID = 4 << 20
    /// The largest size of a ring buffer that is ever accepted, in KiB.
    package static let mostKibibytes = 1 << 30

    package init(from decoder: any Decoder) throws {
        try decoder.checkKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        events = try container.decodeIfPresent([EventChoice].self, forKey: .events) ?? []
        guard events.count <= Self.most else {
            throw container.problem("more than \(Self.most)", at: .events)
        }
        tracer = try container.decodeTextIfPresent(forKey: .tracer, longest: Self.longestName)
        clock = try container.decodeTextIfPresent(forKey: .clock, longest: Self.longestName)
        kibibytes = try container.decodeIfPresent(Int.self, forKey: .kibibytes)
        if let kibibytes, !(1...Self.mostKibibytes).contains(kibibytes) {
            throw container.problem("no size of a ring buffer", at: .kibibytes)
        }
        pids = try container.decodeIfPresent([Int].self, forKey: .pids) ?? []
        guard pids.count <= Self.most else { throw container.problem("more than \(Self.most)", at: .pids) }
        guard pids.allSatisfy({ (1...Self.largestPID).contains($0) }) else {
            throw container.problem("no number of a thread", at: .pids)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(events, forKey: .events)
        try container.encodeIfPresent(tracer, forKey: .tracer)
        try container.encodeIfPresent(clock, forKey: .clock)
        try container.encodeIfPresent(kibibytes, forKey: .kibibytes)
        if !pids.isEmpty { try container.encode(pids, forKey: .pids) }
    }

    /// The JSON object behind the word `setup`, on one line.
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            preconditionFailure("a set-up has strings and integers only")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Reads the JSON object of an order.
    ///
    /// - Throws: `Malformed` with the reason if it is none, or has a key or a value that no set-up has.
    package init(order json: some Sequence<UInt8>) throws(Malformed) {
        let decoder = JSONDecoder()
        decoder.userInfo.refusesUnknownKeys = true
        do {
            self = try decoder.decode(TraceSetup.self, from: Data(json))
        } catch let error as DecodingError {
            throw Malformed(error)
        } catch {
            throw Malformed(reason: "no set-up")
        }
    }

    /// Why an order is no set-up.
    package struct Malformed: Error, Equatable {
        package let reason: String

        fileprivate init(reason: String) { self.reason = reason }

        fileprivate init(_ error: DecodingError) {
            let (path, problem) =
                switch error {
                case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
                case .typeMismatch(_, let context): (context.codingPath, "of another type")
                case .valueNotFound(_, let context): (context.codingPath, "null")
                case .keyNotFound(let key, let context): (context.codingPath + [key], "missing")
                @unknown default: ([any CodingKey](), "no set-up")
                }
            let place = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
            reason = place.isEmpty ? "no JSON object of a set-up" : "\(place): \(problem)"
        }
    }
}
