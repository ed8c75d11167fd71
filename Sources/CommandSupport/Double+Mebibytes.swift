extension Double {
    /// A number of bytes in MiB, with one decimal place.
    package var mebibytes: String {
        let tenths = Int(Swift.max(0, self) * 10 / Double(1 << 20))
        return "\(tenths / 10).\(tenths % 10)"
    }
}
