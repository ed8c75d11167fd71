extension UnsafeBufferPointer<UInt8> {
    /// The text up to newlines at its end: a line has one already.
    var withoutNewlinesAtEnd: UnsafeBufferPointer<UInt8> {
        var count = count
        while count > 0, self[count - 1] == UInt8(ascii: "\n") { count -= 1 }
        return UnsafeBufferPointer(rebasing: self[..<count])
    }
}

extension String {
    /// Calls `body` with the bytes of the text.
    func withUTF8Copy(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        var copy = self
        copy.withUTF8(body)
    }
}
