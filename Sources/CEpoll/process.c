#define _GNU_SOURCE
#include "CEpoll.h"

#include <sys/syscall.h>
#include <unistd.h>

int cepoll_open_process(pid_t pid)
{
    return syscall(SYS_pidfd_open, pid, 0);
}
