/* Civil days and instants.
 *
 * Day numbers. The Gregorian calendar repeats every 400 years, which are 146,097 days. Counting
 * years from 1 March puts the leap day at the end of a year, so that inside a 400-year cycle
 *
 *     day of cycle = 365 y + y/4 - y/100 + day of year          (y: year of the cycle, 0..399)
 *     day of year  = (153 m + 2) / 5 + day - 1                  (m: 0 is March, 11 February)
 *
 * where (153 m + 2) / 5 is the number of days before month m: the months from March on have
 * 31 30 31 30 31, twice, and then the rest, 153 days in every five. Both formulas are inverted
 * exactly below. 1970-01-01 is day 135,080 of the cycle that begins on 1600-03-01.
 *
 * All functions are total: any int64 is a day or an instant and is converted without overflow;
 * only day_from_civil demands a valid date with |year| <= YEAR_MAX.
 *
 * Text. day_write writes what XML Schema and FEEL read: at least four digits of the year, a
 * minus before negative years, no plus. day_parse and instant_parse read RFC 3339 only (years
 * 0000..9999). Second 60 is refused: this count of time has no leap seconds. */
#include "base/time.h"

#include "base/check.h"

#define DAYS_PER_CYCLE 146097
#define EPOCH_DAY_OF_CYCLE 135080 /* of 1970-01-01 in the cycle from 1600-03-01 */
#define EPOCH_CYCLE 4             /* 1600 / 400 */

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t floor_remainder(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return r < 0 ? r + b : r;
}

bool instant_is_none(Instant t)
{
    return t.us == INT64_MIN;
}

int days_in_month(int64_t year, int month)
{
    check(month >= 1 && month <= 12);
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

bool civil_valid(Civil c)
{
    return c.year >= -YEAR_MAX && c.year <= YEAR_MAX && c.month >= 1 && c.month <= 12 &&
           c.day >= 1 && c.day <= days_in_month(c.year, c.month);
}

Day day_from_civil(Civil c)
{
    check(civil_valid(c));
    bool before_march = c.month < 3;
    int64_t year = c.year - before_march;
    int64_t cycle = floor_divide(year, 400);
    int64_t y = year - cycle * 400;
    int64_t m = c.month + (before_march ? 9 : -3);
    int64_t day_of_year = (153 * m + 2) / 5 + c.day - 1;
    int64_t day_of_cycle = y * 365 + y / 4 - y / 100 + day_of_year;
    return (Day){(cycle - EPOCH_CYCLE) * DAYS_PER_CYCLE + day_of_cycle - EPOCH_DAY_OF_CYCLE};
}

Civil day_to_civil(Day d)
{
    int64_t cycle = floor_divide(d.number, DAYS_PER_CYCLE) + EPOCH_CYCLE;
    int64_t day = floor_remainder(d.number, DAYS_PER_CYCLE) + EPOCH_DAY_OF_CYCLE;
    if (day >= DAYS_PER_CYCLE) {
        day -= DAYS_PER_CYCLE;
        cycle++;
    }
    /* Take out the leap days before this one: one in 1,460 days, none in 36,524, and the one
     * that ends the cycle; then every year has 365 days. */
    int64_t y = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * day_of_year + 2) / 153;
    int month = (int)(m < 10 ? m + 3 : m - 9);
    return (Civil){
        .year = cycle * 400 + y + (month < 3),
        .month = month,
        .day = (int)(day_of_year - (153 * m + 2) / 5 + 1),
    };
}

int day_weekday(Day d)
{
    /* 1970-01-01 was a Thursday. */
    return (int)((floor_remainder(d.number, 7) + 3) % 7) + 1;
}

/* Second of the UTC epoch, without the fraction. */
static int64_t local_second(Instant t, int offset_s)
{
    return floor_divide(t.us, US_PER_SECOND) + offset_s;
}

Day instant_day(Instant t, int offset_s)
{
    return (Day){floor_divide(local_second(t, offset_s), 86400)};
}

int instant_second_of_day(Instant t, int offset_s)
{
    return (int)floor_remainder(local_second(t, offset_s), 86400);
}

Instant instant_at(Day d, int64_t second_of_day, int offset_s)
{
    int64_t us, seconds = second_of_day - offset_s;
    bool over = __builtin_mul_overflow(d.number, US_PER_DAY, &us);
    check(!over && seconds > -1000 * 86400ll && seconds < 1000 * 86400ll);
    over = __builtin_add_overflow(us, seconds * US_PER_SECOND, &us);
    check(!over);
    return (Instant){us};
}

/* n >= 0 with at least width digits. */
static void write_padded(int64_t n, int width, Buf *out)
{
    int64_t bound = 1;
    for (int i = 1; i < width; i++) bound *= 10;
    for (; n < bound && bound > 1; bound /= 10) buf_add_char(out, '0');
    buf_add_int(out, n);
}

