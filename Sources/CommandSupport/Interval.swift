import ArgumentParser

/// A length of time, written as `500ms`, `2s`, `1m` or, in seconds, `2`; at most a day.
package struct Interval: Equatable, Sendable {
    package let milliseconds: Int
    package init(milliseconds: Int) { self.milliseconds = milliseconds }

    package var duration: Duration { .milliseconds(milliseconds) }
}

extension Interval: ExpressibleByArgument, CustomStringConvertible {
    private static let longest = 24 * 60 * 60 * 1000

    package init?(argument: String) {
        let digits = argument.prefix(while: \.isASCIIDigit)
        let unit: Int
        switch argument.dropFirst(digits.count) {
        case "ms": unit = 1
        case "s", "": unit = 1000
        case "m": unit = 60 * 1000
        default: return nil
        }
        guard let count = Int(digits) else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit)
        if overflow || milliseconds > Self.longest { return nil }
        self.init(milliseconds: milliseconds)
    }

    package var description: String {
        milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}
