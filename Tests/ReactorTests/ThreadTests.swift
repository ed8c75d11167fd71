import Glibc
import Synchronization
import Testing

@testable import Reactor

struct ThreadTests {
    /// The mailbox of a thread under test, and the eventfd for its replies.
    private final class Exchange: Sendable {
        let inbox: Mailbox
        let replies: EventFD
        init() throws {
            let inbox = try Mailbox()
            let replies = try EventFD(blocking: true)
            self.inbox = inbox
            self.replies = replies
        }
    }

    @Test func `each word reaches the thread once, and so does each reply`() throws {
        let exchange = try Exchange()
        let thread = try JoinedThread(name: "test") {
            while true {
                let word = exchange.inbox.receive()
                if word == 99 { return }
                exchange.replies.signal(word * 2)
            }
        }
        for word in UInt64(1)...50 {
            exchange.inbox.post(word)
            #expect(exchange.replies.receive() == word * 2)
        }
        exchange.inbox.post(99)
        _ = consume thread
    }

    @Test func `words that are sent before the receiver reads add up`() throws {
        let exchange = try Exchange()
        exchange.inbox.post(1)
        exchange.inbox.post(1 << 40)
        #expect(exchange.inbox.receive() == 1 << 40 + 1)
    }

    @Test func `a thread has its name, and runs where its mask allows`() throws {
        let exchange = try Exchange()
        let thread = try JoinedThread(name: "a-name-that-is-too-long") {
            let path = "/proc/thread-self/comm"
            let name = try? FileDescriptor.open(path, .readOnly).contents()
            let isSet = CPUMask([1]).set(ofThread: callingThreadID) == nil
            let isKnown = CPUMask.ofCallingThread == CPUMask([1]) && CPUMask([1]).isOfCallingThread
            exchange.replies.signal(
                isSet && isKnown && name == "a-name-that-is-\n" ? 1 : 2)
        }
        #expect(exchange.replies.receive() == 1)
        _ = consume thread
    }

