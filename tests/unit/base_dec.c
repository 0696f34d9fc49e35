/* Decimal numbers at the edges that are worth a name. The bulk of the comparison is done by
 * tests/dec_oracle.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/dec_wide.h"

static Arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = arena_open(16u << 20);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static Dec number(const char *text)
{
    Dec d = dec_from_int(0);
    if (!dec_parse(str_from(text), &d)) fail_msg("not a number: %s", text);
    return d;
}

static const char *exact(Dec d)
{
    Buf b = buf_new(arena, 0);
    dec_write_exact(d, &b);
    return buf_cstr(&b);
}

static const char *plain(Dec d)
{
    Buf b = buf_new(arena, 0);
    dec_write(d, &b);
    return buf_cstr(&b);
}

/* Same digits, same scale: then also the same bytes. */
static void assert_same(Dec d, const char *expected)
{
    Dec e = number(expected);
    assert_string_equal(exact(d), exact(e));
    assert_memory_equal(&d, &e, sizeof d);
}

typedef bool Binary(Dec a, Dec b, Dec *out);
typedef bool Unary(Dec a, Dec *out);

/* result NULL: refused, and *out left alone. */
static void binary(Binary *operation, const char *a, const char *b, const char *result)
{
    Dec out = number("77");
    bool ok = operation(number(a), number(b), &out);
    assert_int_equal(ok, result != NULL);
    assert_same(out, result ? result : "77");
}

static void unary(Unary *operation, const char *a, const char *result)
{
    Dec out = number("77");
    bool ok = operation(number(a), &out);
    assert_int_equal(ok, result != NULL);
    assert_same(out, result ? result : "77");
}

static void making(void **state)
{
    (void)state;
    Dec zero_bytes;
    memset(&zero_bytes, 0, sizeof zero_bytes);
    assert_same(zero_bytes, "0");
    assert_same(dec_from_int(-5), "-5");
    assert_same(dec_from_int(999999999999999999), "999999999999999999");
    assert_same(dec_from_int(1000000000000000000), "1000000000000000000");
    assert_same(dec_from_int(INT64_MIN), "-9223372036854775808");
    assert_same(dec_from_int(INT64_MAX), "9223372036854775807");
    assert_same(dec_from_fen((Fen){-5}), "-0.05");
    assert_same(dec_from_fen((Fen){INT64_MIN}), "-92233720368547758.08");
    Dec d = number("77");
    assert_true(dec_from_parts(-12, 3, &d));
    assert_same(d, "-0.012");
    assert_true(dec_from_parts(INT64_MAX, 6176, &d));
    assert_true(dec_from_parts(1, -6111, &d));
    assert_false(dec_from_parts(1, -6112, &d));
    assert_false(dec_from_parts(1, 6177, &d));
    assert_same(d, "1e6111");
}

static void reading(void **state)
{
    (void)state;
    static const struct {
        const char *text, *exact, *plain;
    } cases[] = {
        {"0", "0", "0"},
        {"-0.00", "0.00", "0.00"},
        {"-0e5", "0e5", "0"},
        {"+1.50", "1.50", "1.50"},
        {".5", "0.5", "0.5"},
        {"-.5", "-0.5", "-0.5"},
        {"007.50", "7.50", "7.50"},
        {"12e2", "12e2", "1200"},
        {"1.2E+3", "12e2", "1200"},
        {"1.234e2", "123.4", "123.4"},
        {"5E-7", "0.0000005", "0.0000005"},
        {"5E-8", "5e-8", "0.00000005"},
        {"0.00000012", "0.00000012", "0.00000012"},
        {"0e-7", "0.0000000", "0.0000000"},
        {"0e-8", "0e-8", "0.00000000"},
        {"123456789012345678", "123456789012345678", "123456789012345678"},
        {"1234567890123456789", "1234567890123456789", "1234567890123456789"},
        {"-12345678901234567.5", "-12345678901234567.5", "-12345678901234567.5"},
        {"9999999999999999999999999999999999", "9999999999999999999999999999999999",
         "9999999999999999999999999999999999"},
        /* 35 digits: half-even, and a carry through all of them */
        {"12345678901234567890123456789012345", "1234567890123456789012345678901234e1",
         "12345678901234567890123456789012340"},
        {"12345678901234567890123456789012355", "1234567890123456789012345678901236e1",
         "12345678901234567890123456789012360"},
        {"123456789012345678901234567890123450000001", "1234567890123456789012345678901235e8",
         "123456789012345678901234567890123500000000"},
        {"99999999999999999999999999999999995", "1000000000000000000000000000000000e2",
         "100000000000000000000000000000000000"},
        {"0.00000000000000000000000000000000000000000012", "12e-44",
         "0.00000000000000000000000000000000000000000012"},
        {"10000000000000000000000000000000000000e-37", "1.000000000000000000000000000000000",
         "1.000000000000000000000000000000000"},
        {"0000000000000000000000000000000000000000000012", "12", "12"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Dec d = number(cases[i].text);
        assert_string_equal(exact(d), cases[i].exact);
        assert_string_equal(plain(d), cases[i].plain);
        assert_same(d, cases[i].exact);
    }
    static const char *const bad[] = {
        "", "-", "+", ".", "-.", "1.", "1.e5", "1..2", "1.2.3", "--1", "1e", "1e+", "1e-", "1ex",
        "e5", "1 ", " 1", "1,5", "0x1", "NaN", "Infinity", "1e5.0", "1/2", "1:", "1e5x", "٣",
        "-x", "1-", "12345678901234567890x", "1e6145", "1e99999999999999999999", "99e6144",
        "9.9999999999999999999999999999999999e6144",
    };
    Dec d = number("77");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (dec_parse(str_from(bad[i]), &d)) fail_msg("read as a number: %s", bad[i]);
    }
    assert_false(dec_parse(STR_NONE, &d));
    assert_same(d, "77");
}

