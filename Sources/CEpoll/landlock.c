#define _GNU_SOURCE
#include "CEpoll.h"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

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

int cepoll_landlock_allow_reading_file(int ruleset, int file)
{
    struct landlock_path_beneath_attr attributes = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
        .parent_fd = file,
    };

    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attributes, 0);
}

int cepoll_landlock_allow_writing(int ruleset, int file)
{
    struct landlock_path_beneath_attr attributes = {
        .allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE,
        .parent_fd = file,
    };

    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attributes, 0);
}

int cepoll_landlock_restrict(int ruleset)
{
    return syscall(SYS_landlock_restrict_self, ruleset, 0);
}
