import Reactor
import Testing

struct UserTests {
    @Test func `a user is found by its name`() throws {
        #expect(try User.named("root")?.uid == 0)
        #expect(try User.named("no-such-user") == nil)
    }
}
