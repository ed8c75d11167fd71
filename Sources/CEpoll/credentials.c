#define _GNU_SOURCE
#include "CEpoll.h"

#include <grp.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

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

int cepoll_set_thread_group(gid_t gid)
{
    return syscall(SYS_setresgid, gid, gid, gid);
}

int cepoll_set_thread_user(uid_t uid)
{
    return syscall(SYS_setresuid, uid, uid, uid);
}

int cepoll_get_users(uid_t users[3])
{
    return getresuid(&users[0], &users[1], &users[2]);
}

int cepoll_get_groups(gid_t groups[3])
{
    return getresgid(&groups[0], &groups[1], &groups[2]);
}

int cepoll_set_file_group(gid_t gid)
{
    return setfsgid(gid);
}

int cepoll_set_file_user(uid_t uid)
{
    return setfsuid(uid);
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

int cepoll_keep_capabilities(int keep)
{
    return prctl(PR_SET_KEEPCAPS, keep, 0, 0, 0);
}
