import Glibc

/// The ID of this process: getpid(2).
package let processID = Int(getpid())

/// The system, node, release and machine names in one line: uname(2).
package func systemName() -> String {
    var name = utsname()
    uname(&name)
    let fields = [
        fieldText(&name.sysname), fieldText(&name.nodename), fieldText(&name.release),
        fieldText(&name.machine),
    ]
    return fields.joined(separator: " ")
}

private func fieldText<Field>(_ field: inout Field) -> String {
    withUnsafeBytes(of: &field) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
}
