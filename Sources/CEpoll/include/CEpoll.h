// The Linux calls and constants that Swift's Glibc module lacks, and the headers of libsystemd and libcap.
//
// Headers that need no feature macro are included as they are. Calls that glibc hides behind _GNU_SOURCE are
// declared here and implemented in one C file a subject, because defining that macro here would give this
// module another view of <fcntl.h> than Glibc's, which breaks link-time optimisation.

#ifndef CEPOLL_H
#define CEPOLL_H

#if !__has_include(<systemd/sd-daemon.h>)
#error "the headers of libsystemd are missing: apt-get install libsystemd-dev"
#endif
#if !__has_include(<sys/capability.h>)
#error "the headers of libcap are missing: apt-get install libcap-dev"
#endif

#include <stddef.h>
#include <stdint.h>
#include <sys/capability.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <systemd/sd-daemon.h>

// files.c

/// splice(2) with `SPLICE_F_MOVE | SPLICE_F_NONBLOCK` and the descriptors' own offsets.
ssize_t cepoll_splice(int in, int out, size_t length);

/// pipe2(2).
int cepoll_pipe2(int ends[2], int flags);

/// dup3(2) with `O_CLOEXEC`.
int cepoll_dup3(int from, int to);

/// open(2) with `O_TMPFILE | O_RDWR | O_CLOEXEC`.
int cepoll_open_nameless(const char *folder, mode_t mode);

/// open(2) with `O_PATH | O_NOFOLLOW | O_CLOEXEC`.
int cepoll_open_path(const char *path);

/// fchownat(2) with `AT_EMPTY_PATH`: of the file that the descriptor refers to, which may be an `O_PATH` one.
int cepoll_change_owner(int descriptor, uid_t uid, gid_t gid);

/// memfd_create(2) with `MFD_CLOEXEC`.
int cepoll_memory_file(const char *name);

/// copy_file_range(2) from and to the given offsets; the file offsets stay.
ssize_t cepoll_copy_file_range(int in, off_t in_offset, int out, off_t out_offset, size_t length);

/// sendfile(2) from the given offset; it writes at the file offset of `out`.
ssize_t cepoll_send_file(int out, int in, off_t in_offset, size_t length);

/// fcntl(2), `F_SETPIPE_SZ` and `F_GETPIPE_SZ`: bytes.
int cepoll_set_pipe_size(int descriptor, int bytes);
int cepoll_get_pipe_size(int descriptor);

/// ioctl(2), `FIONREAD`: the number of bytes that a read would return.
int cepoll_bytes_to_read(int descriptor, int *bytes);

// threads.c

/// sched_setaffinity(2) for `thread`, 0 for the calling one; `mask` is `size` bytes of CPU bits.
int cepoll_set_affinity(pid_t thread, size_t size, const void *mask);

/// sched_getaffinity(2) for the calling thread.
int cepoll_get_affinity(size_t size, void *mask);

/// gettid(2).
pid_t cepoll_thread_id(void);

/// setpriority(2) for the calling thread.
int cepoll_set_thread_priority(int nice);

/// pthread_setname_np(3) for the calling thread: at most 15 bytes and a NUL.
int cepoll_set_thread_name(const char *name);

// clocks.c

/// The cycle counter of this CPU: `rdtsc` of x86, `cntvct_el0` of arm64.
uint64_t cepoll_read_counter(void);

/// perf_event_open(2): nanoseconds are (cycles * `mult`) >> `shift`, as the kernel's sched_clock() counts.
///
/// The result is 1, 0 if the kernel does not say, or -1.
int cepoll_counter_scale(uint32_t *mult, uint16_t *shift);

// memory.c

/// prctl(2), `PR_SET_THP_DISABLE`, for the process.
int cepoll_disable_huge_pages(void);

// process.c

/// pidfd_open(2): readable once the process has ended; close-on-exec.
int cepoll_open_process(pid_t pid);

// sockets.c

/// accept4(2) with `SOCK_CLOEXEC | SOCK_NONBLOCK`, without the peer's address.
int cepoll_accept(int socket);

/// sendmsg(2) with `MSG_NOSIGNAL`, of `length` bytes and, as `SCM_RIGHTS`, two descriptors: unix(7).
ssize_t cepoll_send_descriptors(int socket, const void *message, size_t length, const struct sockaddr *address,
                                socklen_t size, const int descriptors[2]);

/// getsockopt(2), `SO_PEERCRED`: the process that made the connection, unix(7).
int cepoll_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid);

/// A socket that the kernel answers on with all unix sockets, those without a name too, and their peers: sock_diag(7).
int cepoll_ask_unix_peers(void);

// credentials.c

/// setgroups(2), setresgid(2), setresuid(2): for all threads.
int cepoll_set_groups(size_t count, const gid_t *groups);
int cepoll_set_group(gid_t gid);
int cepoll_set_user(uid_t uid);

/// setresgid(2), setresuid(2), the system calls: for the calling thread.
int cepoll_set_thread_group(gid_t gid);
int cepoll_set_thread_user(uid_t uid);

/// getresuid(2), getresgid(2): real, effective, saved.
int cepoll_get_users(uid_t users[3]);
int cepoll_get_groups(gid_t groups[3]);

/// setfsgid(2) for the calling thread only; the result is the previous group, changed or not.
int cepoll_set_file_group(gid_t gid);

/// setfsuid(2), the same for the user.
int cepoll_set_file_user(uid_t uid);

/// prctl(2), `PR_SET_KEEPCAPS`: whether the capabilities that the process may have outlive a change of its user.
int cepoll_keep_capabilities(int keep);

/// prctl(2), `PR_SET_NO_NEW_PRIVS` and `PR_GET_NO_NEW_PRIVS`.
int cepoll_set_no_new_privileges(void);
int cepoll_get_no_new_privileges(void);

/// prctl(2), `PR_SET_DUMPABLE` to 0, and `PR_GET_DUMPABLE`.
int cepoll_set_not_dumpable(void);
int cepoll_get_dumpable(void);

// landlock.c: landlock(7)

/// landlock_create_ruleset(2) for every access that version 1 of Landlock can forbid.
int cepoll_landlock_create(void);

/// landlock_add_rule(2): allows reading below a directory.
int cepoll_landlock_allow_reading(int ruleset, int directory);

/// landlock_add_rule(2): allows reading a file that is no directory.
int cepoll_landlock_allow_reading_file(int ruleset, int file);

/// landlock_add_rule(2): allows opening a file, or those below a directory, for writing.
int cepoll_landlock_allow_writing(int ruleset, int file);

/// landlock_restrict_self(2) for the calling thread.
int cepoll_landlock_restrict(int ruleset);

// seccomp.c

/// prctl(2), `PR_SET_SECCOMP`, for the calling thread: calls that read existing files, use open descriptors,
/// memory or threads are allowed; the others fail with `EPERM`.
int cepoll_allow_reading_only(void);

/// The same, and existing files may be opened for writing, and emptied.
int cepoll_allow_existing_files_only(void);

#endif
