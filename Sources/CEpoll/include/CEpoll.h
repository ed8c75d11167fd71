// The Linux calls and constants that Swift's Glibc module lacks.
//
// Headers that need no feature macro are included as they are. What glibc hides behind _GNU_SOURCE is
// declared here and implemented in CEpoll.c, because defining that macro here would give this module
// another view of <fcntl.h> than Glibc's, which breaks link-time optimisation.

#ifndef CEPOLL_H
#define CEPOLL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/types.h>

/// splice(2) with `SPLICE_F_MOVE | SPLICE_F_NONBLOCK` and the descriptors' own offsets.
ssize_t cepoll_splice(int in, int out, size_t length);

/// pipe2(2).
int cepoll_pipe2(int ends[2], int flags);

/// dup3(2) with `O_CLOEXEC`.
int cepoll_dup3(int from, int to);

/// fcntl(2), `F_SETPIPE_SZ` and `F_GETPIPE_SZ`: bytes.
int cepoll_set_pipe_size(int descriptor, int bytes);
int cepoll_get_pipe_size(int descriptor);

/// ioctl(2), `FIONREAD`: the bytes that a read would find.
int cepoll_bytes_to_read(int descriptor, int *bytes);

/// sched_setaffinity(2) for the calling thread; `mask` is `size` bytes of CPU bits.
int cepoll_set_affinity(size_t size, const void *mask);

/// sched_getcpu(3).
int cepoll_current_cpu(void);

/// pthread_setname_np(3) for the calling thread: at most 15 bytes and a NUL.
int cepoll_set_thread_name(const char *name);

#endif
