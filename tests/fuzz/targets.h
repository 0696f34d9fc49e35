/* targets.h - every reader of the engine as a function of bytes.
 *
 * A target must come back from any input: no crash, no hang, no leak beyond its arena. The same
 * functions are driven by libFuzzer (`make fuzz`) and by the replay of the corpus in the
 * ordinary tests. */
#ifndef TESTS_FUZZ_TARGETS_H
#define TESTS_FUZZ_TARGETS_H

#include "base/str.h"

typedef struct FuzzTarget {
    const char *name;
    void (*run)(Str input);
    const char *seeds; /* folders whose files are good first inputs, separated by blanks */
} FuzzTarget;

extern const FuzzTarget fuzz_targets[]; /* ends with {0} */
/* Algorithms of the crypto library, once. */
void fuzz_init(void);

#endif
