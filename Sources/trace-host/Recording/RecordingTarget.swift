import CommandSupport

/// A guest, and the file that it is recorded into.
struct RecordingTarget {
    let ports: GuestPorts
    let output: String

    /// One guest is recorded into `output`; of several each into a file of its own, as `trace-NAME.dat`.
    ///
    /// - Throws: 64 if a guest is given twice.
    static func targets(_ guests: [GuestPorts], output: String) throws(Failure) -> [RecordingTarget] {
        if guests.count == 1 { return [RecordingTarget(ports: guests[0], output: output)] }
        let ending = output.hasSuffix(".dat") ? ".dat" : ""
        var taken: Set<String> = []
        var names: Set<String> = []
        var targets: [RecordingTarget] = []
        for ports in guests {
            guard names.insert(ports.name).inserted else {
                throw Failure(.usage, "\(ports.name) is given twice")
            }
            // The name of a guest can be a path, and have anything in it.
            let name = FilePath.name(of: ports.name).map { character in
                character.isASCII && (character.isLetter || character.isNumber) || "._-".contains(character)
                    ? character : "_"
            }
            var number = 1
            let file = {
                "\(output.dropLast(ending.count))-\(String(name))\(number == 1 ? "" : "-\(number)")\(ending)"
            }
            while !taken.insert(file()).inserted { number += 1 }
            targets.append(RecordingTarget(ports: ports, output: file()))
        }
        return targets
    }
}
