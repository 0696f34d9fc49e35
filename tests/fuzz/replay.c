/* replay.c - the corpus of every target, run as ordinary tests (TAP).
 *
 * For each target the files of tests/fuzz/corpus/<target> and of its seed folders are run, each
 * whole and cut at a few places, because a reader's worst inputs are halves of good ones. */
#include "targets.h"

#include "base/arena.h"
#include "os/os.h"

#include <stdio.h>

static size_t run_file(const FuzzTarget *target, Arena *a, Str path)
{
    Str text;
    Err err = {0};
    if (!file_read(a, path, 8u << 20, &text, &err)) return 0;
    target->run(text);
    for (size_t part = 1; part < 8; part++) target->run(str_slice(text, 0, text.len * part / 8));
    return 8;
}

static size_t run_folder(const FuzzTarget *target, Str folder)
{
    Arena *a = arena_open(256u << 20);
    Str *names = NULL;
    size_t count = 0, runs = 0;
    Err err = {0};
    if (file_is_directory(folder) && file_list(a, folder, &names, &count, &err)) {
        for (size_t i = 0; i < count; i++) {
            ArenaMark mark = arena_mark(a);
            runs += run_file(target, a, arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(names[i])));
            arena_reset_to(a, mark);
        }
    }
    arena_close(a);
    return runs;
}

int main(void)
{
    size_t number = 0;
    fuzz_init();
    for (const FuzzTarget *t = fuzz_targets; t->name; t++) {
        char folder[200];
        snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", t->name);
        size_t runs = run_folder(t, str_from(folder));
        Str rest = str_from(t->seeds);
        while (rest.ptr && rest.len) {
            Str seed = str_split(&rest, ' ');
            if (seed.len) runs += run_folder(t, seed);
        }
        printf("ok %zu - %s: %zu inputs\n", ++number, t->name, runs);
        fflush(stdout);
    }
    printf("1..%zu\n", number);
    return 0;
}
