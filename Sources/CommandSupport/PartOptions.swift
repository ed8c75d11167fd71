import ArgumentParser

/// How a long recording is divided into parts.
package struct PartOptions: ParsableArguments {
    @Option(
        name: [.customShort("m"), .long],
        help: ArgumentHelp("Begin another file once one has this size, as 500M.", valueName: "size"))
    var maxSize: ByteSize?

    @Option(help: ArgumentHelp("Begin another file after this time.", valueName: "time"))
    var splitEvery: Interval?

    @Option(help: ArgumentHelp("Keep only so many files, the latest ones.", valueName: "number"))
    var keep: Int?

    package init() {}

    package func validate() throws {
        if let keep, keep < 1 { throw ValidationError("--keep: at least 1") }
        if keep != nil, maxSize == nil, splitEvery == nil {
            throw ValidationError("--keep is for --max-size and --split-every")
        }
        if let maxSize, maxSize.bytes < 1 << 20 { throw ValidationError("--max-size: at least 1M") }
        if let splitEvery, splitEvery.milliseconds < 100 {
            throw ValidationError("--split-every: at least 100ms")
        }
    }

    /// `nil`: one file.
    package var limits: PartLimits? {
        guard maxSize != nil || splitEvery != nil else { return nil }
        return PartLimits(bytes: maxSize?.bytes, time: splitEvery?.duration, kept: keep)
    }
}
