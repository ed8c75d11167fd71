import CTraceEvent
import Glibc

/// Finds in a parsed print format what a number in a record could make endless, divide by zero, or read anywhere.
struct PrintFormatCheck {
    private let event: UnsafeMutablePointer<tep_event>
    /// The fields that count the elements of an array that is printed: their values have to be looked at.
    private(set) var counts: [UnsafeMutablePointer<tep_format_field>] = []

    /// Elements of an array that is printed.
    static let longestArray: UInt64 = 64 << 10
    private static let deepest = 256

    private typealias Argument = UnsafeMutablePointer<tep_print_arg>

    init(_ event: UnsafeMutablePointer<tep_event>) { self.event = event }

    mutating func isBounded() -> Bool {
        guard let format = event.pointee.print_fmt.format else { return true }
        let text = UnsafeBufferPointer(start: format, count: strlen(format)).lazy.map {
            UInt8(bitPattern: $0)
        }
        return !FormatText.hasUnboundedWidth(text) && areBounded(event.pointee.print_fmt.args, 0)
    }

    private mutating func areBounded(_ first: Argument?, _ depth: Int) -> Bool {
        var next = first
        while let argument = next {
            if !isBounded(argument, depth) { return false }
            next = argument.pointee.next
        }
        return true
    }

    private mutating func isBounded(_ argument: Argument, _ depth: Int) -> Bool {
        if depth > Self.deepest { return false }
        let value = argument.pointee
        switch value.type {
        case TEP_PRINT_NULL, TEP_PRINT_ATOM, TEP_PRINT_FIELD, TEP_PRINT_STRING, TEP_PRINT_BSTRING,
            TEP_PRINT_BITMASK, TEP_PRINT_CPUMASK, TEP_PRINT_DYNAMIC_ARRAY_LEN:
            return true
        case TEP_PRINT_DYNAMIC_ARRAY: return value.dynarray.index == nil
        case TEP_PRINT_TYPE: return areBounded(value.typecast.item, depth + 1)
        case TEP_PRINT_FLAGS: return areBounded(value.flags.field, depth + 1)
        case TEP_PRINT_SYMBOL: return areBounded(value.symbol.field, depth + 1)
        case TEP_PRINT_HEX, TEP_PRINT_HEX_STR: return isArray(value.hex.field, value.hex.size)
        case TEP_PRINT_INT_ARRAY:
            return isArray(value.int_array.field, value.int_array.count)
                && value.int_array.el_size?.pointee.type == TEP_PRINT_ATOM
        case TEP_PRINT_OP: return isOperation(value.op, depth)
        // What a plug-in does with a number is not known: some take it for an address.
        default: return false
        }
    }

    private mutating func isOperation(_ operation: tep_print_arg_op, _ depth: Int) -> Bool {
        guard let word = operation.op else { return false }
        switch UInt8(bitPattern: word[0]) {
        // An index, and a divisor, must not come from a record.
        case UInt8(ascii: "["), UInt8(ascii: "/"), UInt8(ascii: "%"):
            guard let right = operation.right, right.pointee.type == TEP_PRINT_ATOM,
                let number = right.pointee.atom.atom, case let value = strtol(number, nil, 0),
                word[0] == CChar(bitPattern: UInt8(ascii: "[")) ? (0...4096).contains(value) : value > 0
            else { return false }
            return areBounded(operation.left, depth + 1)
        default:
            return areBounded(operation.left, depth + 1) && areBounded(operation.right, depth + 1)
        }
    }

    private mutating func isArray(_ elements: Argument?, _ count: Argument?) -> Bool {
        guard let elements, let count,
            elements.pointee.type == TEP_PRINT_DYNAMIC_ARRAY && elements.pointee.dynarray.index == nil
                || elements.pointee.type == TEP_PRINT_FIELD
        else { return false }
        switch count.pointee.type {
        case TEP_PRINT_DYNAMIC_ARRAY_LEN: return true
        case TEP_PRINT_ATOM:
            guard let number = count.pointee.atom.atom else { return false }
            return (0...Int(Self.longestArray)).contains(strtol(number, nil, 0))
        case TEP_PRINT_FIELD:
            guard let name = count.pointee.field.name, let field = tep_find_any_field(event, name) else {
                return false
            }
            counts.append(field)
            return true
        default: return false
        }
    }
}
