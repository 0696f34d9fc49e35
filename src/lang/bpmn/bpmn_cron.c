/* bpmn_cron.c - timer cycles written as cron expressions.
 *
 *     cron  := "@yearly" | "@annually" | "@monthly" | "@weekly" | "@daily" | "@midnight" | "@hourly"
 *            | second minute hour day month weekday              separated by blanks
 *     field := part { "," part }
 *     part  := ("*" | "?" | n | n "-" n) [ "/" step ]            n "/" step: from n to the end
 *     day   also  "L" (last of the month), "L-n", "nW" (working day nearest to n), "LW"
 *     weekday also  "nL" (last such day of the month), "n#k" (k-th such day); 0 and 7 are Sunday
 *
 * Months and weekdays may be written by their English names. A day must match both the day and
 * the weekday. Every field is a set of bits; the next instant is found by walking over days, at
 * most CRON_DAYS_MAX of them, in China time. "Working day" means Monday to Friday here, as
 * everywhere cron is spoken; the calendar of holidays is another room's. */
#include "lang/bpmn/bpmn.h"

#define CRON_DAYS_MAX (366 * 40)

typedef struct Field {
    const char *names[12]; /* for months and weekdays */
    int low, high;
} Field;

static const Field fields[6] = {
    {{NULL}, 0, 59},
    {{NULL}, 0, 59},
    {{NULL}, 0, 23},
    {{NULL}, 1, 31},
    {{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}, 1, 12},
    {{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}, 0, 7},
};

static bool same_letters(Str a, const char *b)
{
    Str other = str_from(b);
    if (a.len != other.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        char c = a.ptr[i];
        if ((c >= 'a' && c <= 'z' ? (char)(c - 32) : c) != other.ptr[i]) {
            return false;
        }
    }
    return true;
}

/* A number or a name of the field. */
static bool read_number(Str text, const Field *f, int *out)
{
    int64_t n;
    for (int i = 0; i < 12 && f->names[i]; i++) {
        if (same_letters(text, f->names[i])) {
            *out = i + f->low;
            return true;
        }
    }
    if (!str_to_int64(text, &n) || n < f->low || n > f->high) {
        return false;
    }
    *out = (int)n;
    return true;
}

static bool read_part(Str text, const Field *f, uint64_t *bits)
{
    Str rest = text;
    Str range = str_split(&rest, '/');
    int64_t step = 1;
    int from = f->low, to = f->high;
    if (rest.ptr && (!str_to_int64(rest, &step) || step < 1 || step > f->high)) {
        return false;
    }
    if (!str_equal(range, STR("*")) && !str_equal(range, STR("?"))) {
        bool single = str_find(range, STR("-")) < 0;
        Str last = range;
        Str first = single ? range : str_split(&last, '-');
        if (!read_number(first, f, &from) || !read_number(last, f, &to) || from > to) {
            return false;
        }
        to = single && rest.ptr ? f->high : to;
    }
    for (int i = from; i <= to; i += (int)step) {
        *bits |= 1ull << i;
    }
    return true;
}

/* L, L-n, LW, nW. */
static bool read_day(Str text, BpmnCron *out)
{
    int64_t n;
    if (text.ptr[0] == 'L') {
        out->last_day = true;
        out->nearest = str_equal(text, STR("LW"));
        if (text.len == 1 || out->nearest) {
            return true;
        }
        bool good = text.ptr[1] == '-' && str_to_int64(str_slice(text, 2, text.len), &n) &&
                    n >= 0 && n <= 30;
        out->before_last = good ? (uint8_t)n : 0;
        return good;
    }
    if (text.ptr[text.len - 1] != 'W' || !str_to_int64(str_slice(text, 0, text.len - 1), &n) ||
        n < 1 || n > 31) {
        return false;
    }
    out->nearest = true;
    out->days = 1ull << n;
    return true;
}

/* nL, n#k. */
static bool read_weekday(Str text, BpmnCron *out)
{
    int64_t k;
    int n;
    Str rest = text;
    Str head = str_split(&rest, '#');
    if (rest.ptr) {
        if (!read_number(head, &fields[5], &n) || !str_to_int64(rest, &k) || k < 1 || k > 5) {
            return false;
        }
        out->week = (uint8_t)k;
    } else if (text.len > 1 && text.ptr[text.len - 1] == 'L') {
        if (!read_number(str_slice(text, 0, text.len - 1), &fields[5], &n)) {
            return false;
        }
        out->week = BPMN_CRON_LAST_WEEK;
    } else {
        return false;
    }
    out->weekdays = 1ull << n;
    return true;
}

