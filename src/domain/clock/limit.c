/* limit.c - limits as texts and values, and the names of units and lights. */
#include "domain/clock/clock.h"

#include "base/check.h"

#include <stdio.h>

FAULT_DEFINE(CLOCK_FAULTS)

static const char *const unit_names[] = {
    [LIMIT_WORKING_DAY] = "working_day",
    [LIMIT_WORKING_HOUR] = "working_hour",
    [LIMIT_CALENDAR_DAY] = "calendar_day",
    [LIMIT_WORKING_HALF_DAY] = "working_half_day",
};
#define UNIT_COUNT (sizeof(unit_names) / sizeof(unit_names[0]))

static const char *const light_names[] = {
    [CLOCK_NORMAL] = "normal", [CLOCK_NEAR] = "near", [CLOCK_OVERDUE] = "overdue"};

#define CARD_NAME(name, word, zh, en) word,
static const char *const card_names[] = {CLOCK_CARDS(CARD_NAME)};

const char *clock_card_name(ClockCard card)
{
    check((size_t)card < CLOCK_CARD_COUNT);
    return card_names[card];
}

const char *limit_unit_name(LimitUnit unit)
{
    check((size_t)unit < UNIT_COUNT);
    return unit_names[unit];
}

const char *clock_light_name(ClockLight light)
{
    check((size_t)light < sizeof(light_names) / sizeof(light_names[0]));
    return light_names[light];
}

bool limit_unit_parse(Str name, LimitUnit *out)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (str_equal(name, str_from(unit_names[i]))) {
            *out = (LimitUnit)i;
            return true;
        }
    return false;
}

bool limit_parse(Value v, Limit *out, Err *err)
{
    Limit limit = {value_get_int(v, STR("amount"), 0), LIMIT_WORKING_DAY};
    if (limit.amount >= 1 && limit.amount <= CALENDAR_AMOUNT_MAX &&
        limit_unit_parse(value_get_string(v, STR("unit")), &limit.unit)) {
        *out = limit;
        return true;
    }
    char text[12];
    int len = snprintf(text, sizeof text, "%d", CALENDAR_AMOUNT_MAX);
    return err_set(err, &fault_limit_invalid, ((Str){text, (size_t)len}));
}

Value limit_value(Arena *a, Limit limit)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "amount", value_int(limit.amount));
    context_put_text(&b, "unit", value_string(str_from(limit_unit_name(limit.unit))));
    return value_context(&b);
}
