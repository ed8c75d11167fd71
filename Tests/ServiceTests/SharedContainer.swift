import Support

/// The container of all suites: one boot serves all.
@MainActor
enum SharedContainer {
    static let boot = Result { try Container() }
}
