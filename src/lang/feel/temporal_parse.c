/* temporal_parse.c - texts of dates, times, dates and times, durations (10.3.4.1).
 *
 *     date      [-] YYYY[Y...] - MM - DD            at least four digits of year, at most nine
 *     time      hh:mm:ss[.f...] [zone]              24:00:00 is midnight of the next day
 *     zone      Z | (+|-)hh:mm[:ss] | @ IANA id     at most 18 hours
 *     date-time date [T time]
 *     duration  [-]P[nY][nM] | [-]P[nD][T[nH][nM][n.nS]]
 *
 * Fractions of seconds are kept to nanoseconds; further digits are cut. */
#include "lang/feel/feel_int.h"

#define SECONDS_PER_DAY 86400
#define OFFSET_MAX_S (18 * 3600)

typedef struct Scan {
    Str s;
    size_t at;
} Scan;

static bool scan_char(Scan *c, char expected) {
    if (c->at >= c->s.len || c->s.ptr[c->at] != expected) return false;
    c->at++;
    return true;
}

/* Exactly min..max digits. */
static bool scan_digits(Scan *c, size_t min, size_t max, int64_t *out) {
    size_t from = c->at;
    int64_t n = 0;
    while (c->at < c->s.len && c->at - from < max && c->s.ptr[c->at] >= '0' &&
           c->s.ptr[c->at] <= '9')
        n = n * 10 + (c->s.ptr[c->at++] - '0');
    *out = n;
    return c->at - from >= min;
}

static bool scan_date(Scan *c, int64_t *day) {
    bool negative = scan_char(c, '-');
    size_t from = c->at;
    int64_t year, month, number;
    if (!scan_digits(c, 4, 9, &year)) return false;
    if (c->at - from > 4 && c->s.ptr[from] == '0') return false;
    if (!scan_char(c, '-') || !scan_digits(c, 2, 2, &month) || !scan_char(c, '-') ||
        !scan_digits(c, 2, 2, &number))
        return false;
    Civil civil = {negative ? -year : year, (int)month, (int)number};
    if (!civil_valid(civil)) return false;
    *day = day_from_civil(civil).number;
    return true;
}

/* The fraction behind the point, in nanoseconds. */
static bool scan_fraction(Scan *c, int64_t *nanos) {
    size_t from = c->at;
    int64_t n = 0, digits = 0;
    while (c->at < c->s.len && c->s.ptr[c->at] >= '0' && c->s.ptr[c->at] <= '9') {
        if (digits < 9) n = n * 10 + (c->s.ptr[c->at] - '0'), digits++;
        c->at++;
    }
    for (; digits < 9; digits++) n *= 10;
    *nanos = n;
    return c->at > from;
}

static bool scan_zone(Scan *c, TimeParts *t) {
    if (c->at == c->s.len) return true;
    char sign = c->s.ptr[c->at++];
    if (sign == 'Z' || sign == 'z') {
        t->zone = ZONE_OFFSET;
        return true;
    }
    if (sign == '@') {
        Str name = str_slice(c->s, c->at, c->s.len);
        c->at = c->s.len;
        t->zone = ZONE_NAMED;
        return feel_zone_find(name, &t->zone_id);
    }
    int64_t hours, minutes, seconds = 0;
    if ((sign != '+' && sign != '-') || !scan_digits(c, 2, 2, &hours) || !scan_char(c, ':') ||
        !scan_digits(c, 2, 2, &minutes))
        return false;
    if (c->at < c->s.len && (!scan_char(c, ':') || !scan_digits(c, 2, 2, &seconds))) return false;
    int64_t offset = hours * 3600 + minutes * 60 + seconds;
    if (minutes > 59 || seconds > 59 || offset > OFFSET_MAX_S) return false;
    t->zone = ZONE_OFFSET;
    t->offset_s = (int32_t)(sign == '-' ? -offset : offset);
    return true;
}

/* Sets nano, zone and (for 24:00:00) adds a day. */
static bool scan_time(Scan *c, TimeParts *t) {
    int64_t hour, minute, second, nanos = 0;
    if (!scan_digits(c, 2, 2, &hour) || !scan_char(c, ':') || !scan_digits(c, 2, 2, &minute) ||
        !scan_char(c, ':') || !scan_digits(c, 2, 2, &second))
        return false;
    if (scan_char(c, '.') && !scan_fraction(c, &nanos)) return false;
    bool midnight = hour == 24 && minute == 0 && second == 0 && nanos == 0;
    if ((hour > 23 && !midnight) || minute > 59 || second > 59) return false;
    if (midnight) {
        hour = 0;
        t->day++;
    }
    t->nano = ((hour * 60 + minute) * 60 + second) * 1000000000 + nanos;
    return scan_zone(c, t) && c->at == c->s.len;
}

