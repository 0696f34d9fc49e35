/* The door of lang/feel as the rooms above use it: slots, open scopes, unary tests, types, plain
 * values, places of faults and reasons, limits, the list of builtins, the disassembler. */
#include "base/check.h"
#include "lang/feel/feel_int.h"
#include "os/os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static Arena *arena;

static int open_arena(void **state) {
    (void)state;
    arena = arena_open(32u << 20);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_close(arena);
    return 0;
}

static const FeelProgram *compile(const char *text, bool open) {
    const FeelProgram *p = NULL;
    FeelScope scope = {.open = open};
    Err err = {0};
    bool ok = feel_compile(arena, str_from(text), (FeelPlace){STR("t"), 10, 5, STR("el")}, &scope,
                           &p, &err);
    assert_true(ok);
    return p;
}

static void free_names_become_slots(void **state) {
    (void)state;
    const FeelProgram *p = compile("price * count total + price", true);
    assert_int_equal(feel_slot_count(p), 2);
    assert_true(str_equal(feel_slot_name(p, 0), STR("price")));
    assert_true(str_equal(feel_slot_name(p, 1), STR("count total")));
    FeelRun run = feel_run_new(arena, (Instant){0});
    Value out, slots[2] = {value_int(3), value_int(4)};
    assert_true(feel_run(p, slots, &run, &out));
    assert_true(value_same(out, value_int(15)));
    ContextBuilder b = context_builder(arena);
    context_put_text(&b, "count total", value_int(5));
    assert_true(feel_run_context(p, value_context(&b), &run, &out));
    assert_true(value_is_null(out));
    assert_true(run.reason_count > 0);
}

static void faults_and_reasons_have_places(void **state) {
    (void)state;
    const FeelProgram *p;
    Err err = {0};
    assert_false(feel_compile(arena, STR("1 +\n  nobody"), (FeelPlace){STR("t"), 10, 5, STR("el")},
                              NULL, &p, &err));
    assert_true(err_is(&err, &fault_feel_name_unknown));
    assert_int_equal(err.line, 11);
    assert_int_equal(err.column, 3);
    assert_string_equal(err.element, "el");
    FeelRun run = feel_run_new(arena, (Instant){0});
    Value out;
    assert_true(feel_run(compile("1 + \"x\"", false), NULL, &run, &out));
    assert_int_equal(feel_reasons_kept(&run), 1);
    assert_int_equal(run.reasons[0].place.line, 10);
    assert_int_equal(run.reasons[0].place.column, 7);
    Buf text = buf_new(arena, 0);
    feel_reason_text(&run.reasons[0], LANG_ZH, false, &text);
    assert_true(str_find(buf_text(&text), STR("不能用于")) > 0);
}

/* A text is not refused for it, but what can never have a value is told when it is compiled. */
static void operations_that_can_never_work_are_told(void **state) {
    (void)state;
    static const struct { const char *text; size_t notes; } cases[] = {
        {"price + 1", 0}, {"price + \"1\"", 1}, {"if price then 1 else 2", 1},
        {"if price > 3 then 1 else 2", 0}, {"(price + 1) and true", 1}, {"name = price", 1},
        {"name < price", 1}, {"day - day > duration(\"P1D\")", 0}, {"day + 1", 1}, {"-name", 1},
        {"day - duration(\"P1D\")", 0}, {"when - day", 0}, {"price(1)", 1}, {"abs(price)", 0},
        {"abs(price, 1)", 1}, {"abs(m: price)", 1}, {"sum(1, 2, 3)", 0}, {"unknown + \"a\"", 0},
        {"null + 1", 0}, {"price = null", 0}, {"substring(name, 1)", 0}, {"round up(price)", 1},
        {"prices + 1", 1}, {"prices[1] + 1", 0}, {"if name = \"a\" then price * name else 0", 1}};
    const FeelType *numbers = feel_type_list(arena, feel_type_named(STR("number")));
    const FeelName names[] = {
        {STR("price"), feel_type_named(STR("number"))},
        {STR("name"), feel_type_named(STR("string"))}, {STR("prices"), numbers},
        {STR("day"), feel_type_named(STR("date"))},
        {STR("when"), feel_type_named(STR("date and time"))}, {STR("unknown"), NULL}};
    FeelScope scope = {.names = names, .count = sizeof names / sizeof names[0]};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const FeelProgram *p = NULL;
        Err err = {0};
        assert_true(feel_compile(arena, str_from(cases[i].text),
                                 (FeelPlace){STR("t"), 3, 1, STR_NONE}, &scope, &p, &err));
        if (feel_note_count(p) != cases[i].notes) printf("# %s\n", cases[i].text);
        assert_int_equal(feel_note_count(p), cases[i].notes);
        if (cases[i].notes > 0) assert_int_equal(feel_note_at(p, 0)->place.line, 3);
    }
}

static int judge(const char *tests, Value input) {
    const FeelProgram *p;
    Err err = {0};
    FeelScope scope = {.open = true};
    assert_true(feel_compile_unary(arena, str_from(tests), (FeelPlace){0}, &scope, &p, &err));
    FeelRun run = feel_run_new(arena, (Instant){0});
    Value out, slots[4] = {value_int(7), value_int(7), value_int(7), value_int(7)};
    assert_true(feel_unary_run(p, input, slots, &run, &out));
    return value_is_null(out) ? -1 : value_is_true(out);
}

