import ArgumentParser

extension ParsableCommand {
    /// What is wrong with the first of `arguments`, if it is neither an option nor a subcommand; `nil` if it is one.
    package static func unknownSubcommand(in arguments: [String]) -> String? {
        guard let word = arguments.first, !word.hasPrefix("-"), word != "help" else { return nil }
        let subcommands = configuration.subcommands.map { $0.configuration }
        if subcommands.contains(where: { $0.commandName == word }) { return nil }
        let names = subcommands.filter { $0.shouldDisplay }.compactMap { $0.commandName }
        return "no subcommand '\(word.withoutControlCharacters)': \(names.joined(separator: ", ")), help"
    }

    /// Ends the program with a line that names the subcommands, if the first of `arguments` should be one and is not.
    package static func exitIfSubcommandIsUnknown(_ arguments: [String]) {
        if let problem = unknownSubcommand(in: arguments) { exit(withError: ValidationError(problem)) }
    }
}
