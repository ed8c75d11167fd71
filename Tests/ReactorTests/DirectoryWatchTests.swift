import Glibc
import Reactor
import Testing

struct DirectoryWatchTests {
    @Test func `a watched folder reports new names and its own removal`() throws {
        let folder = "/tmp/reactor-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        mkdir(folder, 0o755)
        defer { rmdir(folder) }
        let watch = try DirectoryWatch()
        let exists = try watch.add("\(folder)/ports")
        #expect(!exists)
        let isWatched = try watch.add(folder, forNewNamesOnly: true)
        #expect(isWatched)
        #expect(try watch.drain() == false)
        mkdir("\(folder)/ports", 0o755)
        #expect(try watch.drain())
        let existsNow = try watch.add("\(folder)/ports")
        #expect(existsNow)
        rmdir("\(folder)/ports")
        #expect(try watch.drain())
    }
}
