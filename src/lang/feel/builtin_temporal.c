/* builtin_temporal.c - conversions (Table 72) and functions of dates and times (Tables 77, 79). */
#include "lang/feel/builtin_int.h"

#define NANOS_PER_SECOND 1000000000ll
#define SECONDS_PER_DAY 86400ll
#define OFFSET_MAX_S (18 * 3600)

static Value temporal_from(FeelCall *c, bool (*parse)(Str, Value *), const char *what) {
    Value v;
    if (parse(c->args[0].as.string, &v)) return v;
    return feel_call_fail_text(c, &fault_feel_not_temporal, c->args[0].as.string,
                               str_from(what));
}

Value builtin_date_from_string(FeelCall *c) { return temporal_from(c, feel_parse_date, "date"); }
Value builtin_time_from_string(FeelCall *c) { return temporal_from(c, feel_parse_time, "time"); }
Value builtin_date_time_from_string(FeelCall *c) {
    return temporal_from(c, feel_parse_date_time, "date and time");
}
Value builtin_duration(FeelCall *c) { return temporal_from(c, feel_parse_duration, "duration"); }

Value builtin_date_from_point(FeelCall *c) {
    return value_date((Day){feel_parts_of(c->args[0]).day});
}

static bool temporal_civil(FeelCall *c, int64_t *day) {
    int64_t year, month, number;
    if (!call_int(c, 0, &year) || !call_int(c, 1, &month) || !call_int(c, 2, &number) ||
        year > YEAR_MAX || year < -YEAR_MAX || month < 1 || month > 12 || number < 1 ||
        number > 31)
        return false;
    Civil civil = {year, (int)month, (int)number};
    if (!civil_valid(civil)) return false;
    *day = day_from_civil(civil).number;
    return true;
}

Value builtin_date_of(FeelCall *c) {
    int64_t day;
    return temporal_civil(c, &day) ? value_date((Day){day}) : feel_call_fail(c);
}

/* Hour, minute and second (which may have a fraction) at args[at]. */
static bool temporal_clock(FeelCall *c, size_t at, int64_t *nano) {
    int64_t hour, minute, nanos;
    Dec second = c->args[at + 2].as.number;
    if (!call_int(c, at, &hour) || !call_int(c, at + 1, &minute) || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59)
        return false;
    if (dec_sign(second) < 0 || dec_compare(second, dec_from_int(60)) >= 0) return false;
    if (!dec_multiply(second, dec_from_int(NANOS_PER_SECOND), &second) ||
        !dec_round(second, 0, ROUND_DOWN, &second) || !dec_to_int64(second, &nanos))
        return false;
    *nano = (hour * 60 + minute) * 60 * NANOS_PER_SECOND + nanos;
    return true;
}

static bool temporal_offset(Value offset, TimeParts *t) {
    if (value_is_null(offset)) return true;
    if (value_is(offset, VALUE_STRING)) {
        t->zone = ZONE_NAMED;
        return feel_zone_find(offset.as.string, &t->zone_id);
    }
    t->zone = ZONE_OFFSET;
    t->offset_s = (int32_t)offset.as.seconds;
    return offset.as.seconds <= OFFSET_MAX_S && offset.as.seconds >= -OFFSET_MAX_S;
}

Value builtin_time_of(FeelCall *c) {
    TimeParts t = {0};
    bool ok = temporal_clock(c, 0, &t.nano) && temporal_offset(c->args[3], &t);
    return ok ? value_time(t) : feel_call_fail(c);
}

Value builtin_date_time_parts(FeelCall *c) {
    TimeParts t = {0};
    if (!temporal_civil(c, &t.day) || !temporal_clock(c, 3, &t.nano) ||
        !temporal_offset(c->args[6], &t))
        return feel_call_fail(c);
    if (t.zone == ZONE_NAMED)
        t.offset_s = feel_zone_offset_local(t.zone_id,
                                            t.day * SECONDS_PER_DAY + t.nano / NANOS_PER_SECOND);
    return value_date_time(t);
}

/* The time of a date is UTC midnight. */
Value builtin_time_from_point(FeelCall *c) {
    TimeParts t = feel_parts_of(c->args[0]);
    t.day = 0;
    return value_time(t);
}
Value builtin_time_from_time(FeelCall *c) { return c->args[0]; }

Value builtin_date_time_from_point(FeelCall *c) {
    return value_date_time(feel_parts_of(c->args[0]));
}

Value builtin_date_time_of(FeelCall *c) {
    TimeParts t = value_time_parts(c->args[1]);
    t.day = feel_parts_of(c->args[0]).day;
    if (t.zone == ZONE_NAMED)
        t.offset_s = feel_zone_offset_local(t.zone_id,
                                            t.day * SECONDS_PER_DAY + t.nano / NANOS_PER_SECOND);
    return value_date_time(t);
}

