/* Slices, hashing, numbers in text, and UTF-8: every row of the table in str.c and its edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void slices(void **state)
{
    (void)state;
    assert_true(str_equal(str_from(NULL), STR_NONE));
    assert_true(str_equal(str_from("abc"), STR("abc")));
    assert_false(str_equal(STR("abc"), STR("abd")));
    assert_false(str_equal(STR("abc"), STR("ab")));
    assert_true(str_equal(str_slice(STR("abcdef"), 2, 4), STR("cd")));
    assert_true(str_equal(str_slice(STR("abc"), 1, 99), STR("bc")));
    assert_int_equal(str_slice(STR("abc"), 3, 3).len, 0);
    assert_int_equal(str_slice(STR("abc"), 5, 2).len, 0);
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_false(str_starts(STR("abc"), STR("b")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_starts(STR_NONE, STR_NONE));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_false(str_ends(STR("abc"), STR("ab")));
    assert_false(str_ends(STR("c"), STR("bc")));
    assert_true(str_ends(STR("abc"), STR_NONE));
}

static void order(void **state)
{
    (void)state;
    assert_true(str_compare(STR("a"), STR("b")) < 0);
    assert_true(str_compare(STR("b"), STR("a")) > 0);
    assert_true(str_compare(STR("a"), STR("ab")) < 0);
    assert_true(str_compare(STR("ab"), STR("a")) > 0);
    assert_int_equal(str_compare(STR("ab"), STR("ab")), 0);
    assert_int_equal(str_compare(STR_NONE, STR("")), 0);
    assert_true(str_compare(STR_NONE, STR("a")) < 0);
    /* Byte order is code point order: U+FFFD before U+10000. */
    assert_true(str_compare(STR("\xEF\xBF\xBD"), STR("\xF0\x90\x80\x80")) < 0);
}

static void finding(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("办一件事"), STR("件")), 6);
    assert_int_equal(str_find(STR("abc"), STR("d")), -1);
    assert_int_equal(str_find(STR("abc"), STR("abcd")), -1);
    assert_int_equal(str_find(STR("abc"), STR_NONE), 0);
    assert_true(str_equal(str_trim(STR(" \t\r\na b\n ")), STR("a b")));
    assert_int_equal(str_trim(STR(" \n")).len, 0);
    assert_int_equal(str_trim(STR_NONE).len, 0);
}

static void splitting(void **state)
{
    (void)state;
    Str rest = STR("a,,b");
    assert_true(str_equal(str_split(&rest, ','), STR("a")));
    assert_int_equal(str_split(&rest, ',').len, 0);
    assert_non_null(rest.ptr);
    assert_true(str_equal(str_split(&rest, ','), STR("b")));
    assert_null(rest.ptr);
    assert_int_equal(str_split(&rest, ',').len, 0);
    rest = STR("a,");
    assert_true(str_equal(str_split(&rest, ','), STR("a")));
    assert_non_null(rest.ptr); /* an empty last piece is still to come */
}

static void hashing(void **state)
{
    (void)state;
    assert_true(str_hash(STR("a")) == str_hash(str_slice(STR("ba"), 1, 2)));
    assert_true(str_hash(STR("a")) != str_hash(STR("b")));
    assert_true(str_hash(STR_NONE) == str_hash(STR("")));
    /* Keys that differ in one digit spread over the low bits. */
    int used[16] = {0}, different = 0;
    for (char c = '0'; c <= '9'; c++) used[str_hash((Str){&c, 1}) & 15] = 1;
    for (int i = 0; i < 16; i++) different += used[i];
    assert_true(different >= 5);
}

static void whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"+12", true, 12},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"92233720368547758070", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"1/", false, 0},
        {"1:", false, 0},
        {"x", false, 0},
        {"--1", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t n = 0;
        assert_int_equal(str_to_int64(str_from(cases[i].text), &n), cases[i].ok);
        assert_int_equal(n, cases[i].value);
    }
}

static void utf8_judged(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int bad_at; /* -1: well-formed */
    } cases[] = {
        {"", -1},
        {"plain text of more than eight bytes", -1},
        {"\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF", -1},
        {"\xF0\x90\x80\x80 \xF3\xBF\xBF\xBF \xF4\x8F\xBF\xBF", -1},
        {"12345678办理\xFF", 14},
        {"\x80", 0},             /* continuation without lead */
        {"a\xC0\x80", 1},        /* overlong NUL */
        {"\xC1\xBF", 0},         /* overlong */
        {"\xE0\x9F\xBF", 0},     /* overlong */
        {"\xED\xA0\x80", 0},     /* surrogate */
        {"\xF0\x8F\xBF\xBF", 0}, /* overlong */
        {"\xF4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", 0},
        {"\xFF", 0},
        {"ab\xE4\xBD", 2},       /* cut short */
        {"\xC3", 0},
        {"\xC3(", 0},
        {"\xE4(\xA0", 0},
        {"\xE4\xBD(", 0},
        {"\xF0\x90(\x80", 0},
        {"\xF0\x90\x80(", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t bad_at = 999;
        bool valid = utf8_valid(str_from(cases[i].text), &bad_at);
        assert_int_equal(valid, cases[i].bad_at < 0);
        if (!valid) assert_int_equal(bad_at, cases[i].bad_at);
    }
    assert_false(utf8_valid(STR("\xFF"), NULL));
}

/* Every code point there is, written, judged, counted and read back. */
static void utf8_round_trip(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        if (c == 0xD800) c = 0xE000;
        char bytes[4];
        Str s = {bytes, utf8_put(c, bytes)};
        size_t at = 0;
        assert_int_equal(s.len, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
        assert_true(utf8_valid(s, NULL));
        assert_int_equal(utf8_count(s), 1);
        assert_int_equal(utf8_next(s, &at), c);
        assert_int_equal(at, s.len);
    }
    assert_int_equal(utf8_count(STR("通办 A")), 4);
    assert_int_equal(utf8_count(STR_NONE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices),        cmocka_unit_test(order),
        cmocka_unit_test(finding),       cmocka_unit_test(splitting),
        cmocka_unit_test(hashing),       cmocka_unit_test(whole_numbers),
        cmocka_unit_test(utf8_judged),   cmocka_unit_test(utf8_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
