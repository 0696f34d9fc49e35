/* Days, instants, ids and fen. The calendar is compared, day by day, with one that counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fen.h"
#include "base/id.h"
#include "base/time.h"

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

/* A calendar that knows only how long months are, run from 1600 to 2400 and over the year 0. */
static void count_days(int64_t first_year, int64_t last_year)
{
    Civil c = {first_year, 1, 1};
    int64_t number = day_from_civil(c).number;
    int weekday = day_weekday((Day){number});
    while (c.year <= last_year) {
        Civil back = day_to_civil((Day){number});
        assert_int_equal(day_from_civil(c).number, number);
        assert_true(back.year == c.year && back.month == c.month && back.day == c.day);
        assert_int_equal(day_weekday((Day){number}), weekday);
        number++;
        weekday = weekday % 7 + 1;
        if (++c.day <= days_in_month(c.year, c.month)) continue;
        c.day = 1;
        if (++c.month <= 12) continue;
        c.month = 1;
        c.year++;
    }
}

static void calendar(void **state)
{
    (void)state;
    count_days(1600, 2400);
    count_days(-801, 3);
    count_days(YEAR_MAX - 1, YEAR_MAX - 1);
    count_days(-YEAR_MAX, -YEAR_MAX + 1);
    assert_int_equal(day_from_civil((Civil){1970, 1, 1}).number, 0);
    assert_int_equal(day_from_civil((Civil){2000, 3, 1}).number, 11017);
    assert_int_equal(day_from_civil((Civil){0, 1, 1}).number, -719528);
    assert_int_equal(day_weekday(day_from_civil((Civil){2026, 11, 25})), 3);
    assert_int_equal(days_in_month(1900, 2), 28);
    assert_int_equal(days_in_month(2000, 2), 29);
    assert_int_equal(days_in_month(2024, 2), 29);
    /* Total: no day is out of range. */
    assert_true(day_to_civil((Day){INT64_MAX}).year > 0);
    assert_true(day_to_civil(DAY_NONE).year < 0);
}

static void civil_dates_judged(void **state)
{
    (void)state;
    assert_true(civil_valid((Civil){2024, 2, 29}));
    assert_false(civil_valid((Civil){2023, 2, 29}));
    assert_false(civil_valid((Civil){2023, 0, 1}));
    assert_false(civil_valid((Civil){2023, 13, 1}));
    assert_false(civil_valid((Civil){2023, 4, 31}));
    assert_false(civil_valid((Civil){2023, 4, 0}));
    assert_false(civil_valid((Civil){YEAR_MAX + 1, 1, 1}));
    assert_false(civil_valid((Civil){-YEAR_MAX - 1, 1, 1}));
}

static void days_as_text(void **state)
{
    (void)state;
    static const struct {
        Civil civil;
        const char *text;
    } cases[] = {
        {{2026, 11, 25}, "2026-11-25"},   {{0, 1, 1}, "0000-01-01"},
        {{-44, 3, 15}, "-0044-03-15"},    {{12345, 6, 7}, "12345-06-07"},
        {{-999999999, 12, 31}, "-999999999-12-31"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Buf b = buf_new(arena, 0);
        day_write(day_from_civil(cases[i].civil), &b);
        assert_string_equal(buf_cstr(&b), cases[i].text);
    }
    static const char *const bad[] = {
        "", "2026-11-2", "2026-11-255", "2026/11-25", "2026-11/25", "20x6-11-25", "2026-1x-25",
        "2026-11-x5", "2026-13-01", "2026-00-01", "2026-11-31", "2026-11-00", "2023-02-29",
        "-026-11-25", "2026-11-25 ", "2026-11-32", "2026-1125",
    };
    Day day = DAY_NONE;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(day_parse(str_from(bad[i]), &day));
        assert_true(day.number == DAY_NONE.number);
    }
    assert_true(day_parse(STR("2024-02-29"), &day));
    assert_int_equal(day.number, day_from_civil((Civil){2024, 2, 29}).number);
}

