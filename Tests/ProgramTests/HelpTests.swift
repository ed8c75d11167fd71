import Foundation
import Support
import Testing

/// The programs' help, their manual pages, completions, and the README's table agree.
@Suite(.enabled(if: Machine.isCI || hasPages, "needs what `make share` makes"))
struct HelpTests {
    /// A command as `--experimental-dump-help` describes it.
    struct Command: Decodable {
        let commandName: String
        let abstract: String?
        let shouldDisplay: Bool
        let subcommands: [Command]?
        let arguments: [Argument]?

        var options: [Argument] {
            (arguments ?? []).filter { $0.shouldDisplay && !["help", "version"].contains($0.valueName) }
        }
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }

        let names: [Name]?
        let abstract: String?
        let valueName: String
        let shouldDisplay: Bool

        var words: [String] { (names ?? []).map { ($0.kind == "short" ? "-" : "--") + $0.name } }
    }

    private struct Dump: Decodable { let command: Command }

    private func subcommands(of program: String) throws -> [Command] {
        let dump = try Support.Command(Machine.release(program), ["--experimental-dump-help"])
        let command = try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command
        return (command.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    }

    /// A page as man(1) shows it in an endless line, each blank once.
    private func page(_ name: String) throws -> String {
        let shown = try Support.Command(
            "sh",
            ["-c", "groff -man -Tutf8 -P-cbou -rLL=20000n \(Machine.sources)/.build/share/man/\(name)"])
        #expect(shown.status == 0 && shown.errorText.isEmpty, "\(shown.errorText)")
        return shown.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test(arguments: [("trace-agent", "man8/trace-agent.8"), ("trace-host", "man1/trace-host.1")])
    func `a page has every subcommand, and every option with its help`(program: String, path: String) throws {
        let text = try page(path)
        let commands = try subcommands(of: program)
        #expect(commands.count > 8)
        for command in commands {
            let start = try #require(text.firstRange(of: "\(command.commandName) \(command.abstract ?? "?")"))
            for option in command.options {
                let item = (option.words.isEmpty ? option.valueName : option.words.joined(separator: ", "))
                let rest = text[start.upperBound...]
                let isListed = rest.contains(item)
                #expect(isListed, "\(command.commandName): \(item)")
                let abstract = (option.abstract ?? "?").split(whereSeparator: \.isWhitespace)
                let isThere = rest.contains(abstract.joined(separator: " "))
                #expect(isThere, "\(command.commandName): \(option.abstract ?? "?")")
            }
        }
    }

    @Test func `the README's table of options has all of them, and no other`() throws {
        let readme = try readText("\(Machine.sources)/README.md")
        let start = try #require(readme.firstRange(of: "\n## Options\n"))
        let section = readme[start.upperBound...]
        let table = section[..<(section.firstRange(of: "\n## ")?.lowerBound ?? section.endIndex)]
        let rows = table.split(separator: "\n").filter { $0.hasPrefix("| `-") }
        let words = rows.map { $0.split(separator: "|")[0] }.flatMap { cell in
            cell.split(whereSeparator: { " `,".contains($0) }).filter { $0.hasPrefix("-") }.map(String.init)
        }
        let options = try #require(try subcommands(of: "trace-agent").first { $0.commandName == "run" })
            .options
        let missing = options.map(\.words).filter { Set($0).isDisjoint(with: words) }
        #expect(missing == [])
        let known = Set(options.flatMap(\.words) + ["-h", "--version"])
        #expect(Set(words).subtracting(known) == [])
    }

    @Test(arguments: ["man8/trace-agent.8", "man1/trace-host.1", "man7/virtio-trace.7"])
    func `a page is right in the eyes of groff and mandoc`(path: String) throws {
        let file = "\(Machine.sources)/.build/share/man/\(path)"
        let groff = try Support.Command("groff", ["-ww", "-man", "-Tutf8", "-z", file])
        #expect(groff.status == 0 && groff.errorText.isEmpty, "\(groff.errorText)")
        let mandoc = try Support.Command("mandoc", ["-Tlint", "-Wwarning", file])
        #expect(mandoc.status == 0 && mandoc.output.isEmpty, "\(mandoc.output)")
    }

    @Test(arguments: ["trace-agent", "trace-host"])
    func `bash completes subcommands and options`(program: String) throws {
        let script = "\(Machine.sources)/.build/share/bash/\(program)"
        let complete = { (words: String, index: Int) in
            try Support.Command(
                "bash",
                [
                    "-c",
                    """
                    PATH=\(Machine.sources)/.build/release:$PATH
                    . \(script); COMP_WORDS=(\(words)); COMP_CWORD=\(index)
                    COMP_LINE="\(words)" COMP_POINT=\(words.utf8.count) COMP_TYPE=9
                    function=$(complete -p \(program) | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
                    $function \(program) "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                    echo "${COMPREPLY[@]}"
                    """,
                ]
            ).output.split(whereSeparator: \.isWhitespace)
        }
        #expect(try complete("\(program) rec", 1).contains("record"))
        #expect(try complete("\(program) record --dur", 2).contains("--duration"))
    }
}

private let hasPages = FileManager.default.fileExists(atPath: "\(Machine.sources)/.build/share/man")
