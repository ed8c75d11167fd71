// The header of libxml2's parser: http://xmlsoft.org, Debian's libxml2-dev.

#ifndef CXML_H
#define CXML_H

#if !__has_include(<libxml/parser.h>)
#error "the headers of libxml2 are missing: apt-get install libxml2-dev pkg-config"
#endif

#include <libxml/parser.h>

#endif
