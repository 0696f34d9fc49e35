/* Hostile texts and values end within their limits, with a fault or reason that names what was
 * wrong, and the process lives: nesting of every kind ten thousand deep, texts of ten megabytes,
 * patterns that backtrack, recursion through every node that can hold a call. Under a sanitizer
 * the same inputs show that no stack overflows; every one has a bound on its time. */
#include "base/check.h"
#include "lang/feel/feel.h"
#include "os/os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DEEP 10000u
#define LONG_BYTES (10u << 20)
#define ARENA_BYTES (256u << 20)
/* Generous, for sanitizers on a busy machine; without limits these would take hours. */
#define NANOS_MAX 20000000000ll

static Str repeated(Arena *a, const char *before, const char *middle, const char *after,
                    size_t times) {
    Buf b = buf_new(a, 0);
    for (size_t i = 0; i < times; i++) buf_add(&b, str_from(before));
    buf_add(&b, str_from(middle));
    for (size_t i = 0; i < times; i++) buf_add(&b, str_from(after));
    assert_false(buf_failed(&b));
    return buf_text(&b);
}

/* Compile, and run what compiles. The fault must be one of ours, with its place. */
static void survives(Arena *a, Str text, bool unary) {
    const FeelProgram *p = NULL;
    FeelScope scope = {.open = true};
    Err err = {0};
    FeelPlace place = {STR("hostile"), 1, 1, STR_NONE};
    bool ok = unary ? feel_compile_unary(a, text, place, &scope, &p, &err)
                    : feel_compile(a, text, place, &scope, &p, &err);
    if (!ok) {
        assert_non_null(err.fault);
        assert_true(err.line > 0 || err_is(&err, &fault_feel_memory));
        return;
    }
    Value slots[8] = {{0}}, out;
    FeelRun run = feel_run_new(a, (Instant){0});
    assert_true(feel_slot_count(p) < 8);
    bool done = unary ? feel_unary_run(p, value_int(1), slots, &run, &out)
                      : feel_run(p, slots, &run, &out);
    if (!done) assert_true(run.stopped && run.reason_count > 0);
    if (done) (void)feel_string(a, out);
}

static void nesting_of_every_kind_ends(void **state) {
    static const struct { const char *before, *middle, *after; } shapes[] = {
        {"(", "1", ")"}, {"[", "1", "]"}, {"{a:", "1", "}"}, {"{\"a\":", "1", "}"}, {"-", "1", ""},
        {"- ", "a", ""}, {"not(", "true", ")"}, {"if true then ", "1", " else 2"},
        {"if ", "true", " then true else false"}, {"if true then 1 else ", "1", ""},
        {"function(x) ", "1", ""}, {"function(x) (", "1", ")(1)"}, {"for i in [1] return ", "i", ""},
        {"for i in ", "[1]", " return i"}, {"some x in [1] satisfies ", "true", ""},
        {"every x in ", "[true]", " satisfies x"}, {"1 + (", "1", ")"}, {"1 in (", "1", ")"},
        {"a[", "1", "]"}, {"f(", "1", ")"}, {"sum(", "1", ")"}, {"sum(list: ", "1", ")"},
        {"", "a", ".b"}, {"", "a", "[1]"}, {"", "a", "(1)"}, {"", "1", "+1"}, {"", "1", "*1"},
        {"", "1", "**1"}, {"", "1", "-1"}, {"", "1", "/1"}, {"", "true", " and true"},
        {"", "true", " or true"}, {"", "1", " = 1"}, {"", "1", " < 1"}, {"", "1", " in 1"},
        {"", "1", " between 1 and 1"}, {"", "1", " instance of number"}, {"[1..", "1", "]"},
        {"]1..", "1", "["}, {"(1..", "1", ")"}, {"<", "1", ""}, {"< ", "1", ""}, {"= (", "1", ")"},
        {"1 instance of list<", "number", ">"}, {"1 instance of context<a:", "number", ">"},
        {"1 instance of function<", "number", "> -> number"}, {"/*", "", ""}, {"\"", "", ""},
        {"@", "\"P1D\"", ""}, {"\\", "", ""}, {"1,", "1", ""}, {"?", "", ""}, {"..", "", ""},
        {"partial[", "1", "]"}, {"a b ", "c", ""}, {"a.", "b", ""}, {"a'", "b", ""}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (int unary = 0; unary < 2; unary++) {
            Arena *a = arena_open(ARENA_BYTES);
            int64_t from = clock_monotonic_ns();
            survives(a, repeated(a, shapes[i].before, shapes[i].middle, shapes[i].after, DEEP),
                     unary == 1);
            survives(a, repeated(a, shapes[i].before, "", "", DEEP), unary == 1);
            assert_true(clock_monotonic_ns() - from < NANOS_MAX);
            arena_close(a);
        }
    }
}

