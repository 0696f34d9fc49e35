/* temporal.c - the arithmetic of dates and times, their properties, their texts.
 *
 * A date and time is a day, a nanosecond of the day, and a zone: none, an offset, or a zone id
 * with the offset that holds at that local time. Its instant is its local second less the
 * offset. Shifting by a days and time duration moves the instant and finds the local time anew;
 * shifting by months moves the civil date and keeps the time of day (the last day of the month
 * is taken when the day does not exist). */
#include "lang/feel/feel_int.h"

#define NANOS_PER_SECOND 1000000000ll
#define SECONDS_PER_DAY 86400ll

bool feel_year_valid(int64_t day) {
    if (day > 366ll * (YEAR_MAX + 1) || day < -366ll * (YEAR_MAX + 2001)) return false;
    int64_t year = day_to_civil((Day){day}).year;
    return year >= -YEAR_MAX && year <= YEAR_MAX;
}

TimeParts feel_parts_of(Value v) {
    if (value_is(v, VALUE_DATE)) return (TimeParts){.day = v.as.day, .zone = ZONE_OFFSET};
    return value_time_parts(v);
}

void feel_date_time_instant(Value v, int64_t *second, int64_t *nano) {
    TimeParts t = feel_parts_of(v);
    *second = t.day * SECONDS_PER_DAY + t.nano / NANOS_PER_SECOND;
    if (t.zone != ZONE_LOCAL) *second -= t.offset_s;
    *nano = t.nano % NANOS_PER_SECOND;
}

static int64_t floor_div(int64_t a, int64_t b) {
    int64_t q = a / b;
    return q * b > a ? q - 1 : q;
}

bool feel_add_months(int64_t day, int64_t months, int64_t *out) {
    Civil c = day_to_civil((Day){day});
    int64_t total;
    if (__builtin_add_overflow(c.year * 12 + (c.month - 1), months, &total)) return false;
    c.year = floor_div(total, 12);
    c.month = (int)(total - c.year * 12) + 1;
    if (c.year > YEAR_MAX || c.year < -YEAR_MAX) return false;
    int last = days_in_month(c.year, c.month);
    if (c.day > last) c.day = last;
    *out = day_from_civil(c).number;
    return true;
}

bool feel_shift(Value v, int64_t seconds, int64_t nanos, Value *out) {
    TimeParts t = feel_parts_of(v);
    int64_t second = t.day * SECONDS_PER_DAY + t.nano / NANOS_PER_SECOND;
    int64_t nano = t.nano % NANOS_PER_SECOND + nanos;
    int64_t carry = floor_div(nano, NANOS_PER_SECOND);
    nano -= carry * NANOS_PER_SECOND;
    bool named = t.zone == ZONE_NAMED && value_is(v, VALUE_DATE_TIME);
    if (named) second -= t.offset_s;
    if (__builtin_add_overflow(second, seconds, &second) ||
        __builtin_add_overflow(second, carry, &second) || second > INT64_MAX - 200000 ||
        second < INT64_MIN + 200000)
        return false;
    if (named) {
        t.offset_s = feel_zone_offset_at(t.zone_id, second);
        second += t.offset_s;
    }
    t.day = floor_div(second, SECONDS_PER_DAY);
    t.nano = (second - t.day * SECONDS_PER_DAY) * NANOS_PER_SECOND + nano;
    if (value_is(v, VALUE_TIME)) {
        t.day = 0;
        *out = value_time(t);
        return true;
    }
    if (!feel_year_valid(t.day)) return false;
    *out = value_is(v, VALUE_DATE) ? value_date((Day){t.day}) : value_date_time(t);
    return true;
}

bool feel_duration_to_dec(Value v, Dec *out) {
    Dec nanos;
    return dec_from_parts(v.as.nanos, 9, &nanos) &&
           dec_add(dec_from_int(v.as.seconds), nanos, out);
}

bool feel_duration_from_dec(Dec seconds, Value *out) {
    Dec whole, rest;
    int64_t s, n;
    if (!dec_round(seconds, 0, ROUND_DOWN, &whole) || !dec_to_int64(whole, &s) ||
        !dec_subtract(seconds, whole, &rest) ||
        !dec_multiply(rest, dec_from_int(NANOS_PER_SECOND), &rest) ||
        !dec_round(rest, 0, ROUND_HALF_EVEN, &rest) || !dec_to_int64(rest, &n))
        return false;
    if (s > INT64_MAX - 2 || s < INT64_MIN + 2) return false;
    *out = value_time_duration(s, n);
    return true;
}

