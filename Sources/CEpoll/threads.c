#define _GNU_SOURCE
#include "CEpoll.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

int cepoll_set_affinity(pid_t thread, size_t size, const void *mask)
{
    return sched_setaffinity(thread, size, mask);
}

int cepoll_get_affinity(size_t size, void *mask)
{
    return sched_getaffinity(0, size, mask);
}

pid_t cepoll_thread_id(void)
{
    return gettid();
}

int cepoll_set_thread_priority(int nice)
{
    return setpriority(PRIO_PROCESS, 0, nice);
}

int cepoll_set_thread_name(const char *name)
{
    return pthread_setname_np(pthread_self(), name);
}
