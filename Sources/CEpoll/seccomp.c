#define _GNU_SOURCE
#include "CEpoll.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "unknown architecture: add its AUDIT_ARCH_ constant from linux/audit.h"
#endif

// Makes the call fail with EPERM.
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

// If it is this call: allows it, or refuses it if the argument has one of the bits. Other calls continue with
// the next rule.
#define ALLOW_WITHOUT(call, argument, bits) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[argument])), \
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, 1), REFUSE, BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

// If it is this call: allows it, if the argument is in the range. Other calls continue with the next rule.
#define ALLOW_BETWEEN(call, argument, first, last) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 5), \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[argument])), \
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (first), 0, 1), \
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (last), 0, 1), REFUSE, BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

// If it is this call: allows it. Other calls continue with the next rule.
#define ALLOW(call) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

// The one exception to this module's rule of calls and constants only: the table below is a policy. It is in
// C because it is made of macros, which Swift does not import.
static int restrict_calls(unsigned int refused_modes)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        REFUSE,
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        // Files and open descriptors.
        ALLOW(read), ALLOW(pread64), ALLOW(write), ALLOW(pwrite64), ALLOW(lseek), ALLOW(close), ALLOW(fstat),
        ALLOW(newfstatat), ALLOW(getdents64), ALLOW(ftruncate), ALLOW(writev), ALLOW(ppoll),
#ifdef SYS_poll
        ALLOW(poll),
#endif
        // Memory, threads, time, random numbers, and the calls that logging makes.
        ALLOW(munmap), ALLOW(mremap), ALLOW(madvise), ALLOW(brk), ALLOW(futex),
        ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(rt_sigprocmask), ALLOW(rt_sigaction),
        ALLOW(rt_sigreturn), ALLOW(sigaltstack), ALLOW(gettid), ALLOW(getpid), ALLOW(clock_gettime),
        ALLOW(getrandom), ALLOW(uname), ALLOW(rseq), ALLOW(membarrier), ALLOW(restart_syscall),
        ALLOW(exit), ALLOW(exit_group),
        // Memory that is not executable. Of fcntl(2) only F_GETFD, F_SETFD and F_GETFL, which are 1 to 3: a
        // duplicate of trace_pipe_raw would end its reader when it is closed. Opening existing files.
        ALLOW_WITHOUT(mmap, 2, PROT_EXEC), ALLOW_WITHOUT(mprotect, 2, PROT_EXEC),
        ALLOW_BETWEEN(fcntl, 1, F_GETFD, F_GETFL), ALLOW_WITHOUT(openat, 2, refused_modes),
        REFUSE,
    };
    struct sock_fprog program = { .len = sizeof rules / sizeof rules[0], .filter = rules };

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

int cepoll_allow_reading_only(void)
{
    return restrict_calls(O_ACCMODE | O_CREAT | O_TRUNC);
}

int cepoll_allow_existing_files_only(void)
{
    return restrict_calls(O_CREAT);
}