void day_write(Day d, Buf *out)
{
    Civil c = day_to_civil(d);
    if (c.year < 0) buf_add_char(out, '-');
    write_padded(c.year < 0 ? -c.year : c.year, 4, out);
    buf_add_char(out, '-');
    write_padded(c.month, 2, out);
    buf_add_char(out, '-');
    write_padded(c.day, 2, out);
}

/* ".25", or nothing when us is 0. */
static void write_fraction(int64_t us, Buf *out)
{
    if (us == 0) return;
    int width = 6;
    for (; us % 10 == 0; us /= 10) width--;
    buf_add_char(out, '.');
    write_padded(us, width, out);
}

void instant_write(Instant t, int offset_s, Buf *out)
{
    int second = instant_second_of_day(t, offset_s);
    day_write(instant_day(t, offset_s), out);
    buf_add_char(out, 'T');
    write_padded(second / 3600, 2, out);
    buf_add_char(out, ':');
    write_padded(second / 60 % 60, 2, out);
    buf_add_char(out, ':');
    write_padded(second % 60, 2, out);
    write_fraction(floor_remainder(t.us, US_PER_SECOND), out);
    if (offset_s == 0) {
        buf_add_char(out, 'Z');
        return;
    }
    int minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    buf_add_char(out, offset_s < 0 ? '-' : '+');
    write_padded(minutes / 60, 2, out);
    buf_add_char(out, ':');
    write_padded(minutes % 60, 2, out);
}

Str instant_copy_text(Arena *a, Instant t, int offset_s)
{
    Buf b = buf_new(a, 40);
    instant_write(t, offset_s, &b);
    return buf_text(&b);
}

/* Exactly count digits at text[at]; -1 when they are not there. */
static int read_digits(Str text, size_t at, size_t count)
{
    if (text.len < at + count) return -1;
    int n = 0;
    for (size_t i = at; i < at + count; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return -1;
        n = n * 10 + (text.ptr[i] - '0');
    }
    return n;
}

static bool has_char(Str text, size_t at, char c)
{
    return at < text.len && text.ptr[at] == c;
}

/* A number of two digits up to max behind the character before. */
static bool read_part(Str text, size_t at, char before, int max, int *out)
{
    *out = has_char(text, at, before) ? read_digits(text, at + 1, 2) : -1;
    return *out >= 0 && *out <= max;
}

bool day_parse(Str text, Day *out)
{
    int month, day, year = read_digits(text, 0, 4);
    if (text.len != 10 || year < 0) return false;
    if (!read_part(text, 4, '-', 12, &month) || !read_part(text, 7, '-', 31, &day)) return false;
    Civil c = {year, month, day};
    if (!civil_valid(c)) return false;
    *out = day_from_civil(c);
    return true;
}

/* "[.digits]" at *at: microseconds, cut; false on a point without one to nine digits. */
static bool read_fraction(Str text, size_t *at, int *us)
{
    *us = 0;
    if (!has_char(text, *at, '.')) return true;
    size_t first = ++*at;
    for (; read_digits(text, *at, 1) >= 0; ++*at) {
        if (*at - first < 6) *us = *us * 10 + read_digits(text, *at, 1);
    }
    size_t count = *at - first;
    for (size_t i = count; i < 6; i++) *us *= 10;
    return count >= 1 && count <= 9;
}

/* "Z" or "+08:00" as the rest of text: seconds east of UTC. */
static bool read_offset(Str text, size_t at, int *offset_s)
{
    *offset_s = 0;
    if (text.len == at + 1) return text.ptr[at] == 'Z' || text.ptr[at] == 'z';
    bool west = has_char(text, at, '-');
    int hours, minutes;
    if (text.len != at + 6 || !read_part(text, at, west ? '-' : '+', 23, &hours) ||
        !read_part(text, at + 3, ':', 59, &minutes)) {
        return false;
    }
    *offset_s = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

bool instant_parse(Str text, Instant *out)
{
    Day day;
    int hour, minute, second, us, offset_s;
    size_t at = 19;
    if (!day_parse(str_slice(text, 0, 10), &day)) return false;
    char t = has_char(text, 10, 't') ? 't' : 'T';
    if (!read_part(text, 10, t, 23, &hour) || !read_part(text, 13, ':', 59, &minute) ||
        !read_part(text, 16, ':', 59, &second)) {
        return false;
    }
    if (!read_fraction(text, &at, &us) || !read_offset(text, at, &offset_s)) return false;
    *out = instant_at(day, hour * 3600 + minute * 60 + second, offset_s);
    out->us += us;
    return true;
}