static void recursion_through_every_node_ends(void **state) {
    static const char *const bodies[] = {
        "f(n + 1)", "1 + f(n)", "-f(n)", "f(n) and true", "f(n) = 1", "f(n) < 1",
        "f(n) between 1 and 2", "1 between f(n) and 2", "f(n) in [1..2]", "1 in (f(n))",
        "f(n) instance of number", "if f(n) then 1 else 2", "[f(n)]", "[f(n)..2]", "{a: f(n)}",
        "f(n).a", "f(n)[1]", "[1][f(n)]", "[{x: 1}][f(n) = x]", "f(f(n))", "f(n: f(n))",
        "(function(m) f(m))(n)", "for i in f(n) return 1", "for i in [1] return f(n)",
        "for a in [1], b in [1], c in [1], d in [1], e in [1], g in [1] return f(n)",
        "some i in [1] satisfies f(n)", "every i in [1], j in [1] satisfies f(n)",
        "sort([1,2], function(x,y) f(n))", "list replace([1], function(x,y) f(n), 2)",
        "sum(1,2,3,4,5,6,7,8,9,10,11,12,f(n))", "string(f(n))", "context put({}, \"a\", f(n))"};
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        Arena *a = arena_open(ARENA_BYTES);
        const FeelProgram *p;
        Err err = {0};
        Value out;
        Str text = arena_printf(a, "{f: function(n) %s, r: f(0)}.r", bodies[i]);
        assert_true(feel_compile(a, text, (FeelPlace){0}, NULL, &p, &err));
        FeelRun run = feel_run_new(a, (Instant){0});
        assert_false(feel_run(p, NULL, &run, &out));
        size_t kept = feel_reasons_kept(&run);
        assert_true(kept > 0 && run.reasons[kept - 1].fault == &fault_feel_depth);
        assert_int_equal(run.reasons[kept - 1].place.line, 1);
        arena_close(a);
    }
}

/* Functions of texts over ten megabytes; each gives a value or stops with a limit. */
static void long_texts_end(void **state) {
    static const char *const texts[] = {
        "string length(s)", "upper case(s)", "lower case(s)", "substring(s, 5000000, 10)",
        "substring(s, -1)", "contains(s, \"ab\")", "substring before(s, \"b\")",
        "substring after(s, \"b\")", "starts with(s, s)", "ends with(s, s)", "s + s", "s = s",
        "s < s", "[s, s] = [s, s]", "string(s)", "string([s])", "string([s, s, s, s, s, s, s])",
        "matches(s, \"b\")", "matches(s, \"^a*$\")", "matches(s, \"^(a|b)*$\")", "matches(s, s)",
        "matches(s, \"(a+)+b\")", "replace(s, \"a\", \"bb\")", "replace(s, \"a+\", \"$0$0\")",
        "replace(s, \"a\", s)", "replace(\"a\", \"a\", s)", "split(s, \"a\")", "split(s, \"b\")",
        "split(s, s)", "number(s)", "number(s, \",\", \".\")", "date(s)", "time(s)",
        "date and time(s)", "duration(s)", "duration(\"P\" + s)", "range(s)",
        "range(\"[\" + s + \"..\" + s + \"]\")", "range(\"[\\\"\" + s + \"\\\"..\\\"b\\\"]\")",
        "string join([s, s, s], s)", "string join([s], s)", "{a: s}.a", "get value({a: s}, \"a\")",
        "context put({}, s, s)", "context([{key: s, value: 1}, {key: s, value: 2}])", "s in [s..s]",
        "s[item = s]", "distinct values([s, s, s])", "mode([s])", "sort([s, s], function(x,y) x < y)",
        "now() = s", "s - s", "matches(\"a\", s)", "is(s, s)", "day of week(s)"};
    (void)state;
    Arena *kept = arena_open(64u << 20);
    Value s = value_string(repeated(kept, "a", "", "", LONG_BYTES));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        Arena *a = arena_open(ARENA_BYTES);
        const FeelProgram *p;
        FeelScope scope = {.open = true};
        Err err = {0};
        Value out;
        int64_t from = clock_monotonic_ns();
        assert_true(feel_compile(a, str_from(texts[i]), (FeelPlace){0}, &scope, &p, &err));
        FeelRun run = feel_run_new(a, (Instant){0});
        bool done = feel_run(p, &s, &run, &out);
        if (!done || value_is_null(out)) assert_true(run.reason_count > 0);
        Arena *text = arena_open(1u << 20);
        Buf b = buf_new(text, 0);
        for (size_t j = 0; j < feel_reasons_kept(&run); j++)
            feel_reason_text(&run.reasons[j], LANG_ZH, true, &b);
        assert_true(b.len < 4000 * FEEL_REASONS_MAX && utf8_valid(buf_text(&b), NULL));
        arena_close(text);
        assert_true(clock_monotonic_ns() - from < NANOS_MAX);
        arena_close(a);
    }
    arena_close(kept);
}

