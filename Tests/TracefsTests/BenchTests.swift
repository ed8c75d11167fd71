import Foundation
import Support
import Testing

/// The benchmark, with so little work that its figures mean nothing.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct BenchTests {
    private struct Results: Decodable {
        struct Row: Decodable {
            let row: String
            let cases: [Case]
        }
        struct Case: Decodable {
            let program: String
            let rounds: [String: [Double]]
        }
        let rows: [Row]
    }

    @Test func `latencies are measured of every record that was written, and of orders`() throws {
        let folder = TemporaryFolder()
        let bench = try Command(
            "python3",
            [
                "\(Machine.sources)/Tests/bench", "--quick", "--rows", "latency,orders", "--output",
                folder.path,
            ])
        #expect(bench.status == 0, "\(bench.errorText)")
        let json = Data(try readFile("\(folder.path)/results.json"))
        let rows = try JSONDecoder().decode(Results.self, from: json).rows
        #expect(rows.map(\.row) == ["latency", "orders"])
        // 2 CPUs, 50 records each: the last of them come with the stop.
        let agents = rows[0].cases.filter { $0.program.hasPrefix("trace-agent") }
        #expect(agents.map { $0.rounds["came"] } == [[100], [100], [100]])
        let isLater = agents.allSatisfy { $0.rounds["median"]?[0] ?? 0 > 0 }
        #expect(isLater)
        #expect(rows[1].cases.map { $0.rounds["last"]?.count } == [2, 2])
    }
}
