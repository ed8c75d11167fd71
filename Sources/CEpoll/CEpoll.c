#define _GNU_SOURCE
#include "CEpoll.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t cepoll_splice(int in, int out, size_t length)
{
    return splice(in, NULL, out, NULL, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

int cepoll_pipe2(int ends[2], int flags)
{
    return pipe2(ends, flags);
}

int cepoll_dup3(int from, int to)
{
    return dup3(from, to, O_CLOEXEC);
}

int cepoll_open_nameless(const char *folder, mode_t mode)
{
    return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
}

int cepoll_memory_file(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC);
}

ssize_t cepoll_copy_file_range(int in, off_t in_offset, int out, off_t out_offset, size_t length)
{
    return copy_file_range(in, &in_offset, out, &out_offset, length, 0);
}

ssize_t cepoll_send_file(int out, int in, off_t in_offset, size_t length)
{
    return sendfile(out, in, &in_offset, length);
}

int cepoll_set_pipe_size(int descriptor, int bytes)
{
    return fcntl(descriptor, F_SETPIPE_SZ, bytes);
}

int cepoll_get_pipe_size(int descriptor)
{
    return fcntl(descriptor, F_GETPIPE_SZ);
}

int cepoll_bytes_to_read(int descriptor, int *bytes)
{
    return ioctl(descriptor, FIONREAD, bytes);
}

int cepoll_set_affinity(size_t size, const void *mask)
{
    return sched_setaffinity(0, size, mask);
}

int cepoll_set_thread_priority(int nice)
{
    return setpriority(PRIO_PROCESS, 0, nice);
}

int cepoll_current_cpu(void)
{
    return sched_getcpu();
}

int cepoll_set_thread_name(const char *name)
{
    return pthread_setname_np(pthread_self(), name);
}

int cepoll_accept(int socket)
{
    return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int cepoll_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid)
{
    struct ucred peer = { 0 };
    socklen_t size = sizeof peer;
    int result = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);

    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return result;
}

int cepoll_set_groups(size_t count, const gid_t *groups)
{
    return setgroups(count, groups);
}

int cepoll_set_group(gid_t gid)
{
    return setresgid(gid, gid, gid);
}

int cepoll_set_user(uid_t uid)
{
    return setresuid(uid, uid, uid);
}

int cepoll_get_users(uid_t users[3])
{
    return getresuid(&users[0], &users[1], &users[2]);
}

int cepoll_get_groups(gid_t groups[3])
{
    return getresgid(&groups[0], &groups[1], &groups[2]);
}

int cepoll_set_no_new_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int cepoll_get_no_new_privileges(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

int cepoll_set_not_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int cepoll_get_dumpable(void)
{
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

int cepoll_disable_huge_pages(void)
{
    return prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

int cepoll_set_file_group(gid_t gid)
{
    return setfsgid(gid);
}

int cepoll_landlock_create(void)
{
    struct landlock_ruleset_attr attributes = { .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1 };

    return syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
}

int cepoll_landlock_allow_reading(int ruleset, int directory)
{
    struct landlock_path_beneath_attr attributes = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
        .parent_fd = directory,
    };

    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attributes, 0);
}

int cepoll_landlock_restrict(int ruleset)
{
    return syscall(SYS_landlock_restrict_self, ruleset, 0);
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which AUDIT_ARCH_ is this? see linux/audit.h"
#endif

// Refuses.
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

// Allows a call unless its argument has one of the bits, or goes on to the next line.
#define ALLOW_WITHOUT(call, argument, bits) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[argument])), \
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, 1), REFUSE, BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

// Allows a call, or goes on to the next line.
#define ALLOW(call) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

int cepoll_allow_reading_only(void)
{
    static struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        REFUSE,
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        // Files, and descriptors that are open.
        ALLOW(read), ALLOW(pread64), ALLOW(write), ALLOW(pwrite64), ALLOW(lseek), ALLOW(close), ALLOW(fstat),
        ALLOW(newfstatat), ALLOW(getdents64), ALLOW(ftruncate), ALLOW(writev), ALLOW(ppoll),
#ifdef SYS_poll
        ALLOW(poll),
#endif
        // Memory, threads, time, randomness, and what the log needs to know.
        ALLOW(munmap), ALLOW(mremap), ALLOW(madvise), ALLOW(brk), ALLOW(futex),
        ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(rt_sigprocmask), ALLOW(rt_sigaction), ALLOW(rt_sigreturn),
        ALLOW(sigaltstack), ALLOW(gettid), ALLOW(getpid), ALLOW(clock_gettime), ALLOW(getrandom),
        ALLOW(uname), ALLOW(rseq), ALLOW(membarrier), ALLOW(restart_syscall), ALLOW(exit), ALLOW(exit_group),
        // Memory that holds no program; of a descriptor only its flags, as F_GETFD to F_GETFL; opening, if it is for
        // reading what is there.
        ALLOW_WITHOUT(mmap, 2, PROT_EXEC), ALLOW_WITHOUT(mprotect, 2, PROT_EXEC),
        ALLOW_WITHOUT(fcntl, 1, ~(__u32)3), ALLOW_WITHOUT(openat, 2, O_ACCMODE | O_CREAT | O_TRUNC),
        REFUSE,
    };
    struct sock_fprog program = { .len = sizeof rules / sizeof rules[0], .filter = rules };

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
