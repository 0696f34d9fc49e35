/* clock_holidays.c - the calendar of Hubei beside an independent data set, day by day, 2020 to 2026.
 *
 * The other set is the npm package chinese-days, a development dependency (tests/npm; `npm ci`
 * there). Where it is not installed the test is skipped and says so. A day is worked there when
 * it stands among "workdays", or is from Monday to Friday and not among "holidays". */
#include "codec/json.h"
#include "domain/clock/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OTHER_SET "tests/npm/node_modules/chinese-days/dist/chinese-days.json"

static bool source_file(Arena *a, const char *name, Str *out)
{
    const char *source = getenv("TONGBAN_SOURCE");
    Err err = {0};
    return file_read(a, arena_printf(a, "%s/%s", source ? source : ".", name), 1u << 24, out, &err);
}

static bool worked_there(Value set, Day day, Str text)
{
    Value found;
    int64_t weekday = ((day.number % 7) + 7 + 3) % 7; /* 1970-01-01 was a Thursday; 0: Monday */
    if (value_find(value_field(set, "workdays"), text, &found))
        return true;
    return weekday < 5 && !value_find(value_field(set, "holidays"), text, &found);
}

static void every_day_agrees(void **state)
{
    Arena *a = arena_open(64u << 20);
    Str text, other;
    Calendar *hubei;
    Value set;
    Err err = {0};
    int days = 0, differences = 0;
    (void)state;
    assert_true(source_file(a, "packs/hubei/calendars/hubei.json", &text));
    assert_true(source_file(a, OTHER_SET, &other));
    assert_true(calendar_compile(a, text, STR("hubei.json"), &hubei, &err));
    assert_true(json_parse(a, other, &set, &err));
    Day last = day_from_civil((Civil){2026, 12, 31});
    for (Day day = day_from_civil((Civil){2020, 1, 1}); day.number <= last.number; day.number++) {
        Buf name = buf_new(a, 12);
        day_write(day, &name);
        days++;
        if (calendar_is_working(hubei, day) == worked_there(set, day, buf_text(&name)))
            continue;
        differences++;
        printf("# %.*s: %s here\n", STR_ARG(buf_text(&name)),
               calendar_is_working(hubei, day) ? "worked" : "off");
    }
    assert_int_equal(days, 2557);
    assert_int_equal(differences, 0);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_day_agrees)};
    Arena *a = arena_open(64u << 20);
    Str other;
    bool installed = source_file(a, OTHER_SET, &other);
    arena_close(a);
    if (!installed) {
        printf("1..1\nok 1 - every_day_agrees # SKIP %s is not installed (npm ci in tests/npm)\n",
               OTHER_SET);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