static void instants_as_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
        int offset_s;
        const char *written;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, 0, "1970-01-01T00:00:00Z"},
        {"1970-01-01t08:00:00+08:00", 0, 28800, "1970-01-01T08:00:00+08:00"},
        {"1969-12-31T23:59:59.999999z", -1, 0, "1969-12-31T23:59:59.999999Z"},
        {"2026-11-25T09:00:00.25+08:00", 1795568400250000, CHINA_OFFSET_S,
         "2026-11-25T09:00:00.25+08:00"},
        {"2026-11-25T09:00:00.123456789+08:00", 1795568400123456, CHINA_OFFSET_S,
         "2026-11-25T09:00:00.123456+08:00"},
        {"1969-12-31T20:29:59.5-03:30", -500000, -12600, "1969-12-31T20:29:59.5-03:30"},
        {"1970-01-01T00:00:00.000000900-00:00", 0, 0, "1970-01-01T00:00:00Z"},
        {"0000-01-01T00:00:00Z", -62167219200000000, 0, "0000-01-01T00:00:00Z"},
        {"9999-12-31T23:59:59.000001Z", 253402300799000001, 0, "9999-12-31T23:59:59.000001Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Instant t = INSTANT_NONE;
        assert_true(instant_parse(str_from(cases[i].text), &t));
        assert_int_equal(t.us, cases[i].us);
        Str text = instant_copy_text(arena, t, cases[i].offset_s);
        assert_true(str_equal(text, str_from(cases[i].written)));
    }
    static const char *const bad[] = {
        "", "2026-11-25", "2026-11-25T09:00:00", "2026-11-25T09:00Z", "2026-11-25 09:00:00Z",
        "2026-11-31T09:00:00Z", "2026-11-25T24:00:00Z", "2026-11-25T09:60:00Z",
        "2026-11-25T09:00:60Z", "2026-11-25T09:00:00.Z", "2026-11-25T09:00:00.1234567890Z",
        "2026-11-25T09:00:00x", "2026-11-25T09:00:00+8:00", "2026-11-25T09:00:00+0800",
        "2026-11-25T09:00:00+24:00", "2026-11-25T09:00:00+08:60", "2026-11-25T09:00:00Zx",
        "2026-11-25T09:00:00*08:00", "2026-11-25T09-00:00Z", "2026-11-25T09:00-00Z",
        "2026-11-25T0:00:00Z", "2026-11-25T09:00:00.5", "2026-11-25T09:00:00+08-00",
    };
    Instant t = INSTANT_NONE;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(instant_parse(str_from(bad[i]), &t));
    }
    assert_true(instant_is_none(t));
}

static void days_of_instants(void **state)
{
    (void)state;
    /* Half past midnight in Wuhan is the day before in UTC. */
    Instant t;
    assert_true(instant_parse(STR("2026-11-25T00:30:00+08:00"), &t));
    Day day = instant_day(t, CHINA_OFFSET_S);
    assert_int_equal(instant_day(t, 0).number, day.number - 1);
    assert_int_equal(instant_second_of_day(t, CHINA_OFFSET_S), 1800);
    assert_int_equal(instant_second_of_day(t, 0), 16 * 3600 + 1800);
    assert_int_equal(instant_at(day, 1800, CHINA_OFFSET_S).us, t.us);
    assert_int_equal(instant_second_of_day((Instant){-1}, 0), 86399);
    assert_int_equal(instant_day((Instant){-1}, 0).number, -1);
    /* Total at the ends. */
    assert_true(instant_day((Instant){INT64_MAX}, 0).number > 100000000);
    assert_true(instant_day(INSTANT_NONE, -86400).number < -100000000);
}

