#define _GNU_SOURCE
#include "CEpoll.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

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