static void range(void **state)
{
    (void)state;
    assert_string_equal(exact(number("1e6144")), "1000000000000000000000000000000000e6111");
    assert_string_equal(exact(number("0e99999")), "0e6111");
    assert_string_equal(exact(number("0e-99999")), "0e-6176");
    assert_string_equal(exact(number("1e-6176")), "1e-6176");
    assert_string_equal(exact(number("5e-6177")), "0e-6176");
    assert_string_equal(exact(number("5.0000001e-6177")), "1e-6176");
    assert_string_equal(exact(number("15e-6177")), "2e-6176");
    assert_string_equal(exact(number("-5e-6177")), "0e-6176");
    assert_string_equal(exact(number("9e-6178")), "0e-6176");
    assert_string_equal(exact(number("1e-99999999999999999999")), "0e-6176");
    assert_int_equal(strlen(plain(number("1e6144"))), 6145);
    assert_int_equal(strlen(plain(number("-1e-6176"))), 6179);
}

static void adding(void **state)
{
    (void)state;
    binary(dec_add, "1.5", "2.25", "3.75");
    binary(dec_add, "1.0", "2.0", "3.0");
    binary(dec_add, "1", "-1.00", "0.00");
    binary(dec_add, "999999999999999999", "1", "1000000000000000000");
    binary(dec_add, "-999999999999999999", "-999999999999999999", "-1999999999999999998");
    binary(dec_add, "1000000000000000000", "-1", "999999999999999999");
    /* 37 digits would be exact; 34 are kept */
    binary(dec_add, "1e18", "1e-18", "1000000000000000000.000000000000000");
    binary(dec_subtract, "0.3", "0.1", "0.2");
    binary(dec_subtract, "1e20", "1e20", "0e20");
    binary(dec_add, "9999999999999999999999999999999999", "1",
           "1000000000000000000000000000000000e1");
    binary(dec_add, "9.9e6144", "9.9e6144", NULL);
    binary(dec_subtract, "-9.9e6144", "9.9e6144", NULL);
}

static void multiplying(void **state)
{
    (void)state;
    binary(dec_multiply, "1.5", "2.0", "3.00");
    binary(dec_multiply, "0", "-5", "0");
    binary(dec_multiply, "-0.1", "0.1", "-0.01");
    binary(dec_multiply, "999999999999", "999999999999", "999999999998000000000001");
    binary(dec_multiply, "123456789012345678", "123456789012345678",
           "1524157875323883652796829976527968e1");
    binary(dec_multiply, "1e-6000", "1e-6000", "0e-6176");
    binary(dec_multiply, "-1e-6000", "1e-6000", "0e-6176");
    binary(dec_multiply, "1e6000", "1e6000", NULL);
    binary(dec_divide, "6", "3", "2");
    binary(dec_divide, "6.00", "3", "2.00");
    binary(dec_divide, "6", "3.00", "2");
    binary(dec_divide, "600", "3.00", "2e2");
    binary(dec_divide, "1", "8", "0.125");
    binary(dec_divide, "1", "3", "0.3333333333333333333333333333333333");
    binary(dec_divide, "-2", "3", "-0.6666666666666666666666666666666667");
    binary(dec_divide, "0", "-3", "0");
    binary(dec_divide, "1", "0", NULL);
    binary(dec_divide, "0.00", "0.00", NULL);
    binary(dec_divide, "1e6000", "1e-6000", NULL);
    binary(dec_divide, "12345678901234567890", "2", "6172839450617283945");
}

