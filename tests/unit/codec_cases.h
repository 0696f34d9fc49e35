/* codec_cases.h - walks over the case files of a folder; for the tests of the codec.
 *
 * The name of a case says what is expected:
 *   ok.<what>.<ending>                          accepted; what it means stands in ok.<what>.out
 *   bad.<fault>.<line>.<column>.<what>.<ending> refused with that fault at that place
 * The folder is found under TONGBAN_SOURCE (or the current directory). */
#ifndef TESTS_UNIT_CODEC_CASES_H
#define TESTS_UNIT_CODEC_CASES_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

typedef struct CaseFile {
    const char *folder; /* under tests/cases */
    const char *name;
    Str text;
    bool accepted; /* by its name */
} CaseFile;

typedef void CaseVisit(Arena *a, const CaseFile *c, void *context);

static inline Str case_read(Arena *a, const char *folder, const char *name, bool *found)
{
    const char *source = getenv("TONGBAN_SOURCE");
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/cases/%s/%s", source != NULL ? source : ".", folder,
             name);
    FILE *file = fopen(path, "rb");
    *found = file != NULL;
    if (file == NULL)
        return STR_NONE;
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *bytes = arena_take(a, size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, size, file), size);
    fclose(file);
    return (Str){bytes, size};
}

/* Visit every case with the ending, each with an arena of its own; returns their number. */
static inline size_t cases_visit(const char *folder, const char *ending, CaseVisit *visit,
                                 void *context)
{
    const char *source = getenv("TONGBAN_SOURCE");
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/cases/%s", source != NULL ? source : ".", folder);
    struct dirent **entries = NULL;
    int entry_count = scandir(path, &entries, NULL, alphasort);
    size_t visited = 0;
    for (int i = 0; i < entry_count; i++) {
        Str name = str_from(entries[i]->d_name);
        if (str_ends(name, str_from(ending))) {
            Arena *a = arena_open(64u << 20);
            bool found = false;
            CaseFile c = {folder, entries[i]->d_name, STR_NONE, str_starts(name, STR("ok."))};
            c.text = case_read(a, folder, c.name, &found);
            visit(a, &c, context);
            arena_close(a);
            visited++;
        }
        free(entries[i]);
    }
    free(entries);
    return visited;
}

/* Does the fault and its place agree with the name of the case? Prints when not. */
static inline bool case_fault_agrees(const CaseFile *c, const Err *err)
{
    char expected[256];
    snprintf(expected, sizeof expected, "bad.%s.%u.%u.", err->fault->name, err->line, err->column);
    if (strncmp(c->name, expected, strlen(expected)) == 0)
        return true;
    print_message("# %s/%s: refused as %s\n", c->folder, c->name, expected);
    return false;
}

/* Every fault of a text must be told in both languages without an open place. */
static inline bool case_message_is_whole(Arena *a, const CaseFile *c, const Err *err)
{
    for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
        Buf text = buf_new(a, 0);
        err_text(err, (Lang)lang, &text);
        if (text.len == 0 || str_find(buf_text(&text), STR("{")) == 0 ||
            !utf8_valid(buf_text(&text), NULL)) {
            print_message("# %s/%s: bad message: %s\n", c->folder, c->name, buf_cstr(&text));
            return false;
        }
    }
    return true;
}

#endif
