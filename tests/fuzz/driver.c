/* driver.c - libFuzzer's entry: TONGBAN_FUZZ_TARGET names the target. */
#include "targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const FuzzTarget *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const char *name = getenv("TONGBAN_FUZZ_TARGET");
    fuzz_init();
    for (const FuzzTarget *t = fuzz_targets; t->name && name; t++) {
        if (strcmp(t->name, name) == 0) target = t;
    }
    if (!target) {
        fprintf(stderr, "fuzz: TONGBAN_FUZZ_TARGET names no target\n");
        exit(2);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    target->run((Str){(const char *)data, size});
    return 0;
}