static void remainders(void **state)
{
    (void)state;
    binary(dec_modulo, "12", "5", "2");
    binary(dec_modulo, "-12", "5", "3");
    binary(dec_modulo, "12", "-5", "-3");
    binary(dec_modulo, "-12", "-5", "-2");
    binary(dec_modulo, "10", "5", "0");
    binary(dec_modulo, "-10", "5", "0");
    binary(dec_modulo, "10.1", "4.5", "1.1");
    binary(dec_modulo, "-10.1", "4.50", "3.40");
    binary(dec_modulo, "10.1", "-4.50", "-3.40");
    binary(dec_modulo, "5", "0", NULL);
    binary(dec_modulo, "1e40", "7", "4");
    binary(dec_modulo, "-1e40", "7", "3");
    binary(dec_modulo, "12345678901234567890", "12345678901234567890", "0");
}

static void powers(void **state)
{
    (void)state;
    binary(dec_power, "2", "10", "1024");
    binary(dec_power, "1.50", "2", "2.2500");
    binary(dec_power, "2", "-2", "0.25");
    binary(dec_power, "3", "-1", "0.3333333333333333333333333333333333");
    binary(dec_power, "-2", "3", "-8");
    binary(dec_power, "0", "0", "1");
    binary(dec_power, "0", "5", "0");
    binary(dec_power, "0", "0.5", "0");
    binary(dec_power, "0", "99999", "0");
    binary(dec_power, "0", "-1", NULL);
    binary(dec_power, "-8", "0.5", NULL);
    binary(dec_power, "9", "0.5", "3");
    binary(dec_power, "4", "-1.5", "0.125");
    binary(dec_power, "32", "0.2", "2");
    binary(dec_power, "2", "0.5", "1.414213562373095048801688724209698");
    binary(dec_power, "10", "6144", "1e6144");
    binary(dec_power, "10", "6145", NULL);
    binary(dec_power, "2", "1e30", NULL);
    binary(dec_power, "2", "-1e30", "0e-6176");
    binary(dec_power, "-1", "12345678901234567891", "-1");
    binary(dec_power, "-1", "1e30", "1");
    binary(dec_power, "1.00", "0.3", "1");
    binary(dec_power, "1.00416666666667", "360", "4.467744314011471259575101366696624");
    /* 5^50 has 35 digits and ends in 5: a tie */
    binary(dec_power, "5", "50", "8881784197001252323389053344726562e1");
    binary(dec_power, "-3", "100001", NULL);
    binary(dec_power, "1.0000001", "-100000", "0.9900498342441929375705875668575507");
}

static void roots_and_logarithms(void **state)
{
    (void)state;
    unary(dec_sqrt, "16", "4");
    unary(dec_sqrt, "2.25", "1.5");
    unary(dec_sqrt, "2", "1.414213562373095048801688724209698");
    unary(dec_sqrt, "0", "0");
    unary(dec_sqrt, "-1", NULL);
    unary(dec_exp, "0.00", "1");
    unary(dec_exp, "1", "2.718281828459045235360287471352662");
    unary(dec_exp, "-1", "0.3678794411714423215955237701614609");
    unary(dec_exp, "1e-40", "1.000000000000000000000000000000000");
    unary(dec_exp, "-1e5", "0e-6176");
    unary(dec_exp, "-14220", "2e-6176");
    unary(dec_exp, "14150", NULL);
    unary(dec_exp, "1e5", NULL);
    unary(dec_log, "1.00", "0");
    unary(dec_log, "10", "2.302585092994045684017991454684364");
    unary(dec_log, "1.000000000000000000000000000000001", "9999999999999999999999999999999995e-67");
    unary(dec_log, "0", NULL);
    unary(dec_log, "-1", NULL);
}

