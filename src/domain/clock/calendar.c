/* calendar.c - when does a limit end?
 *
 * The rules, and where they come from:
 *
 * 1. The day on which a period begins is not counted (民法典 art. 201). A limit in days starts to
 *    count on the day after the start, a limit in hours at the start itself.
 * 2. Limits of administrative licences are working days; statutory holidays are not counted
 *    (行政许可法 art. 82). A working day is what the State Council's notice of the year says,
 *    otherwise Monday to Friday. A year without a notice makes the answer provisional.
 * 3. A limit in days is kept until business closes on its last day (民法典 art. 203). When the
 *    last day of a limit in calendar days is not worked, the next working day is the last day
 *    (same article). For working days that cannot happen.
 * 4. working_hour counts hours inside working hours; working_half_day counts halves of the
 *    calendar's own working day (4 hours when the day has 8). Outside of hours time stands still,
 *    so what is accepted at night counts from the next opening.
 *
 * Pauses (corrections, hearings, tests: 行政许可法 art. 32, 45: the time they need is not part of
 * the limit). Pauses are intervals [from, to); where they overlap, the union counts.
 *
 * 5. Hours and half days: paused time is given back to the microsecond, as working time.
 * 6. Working days: A DAY COUNTS WHEN THE CLOCK RAN THROUGH ALL OF ITS WORKING HOURS. So the day
 *    of the notice and the day of the answer do not count when they fall into working hours, nor
 *    the days between; a pause before opening, after closing, over a weekend or a holiday costs
 *    nothing; two pauses on one day cost one day; a pause on the day of acceptance, which does
 *    not count anyway, costs nothing.
 *
 *        Mon  |#accepted        |
 *        Tue  |ooooo............|  paused 14:00    does not count
 *        Wed  |.................|                  does not count
 *        Thu  |......oooooooooo |  answered 11:00  does not count
 *        Fri  |ooooooooooooooooo|  day 1
 *
 *    Counting the day of the notice or that of the answer as a day of the office would leave it,
 *    at the worst, no working time at all (a notice on the last day, an answer after closing),
 *    and the limit would be over the moment the answer comes. What we give up: a pause of a
 *    minute costs the applicant a day; pauses therefore carry a reason and are shown.
 * 7. Calendar days: the same with all 24 hours of the day.
 *
 * Every walk is bounded by CALENDAR_DAYS_MAX days. Pauses are few, so each question scans them;
 * nothing is allocated. */
#include "domain/clock/calendar_int.h"

#include "base/check.h"

#include <stdio.h>

Str calendar_id(const Calendar *c) { return c->id; }
int calendar_offset_s(const Calendar *c) { return c->offset_s; }

bool calendar_is_known(const Calendar *c, Day day)
{
    int64_t year = day_to_civil(day).year;
    size_t low = 0, high = c->year_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->years[middle].year < year)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->year_count && c->years[low].year == year;
}

Str calendar_source(const Calendar *c, Day day)
{
    int64_t year = day_to_civil(day).year;
    for (size_t i = 0; i < c->year_count; i++)
        if (c->years[i].year == year)
            return c->years[i].source;
    return STR_NONE;
}

bool calendar_is_working(const Calendar *c, Day day)
{
    size_t low = 0, high = c->exception_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->exceptions[middle].day < day.number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < c->exception_count && c->exceptions[low].day == day.number)
        return c->exceptions[low].work;
    return day_weekday(day) <= 5;
}

static Instant at_second(const Calendar *c, Day day, int second)
{
    return instant_at(day, second, c->offset_s);
}

Instant calendar_opening(const Calendar *c, Day day)
{
    return at_second(c, day, c->spans[0].from_s);
}

Instant calendar_closing(const Calendar *c, Day day)
{
    return at_second(c, day, c->spans[c->span_count - 1].to_s);
}

/* ---- Running time inside an interval. */

typedef struct Pauses {
    const Pause *items;
    size_t count;
} Pauses;

/* The first stretch [*from, *to) of [t, end) that no pause covers; false when there is none. */
static bool running_stretch(Pauses pauses, int64_t t, int64_t end, int64_t *from, int64_t *to)
{
    bool moved = true;
    while (moved && t < end) {
        moved = false;
        for (size_t i = 0; i < pauses.count; i++)
            if (pauses.items[i].from.us <= t && t < pauses.items[i].to.us) {
                t = pauses.items[i].to.us;
                moved = true;
            }
    }
    if (t >= end)
        return false;
    *from = t;
    *to = end;
    for (size_t i = 0; i < pauses.count; i++) {
        const Pause *p = &pauses.items[i];
        if (p->from.us > t && p->from.us < p->to.us && p->from.us < *to)
            *to = p->from.us;
    }
    check(*from < *to);
    return true;
}