static void cells_are_unary_tests(void **state) {
    (void)state;
    assert_int_equal(judge("-", value_null()), 1);
    assert_int_equal(judge("< 5", value_int(4)), 1);
    assert_int_equal(judge("< 5, > 10", value_int(7)), 0);
    assert_int_equal(judge("[1..5)", value_int(5)), 0);
    assert_int_equal(judge("not(1, 2)", value_int(3)), 1);
    assert_int_equal(judge("not(1, 2)", value_int(2)), 0);
    assert_int_equal(judge("\"a\", \"b\"", value_string(STR("b"))), 1);
    assert_int_equal(judge("limit", value_int(7)), 1);
    assert_int_equal(judge("? > 3 and ? < limit", value_int(5)), 1);
    assert_int_equal(judge("null", value_null()), 1);
    assert_int_equal(judge("< 5", value_string(STR("x"))), -1);
    assert_int_equal(judge("= 5", value_int(5)), 1);
    assert_int_equal(judge("!= 5", value_int(5)), 0);
}

static void types_convert_plain_values(void **state) {
    (void)state;
    FeelRun run = feel_run_new(arena, (Instant){0});
    const FeelType *date = feel_type_named(STR("date"));
    Value v = feel_from_plain(date, value_string(STR("2026-11-25")), &run);
    assert_int_equal(value_kind(v), VALUE_DATE);
    assert_true(str_equal(feel_to_plain(arena, v).as.string, STR("2026-11-25")));
    FeelType list = {.kind = FEEL_LIST, .element = feel_type_named(STR("number"))};
    assert_int_equal(value_kind(feel_coerce(&list, value_int(1), NULL, &run)), VALUE_LIST);
    assert_int_equal(run.reason_count, 0);
    assert_true(value_is_null(feel_coerce(date, value_int(1), NULL, &run)));
    assert_int_equal(run.reason_count, 1);
    assert_null(feel_type_named(STR("nothing")));
}

static void memory_is_a_limit(void **state) {
    (void)state;
    Arena *small = arena_open(256u << 10);
    const FeelProgram *p = compile("for i in 1..1000000 return i", false);
    FeelRun run = feel_run_new(small, (Instant){0});
    Value out;
    assert_false(feel_run(p, NULL, &run, &out));
    assert_true(value_is_null(out));
    assert_int_equal(feel_reasons_kept(&run), 1);
    assert_ptr_equal(run.reasons[0].fault, &fault_feel_memory);
    arena_close(small);
}

static void builtins_are_sorted(void **state) {
    (void)state;
    for (size_t i = 1; i < feel_builtin_count; i++)
        assert_true(strcmp(feel_builtins[i - 1].name, feel_builtins[i].name) <= 0);
    for (size_t i = 0; i < feel_builtin_count; i++) {
        size_t commas = 0, letters = 0;
        for (const char *c = feel_builtins[i].parameters; *c != '\0'; c++) commas += *c == ',';
        for (const char *c = feel_builtins[i].types; *c != '\0'; c++)
            letters += *c != '?' && *c != '*';
        size_t named = feel_builtins[i].parameters[0] == '\0' ? 0 : commas + 1;
        assert_int_equal(named, letters);
    }
    assert_non_null(feel_builtin_find(STR("years and months duration")));
    assert_null(feel_builtin_find(STR("year")));
}

static void constants_are_folded(void **state) {
    (void)state;
    Buf text = buf_new(arena, 0);
    feel_show(compile("x + (2 * 3)", true), &text);
    assert_true(str_find(buf_text(&text), STR("CONSTANT 6")) > 0);
    assert_true(str_find(buf_text(&text), STR("slot 0 x")) == 0);
    assert_true(str_find(buf_text(&text), STR("MULTIPLY")) < 0);
}

static void nesting_is_a_fault(void **state) {
    (void)state;
    static const char *const openers[] = {"(", "[", "-", "{a:", "not(", "if true then ",
                                          "function(x) "};
    for (size_t i = 0; i < 7; i++) {
        Buf text = buf_new(arena, 0);
        const FeelProgram *p;
        Err err = {0};
        for (int j = 0; j < 10000; j++) buf_add(&text, str_from(openers[i]));
        assert_false(feel_compile(arena, buf_text(&text), (FeelPlace){0}, NULL, &p, &err));
        assert_true(err_is(&err, &fault_feel_nesting));
    }
}

static void zones_follow_their_rules(void **state) {
    (void)state;
    uint16_t paris, shanghai;
    assert_true(feel_zone_find(STR("Europe/Paris"), &paris));
    assert_true(feel_zone_find(STR("Asia/Shanghai"), &shanghai));
    assert_false(feel_zone_find(STR("../../etc/passwd"), &paris) &&
                 feel_zone_find(STR("/etc/passwd"), &paris));
    assert_true(feel_zone_find(STR("Europe/Paris"), &paris));
    assert_int_equal(feel_zone_offset_at(shanghai, 1767225600), 28800);
    assert_int_equal(feel_zone_offset_at(paris, 1782864000), 7200);  /* 2026-07-01 */
    assert_int_equal(feel_zone_offset_at(paris, 1767225600), 3600);  /* 2026-01-01 */
    assert_int_equal(feel_zone_offset_at(paris, 4102444800), 3600);  /* 2100-01-01: the footer */
    assert_int_equal(feel_zone_offset_at(paris, 4118083200), 7200);  /* 2100-07-01 */
    assert_int_equal(feel_zone_offset_at(shanghai, -2000000000), 28800);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        T(free_names_become_slots), T(faults_and_reasons_have_places), T(cells_are_unary_tests),
        T(operations_that_can_never_work_are_told),
        T(types_convert_plain_values), T(memory_is_a_limit), T(builtins_are_sorted),
        T(constants_are_folded), T(nesting_is_a_fault), T(zones_follow_their_rules)};
    return cmocka_run_group_tests_name("feel api", tests, NULL, NULL);
}
