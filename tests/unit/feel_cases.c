/* Runs the cases of tests/cases/feel: one a line, "expression ==> expected".
 *
 * The expected side is an expression too, evaluated with its own run; both must be the same value
 * (is, for times; digits count where a number is written with string()). Beside that:
 *     expression ==> !            null, with a reason
 *     expression ==> fault name   the text does not compile, with that fault
 *     expression ==> stop name    a limit ends the run, with that reason
 * A line "# ..." is a comment. The names a (1), b (2), a-b (7), first name ("Ann"), list ([1,2,3])
 * and person ({full name: "Ann", age: 30}) are in scope. */
#include "base/check.h"
#include "lang/feel/feel.h"
#include "os/os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CASE_FILES_MAX 32

static const FeelType *const number = NULL;
static const FeelName names[] = {{{"a", 1}, NULL}, {{"b", 1}, NULL}, {{"a-b", 3}, NULL},
                                 {{"first name", 10}, NULL}, {{"list", 4}, NULL},
                                 {{"person", 6}, NULL}};
static const char *const sources[] = {"1", "2", "7", "\"Ann\"", "[1,2,3]",
                                      "{\"full name\": \"Ann\", age: 30}"};
static const Str properties[] = {{"full name", 9}};

static Value scope_value(Arena *a, Str name) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const FeelProgram *p;
        FeelRun run = feel_run_new(a, (Instant){0});
        Value v;
        if (!str_equal(names[i].name, name)) continue;
        assert_true(feel_compile(a, str_from(sources[i]), (FeelPlace){0}, NULL, &p, NULL));
        assert_true(feel_run(p, NULL, &run, &v));
        return v;
    }
    return value_null();
}

/* Evaluate; false when it does not compile (err) or a limit ends it (run->stopped). */
static bool evaluate(Arena *a, Str text, FeelRun *run, Value *out, Err *err) {
    const FeelProgram *p;
    FeelScope scope = {.names = names, .count = sizeof names / sizeof names[0],
                       .properties = properties, .property_count = 1};
    Value slots[8];
    (void)number;
    *run = feel_run_new(a, (Instant){1767225600000000});
    if (!feel_compile(a, text, (FeelPlace){STR("case"), 1, 1, STR_NONE}, &scope, &p, err))
        return false;
    for (size_t i = 0; i < feel_slot_count(p); i++)
        slots[i] = scope_value(a, feel_slot_name(p, i));
    return feel_run(p, slots, run, out);
}

static bool same(Arena *a, Value x, Value y) {
    return x.kind == y.kind && (feel_equal(x, y) == 1 || value_is_null(x)) &&
           (value_is(x, VALUE_NUMBER) || str_equal(feel_literal(a, x), feel_literal(a, y)));
}

static bool case_passes(Arena *a, Str expression, Str expected, Buf *got) {
    FeelRun run, other;
    Value v = value_null(), want;
    Err err = {0};
    bool ok = evaluate(a, expression, &run, &v, &err), with_fault = str_starts(expected, STR("fault "));
    if (err.fault != NULL) {
        err_show(&err, LANG_EN, got);
        return with_fault && str_equal(str_slice(expected, 6, expected.len), str_from(err.fault->name));
    }
    if (!ok) {
        size_t kept = feel_reasons_kept(&run);
        Str name = kept > 0 ? str_from(run.reasons[kept - 1].fault->name) : STR("no reason");
        buf_printf(got, "stop %.*s", STR_ARG(name));
        return str_starts(expected, STR("stop ")) &&
               str_equal(str_slice(expected, 5, expected.len), name);
    }
    buf_add(got, feel_literal(a, v));
    for (size_t i = 0; i < feel_reasons_kept(&run); i++) {
        buf_add_text(got, "; ");
        feel_reason_text(&run.reasons[i], LANG_EN, true, got);
    }
    if (str_equal(expected, STR("!"))) return value_is_null(v) && run.reason_count > 0;
    if (!evaluate(a, expected, &other, &want, &err)) return false;
    return same(a, v, want) && (run.reason_count == 0 || value_is_null(want));
}

static size_t case_line(Str file, size_t number_of_line, Str line) {
    Arena *a = arena_open(64u << 20);
    line = str_trim(line);
    ptrdiff_t arrow = str_find(line, STR(" ==> "));
    size_t failed = 0;
    if (line.len > 0 && line.ptr[0] != '#') {
        assert_true(arrow > 0);
        /* What a case prints must fit even when its evaluation has used the memory up. */
        Arena *text = arena_open(1u << 20);
        Buf got = buf_new(text, 128);
        if (!case_passes(a, str_trim(str_slice(line, 0, (size_t)arrow)),
                         str_trim(str_slice(line, (size_t)arrow + 5, line.len)), &got)) {
            printf("# %.*s:%zu: %.*s\n#   gave %s\n", STR_ARG(file), number_of_line,
                   STR_ARG(line), buf_cstr(&got));
            failed = 1;
        }
        arena_close(text);
    }
    arena_close(a);
    return failed;
}

static void run_file(void **state) {
    Arena *a = arena_open(16u << 20);
    Str text, file = str_from(*state), path = arena_printf(a, "tests/cases/feel/%s", (char *)*state);
    Err err = {0};
    assert_true(file_read(a, path, 8u << 20, &text, &err));
    size_t failed = 0, line = 0;
    while (text.len > 0) failed += case_line(file, ++line, str_split(&text, '\n'));
    arena_close(a);
    assert_true(line > 0);
    assert_int_equal(failed, 0);
}

int main(void) {
    static struct CMUnitTest tests[CASE_FILES_MAX];
    Arena *a = arena_open(1u << 20);
    Str *files;
    size_t count, used = 0;
    Err err = {0};
    check(file_list(a, STR("tests/cases/feel"), &files, &count, &err));
    for (size_t i = 0; i < count && used < CASE_FILES_MAX; i++) {
        if (!str_ends(files[i], STR(".cases"))) continue;
        const char *name = arena_copy(a, files[i]).ptr;
        tests[used++] = (struct CMUnitTest){name, run_file, NULL, NULL,
                                            (void *)(uintptr_t)name};
    }
    int failed = _cmocka_run_group_tests("feel cases", tests, used, NULL, NULL);
    arena_close(a);
    return failed;
}
