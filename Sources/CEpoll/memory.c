#define _GNU_SOURCE
#include "CEpoll.h"

#include <sys/prctl.h>

int cepoll_disable_huge_pages(void)
{
    return prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}