/* The 256-bit numbers themselves, where powers and logarithms rarely take them. */
static void wide_numbers(void **state)
{
    (void)state;
    Dec d;
    bool is_exact;
    Wide seven = wide_from_int(7), big = wide_from_dec(number("1e300")), zero = wide_from_int(0);
    assert_true(wide_to_dec(wide_add(seven, seven), &d, &is_exact) && is_exact);
    assert_int_equal(dec_compare(d, number("14")), 0);
    assert_true(wide_to_dec(wide_add(seven, wide_from_int(-9)), &d, &is_exact));
    assert_int_equal(dec_compare(d, number("-2")), 0);
    /* The exponents agree, the sizes do not: the difference turns round, over all limbs. */
    assert_true(wide_to_dec(wide_add(wide_from_int(4), seven), &d, &is_exact));
    assert_int_equal(dec_compare(d, number("11")), 0);
    assert_true(wide_to_dec(wide_add(wide_from_int(4), wide_from_int(-7)), &d, &is_exact));
    assert_int_equal(dec_compare(d, number("-3")), 0);
    assert_true(wide_is_zero(wide_add(seven, wide_from_int(-7))));
    assert_true(wide_is_zero(wide_multiply(seven, zero)));
    assert_true(wide_is_zero(wide_from_dec(number("0.00"))));
    assert_false(wide_negate(zero).negative);
    assert_true(wide_is_zero(wide_divide_by(zero, 2)));
    assert_int_equal(wide_bits(wide_add(zero, seven)), 3);
    assert_int_equal(wide_bits(wide_add(seven, zero)), 3);
    assert_int_equal(wide_bits(wide_add(seven, big)), wide_bits(big));
    assert_true(wide_to_dec(wide_divide_by(wide_from_int(1), 3), &d, &is_exact) && !is_exact);
    assert_same(d, "0.3333333333333333333333333333333333");
    assert_int_equal(wide_bits(wide_divide_by(seven, 1)), 3);
}

static void rounding(void **state)
{
    (void)state;
    /* rows: modes; columns: the numbers of the head */
    static const char *const head[] = {"2.5",  "3.5",   "2.51",  "2.49",
                                       "-2.5", "-2.51", "-2.49", "3.0"};
    static const char *const expected[7][8] = {
        [ROUND_HALF_EVEN] = {"2", "4", "3", "2", "-2", "-3", "-2", "3"},
        [ROUND_HALF_UP] = {"3", "4", "3", "2", "-3", "-3", "-2", "3"},
        [ROUND_HALF_DOWN] = {"2", "3", "3", "2", "-2", "-3", "-2", "3"},
        [ROUND_UP] = {"3", "4", "3", "3", "-3", "-3", "-3", "3"},
        [ROUND_DOWN] = {"2", "3", "2", "2", "-2", "-2", "-2", "3"},
        [ROUND_CEILING] = {"3", "4", "3", "3", "-2", "-2", "-2", "3"},
        [ROUND_FLOOR] = {"2", "3", "2", "2", "-3", "-3", "-3", "3"},
    };
    Dec out;
    for (int mode = 0; mode < 7; mode++) {
        for (int i = 0; i < 8; i++) {
            assert_true(dec_round(number(head[i]), 0, (Rounding)mode, &out));
            assert_same(out, expected[mode][i]);
        }
    }
    static const struct {
        const char *number;
        int scale;
        Rounding mode;
        const char *result;
    } cases[] = {
        {"2", 2, ROUND_HALF_EVEN, "2.00"},
        {"1250", -2, ROUND_HALF_EVEN, "12e2"},
        {"1250", -2, ROUND_HALF_UP, "13e2"},
        {"1250", -4, ROUND_UP, "1e4"},
        {"1250", -40, ROUND_HALF_UP, "0e40"},
        {"1250", -40, ROUND_CEILING, "1e40"},
        {"-0.4", 0, ROUND_HALF_UP, "0"},
        {"0", 5, ROUND_UP, "0.00000"},
        {"0.00", 7000, ROUND_UP, "0e-6176"},
        {"1", 7000, ROUND_UP, "1"},
        {"1234567890123456789012345678901234", 2, ROUND_UP, "1234567890123456789012345678901234"},
        {"1234567890123456789012345678.901234", 2, ROUND_UP, "1234567890123456789012345678.91"},
        {"9999999999999999999999999999999999", -1, ROUND_UP,
         "1000000000000000000000000000000000e1"},
        {"1e-6176", -6111, ROUND_UP, "1e6111"},
        {"5", -6140, ROUND_UP, "1e6140"},
        {"5", -6145, ROUND_DOWN, "0e6111"},
        {"5", INT32_MIN, ROUND_HALF_UP, "0e6111"},
        {"5", -6145, ROUND_UP, NULL},
        {"9.9e6144", -6144, ROUND_UP, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        out = number("77");
        bool ok = dec_round(number(cases[i].number), cases[i].scale, cases[i].mode, &out);
        assert_int_equal(ok, cases[i].result != NULL);
        assert_same(out, cases[i].result ? cases[i].result : "77");
    }
}

static void comparing(void **state)
{
    (void)state;
    /* in ascending order; those of one line are equal */
    static const char *const ladder[][3] = {
        {"-9e6144", NULL, NULL},
        {"-1e20", "-100000000000000000000", NULL},
        {"-2", "-2.00", "-2.000000000000000000000000000000"},
        {"-1e-30", NULL, NULL},
        {"0", "0.00", "0e50"},
        {"1e-6176", NULL, NULL},
        {"0.1", "0.10", "1e-1"},
        {"1", "1.0", "1.000000000000000000000000000000000"},
        {"99999999999999999", NULL, NULL},
        {"1e17", "100000000000000000", "100000000000000000.0"},
        {"1e30", "1000000000000000000000000000000.0", NULL},
        {"1e6144", NULL, NULL},
    };
    const int lines = (int)(sizeof ladder / sizeof ladder[0]);
    for (int i = 0; i < lines * 3; i++) {
        for (int j = 0; j < lines * 3; j++) {
            if (!ladder[i / 3][i % 3] || !ladder[j / 3][j % 3]) continue;
            Dec a = number(ladder[i / 3][i % 3]), b = number(ladder[j / 3][j % 3]);
            int expected = (i / 3 > j / 3) - (i / 3 < j / 3);
            assert_int_equal(dec_compare(a, b), expected);
            assert_int_equal(dec_hash(a) == dec_hash(b), expected == 0);
        }
    }
    assert_true(dec_hash(number("1")) != dec_hash(number("-1")));
    assert_int_equal(dec_sign(number("-12345678901234567890")), -1);
    assert_int_equal(dec_sign(number("12345678901234567890")), 1);
    assert_same(dec_negate(number("12345678901234567890")), "-12345678901234567890");
    assert_same(dec_negate(number("0.0")), "0.0");
    assert_same(dec_abs(number("-1.5")), "1.5");
    assert_int_equal(dec_scale(number("1.50")), 2);
    assert_int_equal(dec_scale(number("12345678901234567890e3")), -3);
}

static void whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        bool whole, fits;
        int64_t value;
    } cases[] = {
        {"5", true, true, 5},
        {"5.00", true, true, 5},
        {"5.01", false, false, 0},
        {"-5e3", true, true, -5000},
        {"0e-30", true, true, 0},
        {"0e600", true, true, 0},
        {"9223372036854775807", true, true, INT64_MAX},
        {"9223372036854775807.000", true, true, INT64_MAX},
        {"-9223372036854775808", true, true, INT64_MIN},
        {"9223372036854775808", true, false, 0},
        {"-9223372036854775809", true, false, 0},
        {"99999999999999999999999", true, false, 0},
        {"1e18", true, true, 1000000000000000000},
        {"1e19", true, false, 0},
        {"12345678901234567890123.00", true, false, 0},
        {"12345678901234567890123.01", false, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t n = 0;
        assert_int_equal(dec_is_integer(number(cases[i].number)), cases[i].whole);
        assert_int_equal(dec_to_int64(number(cases[i].number), &n), cases[i].fits);
        assert_int_equal(n, cases[i].value);
    }
}

