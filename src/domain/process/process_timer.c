/* process_timer.c - from the text of a timer to the instant at which it is due.
 *
 *     date       an instant; a civil date-time is read as China time, a date as its midnight
 *     duration   from now: days and time exactly; years and months by the calendar in China time,
 *                the day cut to the length of the month
 *     cycle      R[n]/[start/]duration: n rounds (none: without end), the first one at start or
 *                after one duration; the next is counted from the former due instant, so that
 *                nothing drifts
 *
 *     cron       a cycle may be a cron expression (bpmn_cron.c), in China time; rounds that were
 *                missed while the node stood still are not caught up with
 *
 * Expressions may give FEEL values or these texts. What lies in the past is due at once. */
#include "domain/process/process_int.h"

static bool due_of_value(Value v, Instant *out)
{
    if (value_is(v, VALUE_DATE)) {
        *out = instant_at((Day){v.as.day}, 0, CHINA_OFFSET_S);
        return true;
    }
    if (!value_is(v, VALUE_DATE_TIME)) {
        return false;
    }
    TimeParts parts = value_time_parts(v);
    int64_t offset = parts.zone == ZONE_LOCAL ? CHINA_OFFSET_S : parts.offset_s;
    if (parts.day > 100000000 || parts.day < -100000000) {
        return false;
    }
    out->us = parts.day * US_PER_DAY + parts.nano / 1000 - offset * US_PER_SECOND;
    return true;
}

static bool add_months(Instant at, int64_t months, Instant *out)
{
    if (months > 12000000 || months < -12000000) {
        return false;
    }
    Civil c = day_to_civil(instant_day(at, CHINA_OFFSET_S));
    int64_t total = c.year * 12 + (c.month - 1) + months;
    int64_t year = total >= 0 ? total / 12 : -((-total + 11) / 12);
    int month = (int)(total - year * 12) + 1;
    int longest = days_in_month(year, month);
    Civil to = {year, month, c.day > longest ? longest : c.day};
    int64_t us_of_second = at.us % US_PER_SECOND;
    *out = instant_at(day_from_civil(to), instant_second_of_day(at, CHINA_OFFSET_S),
                      CHINA_OFFSET_S);
    out->us += us_of_second < 0 ? us_of_second + US_PER_SECOND : us_of_second;
    return true;
}

static bool add_value(Instant at, Value v, Instant *out)
{
    if (value_is(v, VALUE_MONTHS_DURATION)) {
        return add_months(at, v.as.months, out);
    }
    if (!value_is(v, VALUE_TIME_DURATION) || v.as.seconds > 100000000000ll ||
        v.as.seconds < -100000000000ll) {
        return false;
    }
    out->us = at.us + v.as.seconds * US_PER_SECOND + v.as.nanos / 1000;
    return true;
}

bool watch_add_duration(Instant at, Str duration, Instant *out)
{
    Value v;
    return feel_parse_temporal(str_trim(duration), &v) && add_value(at, v, out);
}

bool watch_next_round(Instant due, Instant now, Str every, Instant *out)
{
    BpmnCron cron;
    if (every.len && every.ptr[0] == 'P') {
        return watch_add_duration(due, every, out);
    }
    return bpmn_cron_parse(every, &cron) && bpmn_cron_next(&cron, due.us > now.us ? due : now, out);
}

static bool plan_cycle(Instant now, Str text, TimerPlan *out)
{
    if (text.ptr[0] != 'R') {
        out->rounds = -1;
        out->every = text;
        return watch_next_round(now, now, text, &out->due);
    }
    Str rest = text;
    Str head = str_split(&rest, '/');
    out->rounds = -1;
    if (head.len > 1 && !str_to_int64(str_slice(head, 1, head.len), &out->rounds)) {
        return false;
    }
    Str middle = str_split(&rest, '/');
    out->every = rest.ptr ? rest : middle;
    Instant second;
    if (!watch_add_duration(now, out->every, &second) || second.us <= now.us) {
        return false; /* a cycle without length would never end */
    }
    if (rest.ptr) {
        return instant_parse(middle, &out->due);
    }
    out->due = second;
    return true;
}

static bool plan_text(Instant now, BpmnTimerKind kind, Str text, TimerPlan *out)
{
    Value v;
    switch (kind) {
    case BPMN_TIMER_DATE:
        return instant_parse(text, &out->due) ||
               (feel_parse_temporal(text, &v) && due_of_value(v, &out->due));
    case BPMN_TIMER_DURATION:
        return watch_add_duration(now, text, &out->due);
    case BPMN_TIMER_CYCLE:
        return text.len > 1 && plan_cycle(now, text, out);
    }
    return false;
}

bool watch_plan(Game *g, const BpmnEvent *event, int64_t token, TimerPlan *out)
{
    static const char *const wanted[] = {"date and time", "duration", "cycle (R/PT1H)"};
    Value v;
    *out = (TimerPlan){.due = g->now};
    if (!variable_evaluate(g, &event->expression, token, &v)) {
        return false;
    }
    if (!value_is(v, VALUE_STRING) ||
        !plan_text(g->now, (BpmnTimerKind)event->timer, str_trim(v.as.string), out)) {
        return game_fail(g, &fault_expression_failed, event->expression.text,
                         str_from(value_kind_name(value_kind(v))),
                         str_from(wanted[event->timer]));
    }
    if (out->due.us < g->now.us) {
        out->due = g->now;
    }
    return true;
}
