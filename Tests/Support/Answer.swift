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
    }
    package struct Totals: Decodable {
        package let bytes: Int
        package let pages: Int
        package let lost: Int
        package let overwritten: Int
        package let pending: Int
        package let unread: Int
        package let gone: Int
    }
    package let answer: String
    package let error: String?
    package let version: String
    package let state: String
    package let instance: String
    package let page_size: Int
    package let complete: Bool
    package let orders_refused: Int
    package let cpus: [CPU]
    package let totals: Totals

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
    package let error: String?
    package let bytes: Int
    package let version: String
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
