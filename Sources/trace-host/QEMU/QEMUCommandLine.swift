/// What the options of a QEMU tell: qemu-system-x86_64(1).
struct QEMUCommandLine {
    /// The guest's name; `nil` if it has none.
    private(set) var name: String?
    /// By their ids.
    private(set) var chardevs: [String: BackEnd] = [:]
    /// The sockets of its QMP monitors.
    private(set) var monitors: [String] = []
    /// The virtio-serial ports: each one's name, and the id of its character device.
    private(set) var ports: [(name: String, chardev: String)] = []

    init(_ words: [String]) {
        var monitorIDs: [String] = []
        for (option, value) in zip(words, words.dropFirst()) {
            // Both -name and --name are options.
            switch option.hasPrefix("--") ? String(option.dropFirst()) : option {
            case "-name":
                let options = Self.options(value, first: "guest")
                name = options["guest"]
            case "-chardev":
                let options = Self.options(value, first: "backend")
                if let id = options["id"] { chardevs[id] = Self.backEnd(options) }
            case "-qmp", "-qmp-pretty":
                if value.hasPrefix("unix:") {
                    monitors +=
                        Self.options(String(value.dropFirst(5)), first: "path")["path"].map { [$0] } ?? []
                }
            case "-mon":
                let options = Self.options(value, first: "chardev")
                if options["mode"] == "control" { monitorIDs += options["chardev"].map { [$0] } ?? [] }
            case "-device":
                let options = Self.options(value, first: "driver")
                if options["driver"] == "virtserialport", let name = options["name"],
                    let chardev = options["chardev"]
                {
                    ports.append((name, chardev))
                }
            default: break
            }
        }
        for case .socket(let path)? in monitorIDs.map({ chardevs[$0] }) { monitors.append(path) }
    }

    private static func backEnd(_ options: [String: String]) -> BackEnd {
        switch (options["backend"] ?? "", options["path"]) {
        case ("socket", let path?): .socket(path)
        case ("pipe", let path?): .fifos(path)
        case (let kind, _): .other(kind)
        }
    }

    /// Reads an option's value: JSON, or `KEY=VALUE,...` with doubled commas within a value.
    ///
    /// - Parameter first: The key of a first value that has none.
    private static func options(_ text: String, first: String) -> [String: String] {
        if text.hasPrefix("{"), case .object(let members)? = JSONValue(text: text) {
            return members.compactMapValues(\.string)
        }
        var options: [String: String] = [:]
        // NUL cannot be in a command line.
        for (place, item) in text.replacing(",,", with: "\0").split(separator: ",").enumerated() {
            let item = String(item).replacing("\0", with: ",")
            if let sign = item.firstIndex(of: "=") {
                options[String(item[..<sign])] = String(item[item.index(after: sign)...])
            } else if place == 0 {
                options[first] = item
            }
        }
        return options
    }
}
