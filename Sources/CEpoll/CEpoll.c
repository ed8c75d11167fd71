#define _GNU_SOURCE
#include "CEpoll.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
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

int cepoll_current_cpu(void)
{
    return sched_getcpu();
}

int cepoll_set_thread_name(const char *name)
{
    return pthread_setname_np(pthread_self(), name);
}
