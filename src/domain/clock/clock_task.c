/* clock_task.c - what a diagram asks of the clock: its state, and working days.
 *
 *     tongban.clock.read                  {subject? | case?, matter?}          -> clock_value
 *     tongban.clock.working_days_between  {from, to, calendar?}                -> {days, ...}
 *     tongban.clock.add_working_days      {from, days, calendar?}              -> {day, at, ...}
 *
 * Days are counted as limits are: the first day is not counted, the last one is. `from` and `to`
 * are dates or instants. Without `calendar` it is the node's, when it has exactly one. Answers
 * that touched a year without a notice say so (provisional). */
#include "domain/clock/clock_int.h"

bool clock_decide_read(void *state, const Command *command, Decision *d)
{
    const ClockModule *m = state;
    Arena *a = decision_arena(d);
    Id subject;
    ClockRow row;
    ClockState now;
    Err err = {0};
    if (!clock_subject(command, d, &subject))
        return false;
    ContextBuilder b = context_builder(a);
    bool found = clock_row(decision_store(d), decision_node(d), subject, a, &row);
    const Calendar *c = found ? clock_calendar_for(m, row.calendar, d) : NULL;
    if (found && !c)
        return false;
    if (found && !clock_judge(c, &row, command->now, a, &now, &err))
        return decision_refuse(d, &err);
    if (found)
        b = context_builder_from(a, clock_value(a, &now));
    context_put_text(&b, "found", value_boolean(found));
    decision_reply(d, value_context(&b));
    return true;
}

/* A date, or the day of an instant in the calendar's zone. */
static bool day_field(const Command *command, Decision *d, const Calendar *c, const char *key,
                      Day *out)
{
    Str text = value_get_string(command->body, str_from(key));
    Instant at;
    if (day_parse(text, out))
        return true;
    if (!instant_parse(text, &at))
        return decision_refuse_with(d, &fault_clock_field, str_from(key),
                                    STR("a date or an instant"), STR("日期或时间"));
    *out = instant_day(at, calendar_offset_s(c));
    return true;
}

static const Calendar *named_calendar(void *state, const Command *command, Decision *d)
{
    return clock_calendar_for(state, value_get_string(command->body, STR("calendar")), d);
}

bool clock_decide_days_between(void *state, const Command *command, Decision *d)
{
    const Calendar *c = named_calendar(state, command, d);
    Day from, to;
    int64_t days = 0;
    bool provisional = false;
    if (!c || !day_field(command, d, c, "from", &from) || !day_field(command, d, c, "to", &to))
        return false;
    bool back = to.number < from.number;
    Day first = back ? to : from, last = back ? from : to;
    if (last.number - first.number > CALENDAR_DAYS_MAX)
        return decision_refuse_with(d, &fault_limit_too_far,
                                    arena_printf(decision_arena(d), "%d", CALENDAR_DAYS_MAX));
    for (Day day = {first.number + 1}; day.number <= last.number; day.number++) {
        days += calendar_is_working(c, day);
        provisional = provisional || !calendar_is_known(c, day);
    }
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "days", value_int(back ? -days : days));
    context_put_text(&b, "provisional", value_boolean(provisional));
    decision_reply(d, value_context(&b));
    return true;
}

bool clock_decide_add_days(void *state, const Command *command, Decision *d)
{
    const Calendar *c = named_calendar(state, command, d);
    Arena *a = decision_arena(d);
    Err err = {0};
    Day from;
    Due due;
    if (!c || !day_field(command, d, c, "from", &from))
        return false;
    Limit limit = {value_get_int(command->body, STR("days"), 0), LIMIT_WORKING_DAY};
    if (!calendar_due(c, calendar_opening(c, from), limit, &due, &err))
        return decision_refuse(d, &err);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "day", value_day(a, due.day));
    context_put_text(&b, "at", value_instant(a, due.at));
    context_put_text(&b, "provisional", value_boolean(due.provisional));
    decision_reply(d, value_context(&b));
    return true;
}