/* ---- Properties (Tables 65 and 66). */

static Value property_seconds(int64_t seconds, int64_t nanos) {
    Dec n;
    if (nanos == 0 || !dec_from_parts(nanos, 9, &n) ||
        !dec_add(dec_from_int(seconds), n, &n))
        return value_int(seconds);
    /* Without trailing zeros: 1.3, not 1.300000000. */
    for (int scale = 8; scale > 0; scale--) {
        Dec shorter;
        if (!dec_round(n, scale, ROUND_DOWN, &shorter) || dec_compare(shorter, n) != 0) break;
        n = shorter;
    }
    return value_number(n);
}

static bool property_of_day(int64_t day, Str name, Value *out) {
    Civil c = day_to_civil((Day){day});
    if (str_equal(name, STR("year"))) *out = value_int(c.year);
    else if (str_equal(name, STR("month"))) *out = value_int(c.month);
    else if (str_equal(name, STR("day"))) *out = value_int(c.day);
    else if (str_equal(name, STR("weekday"))) *out = value_int(day_weekday((Day){day}));
    else return false;
    return true;
}

static bool property_of_time(TimeParts t, Str name, Value *out) {
    int64_t second = t.nano / NANOS_PER_SECOND;
    if (str_equal(name, STR("hour"))) *out = value_int(second / 3600);
    else if (str_equal(name, STR("minute"))) *out = value_int(second / 60 % 60);
    else if (str_equal(name, STR("second")))
        *out = property_seconds(second % 60, t.nano % NANOS_PER_SECOND);
    else if (str_equal(name, STR("time offset")))
        *out = t.zone == ZONE_LOCAL ? value_null() : value_time_duration(t.offset_s, 0);
    else if (str_equal(name, STR("timezone")))
        *out = t.zone == ZONE_NAMED ? value_string(feel_zone_name(t.zone_id)) : value_null();
    else return false;
    return true;
}

static bool property_of_duration(Value v, Str name, Value *out) {
    if (value_is(v, VALUE_MONTHS_DURATION)) {
        if (str_equal(name, STR("years"))) *out = value_int(v.as.months / 12);
        else if (str_equal(name, STR("months"))) *out = value_int(v.as.months % 12);
        else return false;
        return true;
    }
    int64_t s = v.as.seconds;
    if (str_equal(name, STR("days"))) *out = value_int(s / SECONDS_PER_DAY);
    else if (str_equal(name, STR("hours"))) *out = value_int(s % SECONDS_PER_DAY / 3600);
    else if (str_equal(name, STR("minutes"))) *out = value_int(s % 3600 / 60);
    else if (str_equal(name, STR("seconds"))) *out = property_seconds(s % 60, v.as.nanos);
    else return false;
    return true;
}

static bool property_of_range(const ValueRange *r, Str name, Value *out) {
    if (str_equal(name, STR("start"))) *out = r->low;
    else if (str_equal(name, STR("end"))) *out = r->high;
    else if (str_equal(name, STR("start included"))) *out = value_boolean(r->low_closed);
    else if (str_equal(name, STR("end included"))) *out = value_boolean(r->high_closed);
    else return false;
    return true;
}

/* A UTC date has the properties of a date only (a date is not asked for its hour). */
Value feel_property(FeelRun *run, Value v, Str name, bool *known) {
    Value out = value_null();
    (void)run;
    switch (value_kind(v)) {
    case VALUE_DATE: *known = property_of_day(v.as.day, name, &out); break;
    case VALUE_DATE_TIME:
        *known = property_of_day(v.as.time_day, name, &out) ||
                 property_of_time(value_time_parts(v), name, &out);
        break;
    case VALUE_TIME: *known = property_of_time(value_time_parts(v), name, &out); break;
    case VALUE_MONTHS_DURATION: case VALUE_TIME_DURATION:
        *known = property_of_duration(v, name, &out);
        break;
    case VALUE_RANGE: *known = property_of_range(v.as.range, name, &out); break;
    default: *known = false; break;
    }
    return out;
}

