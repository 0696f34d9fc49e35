/* calendar_int.h - what is inside a compiled calendar. For calendar_*.c only. */
#ifndef DOMAIN_CLOCK_CALENDAR_INT_H
#define DOMAIN_CLOCK_CALENDAR_INT_H

#include "domain/clock/clock.h"

#define US_PER_HOUR (3600 * US_PER_SECOND)

/* Working hours of a day: seconds of the day [from, to). */
typedef struct HourSpan {
    int from_s, to_s;
} HourSpan;

/* A day that is not what its weekday says. */
typedef struct DayException {
    int64_t day;
    bool work;
} DayException;

/* A year with a notice. */
typedef struct CalendarYear {
    int64_t year;
    Str source;
} CalendarYear;

/* A legal reason of a pause. */
typedef struct PauseRule {
    Str reason;
    unsigned stops; /* CLOCK_STOPS_* */
} PauseRule;

/* Invariants: spans ascend and do not touch each other's inside; exceptions ascend strictly by
 * day; years ascend strictly; day_us is the sum of the spans and positive. */
struct Calendar {
    Str id;
    int offset_s;
    HourSpan spans[CALENDAR_HOURS_MAX];
    size_t span_count;
    int64_t day_us;
    DayException *exceptions;
    size_t exception_count;
    CalendarYear *years;
    size_t year_count;
    bool rules_given;
    PauseRule *rules;
    size_t rule_count;
};

#endif
