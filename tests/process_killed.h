/* process_killed.h - work done in a child process that is killed by SIGKILL right afterwards.
 *
 * The child does the work, hands a text over a pipe and dies without closing anything: what it
 * did to a data file is there only if it was committed. Nothing may have the file open meanwhile. */
#ifndef TESTS_PROCESS_KILLED_H
#define TESTS_PROCESS_KILLED_H

#include "base/buf.h"

/* The work writes into out what the parent shall know; the result lives in a. */
typedef void KilledWork(void *context, Buf *out);
Str killed_run(KilledWork *work, void *context, Arena *a);

#endif
