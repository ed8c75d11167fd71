/// Exit codes: sysexits.h(3head).
package enum ExitStatus: Int32, CaseIterable, Sendable {
    case usage = 64
    case dataError = 65
    case noInput = 66
    case unavailable = 69
    case operatingSystem = 71
    case outputFailed = 74
    case tryAgain = 75
    case protocolError = 76
    case noPermission = 77
    case configuration = 78
}
