import CommandSupport
import ControlProtocol
import Reactor

/// The options that an administrator has given the service.
struct ServiceOptions {
    /// As they are written; empty if there are none.
    let words: [String]
    /// What they mean, or what is wrong with them.
    let meaning: Result<Options, Problem>

    struct Problem: Error, Equatable {
        let description: String
    }

    /// - Parameter text: That of the file; `nil` if there is none.
    init(fileText text: String?) {
        words = EnvironmentFile.words(of: text.flatMap { EnvironmentFile.value(of: "OPTIONS", in: $0) } ?? "")
        do {
            meaning = .success(try Options.parse(words))
        } catch {
            meaning = .failure(Problem(description: Options.message(for: error)))
        }
    }

    /// Those of this machine; a file that cannot be read counts as none.
    static var ofSystem: ServiceOptions {
        ServiceOptions(fileText: try? FileDescriptor.open(WellKnown.optionsFile, .readOnly).readTextToEnd())
    }

    /// `nil` if something is wrong with them.
    var tracing: TracingOptions? {
        guard let options = try? meaning.get() else { return nil }
        // The instance of --setup is there only while the service runs.
        let isThere = (try? Tracefs(at: nil, instance: options.instance)) != nil
        return (isThere ? options.tracedCommon : options.common).tracing
    }

    var result: CheckResult {
        let file = WellKnown.optionsFile
        switch meaning {
        case .success:
            let list = words.isEmpty ? "none" : words.joined(separator: " ")
            return .ok("options", "\(list) (\(file))")
        case .failure(let problem):
            return .fail("options", OptionsOrigin.explanation(of: problem.description, from: file))
        }
    }
}