static void ids(void **state)
{
    (void)state;
    const uint8_t low[10] = {0}, high[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    Id first = id_new((Instant){1795568400123456}, high);
    Id later = id_new((Instant){1795568400124000}, low);
    Id same_time = id_new((Instant){1795568400123000}, low);
    assert_true(id_compare(first, later) < 0);
    assert_memory_equal(first.bytes, same_time.bytes, 6);
    assert_int_equal(first.bytes[6], 0x7F);
    assert_int_equal(first.bytes[8], 0xBF);
    assert_int_equal(later.bytes[6], 0x70);
    assert_int_equal(later.bytes[8], 0x80);
    Str text = id_copy_text(arena, first);
    assert_string_equal(text.ptr, "01a21037-76fb-7fff-bfff-ffffffffffff");
    Id back;
    assert_true(id_parse(text, &back));
    assert_true(id_equal(back, first));
    assert_true(id_parse(STR("01A21037-76FB-7FFF-BFFF-FFFFFFFFFFFF"), &back));
    assert_true(id_equal(back, first));
    assert_false(id_is_none(first));
    assert_true(id_is_none(ID_NONE));
    static const char *const bad[] = {
        "", "01a21037-76fb-7fff-bfff-fffffffffff", "01a21037-76fb-7fff-bfff-fffffffffffff",
        "01a21037-76fb-7fff-bfff-ffffffffffgf", "01a21037-76fb-7fff-bfff-fffffffffff ",
        "01a21037_76fb-7fff-bfff-ffffffffffff", "01a21037-76fb-7fff-bfff_ffffffffffff",
        "01a210377-6fb-7fff-bfff-ffffffffffff", "01a21037-76fb-7fff-bfff-ffffffffff`f",
        "01a21037-76fb-7fff-bfff-ffffffffff@f", "01a21037-76fb-7fff-bfff-ffffffffff/f",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(id_parse(str_from(bad[i]), &back));
    }
}

static void fen_arithmetic(void **state)
{
    (void)state;
    Fen f = {77};
    assert_true(fen_add((Fen){5}, (Fen){-7}, &f));
    assert_int_equal(f.amount, -2);
    assert_true(fen_subtract((Fen){5}, (Fen){-7}, &f));
    assert_int_equal(f.amount, 12);
    assert_true(fen_multiply((Fen){-5}, 3, &f));
    assert_int_equal(f.amount, -15);
    assert_false(fen_add((Fen){INT64_MAX}, (Fen){1}, &f));
    assert_false(fen_subtract((Fen){INT64_MIN}, (Fen){1}, &f));
    assert_false(fen_multiply((Fen){INT64_MIN}, -1, &f));
    assert_int_equal(f.amount, -15);
    static const struct {
        int64_t amount, divisor, quotient, remainder;
    } cases[] = {{10, 3, 3, 1}, {-10, 3, -4, 2}, {-9, 3, -3, 0}, {0, 5, 0, 0},
                 {INT64_MIN, 1, INT64_MIN, 0}, {INT64_MIN, INT64_MAX, -2, INT64_MAX - 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Fen q, r;
        fen_divide((Fen){cases[i].amount}, cases[i].divisor, &q, &r);
        assert_int_equal(q.amount, cases[i].quotient);
        assert_int_equal(r.amount, cases[i].remainder);
    }
}

static void fen_as_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t amount;
        const char *written;
    } cases[] = {
        {"1234.56", true, 123456, "1234.56"},
        {"0", true, 0, "0.00"},
        {"-0.05", true, -5, "-0.05"},
        {"7.5", true, 750, "7.50"},
        {"-12", true, -1200, "-12.00"},
        {"92233720368547758.07", true, INT64_MAX, "92233720368547758.07"},
        {"-92233720368547758.08", true, INT64_MIN, "-92233720368547758.08"},
        {"92233720368547758.08", false, 0, NULL},
        {"9223372036854775807", false, 0, NULL},
        {"1.234", false, 0, NULL},
        {"1.", false, 0, NULL},
        {".5", false, 0, NULL},
        {"-.5", false, 0, NULL},
        {"-", false, 0, NULL},
        {"", false, 0, NULL},
        {"+1", false, 0, NULL},
        {"1.-5", false, 0, NULL},
        {"1.2.3", false, 0, NULL},
        {"1e2", false, 0, NULL},
        {"1 ", false, 0, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Fen f = {77};
        assert_int_equal(fen_parse(str_from(cases[i].text), &f), cases[i].ok);
        if (!cases[i].ok) {
            assert_int_equal(f.amount, 77);
            continue;
        }
        Buf b = buf_new(arena, 0);
        fen_write(f, &b);
        assert_int_equal(f.amount, cases[i].amount);
        assert_string_equal(buf_cstr(&b), cases[i].written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar),         cmocka_unit_test(civil_dates_judged),
        cmocka_unit_test(days_as_text),     cmocka_unit_test(instants_as_text),
        cmocka_unit_test(days_of_instants), cmocka_unit_test(ids),
        cmocka_unit_test(fen_arithmetic),   cmocka_unit_test(fen_as_text),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
