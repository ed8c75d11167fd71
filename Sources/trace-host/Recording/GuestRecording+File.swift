import CommandSupport
import TraceFile

/// The end of a guest's recording: its file.
extension GuestRecording {
    /// Makes FILE, or its last part, unless the recording has failed: then the files beside it stay, if they hold anything.
    func conclude(isFlight: Bool, isCancelled: () -> Bool) {
        do throws(Failure) {
            if let failure { throw failure }
            let account = RecordingAccount(
                before: poll.first, after: counts.after, received: link.streams.total)
            for line in account.lines { print(line) }
            for line in try finish(isFlight: isFlight, isCancelled) { print(line) }
            if let failure = parts.failure { note(failure) }
            if let trouble { log.error("\(trouble)") }
        } catch {
            fail(error)
            if let trouble { log.warning("\(trouble)") }
            parts.finishOthers()
            if files.bytes == 0, parts.failure == nil { files.remove(log) }
            let kept = files.bytes == 0 ? "" : "; the recorded data is kept: \(files.command)"
            log.error("\(error)\(kept)")
        }
    }

    private func finish(isFlight: Bool, _ isCancelled: () -> Bool) throws(Failure) -> [String] {
        warn(account)
        if isFlight, account.overwritten > 0 {
            log.notice(
                "the ring buffers overwrote \(account.overwritten) events before the trigger: the recording begins after them"
            )
        }
        guard let header = answersWords ? files.header : givenHeader else {
            throw Failure(
                .unavailable,
                "no trace header: an agent of the original kind has none, \(files.output) is not made; give one of the same kernel (--header), from trace-agent metadata in the guest"
            )
        }
        // A header that cannot be read fails the assembly, with the reason.
        let links = timeLine?.end(try? TraceHeader(opening: header)) ?? []
        return try parts.finish(counts.excess(link.streams), header: header, linkedBy: links, isCancelled)
    }
}
