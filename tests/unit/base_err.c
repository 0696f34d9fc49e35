/* Faults, their texts in both languages, cutting at UTF-8 boundaries, places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

#define TEST_FAULTS(X)                                                               \
    X(test_two, REFUSAL, 409, true, "{2} before {1}", "先{2}后{1}")                  \
    X(test_braces, INPUT, 422, false, "{0} {a} {1 {1}} {9}{", "{1}")                 \
    X(test_nine, INPUT, 422, false, "{1}{2}{3}{4}{5}{6}{7}{8}{9}", "")
FAULT_DECLARE(TEST_FAULTS)
FAULT_DEFINE(TEST_FAULTS)
static FAULT_TABLE(test_faults, TEST_FAULTS)

static const char *text_of(Arena *a, const Err *err, Lang lang)
{
    Buf b = buf_new(a, 0);
    err_text(err, lang, &b);
    return buf_cstr(&b);
}

static const char *shown(Arena *a, const Err *err)
{
    Buf b = buf_new(a, 0);
    buf_add_text(&b, ">");
    err_show(err, LANG_EN, &b);
    return buf_cstr(&b) + 1;
}

static void filling(void **state)
{
    (void)state;
    Arena *a = arena_open(1u << 20);
    Err err = {0};
    assert_string_equal(text_of(a, &err, LANG_EN), "");
    assert_false(err_set(&err, &fault_test_two, STR("water"), STR("700")));
    assert_true(err_is(&err, &fault_test_two));
    assert_string_equal(text_of(a, &err, LANG_EN), "700 before water");
    assert_string_equal(text_of(a, &err, LANG_ZH), "先700后water");
    assert_true(str_equal(err_arg(&err, 1), STR("700")));
    assert_int_equal(err_arg(&err, 2).len, 0);
    assert_non_null(strstr(err.source_file, "base_err.c"));
    assert_true(err.source_line > 0);
    /* The first failure wins. */
    assert_false(err_set(&err, &fault_number_invalid, STR("x")));
    assert_true(err_is(&err, &fault_test_two));
    err_clear(&err);
    assert_false(err_is(&err, &fault_test_two));
    assert_false(err_set(NULL, &fault_test_two));
    assert_false(err_is(NULL, &fault_test_two));
    err_clear(NULL);
    err_at(NULL, STR("f"), 1, 1);
    err_at_element(NULL, STR("e"));
    arena_close(a);
}

static void texts(void **state)
{
    (void)state;
    Arena *a = arena_open(1u << 20);
    Err err = {0};
    err_set(&err, &fault_test_braces, STR("X"));
    assert_string_equal(text_of(a, &err, LANG_EN), "{0} {a} {1 X} {");
    assert_string_equal(text_of(a, &err, LANG_ZH), "X");
    err_clear(&err);
    err_set(&err, &fault_test_nine, STR("a"), STR("b"), STR("c"), STR("d"), STR("e"), STR("f"),
            STR("g"), STR("h"), STR("{1}"));
    /* Arguments are not searched for places again. */
    assert_string_equal(text_of(a, &err, LANG_EN), "abcdefgh{1}");
    assert_string_equal(text_of(a, &err, LANG_ZH), "");
    arena_close(a);
}

static void every_base_fault_speaks(void **state)
{
    (void)state;
    static FAULT_TABLE(faults, BASE_FAULTS)
    for (size_t i = 0; faults[i]; i++) {
        assert_true(strlen(faults[i]->en) > 10);
        assert_true(utf8_valid(str_from(faults[i]->zh), NULL));
        assert_true(utf8_count(str_from(faults[i]->zh)) < strlen(faults[i]->zh));
        assert_true(faults[i]->http_status >= 400);
    }
    assert_string_equal(test_faults[0]->name, "test_two");
    assert_null(test_faults[3]);
}

static void cutting(void **state)
{
    (void)state;
    char many[600];
    Err err = {0};
    for (size_t i = 0; i < sizeof many; i += 3) memcpy(many + i, "办", 3);
    /* One byte before makes the limit fall inside a character. */
    err_set(&err, &fault_test_nine, STR("x"), (Str){many, sizeof many}, STR("behind"));
    assert_int_equal(err_arg(&err, 1).len, 477);
    assert_true(utf8_valid(err_arg(&err, 1), NULL));
    assert_int_equal(err_arg(&err, 2).len, 2); /* "be": what was left */
    err_clear(&err);
    err_set(&err, &fault_test_nine, (Str){many, 480}, STR("behind"));
    assert_int_equal(err_arg(&err, 0).len, 480);
    assert_int_equal(err_arg(&err, 1).len, 0);
    err_clear(&err);
    err_set(&err, &fault_test_nine, (Str){many, 477}, STR("xy"), STR("办理"));
    assert_int_equal(err_arg(&err, 2).len, 0); /* not even one character fits */
    err_clear(&err);
    err_set(&err, &fault_test_nine, STR("a\xFF\xE5\x8A" "b\xE5"));
    assert_true(str_equal(err_arg(&err, 0), STR("a???b?")));
    /* Places are cut the same way. */
    err_at(&err, (Str){many, sizeof many}, 0, 0);
    assert_int_equal(strlen(err.file), 93);
    assert_true(utf8_valid(str_from(err.file), NULL));
}

static void places(void **state)
{
    (void)state;
    Arena *a = arena_open(1u << 20);
    Err err = {0};
    err_at(&err, STR_NONE, 0, 0);
    err_set(&err, &fault_test_two, STR("a"), STR("b"));
    assert_string_equal(shown(a, &err), "b before a");
    err_at_element(&err, STR("Task_1"));
    assert_string_equal(shown(a, &err), "Task_1: b before a");
    err_at(&err, STR_NONE, 3, 0);
    assert_string_equal(shown(a, &err), "3: Task_1: b before a");
    err_at(&err, STR("x.bpmn"), 9, 9); /* the line is known already */
    assert_string_equal(shown(a, &err), "x.bpmn:3: Task_1: b before a");
    err_at_element(&err, STR("Task_2"));
    err_at(&err, STR("y.bpmn"), 9, 9);
    assert_string_equal(shown(a, &err), "x.bpmn:3: Task_1: b before a");
    err_clear(&err);
    err_at(&err, STR("z.json"), 12, 4); /* place first, fault second */
    err_set(&err, &fault_test_two, STR("a"), STR("b"));
    assert_string_equal(shown(a, &err), "z.json:12:4: b before a");
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filling), cmocka_unit_test(texts),
        cmocka_unit_test(every_base_fault_speaks), cmocka_unit_test(cutting),
        cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
