// An ELF note with the level of fortification, feature_test_macros(7), that this target was compiled with. The tests
// read it from the program: none of the calls here is one that glibc replaces by a checked variant, so nothing else
// in the program shows the level. Linkers keep notes with --gc-sections, and strip(1) keeps them too.

#include <features.h>
#include <stdint.h>

static const struct {
    uint32_t name_size, value_size, type;
    char name[8];
    uint32_t level;
} note __attribute__((section(".note.cepoll.fortify"), used, aligned(4))) = {
    .name_size = sizeof "CEpoll",
    .value_size = sizeof(uint32_t),
    .type = 1,
    .name = "CEpoll",
    .level = __USE_FORTIFY_LEVEL,
};