/* ---- The clock of the run. */

static Value temporal_now(FeelRun *run) {
    TimeParts t = {.zone = run->zone, .zone_id = run->zone_id, .offset_s = run->zone_offset_s};
    int64_t us = run->now.us, second = us / US_PER_SECOND;
    if (us % US_PER_SECOND < 0) second--;
    if (t.zone == ZONE_NAMED) t.offset_s = feel_zone_offset_at(t.zone_id, second);
    int64_t local = second + t.offset_s;
    t.day = local / SECONDS_PER_DAY;
    if (local % SECONDS_PER_DAY < 0) t.day--;
    t.nano = (local - t.day * SECONDS_PER_DAY) * NANOS_PER_SECOND +
             (us - second * US_PER_SECOND) * 1000;
    return value_date_time(t);
}
Value builtin_now(FeelCall *c) { return temporal_now(c->run); }
Value builtin_today(FeelCall *c) {
    return value_date((Day){temporal_now(c->run).as.time_day});
}

/* ---- Differences and calendars. */

/* Whole months from one civil date to the other; times of day do not count. */
Value builtin_years_and_months_duration(FeelCall *c) {
    Civil from = day_to_civil((Day){feel_parts_of(c->args[0]).day});
    Civil to = day_to_civil((Day){feel_parts_of(c->args[1]).day});
    int64_t months = (to.year - from.year) * 12 + (to.month - from.month);
    if (months > 0 && to.day < from.day) months--;
    else if (months < 0 && to.day > from.day) months++;
    return value_months_duration(months);
}

static Civil temporal_date(const FeelCall *c) {
    return day_to_civil((Day){feel_parts_of(c->args[0]).day});
}

Value builtin_day_of_year(FeelCall *c) {
    Civil civil = temporal_date(c);
    return value_int(day_from_civil(civil).number -
                     day_from_civil((Civil){civil.year, 1, 1}).number + 1);
}

Value builtin_day_of_week(FeelCall *c) {
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
    return value_string(str_from(names[day_weekday((Day){feel_parts_of(c->args[0]).day}) - 1]));
}

Value builtin_month_of_year(FeelCall *c) {
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    return value_string(str_from(names[temporal_date(c).month - 1]));
}

/* ISO 8601: the week belongs to the year of its Thursday. */
Value builtin_week_of_year(FeelCall *c) {
    int64_t day = feel_parts_of(c->args[0]).day;
    int64_t thursday = day - day_weekday((Day){day}) + 4;
    int64_t year = day_to_civil((Day){thursday}).year;
    return value_int((thursday - day_from_civil((Civil){year, 1, 1}).number) / 7 + 1);
}

/* ---- number() and string(). */

Value builtin_string(FeelCall *c) {
    if (value_is_null(c->args[0])) return value_null();
    if (value_is(c->args[0], VALUE_STRING)) return c->args[0];
    Buf b = buf_new(c->run->arena, 32);
    feel_write_value(c->args[0], false, 0, &b);
    if (buf_failed(&b) || arena_failed(c->run->arena))
        return feel_stop(c->run, c->node, &fault_feel_memory);
    if (!feel_burn(c->run, c->node, (int64_t)(b.len / 16))) return value_null();
    return value_string(buf_text(&b));
}

static bool number_separator(Value v, bool grouping, char *out) {
    *out = '\0';
    if (value_is_null(v)) return true;
    if (v.as.string.len != 1) return false;
    *out = v.as.string.ptr[0];
    return *out == ',' || *out == '.' || (grouping && *out == ' ');
}

Value builtin_number(FeelCall *c) {
    char grouping = '\0', point = '\0';
    Str s = c->args[0].as.string;
    bool ok = c->count < 2 || (number_separator(c->args[1], true, &grouping) &&
                               number_separator(c->args[2], false, &point) &&
                               (grouping == '\0' || grouping != point));
    char *digits = feel_take(c->run, s.len + 1, 1);
    if (digits == NULL || !feel_burn(c->run, c->node, (int64_t)(s.len / 16)))
        return value_null();
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (grouping != '\0' && s.ptr[i] == grouping) continue;
        if (point != '\0' && point != '.' && s.ptr[i] == '.') ok = false;
        digits[len++] = point != '\0' && s.ptr[i] == point ? '.' : s.ptr[i];
    }
    Dec d;
    if (!ok || !dec_parse((Str){digits, len}, &d)) return feel_call_fail(c);
    return value_number(d);
}