static bool touches(Pauses pauses, Instant from, Instant to)
{
    for (size_t i = 0; i < pauses.count; i++) {
        const Pause *p = &pauses.items[i];
        if (p->from.us < p->to.us && p->from.us < to.us && p->to.us > from.us)
            return true;
    }
    return false;
}

/* Does the day count for a limit in days (rules 2, 6, 7)? */
static bool day_counts(const Calendar *c, Day day, LimitUnit unit, Pauses pauses)
{
    if (unit == LIMIT_CALENDAR_DAY)
        return !touches(pauses, at_second(c, day, 0), at_second(c, day, 86400));
    if (!calendar_is_working(c, day))
        return false;
    for (size_t i = 0; i < c->span_count; i++)
        if (touches(pauses, at_second(c, day, c->spans[i].from_s),
                    at_second(c, day, c->spans[i].to_s)))
            return false;
    return true;
}

static bool counts_days(LimitUnit unit)
{
    return unit == LIMIT_WORKING_DAY || unit == LIMIT_CALENDAR_DAY;
}

static int64_t unit_us(const Calendar *c, LimitUnit unit)
{
    check(!counts_days(unit));
    return unit == LIMIT_WORKING_HOUR ? US_PER_HOUR : c->day_us / 2;
}

/* ---- Walking. */

/* The count-th counted day after the day of start. */
static bool nth_day(const Calendar *c, Instant start, int64_t count, LimitUnit unit,
                    Pauses pauses, Day *out, bool *provisional)
{
    Day day = instant_day(start, c->offset_s);
    for (int64_t walked = 0; walked < CALENDAR_DAYS_MAX; walked++) {
        day.number++;
        *provisional = *provisional || !calendar_is_known(c, day);
        if (day_counts(c, day, unit, pauses) && --count == 0) {
            *out = day;
            return true;
        }
    }
    return false;
}

/* Rule 3: a last calendar day that is not worked moves to the next working day. */
static bool last_day(const Calendar *c, Instant start, Limit limit, Pauses pauses, Day *out,
                     bool *provisional)
{
    if (!nth_day(c, start, limit.amount, limit.unit, pauses, out, provisional))
        return false;
    for (int64_t walked = 0; walked < CALENDAR_DAYS_MAX; walked++) {
        if (calendar_is_working(c, *out))
            return true;
        out->number++;
        *provisional = *provisional || !calendar_is_known(c, *out);
    }
    return false;
}

/* Run us microseconds of unpaused working time from start on; us > 0. */
static bool advance(const Calendar *c, Instant start, int64_t us, Pauses pauses, Instant *out,
                    bool *provisional)
{
    Day day = instant_day(start, c->offset_s);
    check(us > 0);
    for (int64_t walked = 0; walked < CALENDAR_DAYS_MAX; walked++, day.number++) {
        *provisional = *provisional || !calendar_is_known(c, day);
        for (size_t i = 0; calendar_is_working(c, day) && i < c->span_count; i++) {
            int64_t t = at_second(c, day, c->spans[i].from_s).us, from, to;
            int64_t end = at_second(c, day, c->spans[i].to_s).us;
            t = t < start.us ? start.us : t;
            for (; running_stretch(pauses, t, end, &from, &to); t = to) {
                if (to - from >= us) {
                    *out = (Instant){from + us};
                    return true;
                }
                us -= to - from;
            }
        }
    }
    return false;
}

/* Unpaused working time in [from, to). */
static int64_t running_us(const Calendar *c, Instant from, Instant to, Pauses pauses,
                          bool *provisional)
{
    int64_t sum = 0;
    Day day = instant_day(from, c->offset_s);
    for (int64_t walked = 0; walked < CALENDAR_DAYS_MAX; walked++, day.number++) {
        if (at_second(c, day, 0).us >= to.us)
            break;
        *provisional = *provisional || !calendar_is_known(c, day);
        for (size_t i = 0; calendar_is_working(c, day) && i < c->span_count; i++) {
            int64_t t = at_second(c, day, c->spans[i].from_s).us;
            int64_t end = at_second(c, day, c->spans[i].to_s).us, a, b;
            t = t < from.us ? from.us : t;
            end = end > to.us ? to.us : end;
            for (; running_stretch(pauses, t, end, &a, &b); t = b)
                sum += b - a;
        }
    }
    check(sum >= 0);
    return sum;
}

int64_t calendar_working_us_between(const Calendar *c, Instant from, Instant to,
                                    bool *provisional)
{
    bool unknown = false;
    int64_t us = from.us < to.us ? running_us(c, from, to, (Pauses){NULL, 0}, &unknown) : 0;
    if (provisional)
        *provisional = unknown;
    return us;
}

int64_t calendar_paused_us_between(const Calendar *c, Instant from, Instant to,
                                   const Pause *pauses, size_t pause_count)
{
    bool unknown = false;
    if (to.us <= from.us)
        return 0;
    return running_us(c, from, to, (Pauses){NULL, 0}, &unknown) -
           running_us(c, from, to, (Pauses){pauses, pause_count}, &unknown);
}