static bool read_field(Str text, int index, BpmnCron *out)
{
    uint64_t *const sets[6] = {&out->seconds, &out->minutes, &out->hours,
                               &out->days, &out->months, &out->weekdays};
    if (text.len && ((index == 3 && read_day(text, out)) ||
                     (index == 5 && read_weekday(text, out)))) {
        return true;
    }
    while (text.len) {
        Str part = str_split(&text, ',');
        if (!part.len || !read_part(part, &fields[index], sets[index])) {
            return false;
        }
    }
    return *sets[index] != 0;
}

static Str macro_of(Str text)
{
    static const char *const macros[][2] = {
        {"@yearly", "0 0 0 1 1 *"}, {"@annually", "0 0 0 1 1 *"}, {"@monthly", "0 0 0 1 * *"},
        {"@weekly", "0 0 0 * * 0"}, {"@daily", "0 0 0 * * *"}, {"@midnight", "0 0 0 * * *"},
        {"@hourly", "0 0 * * * *"}};
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++) {
        if (str_equal(text, str_from(macros[i][0]))) {
            return str_from(macros[i][1]);
        }
    }
    return text;
}

bool bpmn_cron_parse(Str text, BpmnCron *out)
{
    Str rest = macro_of(str_trim(text));
    *out = (BpmnCron){0};
    for (int i = 0; i < 6; i++) {
        rest = str_trim(rest);
        if (!rest.len || !read_field(str_split(&rest, ' '), i, out)) {
            return false;
        }
    }
    if (out->weekdays & (1ull << 7)) {
        out->weekdays |= 1; /* 7 is Sunday too */
    }
    return str_trim(rest).len == 0;
}

/* The weekday (Monday to Friday) nearest to a day, inside its month. */
static int nearest_weekday(Day first, int day, int month_days)
{
    int weekday = day_weekday((Day){first.number + day - 1});
    if (weekday == 6) {
        return day > 1 ? day - 1 : day + 2;
    }
    if (weekday == 7) {
        return day < month_days ? day + 1 : day - 2;
    }
    return day;
}

static bool day_matches(const BpmnCron *c, Day day)
{
    Civil civil = day_to_civil(day);
    int days = days_in_month(civil.year, civil.month), weekday = day_weekday(day) % 7;
    Day first = {day.number - civil.day + 1};
    if (!(c->months & (1ull << civil.month)) || !(c->weekdays & (1ull << weekday))) {
        return false;
    }
    if (c->week == BPMN_CRON_LAST_WEEK ? civil.day + 7 <= days
                                       : c->week && (civil.day - 1) / 7 + 1 != c->week) {
        return false;
    }
    if (!c->last_day && !c->nearest) {
        return c->days & (1ull << civil.day);
    }
    int wanted = c->last_day ? days - c->before_last : __builtin_ctzll(c->days);
    if (wanted < 1 || wanted > days) {
        return false;
    }
    return civil.day == (c->nearest ? nearest_weekday(first, wanted, days) : wanted);
}

/* The first second of the day at or after `from` that matches; -1: none. */
static int second_of(const BpmnCron *c, int from)
{
    for (int hour = from / 3600; hour < 24; hour++) {
        for (int minute = 0; (c->hours & (1ull << hour)) && minute < 60; minute++) {
            for (int second = 0; (c->minutes & (1ull << minute)) && second < 60; second++) {
                int at = hour * 3600 + minute * 60 + second;
                if ((c->seconds & (1ull << second)) && at >= from) {
                    return at;
                }
            }
        }
    }
    return -1;
}

bool bpmn_cron_next(const BpmnCron *c, Instant after, Instant *out)
{
    Day day = instant_day(after, CHINA_OFFSET_S);
    int from = instant_second_of_day(after, CHINA_OFFSET_S) + 1;
    for (int i = 0; i < CRON_DAYS_MAX; i++) {
        int at = day_matches(c, day) ? second_of(c, from) : -1;
        if (at >= 0) {
            *out = instant_at(day, at, CHINA_OFFSET_S);
            return true;
        }
        day.number++;
        from = 0;
    }
    return false;
}
