/* A failed check is a bug of ours, so nothing is repaired and nothing is tidied up: the place
 * and the condition go to standard error, and abort() leaves a core file and lets the
 * supervisor start the process anew from the journal. No memory is taken and no lock of ours
 * is touched, because the caller may hold any of them. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "check failed: %s (%s:%d)\n", condition, file, line);
    abort();
}
