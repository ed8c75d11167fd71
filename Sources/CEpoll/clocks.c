#define _GNU_SOURCE
#include "CEpoll.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

uint64_t cepoll_read_counter(void)
{
#if defined(__x86_64__)
    // Not before earlier loads, as the kernel reads it for the trace clock x86-tsc.
    __builtin_ia32_lfence();
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t count;

    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(count) : : "memory");
    return count;
#else
#error "unknown architecture: add its cycle counter"
#endif
}

int cepoll_counter_scale(uint32_t *mult, uint16_t *shift)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE, .size = sizeof attributes, .config = PERF_COUNT_SW_DUMMY, .exclude_kernel = 1,
    };
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    int event = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

    if (event == -1)
        return -1;
    struct perf_event_mmap_page *page = mmap(NULL, size, PROT_READ, MAP_SHARED, event, 0);

    close(event);
    if (page == MAP_FAILED)
        return -1;
    int is_known = page->cap_user_time;

    *mult = page->time_mult;
    *shift = page->time_shift;
    munmap(page, size);
    return is_known;
}
