import Foundation

/// The agent's answer to a word.
package struct Answer: Decodable {
    package struct CPU: Decodable {
        package let cpu: Int
        package let state: String
        package let bytes: Int
        package let pages: Int
        package let lost: Int
        package let overwritten: Int
        package let pending: Int
        package let unread: Int
        package let gone: Int
        package let zero_splices: Int
        package let blocked: Int
        package let swaps: Int
        package let unconfirmed: Int
        package let ring_size: Int?
    }
    package struct Totals: Decodable {
        package let bytes: Int
        package let pages: Int
        package let lost: Int
        package let overwritten: Int
        package let pending: Int
        package let unread: Int
        package let gone: Int
        package let swaps: Int
        package let unconfirmed: Int
    }
    package struct LastOrder: Decodable {
        package let order: String
        package let from: String
        package let pid: Int?
        package let uid: Int?
        package let age: Int
    }
    package struct LastError: Decodable {
        package let message: String
        package let age: Int
    }
    package struct Setup: Decodable, Equatable {
        package struct Event: Decodable, Equatable {
            package let name: String
            package let filter: String?
        }
        package let events: [Event]
        package let tracer: String
        package let clock: String
        package let buffer_kb: Int
        package let pids: [Int]?
    }
    package let answer: String
    package let id: String?
    package let error: String?
    package let version: String
    package let schema: Int
    package let state: String
    package let setup: Setup?
    package let instance: String
    package let page_size: Int
    package let complete: Bool
    package let orders_refused: Int
    package let cpus: [CPU]
    package let totals: Totals
    package let warnings: [String]
    package let tracing_on: Bool?
    package let rings_released: Bool?
    package let clock: String?
    package let host_connected: Bool?
    package let last_order: LastOrder?
    package let last_error: LastError?
    package let boot_id: String
    package let running: Int
    package let restarts: Int?

    package init(_ line: String) throws {
        do {
            self = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
        } catch {
            throw TestFailure("no answer: \(line)")
        }
    }
}

/// The line that announces a header.
package struct Announcement: Decodable {
    package let answer: String
    package let id: String?
    package let error: String?
    package let bytes: Int
    package let version: String
    package let schema: Int
    package let instance: String
    package let cpus: Int
    package let page_size: Int
    package let clock: String
    package let boot_id: String
    package let events: Int
    package let symbols: Int

    package init(_ line: String) throws {
        do {
            self = try JSONDecoder().decode(Announcement.self, from: Data(line.utf8))
        } catch {
            throw TestFailure("no announcement: \(line)")
        }
    }
}
