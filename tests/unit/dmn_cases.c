/* Cases of DMN models as data: tests/cases/dmn/<name>.json beside the models it names.
 *
 *     {"model": "tables.dmn", "recursion": false,
 *      "faults": ["dmn_cycle d14", ...],                     name of the fault and its element
 *      "cases": [{"decision": "total", "inputs": {...}, "result": "12.50",
 *                 "reasons": ["feel_arithmetic"]},
 *                {"invoke": "service", "inputs": {...}, "result": "..."}]}
 *
 * Results are FEEL literals, compared as texts; reasons are the names of all faults in order, up to
 * "..." where what follows from the first does not matter. */
#include "base/check.h"
#include "codec/json.h"
#include "lang/dmn/dmn.h"
#include "os/os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/cases/dmn"
#define FILE_BYTES (8u << 20)

static Str path_of(Arena *a, Str name) {
    return arena_printf(a, FOLDER "/%.*s", STR_ARG(name));
}

/* urn:<name> stands in <name>.dmn. */
static bool resolve(void *context, Arena *a, Str space, Str location, Str *text, Str *file,
                    Err *err) {
    (void)context;
    (void)location;
    *file = arena_printf(a, "%.*s.dmn", STR_ARG(str_slice(space, 4, space.len)));
    return file_read(a, path_of(a, *file), FILE_BYTES, text, err);
}

static void expect_text(Str file, Str what, Str expected, Str got) {
    if (str_equal(expected, got)) return;
    fail_msg("%.*s: %.*s: expected %.*s, got %.*s", STR_ARG(file), STR_ARG(what),
             STR_ARG(expected), STR_ARG(got));
}

static Str joined(Arena *a, Value list) {
    Buf b = buf_new(a, 64);
    for (size_t i = 0; i < value_count(list); i++)
        buf_printf(&b, "%s%.*s", i > 0 ? ", " : "", STR_ARG(value_item(list, i).as.string));
    return buf_text(&b);
}

static void check_faults(Arena *a, Str file, const DmnModel *m, Value expected) {
    Buf b = buf_new(a, 64);
    for (size_t i = 0; i < dmn_fault_count(m); i++) {
        const Err *err = dmn_fault(m, i);
        buf_printf(&b, "%s%s %s", i > 0 ? ", " : "", err->fault->name, err->element);
        assert_true(err->line > 0 && err->file[0] != '\0');
    }
    expect_text(file, STR("faults"), joined(a, expected), buf_text(&b));
}

static void check_case(Arena *a, Str file, const DmnModel *m, Value c) {
    FeelRun run = feel_run_new(a, (Instant){0});
    Value v = value_null(), inputs = value_field(c, "inputs");
    Str decision = value_get_string(c, STR("decision")), name = decision;
    Err err = {0};
    if (decision.len > 0) {
        const DmnDecision *d = dmn_decision_find(m, decision);
        if (d == NULL) fail_msg("%.*s has no %.*s", STR_ARG(file), STR_ARG(decision));
        dmn_evaluate(d, inputs, &run, &v);
    } else {
        name = value_get_string(c, STR("invoke"));
        dmn_invoke(m, name, inputs, &run, &v, &err);
    }
    expect_text(file, name, value_get_string(c, STR("result")), feel_literal(a, v));
    Buf b = buf_new(a, 64);
    if (err.fault != NULL) buf_printf(&b, "%s", err.fault->name);
    for (size_t i = 0; i < feel_reasons_kept(&run); i++)
        buf_printf(&b, "%s%s", i > 0 ? ", " : "", run.reasons[i].fault->name);
    Str expected = joined(a, value_field(c, "reasons")), got = buf_text(&b);
    if (str_ends(expected, STR(", ..."))) {
        expected.len -= 5;
        got = str_slice(got, 0, expected.len);
    }
    expect_text(file, name, expected, got);
}

static void check_file(Str name) {
    Arena *a = arena_open(256u << 20);
    Str text;
    Value spec;
    Err err = {0};
    const DmnModel *m;
    assert_true(file_read(a, path_of(a, name), FILE_BYTES, &text, &err));
    if (!json_parse(a, text, &spec, &err)) {
        Buf b = buf_new(a, 0);
        err_show(&err, LANG_EN, &b);
        fail_msg("%.*s: %s", STR_ARG(name), buf_cstr(&b));
    }
    Str file = value_get_string(spec, STR("model"));
    DmnOptions options = {.file = file, .resolve = resolve,
                          .recursion = value_get_boolean(spec, STR("recursion"), false)};
    assert_true(file_read(a, path_of(a, file), FILE_BYTES, &text, &err));
    assert_true(dmn_load(a, text, &options, &m, &err));
    check_faults(a, name, m, value_field(spec, "faults"));
    Value cases = value_field(spec, "cases");
    assert_true(value_count(cases) > 0);
    for (size_t i = 0; i < value_count(cases); i++)
        check_case(a, name, m, value_item(cases, i));
    arena_close(a);
}

static void all_cases(void **state) {
    (void)state;
    Arena *a = arena_open(1u << 20);
    Str *names;
    size_t count, seen = 0;
    Err err = {0};
    assert_true(file_list(a, STR(FOLDER), &names, &count, &err));
    for (size_t i = 0; i < count; i++)
        if (str_ends(names[i], STR(".json"))) {
            check_file(names[i]);
            seen++;
        }
    assert_true(seen > 0);
    arena_close(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
