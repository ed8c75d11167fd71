import CommandSupport
import ControlProtocol
import Support
import Testing

/// docs/PROTOCOL.md against the types: neither may have a key that the other lacks.
struct ProtocolPageTests {
    private let page: ProtocolPage

    init() throws { page = try ProtocolPage(readText(Machine.sources + "/docs/PROTOCOL.md")) }

    @Test func `the page describes every order and no other`() {
        #expect(page.keys(of: "## Orders") == ["0", "1"] + OrderWord.allCases.map(\.rawValue).sorted())
    }

    @Test func `the page describes every key of an answer and no other`() {
        let keys =
            Answer.CodingKeys.allCases.map(\.rawValue) + Report.CodingKeys.allCases.map(\.rawValue)
            + AgentFacts.CodingKeys.allCases.map(\.rawValue)
        #expect(page.keys(of: "## Answer") == keys.sorted())
    }

    @Test func `the page describes every key of a set-up and no other`() {
        #expect(page.keys(of: "## Set-up") == TraceSetup.CodingKeys.allCases.map(\.rawValue).sorted())
    }

    @Test func `the page describes every key of a CPU and no other`() {
        let keys = CPUReport.CodingKeys.allCases.map(\.rawValue) + Counter.allCases.map(\.rawValue)
        #expect(page.keys(of: "### cpus") == keys.sorted())
    }

    @Test func `the page describes every key of the last order and the last error, and no other`() {
        #expect(page.keys(of: "### last_order") == LastOrder.CodingKeys.allCases.map(\.rawValue).sorted())
        #expect(page.keys(of: "### last_error") == LastError.CodingKeys.allCases.map(\.rawValue).sorted())
    }

    @Test func `the page describes every total and no other`() {
        #expect(page.keys(of: "### totals") == Counter.allCases.map(\.rawValue).sorted())
    }

    @Test func `the page describes every key of a header's announcement and no other`() {
        let keys = HeaderAnnouncement.CodingKeys.allCases.map(\.rawValue)
        #expect(page.keys(of: "## Header announcement") == keys.sorted())
    }

    @Test func `the page describes every key of a refusal and no other`() {
        #expect(page.keys(of: "## Refusal") == Refusal.CodingKeys.allCases.map(\.rawValue).sorted())
    }

    @Test func `the page describes every key of a notice and no other`() {
        #expect(page.keys(of: "## Notice") == Notice.CodingKeys.allCases.map(\.rawValue).sorted())
    }

    @Test func `the page describes every key of a time and no other`() {
        #expect(page.keys(of: "## Time") == TimeAnswer.CodingKeys.allCases.map(\.rawValue).sorted())
    }

    @Test func `the page describes every state and no other`() {
        #expect(page.keys(of: "### Agent states") == AgentState.allCases.map(\.rawValue).sorted())
        #expect(page.keys(of: "### CPU states") == CPUState.allCases.map(\.rawValue).sorted())
    }

    @Test func `the page describes every exit code and no other`() {
        #expect(page.keys(of: "## Exit codes") == ExitStatus.allCases.map { "\($0.rawValue)" }.sorted())
    }

    @Test(arguments: [
        "## Orders", "## Answer", "### cpus", "### totals", "### last_order", "### last_error",
        "## Refusal", "## Notice", "## Header announcement", "## Time", "## Set-up",
    ])
    func `every cell of a table says something`(heading: String) {
        #expect(page.rows(of: heading).allSatisfy { row in row.allSatisfy { !$0.isEmpty } })
    }

    @Test func `a row too few or too many is found`() throws {
        let text = try readText(Machine.sources + "/docs/PROTOCOL.md")
        let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("| `symbols` |") })
        let keys = page.keys(of: "## Header announcement")
        let without = ProtocolPage(text.replacing("\(row)\n", with: ""))
        #expect(without.keys(of: "## Header announcement") == keys.filter { $0 != "symbols" })
        let with = ProtocolPage(text.replacing(row, with: "\(row)\n| `added` | - | - | - |"))
        #expect(with.keys(of: "## Header announcement") == (keys + ["added"]).sorted())
    }
}

/// The tables of the page, each by the heading above it.
private struct ProtocolPage {
    private var tables: [String: [[String]]] = [:]

    init(_ text: String) {
        var heading = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#") { heading = String(line) }
            if line.hasPrefix("|") { tables[heading, default: []].append(Self.cells(of: line)) }
        }
    }

    /// The rows below a heading; the first column of a row is a key in backticks, unlike that of a table's head.
    func rows(of heading: String) -> [[String]] {
        tables[heading, default: []].filter { $0.first?.hasPrefix("`") == true }
    }

    /// The keys, sorted; a key that stands there twice comes twice.
    func keys(of heading: String) -> [String] {
        rows(of: heading).compactMap { $0.first?.trimming("`") }.sorted()
    }

    private static func cells(of line: Substring) -> [String] {
        line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map {
            $0.trimming(" ")
        }
    }
}

extension StringProtocol {
    fileprivate func trimming(_ character: Character) -> String {
        String(drop { $0 == character }.reversed().drop { $0 == character }.reversed())
    }
}