/* ---- Texts. */

static void write_time_of_day(int64_t nano, Buf *out) {
    int64_t second = nano / NANOS_PER_SECOND, fraction = nano % NANOS_PER_SECOND;
    buf_printf(out, "%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60),
               (int)(second % 60));
    if (fraction == 0) return;
    char digits[16];
    int width = 9;
    while (fraction % 10 == 0) fraction /= 10, width--;
    for (int i = width; i-- > 0; fraction /= 10) digits[i] = (char)('0' + fraction % 10);
    buf_add_char(out, '.');
    buf_add(out, (Str){digits, (size_t)width});
}

static void write_zone(TimeParts t, Buf *out) {
    if (t.zone == ZONE_NAMED) {
        buf_add_char(out, '@');
        buf_add(out, feel_zone_name(t.zone_id));
    } else if (t.zone == ZONE_OFFSET && t.offset_s == 0) {
        buf_add_char(out, 'Z');
    } else if (t.zone == ZONE_OFFSET) {
        int offset = t.offset_s < 0 ? -t.offset_s : t.offset_s;
        buf_printf(out, "%c%02d:%02d", t.offset_s < 0 ? '-' : '+', offset / 3600,
                   offset / 60 % 60);
        if (offset % 60 != 0) buf_printf(out, ":%02d", offset % 60);
    }
}

static void write_months(int64_t months, Buf *out) {
    bool negative = months < 0;
    uint64_t n = negative ? 0 - (uint64_t)months : (uint64_t)months;
    buf_add(out, negative ? STR("-P") : STR("P"));
    if (n / 12 > 0) buf_printf(out, "%lluY", (unsigned long long)(n / 12));
    if (n % 12 > 0 || n == 0) buf_printf(out, "%lluM", (unsigned long long)(n % 12));
}

static void write_duration(int64_t seconds, int64_t nanos, Buf *out) {
    bool negative = seconds < 0 || nanos < 0;
    uint64_t s = seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;
    int64_t fraction = nanos < 0 ? -nanos : nanos;
    buf_add(out, negative ? STR("-P") : STR("P"));
    if (s / 86400 > 0) buf_printf(out, "%lluD", (unsigned long long)(s / 86400));
    uint64_t rest = s % 86400;
    if (rest == 0 && fraction == 0 && s > 0) return;
    buf_add_char(out, 'T');
    if (rest / 3600 > 0) buf_printf(out, "%lluH", (unsigned long long)(rest / 3600));
    if (rest / 60 % 60 > 0) buf_printf(out, "%lluM", (unsigned long long)(rest / 60 % 60));
    if (rest % 60 == 0 && fraction == 0 && rest > 0) return;
    buf_printf(out, "%llu", (unsigned long long)(rest % 60));
    if (fraction > 0) {
        int width = 9;
        while (fraction % 10 == 0) fraction /= 10, width--;
        buf_printf(out, ".%0*lld", width, (long long)fraction);
    }
    buf_add_char(out, 'S');
}

static void write_day(int64_t day, Buf *out) {
    Civil c = day_to_civil((Day){day});
    long long year = c.year < 0 ? -(long long)c.year : (long long)c.year;
    buf_printf(out, "%s%04lld-%02d-%02d", c.year < 0 ? "-" : "", year, c.month, c.day);
}

void feel_write_temporal(Value v, Buf *out) {
    TimeParts t;
    switch (value_kind(v)) {
    case VALUE_DATE: write_day(v.as.day, out); break;
    case VALUE_TIME:
        t = value_time_parts(v);
        write_time_of_day(t.nano, out);
        write_zone(t, out);
        break;
    case VALUE_DATE_TIME:
        t = value_time_parts(v);
        write_day(t.day, out);
        buf_add_char(out, 'T');
        write_time_of_day(t.nano, out);
        write_zone(t, out);
        break;
    case VALUE_MONTHS_DURATION: write_months(v.as.months, out); break;
    case VALUE_TIME_DURATION: write_duration(v.as.seconds, v.as.nanos, out); break;
    default: check(!"not a temporal value");
    }
}