    @Test func `a thread leaves signals to another, whoever has started it`() throws {
        let exchange = try Exchange()
        var own = sigset_t()
        var none = sigset_t()
        // The threads of the tests have blocked them.
        pthread_sigmask(SIG_SETMASK, &none, &own)
        let thread = try JoinedThread(name: "test") {
            var blocked = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &blocked)
            let isDeaf = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1].allSatisfy {
                sigismember(&blocked, $0) == 1
            }
            exchange.replies.signal(isDeaf ? 1 : 2)
        }
        var after = sigset_t()
        pthread_sigmask(SIG_SETMASK, &own, &after)
        #expect(exchange.replies.receive() == 1)
        #expect(sigismember(&after, SIGTERM) == 0)
        _ = consume thread
    }

    @Test func `dropping a thread waits for it to end`() throws {
        final class Flag: Sendable { let isSet = Atomic(false) }
        let (exchange, flag) = (try Exchange(), Flag())
        let thread = try JoinedThread(name: "test") {
            _ = exchange.inbox.receive()
            flag.isSet.store(true, ordering: .relaxed)
        }
        exchange.inbox.post(1)
        _ = consume thread
        let isSet = flag.isSet.load(ordering: .relaxed)
        #expect(isSet)
    }

    @Test func `a mask without a CPU that exists is refused`() {
        let before = CPUMask.ofCallingThread
        #expect(CPUMask([4000]).set(ofThread: callingThreadID) == .invalidArgument)
        #expect(CPUMask([-1, 1 << 40]).set(ofThread: callingThreadID) == .invalidArgument)
        #expect(CPUMask.ofCallingThread == before)
    }

    @Test func `the mask of another thread can be set`() throws {
        let exchange = try Exchange()
        let thread = try JoinedThread(name: "test") {
            exchange.replies.signal(UInt64(callingThreadID))
            _ = exchange.inbox.receive()
            exchange.replies.signal(CPUMask.ofCallingThread == CPUMask([0]) ? 1 : 2)
        }
        let id = exchange.replies.receive()
        #expect(CPUMask([0]).set(ofThread: Int32(id ?? 0)) == nil)
        exchange.inbox.post(1)
        #expect(exchange.replies.receive() == 1)
        _ = consume thread
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, or no_new_privs, which cannot be unset"))
    func `a thread restricted by Landlock opens only files below the folder, and the file, that are allowed`()
        throws
    {
        let exchange = try Exchange()
        let thread = try JoinedThread(name: "test") {
            let before = (try? FileDescriptor.open("/etc/passwd", .readOnly)) == nil
            guard let folder = try? FileDescriptor.open("/usr", .directory),
                let rules = try? LandlockRules(), (try? rules.allow(below: folder)) != nil,
                let file = try? FileDescriptor.open("/etc/hostname", .readOnly),
                (try? rules.allow(file)) != nil, (try? rules.restrictThread()) != nil
            else { return exchange.replies.signal(1000) }
            let one = (try? FileDescriptor.open("/etc/hostname", .readOnly)) != nil
            let other = (try? FileDescriptor.open("/etc/passwd", .readOnly)) == nil
            let names = (try? folder.names())?.contains("bin") ?? false
            exchange.replies.signal(
                1 + (before ? 100 : 0) + (other ? 10 : 0) + (names ? 20 : 0) + (one ? 40 : 0))
        }
        #expect(exchange.replies.receive() == 71)
        _ = consume thread
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, or no_new_privs, which cannot be unset"))
    func `a thread restricted by seccomp reads files, but opens none for writing and no socket`() throws {
        let folder = "/tmp/reactor-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        mkdir(folder, 0o755)
        defer {
            for name in ["socket", "file"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        let listener = try LocalSocket(
            at: "\(folder)/socket", for: User(name: "me", uid: getuid(), gid: getgid()))
        let file = try FileDescriptor.create("\(folder)/file")
        try file.writeAll([1, 2, 3])
        let exchange = try Exchange()
        let thread = try JoinedThread(name: "test") {
            guard (try? Privileges.readOnly()) != nil else { return exchange.replies.signal(1000) }
            var word: UInt64 = 1
            func expect(_ code: CInt, _ digit: UInt64, _ body: () throws -> Void) {
                do { try body() } catch let error as SystemError where error.code.rawValue == code {
                    word += digit
                } catch {}
            }
            if (try? FileDescriptor.open("\(folder)/file", .readOnly).contents()) != nil { word += 1 }
            expect(EPERM, 10) { _ = try FileDescriptor.open("\(folder)/file", .writeOnly) }
            expect(EPERM, 100) { _ = try FileDescriptor.create("\(folder)/other") }
            expect(EPERM, 1000) { _ = try FileDescriptor.connect(toSocketAt: "\(folder)/socket") }
            if truncate("\(folder)/file", 0) == -1, errno == EPERM { word += 10000 }
            // A duplicate of a ring buffer's file would end its reader.
            for command in [F_DUPFD, F_DUPFD_CLOEXEC] where fcntl(0, command, 0) == -1 && errno == EPERM {
                word += 100_000
            }
            for command in [F_GETFD, F_GETFL] where fcntl(0, command) != -1 { word += 1_000_000 }
            if fcntl(0, F_SETFD, 0) != -1 { word += 1_000_000 }
            if fcntl(0, F_SETFL, 0) == -1, errno == EPERM { word += 1_000_000 }
            exchange.replies.signal(word)
        }
        #expect(exchange.replies.receive() == 4_211_112)
        _ = consume thread
        let size = try file.size()
        #expect(size == 3)
        _ = consume listener
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, or no_new_privs, which cannot be unset"))
    func
        `a thread that may write below one folder makes no file there, reads none, and writes none elsewhere`()
        throws
    {
        let folder = "/tmp/reactor-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let other = folder + "-other"
        for path in [folder, other] {
            mkdir(path, 0o755)
            _ = try FileDescriptor.create("\(path)/file")
        }
        defer {
            for path in [folder, other] {
                for name in ["file", "new"] { unlink("\(path)/\(name)") }
                rmdir(path)
            }
        }
        let exchange = try Exchange()
        let thread = try JoinedThread(name: "test") {
            guard let below = try? FileDescriptor.open(folder, .directory),
                let rules = try? LandlockRules(), (try? rules.allowWriting(below)) != nil,
                (try? rules.restrictThread()) != nil, (try? Privileges.existingFilesOnly()) != nil
            else { return exchange.replies.signal(1000) }
            var word: UInt64 = 1
            let modes: FileDescriptor.Mode = [.writeOnly, .truncating]
            if (try? below.open("file", modes).writeAll([1])) != nil { word += 1 }
            if (try? FileDescriptor.open("\(folder)/file", .readOnly)) == nil { word += 10 }
            if (try? FileDescriptor.open("\(other)/file", .writeOnly)) == nil { word += 100 }
            if (try? FileDescriptor.create("\(folder)/new")) == nil { word += 1000 }
            exchange.replies.signal(word)
        }
        #expect(exchange.replies.receive() == 1112)
        _ = consume thread
    }
}
