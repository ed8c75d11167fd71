// The header of libzstd: zstd_manual.html of Debian's libzstd-dev.

#ifndef CZSTD_H
#define CZSTD_H

#if !__has_include(<zstd.h>)
#error "the headers of libzstd are missing: apt-get install libzstd-dev"
#endif

#include <zstd.h>

#endif
