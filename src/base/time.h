/* time.h - instants, civil days and their arithmetic.
 *
 * Instant: UTC microseconds since 1970-01-01T00:00:00Z. Day: civil date without zone, as days
 * since 1970-01-01 in the proleptic Gregorian calendar; years up to +-999,999,999 are exact.
 * Zones exist only at the edge (a fixed offset in seconds, China is +28800) and in FEEL values.
 * Floor 0. Pure: nothing here reads a clock. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/buf.h"

typedef struct Instant {
    int64_t us; /* microseconds since the epoch, UTC */
} Instant;

typedef struct Day {
    int64_t number; /* days since 1970-01-01 */
} Day;

typedef struct Civil {
    int64_t year; /* astronomical: 0 is 1 BC */
    int month;    /* 1..12 */
    int day;      /* 1..31 */
} Civil;

#define INSTANT_NONE ((Instant){INT64_MIN})
#define DAY_NONE ((Day){INT64_MIN})
#define US_PER_SECOND 1000000ll
#define US_PER_DAY 86400000000ll
#define CHINA_OFFSET_S 28800 /* China Standard Time, without daylight saving */
#define YEAR_MAX 999999999ll

bool instant_is_none(Instant t);
Day day_from_civil(Civil c); /* requires a valid civil date */
Civil day_to_civil(Day d);
bool civil_valid(Civil c);
int days_in_month(int64_t year, int month);
/* ISO weekday: 1 is Monday, 7 is Sunday. */
int day_weekday(Day d);
/* The day and the second of the day [0, 86400) of an instant at a fixed offset. */
Day instant_day(Instant t, int offset_s);
int instant_second_of_day(Instant t, int offset_s);
/* The instant of a second of a day at a fixed offset. */
Instant instant_at(Day d, int64_t second_of_day, int offset_s);

/* "2026-11-25". Years outside 0..9999 carry a sign or more digits as ISO 8601 allows. */
void day_write(Day d, Buf *out);
bool day_parse(Str text, Day *out); /* YYYY-MM-DD, a real date; false otherwise */
/* RFC 3339 with the given offset: "2026-11-25T09:00:00+08:00"; a fraction is written only when
 * there is one, without trailing zeros; offset 0 is written "Z". */
void instant_write(Instant t, int offset_s, Buf *out);
Str instant_copy_text(Arena *a, Instant t, int offset_s);
/* RFC 3339 (offset or Z demanded, up to nanoseconds read, cut to microseconds). */
bool instant_parse(Str text, Instant *out);

#endif
