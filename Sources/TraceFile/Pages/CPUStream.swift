import Reactor

/// The pages of one CPU, in the order in which they were recorded, in a regular file.
package final class CPUStream: Sendable {
    package let name: String
    package let file: FileDescriptor

    /// Uses an open file.
    ///
    /// - Parameter name: The name in messages.
    package init(_ file: consuming FileDescriptor, name: String) {
        self.file = file
        self.name = name
    }

    /// Opens the file at `path`.
    package convenience init(opening path: String) throws(TraceFileError) {
        guard Self.isUntraced(path) else {
            self.init(try openRegularFile(path), name: path)
            return
        }
        self.init(
            try naming(path) { () throws(SystemError) in try FileDescriptor.open(path, .readOnly) },
            name: path)
    }

    /// The null device stands for a CPU that was not traced.
    package static let untraced = "/dev/null"

    /// Whether `path` stands for a CPU that was not traced.
    package static func isUntraced(_ path: String) -> Bool { FileDescriptor.resolve(path) == untraced }

    /// Bytes that are read at a time, about.
    private static let chunk = 1 << 20
    /// More parts than any recording has; pages of several CPUs in one file would have thousands.
    private static let mostParts = 64

    /// Checks every page, and counts what the stream contains.
    ///
    /// - Parameters:
    ///   - salvaging: Whether bytes that are not a page are left out, and the stream is cut where it goes back in time.
    ///   - types: Gets the types of the events.
    ///   - progress: Called with the number of bytes that were checked since the last call.
    /// - Throws: `.damagedStream` if bytes are not a page, or a page is earlier than the one before it, unless they can
    ///   be salvaged.
    package func survey(
        _ layout: PageLayout, salvaging: Bool = false, types: EventTypes? = nil,
        progress: (Int) throws(TraceFileError) -> Void = { _ in }
    ) throws(TraceFileError) -> StreamSurvey {
        var survey = StreamSurvey(pageSize: layout.pageSize)
        var last: UInt64 = 0
        let room = max(1, Self.chunk / layout.pageSize) * layout.pageSize
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try naming(name) { () throws(SystemError) in
                try file.read(into: buffer, at: survey.place)
            }
            for start in stride(from: 0, to: count - count % layout.pageSize, by: layout.pageSize) {
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[start..<start + layout.pageSize])
                guard let page = try readPage(bytes, layout, types, salvaging, &survey) else { continue }
                if page.timestamp < last { try cut(page.timestamp, last, salvaging, &survey) }
                last = page.timestamp
                survey.add(page)
            }
            try progress(count)
            if count < room {
                survey.tornBytes = count % layout.pageSize
                return survey
            }
        }
    }

    /// The next page; `nil` if these bytes are none and are left out.
    private func readPage(
        _ bytes: UnsafeRawBufferPointer, _ layout: PageLayout, _ types: EventTypes?, _ salvaging: Bool,
        _ survey: inout StreamSurvey
    ) throws(TraceFileError) -> Page? {
        do throws(Page.Flaw) {
            return try Page(bytes, layout, types)
        } catch {
            guard salvaging else { throw damaged(survey, error.description) }
            survey.leaveOut(error.description)
            return nil
        }
    }

    /// Starts another part before the page at `time`, which is earlier than the one at `last`.
    private func cut(
        _ time: UInt64, _ last: UInt64, _ salvaging: Bool, _ survey: inout StreamSurvey
    ) throws(TraceFileError) {
        let problem = "starts at \(time), earlier than the previous page (\(last))"
        guard salvaging else {
            throw damaged(
                survey, "\(problem): pages of several CPUs in one file, a changed clock, or a reboot")
        }
        guard survey.parts.count < Self.mostParts else {
            throw .malformed(
                file: name,
                problem:
                    "goes back in time at \(Self.mostParts) places or more: pages of several CPUs in one file"
            )
        }
        survey.cut(problem)
    }

    /// The error of the page after `survey`.
    private func damaged(_ survey: StreamSurvey, _ problem: String) -> TraceFileError {
        .damagedStream(file: name, problem: "\(survey.nextPage) \(problem)")
    }
}