static void yuan_to_fen(void **state)
{
    (void)state;
    static const struct {
        const char *yuan;
        Rounding mode;
        bool ok;
        int64_t fen;
    } cases[] = {
        {"12.345", ROUND_HALF_UP, true, 1235},
        {"12.345", ROUND_HALF_EVEN, true, 1234},
        {"12.345", ROUND_DOWN, true, 1234},
        {"-12.3", ROUND_DOWN, true, -1230},
        {"92233720368547758.07", ROUND_DOWN, true, INT64_MAX},
        {"92233720368547758.075", ROUND_UP, false, 0},
        {"-92233720368547758.08", ROUND_UP, true, INT64_MIN},
        {"1234567890123456789012345678901234", ROUND_UP, false, 0},
        {"1e6000", ROUND_UP, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Fen f = {0};
        assert_int_equal(dec_to_fen(number(cases[i].yuan), cases[i].mode, &f), cases[i].ok);
        assert_int_equal(f.amount, cases[i].fen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making),      cmocka_unit_test(reading),
        cmocka_unit_test(range),       cmocka_unit_test(adding),
        cmocka_unit_test(multiplying), cmocka_unit_test(remainders),
        cmocka_unit_test(powers),      cmocka_unit_test(roots_and_logarithms),
        cmocka_unit_test(wide_numbers), cmocka_unit_test(rounding), cmocka_unit_test(comparing),
        cmocka_unit_test(whole_numbers), cmocka_unit_test(yuan_to_fen),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