unsigned calendar_pause_stops(const Calendar *c, Str reason)
{
    for (size_t i = 0; i < c->rule_count; i++)
        if (str_equal(c->rules[i].reason, reason))
            return c->rules[i].stops;
    return c->rules_given ? CLOCK_STOPS_PROMISED : CLOCK_STOPS_BOTH;
}

/* ---- Limits. */

static bool limit_valid(Limit limit, Err *err)
{
    if (limit.amount >= 1 && limit.amount <= CALENDAR_AMOUNT_MAX)
        return true;
    char text[12];
    int len = snprintf(text, sizeof text, "%d", CALENDAR_AMOUNT_MAX);
    return err_set(err, &fault_limit_invalid, ((Str){text, (size_t)len}));
}

static bool too_far(Err *err)
{
    char text[12];
    int len = snprintf(text, sizeof text, "%d", CALENDAR_DAYS_MAX);
    return err_set(err, &fault_limit_too_far, ((Str){text, (size_t)len}));
}

bool calendar_due_paused(const Calendar *c, Instant start, Limit limit, const Pause *pauses,
                         size_t pause_count, Due *out, Err *err)
{
    Pauses p = {pauses, pause_count};
    Due due = {start, DAY_NONE, false};
    if (!limit_valid(limit, err))
        return false;
    if (counts_days(limit.unit)) {
        if (!last_day(c, start, limit, p, &due.day, &due.provisional))
            return too_far(err);
        due.at = calendar_closing(c, due.day);
    } else {
        int64_t us = limit.amount * unit_us(c, limit.unit);
        if (!advance(c, start, us, p, &due.at, &due.provisional))
            return too_far(err);
        due.day = instant_day(due.at, c->offset_s);
    }
    check(due.at.us >= start.us && calendar_is_working(c, due.day));
    *out = due;
    return true;
}

bool calendar_due(const Calendar *c, Instant start, Limit limit, Due *out, Err *err)
{
    return calendar_due_paused(c, start, limit, NULL, 0, out, err);
}

bool calendar_near(const Calendar *c, Instant start, Limit limit, int64_t near,
                   const Pause *pauses, size_t pause_count, Instant *out, Err *err)
{
    Pauses p = {pauses, pause_count};
    bool unknown = false;
    if (!limit_valid(limit, err))
        return false;
    if (counts_days(limit.unit)) {
        Day day = DAY_NONE;
        int64_t last = near > 0 ? near : 1;
        bool whole = last == 1;
        int64_t n = last >= limit.amount ? 1 : limit.amount - last + 1;
        if (!(whole ? last_day(c, start, limit, p, &day, &unknown)
                    : nth_day(c, start, n, limit.unit, p, &day, &unknown)))
            return too_far(err);
        *out = calendar_opening(c, day);
        return true;
    }
    int64_t total = limit.amount * unit_us(c, limit.unit);
    int64_t left = near > 0 ? near * unit_us(c, limit.unit) : total / 5;
    if (left >= total) {
        *out = start;
        return true;
    }
    return advance(c, start, total - left, p, out, &unknown) || too_far(err);
}

static int64_t units_of(int64_t us, int64_t unit) { return (us + unit - 1) / unit; }

/* Counted days d with from < d <= to. */
static int64_t counted_days(const Calendar *c, Day from, Day to, LimitUnit unit, Pauses pauses)
{
    int64_t count = 0;
    for (int64_t d = from.number + 1; d <= to.number; d++) {
        if (d - from.number > CALENDAR_DAYS_MAX)
            break;
        count += day_counts(c, (Day){d}, unit, pauses);
    }
    return count;
}

Remaining calendar_remaining(const Calendar *c, Instant start, Limit limit, Instant due,
                             Instant now, const Pause *pauses, size_t pause_count)
{
    Pauses p = {pauses, pause_count};
    Remaining r = {0, 0, 0, false};
    bool over = now.us > due.us;
    r.left_us = over ? -running_us(c, due, now, p, &r.provisional)
                     : running_us(c, now, due, p, &r.provisional);
    if (!counts_days(limit.unit)) {
        int64_t unit = unit_us(c, limit.unit);
        r.units = over ? 0 : units_of(r.left_us, unit);
        r.over = over ? units_of(-r.left_us, unit) : 0;
        return r;
    }
    Day due_day = instant_day(due, c->offset_s), today = instant_day(now, c->offset_s);
    Day start_day = instant_day(start, c->offset_s);
    if (over) {
        r.over = counted_days(c, due_day, today, limit.unit, p);
        return r;
    }
    /* Today is still a whole unit until it closes, unless it is the day of the start. */
    Day before = now.us <= calendar_closing(c, today).us ? (Day){today.number - 1} : today;
    if (before.number < start_day.number)
        before = start_day;
    r.units = counted_days(c, before, due_day, limit.unit, p);
    return r;
}