/* The offset of a named zone is that of the local date; of a time alone, the zone's own. */
static void scan_settle(TimeParts *t, bool dated) {
    if (t->zone != ZONE_NAMED) return;
    int64_t second = dated ? t->day * SECONDS_PER_DAY + t->nano / 1000000000 : 0;
    t->offset_s = feel_zone_offset_local(t->zone_id, second);
}

bool feel_parse_date(Str s, Value *out) {
    Scan c = {s, 0};
    int64_t day;
    if (!scan_date(&c, &day) || c.at != s.len) return false;
    *out = value_date((Day){day});
    return true;
}

bool feel_parse_time(Str s, Value *out) {
    if (s.len > 0 && (s.ptr[0] == 'T' || s.ptr[0] == 't')) s = str_slice(s, 1, s.len);
    Scan c = {s, 0};
    TimeParts t = {0};
    if (!scan_time(&c, &t)) return false;
    t.day = 0;
    scan_settle(&t, false);
    *out = value_time(t);
    return true;
}

bool feel_parse_date_time(Str s, Value *out) {
    Scan c = {s, 0};
    TimeParts t = {0};
    if (!scan_date(&c, &t.day)) return false;
    if (c.at < s.len && (!scan_char(&c, 'T') || !scan_time(&c, &t))) return false;
    if (!feel_year_valid(t.day)) return false;
    scan_settle(&t, true);
    *out = value_date_time(t);
    return true;
}

/* ---- Durations. */

/* digits [. digits] letter; false when there are no digits. */
static bool scan_amount(Scan *c, int64_t *whole, int64_t *nanos, bool *fraction, char *letter) {
    if (!scan_digits(c, 1, 18, whole)) return false;
    *fraction = scan_char(c, '.');
    *nanos = 0;
    if (*fraction && !scan_fraction(c, nanos)) return false;
    if (c->at >= c->s.len) return false;
    *letter = c->s.ptr[c->at++];
    return true;
}

static bool duration_add(int64_t *total, int64_t amount, int64_t unit) {
    int64_t part;
    return !__builtin_mul_overflow(amount, unit, &part) &&
           !__builtin_add_overflow(*total, part, total);
}

/* One component: units come in order, each once; months and days do not mix. */
static bool duration_part(bool time, char letter, bool fraction, int64_t whole, int *rank,
                          int64_t *months, int64_t *seconds, bool *is_months) {
    static const struct { char letter; bool time; int rank; int64_t unit; bool months; } parts[] = {
        {'Y', false, 1, 12, true},     {'M', false, 2, 1, true}, {'D', false, 3, 86400, false},
        {'H', true, 4, 3600, false},   {'M', true, 5, 60, false}, {'S', true, 6, 1, false}};
    for (size_t i = 0; i < 6; i++) {
        if (parts[i].letter != letter || parts[i].time != time) continue;
        if (parts[i].rank <= *rank || (fraction && parts[i].rank != 6)) return false;
        if (*rank != 0 && *is_months != parts[i].months) return false;
        *rank = parts[i].rank;
        *is_months = parts[i].months;
        return duration_add(parts[i].months ? months : seconds, whole, parts[i].unit);
    }
    return false;
}

bool feel_parse_duration(Str s, Value *out) {
    Scan c = {s, 0};
    bool negative = scan_char(&c, '-'), time = false, is_months = false, fraction;
    int64_t months = 0, seconds = 0, nanos = 0, whole, part_nanos;
    int rank = 0;
    char letter;
    if (!scan_char(&c, 'P') || c.at == s.len) return false;
    while (c.at < s.len) {
        if (scan_char(&c, 'T')) {
            if (time || c.at == s.len) return false;
            time = true;
            continue;
        }
        if (!scan_amount(&c, &whole, &part_nanos, &fraction, &letter) ||
            !duration_part(time, letter, fraction, whole, &rank, &months, &seconds, &is_months))
            return false;
        nanos += part_nanos;
    }
    if (rank == 0) return false;
    *out = is_months ? value_months_duration(negative ? -months : months)
                     : value_time_duration(negative ? -seconds : seconds,
                                           negative ? -nanos : nanos);
    return true;
}

bool feel_parse_temporal(Str s, Value *out) {
    if (s.len == 0) return false;
    if (s.ptr[0] == 'P' || (s.len > 1 && s.ptr[0] == '-' && s.ptr[1] == 'P'))
        return feel_parse_duration(s, out);
    if (s.len > 2 && (s.ptr[2] == ':' || s.ptr[0] == 'T')) return feel_parse_time(s, out);
    if (str_find(s, STR("T")) > 0) return feel_parse_date_time(s, out);
    return feel_parse_date(s, out);
}
