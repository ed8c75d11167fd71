// The header of libtraceevent: https://www.trace-cmd.org/Documentation/libtraceevent/

#ifndef CTRACEEVENT_H
#define CTRACEEVENT_H

#if !__has_include(<traceevent/event-parse.h>)
#error "the headers of libtraceevent are missing: apt-get install libtraceevent-dev"
#endif

#include <traceevent/event-parse.h>

// Swift imports no function with a variable number of arguments.

/// Appends what the event says, decoded.
static inline void ctraceevent_print_info(struct tep_handle *tep, struct trace_seq *text, struct tep_record *record) {
    tep_print_event(tep, text, record, "%s", TEP_PRINT_INFO);
}

/// Appends the flags of the event's context, such as `d.h2.`.
static inline void ctraceevent_print_flags(struct tep_handle *tep, struct trace_seq *text, struct tep_record *record) {
    tep_print_event(tep, text, record, "%s", TEP_PRINT_LATENCY);
}

#endif
