/* clock_calendar.c - working days and limits, pure: the table of tests/cases/clock/due.json, the
 * calendar of Hubei, and what a wrong calendar text is told. */
#include "codec/json.h"
#include "domain/clock/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static Arena *a;
static Calendar *hubei;

static Str source_file(const char *name)
{
    const char *source = getenv("TONGBAN_SOURCE");
    Str text = STR_NONE;
    Err err = {0};
    Str path = arena_printf(a, "%s/%s", source ? source : ".", name);
    if (!file_read(a, path, 1u << 24, &text, &err))
        fail_msg("cannot read %.*s", STR_ARG(path));
    return text;
}

static int set_up(void **state)
{
    (void)state;
    Err err = {0};
    a = arena_open(64u << 20);
    assert_true(calendar_compile(a, source_file("packs/hubei/calendars/hubei.json"),
                                 STR("hubei.json"), &hubei, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

static Instant at(Str text)
{
    Instant t = INSTANT_NONE;
    if (!instant_parse(text, &t))
        fail_msg("not an instant: %.*s", STR_ARG(text));
    return t;
}
#define AT(text) at(STR(text))

static Day on(const char *text)
{
    Day day = DAY_NONE;
    assert_true(day_parse(str_from(text), &day));
    return day;
}

static Limit limit_of(Value pair)
{
    Limit limit = {0, LIMIT_WORKING_DAY};
    int64_t amount = 0;
    assert_true(dec_to_int64(value_item(pair, 0).as.number, &amount));
    limit.amount = amount;
    assert_true(limit_unit_parse(value_item(pair, 1).as.string, &limit.unit));
    return limit;
}

static void table_of_limits(void **state)
{
    Value cases = value_null();
    int failed = 0;
    (void)state;
    assert_true(json_parse(a, source_file("tests/cases/clock/due.json"), &cases, NULL));
    assert_true(value_count(cases) >= 40);
    for (size_t i = 0; i < value_count(cases); i++) {
        Value c = value_item(cases, i), list = value_field(c, "pauses");
        Pause pauses[8];
        Due due;
        Err err = {0};
        size_t count = value_count(list);
        assert_true(count <= 8);
        for (size_t k = 0; k < count; k++)
            pauses[k] = (Pause){at(value_item(value_item(list, k), 0).as.string),
                                at(value_item(value_item(list, k), 1).as.string)};
        assert_true(calendar_due_paused(hubei, at(value_get_string(c, STR("start"))),
                                        limit_of(value_field(c, "limit")), pauses, count, &due,
                                        &err));
        Str got = instant_copy_text(a, due.at, CHINA_OFFSET_S);
        bool provisional = value_get_boolean(c, STR("provisional"), false);
        if (str_equal(got, value_get_string(c, STR("due"))) && due.provisional == provisional)
            continue;
        failed++;
        printf("# %.*s: %.*s%s\n", STR_ARG(value_get_string(c, STR("name"))), STR_ARG(got),
               due.provisional ? " provisional" : "");
    }
    assert_int_equal(failed, 0);
}

static void days_of_hubei(void **state)
{
    (void)state;
    assert_false(calendar_is_working(hubei, on("2020-01-31"))); /* prolonged */
    assert_false(calendar_is_working(hubei, on("2020-02-01"))); /* no longer a moved Saturday */
    assert_true(calendar_is_working(hubei, on("2020-02-03")));
    assert_true(calendar_is_working(hubei, on("2020-04-26")));
    assert_true(calendar_is_working(hubei, on("2020-05-09")));
    assert_false(calendar_is_working(hubei, on("2022-10-07")));
    assert_true(calendar_is_working(hubei, on("2022-10-08")));
    assert_true(calendar_is_working(hubei, on("2022-10-09")));
    assert_false(calendar_is_working(hubei, on("2022-12-31")));
    assert_true(calendar_is_working(hubei, on("2026-01-04")));
    assert_false(calendar_is_working(hubei, on("2026-02-23")));
    assert_true(calendar_is_known(hubei, on("2026-12-31")));
    assert_false(calendar_is_known(hubei, on("2027-01-01")));
    assert_false(calendar_is_known(hubei, on("2019-12-31")));
    assert_true(str_starts(calendar_source(hubei, on("2022-05-01")), STR("国务院办公厅")));
    assert_int_equal(calendar_source(hubei, on("2027-05-01")).len, 0);
    /* Working days of a year: 365 less weekends and holidays, by the published sums. */
    int days = 0;
    for (Day d = on("2022-01-01"); d.number <= on("2022-12-31").number; d.number++)
        days += calendar_is_working(hubei, d);
    assert_int_equal(days, 249);
}

static void working_time_between(void **state)
{
    bool provisional = true;
    (void)state;
    assert_int_equal(calendar_working_us_between(hubei, AT("2022-09-30T16:00:00+08:00"),
                                                 AT("2022-10-08T10:00:00+08:00"), &provisional),
                     2 * 3600 * US_PER_SECOND);
    assert_false(provisional);
    assert_int_equal(calendar_working_us_between(hubei, AT("2022-10-01T00:00:00+08:00"),
                                                 AT("2022-10-08T00:00:00+08:00"), NULL), 0);
    assert_int_equal(calendar_working_us_between(hubei, AT("2022-10-08T00:00:00+08:00"),
                                                 AT("2022-10-01T00:00:00+08:00"), NULL), 0);
    Pause pauses[] = {{AT("2022-09-29T10:00:00+08:00"), AT("2022-09-29T12:00:00+08:00")},
                      {AT("2022-09-29T11:00:00+08:00"), AT("2022-09-30T10:00:00+08:00")}};
    assert_int_equal(calendar_paused_us_between(hubei, AT("2022-09-29T09:00:00+08:00"),
                                                AT("2022-09-30T17:00:00+08:00"), pauses, 2),
                     8 * 3600 * US_PER_SECOND);
}

static Instant near_of(const char *start, Limit limit, int64_t near)
{
    Instant t = INSTANT_NONE;
    Err err = {0};
    assert_true(calendar_near(hubei, at(str_from(start)), limit, near, NULL, 0, &t, &err));
    return t;
}

static void near_the_end(void **state)
{
    (void)state;
    /* The last working day, from its opening. */
    assert_int_equal(near_of("2022-09-29T09:00:00+08:00", (Limit){5, LIMIT_WORKING_DAY}, 0).us,
                     AT("2022-10-11T09:00:00+08:00").us);
    assert_int_equal(near_of("2022-09-29T09:00:00+08:00", (Limit){5, LIMIT_WORKING_DAY}, 2).us,
                     AT("2022-10-10T09:00:00+08:00").us);
    assert_int_equal(near_of("2022-09-29T09:00:00+08:00", (Limit){5, LIMIT_WORKING_DAY}, 5).us,
                     AT("2022-09-30T09:00:00+08:00").us);
    /* The last fifth of 4 hours is 48 minutes. */
    assert_int_equal(near_of("2022-09-29T09:00:00+08:00", (Limit){4, LIMIT_WORKING_HOUR}, 0).us,
                     AT("2022-09-29T12:12:00+08:00").us);
    assert_int_equal(near_of("2022-09-29T09:00:00+08:00", (Limit){4, LIMIT_WORKING_HOUR}, 1).us,
                     AT("2022-09-29T12:00:00+08:00").us);
    /* A last calendar day that was moved. */
    assert_int_equal(near_of("2022-09-20T10:00:00+08:00", (Limit){4, LIMIT_CALENDAR_DAY}, 0).us,
                     AT("2022-09-26T09:00:00+08:00").us);
}

static void what_is_left(void **state)
{
    Limit five = {5, LIMIT_WORKING_DAY}, four = {4, LIMIT_WORKING_HOUR};
    Instant start = AT("2022-09-29T09:00:00+08:00"), due = AT("2022-10-11T17:00:00+08:00");
    (void)state;
    Remaining r = calendar_remaining(hubei, start, five, due, start, NULL, 0);
    assert_int_equal(r.units, 5);
    r = calendar_remaining(hubei, start, five, due, AT("2022-09-30T17:00:00+08:00"), NULL, 0);
    assert_int_equal(r.units, 5); /* the day is not over before it has closed */
    r = calendar_remaining(hubei, start, five, due, AT("2022-09-30T17:00:01+08:00"), NULL, 0);
    assert_int_equal(r.units, 4);
    r = calendar_remaining(hubei, start, five, due, due, NULL, 0);
    assert_int_equal(r.units, 1);
    assert_int_equal(r.left_us, 0);
    r = calendar_remaining(hubei, start, five, due, AT("2022-10-11T18:00:00+08:00"), NULL, 0);
    assert_int_equal(r.units, 0);
    assert_int_equal(r.over, 0); /* over, but no working time has gone by */
    r = calendar_remaining(hubei, start, five, due, AT("2022-10-13T09:30:00+08:00"), NULL, 0);
    assert_int_equal(r.over, 2);
    assert_int_equal(r.left_us, -(8 * 3600 + 1800) * US_PER_SECOND);
    r = calendar_remaining(hubei, start, four, AT("2022-09-29T13:00:00+08:00"),
                           AT("2022-09-29T09:30:00+08:00"), NULL, 0);
    assert_int_equal(r.units, 4);
    r = calendar_remaining(hubei, start, four, AT("2022-09-29T13:00:00+08:00"),
                           AT("2022-09-29T12:00:00+08:00"), NULL, 0);
    assert_int_equal(r.units, 1);
}

/* However the pauses lie: more pause never ends a limit earlier, and a limit that ends later
 * does so by working days. The calendar walked day by day is the oracle. */
static void any_pauses(void **state)
{
    uint64_t seed = 42;
    (void)state;
    for (int round = 0; round < 3000; round++) {
        Pause pauses[4];
        Due due, before = {AT("2020-01-01T00:00:00Z"), DAY_NONE, false};
        Err err = {0};
        Instant start = {AT("2022-01-01T00:00:00Z").us};
        Limit limit = {round % 7 + 1, (LimitUnit)(round % 4)};
        for (size_t count = 0; count <= 4; count++) {
            assert_true(calendar_due_paused(hubei, start, limit, pauses, count, &due, &err));
            assert_true(due.at.us >= before.at.us);
            assert_true(calendar_is_working(hubei, due.day));
            if (limit.unit == LIMIT_WORKING_HOUR) {
                int64_t ran = calendar_working_us_between(hubei, start, due.at, NULL) -
                              calendar_paused_us_between(hubei, start, due.at, pauses, count);
                assert_int_equal(ran, limit.amount * 3600 * US_PER_SECOND);
            }
            before = due;
            if (count == 4)
                break;
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            pauses[count].from.us = start.us + (int64_t)(seed >> 33) % (9 * US_PER_DAY);
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            pauses[count].to.us = pauses[count].from.us + (int64_t)(seed >> 33) % (3 * US_PER_DAY);
        }
    }
}

static void limits_of_limits(void **state)
{
    Due due;
    Err err = {0};
    (void)state;
    assert_false(calendar_due(hubei, AT("2022-01-01T00:00:00Z"), (Limit){0, LIMIT_WORKING_DAY},
                              &due, &err));
    assert_true(err_is(&err, &fault_limit_invalid));
    err_clear(&err);
    assert_false(calendar_due(hubei, AT("2022-01-01T00:00:00Z"),
                              (Limit){CALENDAR_AMOUNT_MAX + 1, LIMIT_WORKING_DAY}, &due, &err));
    err_clear(&err);
    assert_true(calendar_due(hubei, AT("2022-01-01T00:00:00Z"),
                             (Limit){CALENDAR_AMOUNT_MAX, LIMIT_WORKING_DAY}, &due, &err));
    Pause whole[] = {{AT("2000-01-01T00:00:00Z"), AT("9999-01-01T00:00:00Z")}};
    assert_false(calendar_due_paused(hubei, AT("2022-01-01T00:00:00Z"),
                                     (Limit){1, LIMIT_WORKING_HOUR}, whole, 1, &due, &err));
    assert_true(err_is(&err, &fault_limit_too_far));
}

static void split_hours(void **state)
{
    Calendar *c;
    Err err = {0};
    Due due;
    (void)state;
    assert_true(calendar_compile(a, STR("{\"id\": \"x\", \"offset\": \"+08:00\", \"hours\": "
                                        "[[\"09:00\", \"12:00\"], [\"13:30\", \"17:30\"]],"
                                        "\"years\": {}}"),
                                 STR("x.json"), &c, &err));
    /* A day of 7 hours has halves of three and a half; the noon break stands still. */
    assert_true(calendar_due(c, AT("2022-09-29T09:00:00+08:00"),
                             (Limit){1, LIMIT_WORKING_HALF_DAY}, &due, &err));
    assert_int_equal(due.at.us, AT("2022-09-29T14:00:00+08:00").us);
    assert_true(due.provisional);
    Pause noon[] = {{AT("2022-09-30T12:00:00+08:00"), AT("2022-09-30T13:30:00+08:00")}};
    assert_true(calendar_due_paused(c, AT("2022-09-29T09:00:00+08:00"),
                                    (Limit){1, LIMIT_WORKING_DAY}, noon, 1, &due, &err));
    assert_int_equal(due.at.us, AT("2022-09-30T17:30:00+08:00").us);
}

static void wrong(const char *text, const char *expected)
{
    Calendar *c = NULL;
    Err err = {0};
    assert_false(calendar_compile(a, str_from(text), STR("c.json"), &c, &err));
    Buf b = buf_new(a, 100);
    err_show(&err, LANG_EN, &b);
    assert_string_equal(buf_cstr(&b), expected);
}

#define HEAD "{\"id\": \"x\", \"offset\": \"+08:00\", \"hours\": [[\"09:00\", \"17:00\"]], "

static void wrong_texts(void **state)
{
    (void)state;
    wrong("[]", "c.json:1:1: The calendar is wrong at /: an object.");
    wrong("{\"id\": \"x\", \"colour\": 1}",
          "c.json:1:23: The calendar is wrong at /colour: not a key of calendars.");
    wrong("{\"id\": \"x\", \"offset\": \"8\"}",
          "c.json:1:23: The calendar is wrong at /offset: an offset such as +08:00.");
    wrong("{\"id\": \"x\", \"offset\": \"+08:00\", \"hours\": [[\"17:00\", \"09:00\"]], \"years\": {}}",
          "c.json:1:43: The calendar is wrong at /hours/0: times as HH:MM, in the order of the "
          "day.");
    wrong(HEAD "\"years\": {\"2022\": {\"source\": \"s\", \"off\": [\"2022-02-30\"]}}}",
          "c.json:1:106: The calendar is wrong at /years/2022/off/0: a date such as 2022-10-08.");
    wrong(HEAD "\"years\": {\"2022\": {\"source\": \"s\", \"off\": [\"2023-01-01\"]}}}",
          "c.json:1:106: The calendar is wrong at /years/2022/off/0: a date of the notice's year "
          "or of the December before.");
    wrong(HEAD "\"years\": {\"2022\": {\"off\": []}}}",
          "c.json:1:82: The calendar is wrong at /years/2022: an object that names the notice as "
          "\"source\".");
    wrong(HEAD "\"years\": {\"2022\": {\"source\": \"s\", \"off\": [\"2022-10-01\"], \"work\": "
               "[\"2022-10-01\"]}}}",
          "c.json:1:73: The calendar is wrong at /years: 2022-10-01 is named twice.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(table_of_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(days_of_hubei, set_up, tear_down),
        cmocka_unit_test_setup_teardown(working_time_between, set_up, tear_down),
        cmocka_unit_test_setup_teardown(near_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_pauses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits_of_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(split_hours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_texts, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
