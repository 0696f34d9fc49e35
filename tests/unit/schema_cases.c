/* schema_cases.c - runs files of schemas, values and verdicts through lang/schema.
 *
 * Each file of tests/cases/schema is a list of {description, schema, strict?, tests:
 * [{description, data, valid}]}, the layout of the public JSON-Schema-Test-Suite, so the same
 * program runs that suite where somebody has it:
 *
 *     SCHEMA_SUITE=dir/tests/draft2020-12 SCHEMA_LIBRARY=dir/library unit_schema_cases
 *
 * where the library is a folder of documents under their paths: <folder>/<rest> is reached as
 * http://localhost:1234/<rest>, and every document also under its $id. */
#include "codec/json.h"
#include "lang/schema/schema.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LIBRARY_MAX 512
#define ROOT "http://localhost:1234/"

static SchemaDocument library[LIBRARY_MAX];
static size_t library_count;
static Arena *memory;

static Str read_all(Arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    Buf b = buf_new(a, 4096);
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_add(&b, (Str){part, n});
    fclose(f);
    return buf_text(&b);
}

static Value parse(Arena *a, const char *path)
{
    Value v = value_null();
    Err err = {0};
    if (!json_parse(a, read_all(a, path), &v, &err)) {
        Buf text = buf_new(a, 100);
        err_show(&err, LANG_EN, &text);
        fail_msg("%s: %s", path, buf_cstr(&text));
    }
    return v;
}

static void add_document(Str uri, Value document)
{
    if (uri.len && library_count < LIBRARY_MAX)
        library[library_count++] = (SchemaDocument){uri, document};
}

static void load_library(const char *directory, const char *under)
{
    DIR *d = opendir(directory);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));) {
        char path[1024], rest[1024];
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        snprintf(rest, sizeof rest, "%s%s", under, e->d_name);
        DIR *inner = opendir(path);
        if (inner) {
            closedir(inner);
            strncat(rest, "/", sizeof rest - strlen(rest) - 1);
            load_library(path, rest);
            continue;
        }
        Value v = parse(memory, path);
        add_document(arena_printf(memory, "%s%s", ROOT, rest), v);
        add_document(value_get_string(v, STR("$id")), v);
    }
    closedir(d);
}

typedef struct Tally {
    int passed, failed;
} Tally;

static void run_group(const char *file, Value group, bool suite, Tally *tally)
{
    Arena *a = arena_open(64u << 20);
    Err err = {0};
    Schema *schema = NULL;
    Str what = value_get_string(group, STR("description"));
    bool strict = value_get_boolean(group, STR("strict"), !suite);
    SchemaOptions options = {.library = library, .library_count = library_count,
                             .annotate_formats = suite, .allow_unknown = !strict};
    if (!schema_compile_value(a, value_field(group, "schema"), STR("case"), &options, &schema,
                              &err)) {
        Buf text = buf_new(a, 100);
        err_show(&err, LANG_EN, &text);
        printf("# %s: %.*s: %s\n", file, STR_ARG(what), buf_cstr(&text));
        tally->failed++;
        arena_close(a);
        return;
    }
    Value tests = value_field(group, "tests");
    assert_true(value_count(tests) > 0);
    for (size_t i = 0; i < value_count(tests); i++) {
        Value test = value_item(tests, i), data = value_field(test, "data");
        bool expected = value_get_boolean(test, STR("valid"), false);
        SchemaFinding *findings;
        size_t count;
        bool valid = schema_validate(schema, a, data, NULL);
        bool again = schema_findings(schema, a, data, &findings, &count);
        if (valid == expected && again == expected && (count == 0) == expected) {
            tally->passed++;
            continue;
        }
        tally->failed++;
        printf("# %s: %.*s: %.*s: %s, expected %s\n", file, STR_ARG(what),
               STR_ARG(value_get_string(test, STR("description"))), valid ? "valid" : "invalid",
               expected ? "valid" : "invalid");
    }
    schema_close(schema);
    arena_close(a);
}

static Tally run_directory(const char *directory, bool suite)
{
    Tally tally = {0, 0};
    DIR *d = opendir(directory);
    if (!d)
        fail_msg("no folder %s", directory);
    for (struct dirent *e; (e = readdir(d));) {
        char path[1024];
        if (!strstr(e->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        Arena *a = arena_open(64u << 20);
        Value groups = parse(a, path);
        for (size_t i = 0; i < value_count(groups); i++)
            run_group(e->d_name, value_item(groups, i), suite, &tally);
        arena_close(a);
    }
    closedir(d);
    printf("# %s: %d verdicts right, %d wrong\n", directory, tally.passed, tally.failed);
    return tally;
}

static void own_cases(void **state)
{
    (void)state;
    char path[1024];
    const char *source = getenv("TONGBAN_SOURCE");
    snprintf(path, sizeof path, "%s/tests/cases/schema", source ? source : ".");
    Tally tally = run_directory(path, false);
    assert_int_equal(tally.failed, 0);
    assert_true(tally.passed > 150);
}

static void public_suite(void **state)
{
    (void)state;
    const char *suite = getenv("SCHEMA_SUITE"), *documents = getenv("SCHEMA_LIBRARY");
    assert_non_null(suite);
    if (documents)
        load_library(documents, "");
    Tally tally = run_directory(suite, true);
    assert_int_equal(tally.failed, 0);
    assert_true(tally.passed > 0);
}

/* Without the suite there is one test: a skipped one would count as failed. */
int main(void)
{
    const struct CMUnitTest own[] = {cmocka_unit_test(own_cases)};
    const struct CMUnitTest both[] = {cmocka_unit_test(own_cases),
                                      cmocka_unit_test(public_suite)};
    memory = arena_open(64u << 20);
    int failed = getenv("SCHEMA_SUITE") ? cmocka_run_group_tests(both, NULL, NULL)
                                        : cmocka_run_group_tests(own, NULL, NULL);
    arena_close(memory);
    return failed;
}