/* Patterns that backtrack: the steps are bounded over the whole text and all matches of a call,
 * which without a sanitizer is at most a millisecond a kilobyte; here the count is asserted,
 * because it is the same on every machine. */
static void patterns_cost_in_proportion_to_the_text(void **state) {
    static const struct { const char *text, *pattern, *unit, *tail; } cases[] = {
        {"matches(text, pattern)", "(a+)+b", "a", "-b"},
        {"matches(text, pattern)", "(a+)+b", "aaaaaaaaaaaa ", "-b"},
        {"matches(text, pattern)", "(a|a)*\\d", "a", "-1"},
        {"matches(text, pattern)", "(a|aa)+b", "a", "-b"},
        {"matches(text, pattern)", "(a?){14}c", "a", "-c"},
        {"matches(text, pattern)", "([a-z]+)*[0-9]{3}x", "abcdefghijkl ", "12x"},
        {"matches(text, pattern)", "[ab]*c", "a", "-c"},
        {"matches(text, pattern)", "(a*)\\1b", "a", "-b"},
        {"matches(text, pattern)", "(.*)(.*)(.*)(.*)[x]-", "ab ", "-x "},
        {"replace(text, pattern, \"$1\")", "a|(b+)+c", "abbbbbbbbbbbbbbb", "c"},
        {"split(text, pattern)", "x|(b?){12}c", "bbbbbbbbbbbbbbbbx", "c"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t size = 1u << 10; size <= 1u << 20; size <<= 5) {
            Arena *a = arena_open(ARENA_BYTES);
            const FeelProgram *p;
            FeelScope scope = {.open = true};
            Err err = {0};
            Str text = repeated(a, cases[i].unit, cases[i].tail, "", size / strlen(cases[i].unit));
            Value out, slots[2] = {value_string(text), value_string(str_from(cases[i].pattern))};
            assert_true(feel_compile(a, str_from(cases[i].text), (FeelPlace){0}, &scope, &p, &err));
            FeelRun run = feel_run_new(a, (Instant){0});
            feel_run(p, slots, &run, &out);
            /* 12 steps a byte are 1.5 of fuel; the rest is what makes a call and its results. */
            assert_true(FEEL_FUEL_DEFAULT - run.fuel < 8000 + 12 * (int64_t)text.len);
            arena_close(a);
        }
}

/* More patterns than the cache holds, from several threads at once. */
static void use_patterns(void *context) {
    size_t *wrong = context;
    Arena *a = arena_open(16u << 20);
    const FeelProgram *p;
    FeelScope scope = {.open = true};
    Err err = {0};
    bool ok = feel_compile(a, STR("matches(text, pattern)"), (FeelPlace){0}, &scope, &p, &err);
    for (size_t i = 0; i < 2000 && ok; i++) {
        ArenaMark mark = arena_mark(a);
        FeelRun run = feel_run_new(a, (Instant){0});
        Value out, slots[2];
        slots[0] = value_string(arena_printf(a, "x%u", (unsigned)(i % 50)));
        slots[1] = value_string(arena_printf(a, "^x%u$", (unsigned)(i * 7 % 50)));
        bool equal = i % 50 == i * 7 % 50;
        ok = feel_run(p, slots, &run, &out) && value_is(out, VALUE_BOOLEAN) &&
             out.as.boolean == equal;
        arena_reset_to(a, mark);
    }
    if (!ok) *wrong = 1;
    arena_close(a);
}

static void threads_share_patterns(void **state) {
    (void)state;
    Thread *threads[4];
    size_t wrong[4] = {0};
    for (size_t i = 0; i < 4; i++) threads[i] = thread_start("patterns", use_patterns, &wrong[i]);
    for (size_t i = 0; i < 4; i++) thread_join(threads[i]);
    for (size_t i = 0; i < 4; i++) assert_int_equal(wrong[i], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nesting_of_every_kind_ends),
        cmocka_unit_test(recursion_through_every_node_ends),
        cmocka_unit_test(long_texts_end),
        cmocka_unit_test(patterns_cost_in_proportion_to_the_text),
        cmocka_unit_test(threads_share_patterns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
