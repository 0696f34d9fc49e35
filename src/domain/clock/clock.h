/* clock.h - working-day calendars, time limits, pauses and lights.
 *
 * Two parts. The calendar is pure arithmetic over a compiled calendar text (docs/packs.md,
 * "calendar"): which days are worked, when a limit ends, how much working time lies between two
 * instants. The clock is the module: one row a subject (a case or a part of one), started with
 * a limit, paused for reasons, stopped; it rings (core timers) when it comes near its end and
 * when it is over.
 *
 * Counting: the day of the start is not counted. A working day counts when the clock ran through
 * all of its working hours; so a day touched by a pause inside its hours does not count, and a
 * pause outside of working hours costs nothing. Limits in hours and half days count working time
 * while the clock runs. calendar.c and clock.c say it precisely.
 *
 * Floor 5. Tables: clock_state, clock_pause. Calendars are read-only and may be shared by
 * threads; clock_read and its kin work on any connection. */
#ifndef DOMAIN_CLOCK_CLOCK_H
#define DOMAIN_CLOCK_CLOCK_H

#include "core/core.h"

#define CALENDAR_AMOUNT_MAX 5000    /* units of one limit */
#define CALENDAR_DAYS_MAX 40000     /* days one calculation may walk over */
#define CALENDAR_EXCEPTIONS_MAX 20000u
#define CALENDAR_HOURS_MAX 8u       /* spans of working hours in a day */
#define CLOCK_PAUSES_MAX 1000u      /* of one clock */

/* ---- (a) The calendar: pure. */

typedef struct Calendar Calendar;

typedef enum LimitUnit {
    LIMIT_WORKING_DAY,
    LIMIT_WORKING_HOUR,
    LIMIT_CALENDAR_DAY,
    LIMIT_WORKING_HALF_DAY
} LimitUnit;

typedef struct Limit {
    int64_t amount; /* 1 .. CALENDAR_AMOUNT_MAX */
    LimitUnit unit;
} Limit;

/* An interval during which the clock stood: [from, to). They may overlap; order is free. */
typedef struct Pause {
    Instant from, to;
} Pause;

typedef struct Due {
    Instant at;       /* the limit is kept up to and including this instant */
    Day day;          /* the date of it, as the law names it */
    bool provisional; /* a year without a notice was touched: weekends only */
} Due;

/* Compile a calendar text. The calendar lives in a. */
bool calendar_compile(Arena *a, Str text, Str file, Calendar **out, Err *err);
Str calendar_id(const Calendar *c);
int calendar_offset_s(const Calendar *c);
bool calendar_is_working(const Calendar *c, Day day);
/* Is there a State Council notice for the year of this day? */
bool calendar_is_known(const Calendar *c, Day day);
/* The notice of the year of this day, empty when there is none. */
Str calendar_source(const Calendar *c, Day day);
/* When working hours begin and end on a day (whether it is worked or not). */
Instant calendar_opening(const Calendar *c, Day day);
Instant calendar_closing(const Calendar *c, Day day);
/* Working microseconds in [from, to); 0 when to <= from. */
int64_t calendar_working_us_between(const Calendar *c, Instant from, Instant to,
                                    bool *provisional);
/* The part of it that pauses cover. */
int64_t calendar_paused_us_between(const Calendar *c, Instant from, Instant to,
                                   const Pause *pauses, size_t pause_count);
/* The end of a limit that runs from start. */
bool calendar_due(const Calendar *c, Instant start, Limit limit, Due *out, Err *err);
/* The same with pauses given back. */
bool calendar_due_paused(const Calendar *c, Instant start, Limit limit, const Pause *pauses,
                         size_t pause_count, Due *out, Err *err);
/* From when on the clock is near its end: the opening of the last `near` counted days, or the
 * instant after which only `near` units of working time are left. near 0: the default, the last
 * day, or the last fifth of a limit in hours. */
bool calendar_near(const Calendar *c, Instant start, Limit limit, int64_t near,
                   const Pause *pauses, size_t pause_count, Instant *out, Err *err);

typedef struct Remaining {
    int64_t units;   /* whole units left, the running one included; 0 when it is over */
    int64_t over;    /* whole units begun since it was over; 0 before */
    int64_t left_us; /* working microseconds until due, negative after it */
    bool provisional;
} Remaining;
Remaining calendar_remaining(const Calendar *c, Instant start, Limit limit, Instant due,
                             Instant now, const Pause *pauses, size_t pause_count);

bool limit_parse(Value v, Limit *out, Err *err); /* {amount, unit} */
Value limit_value(Arena *a, Limit limit);
bool limit_unit_parse(Str name, LimitUnit *out);
const char *limit_unit_name(LimitUnit unit); /* "working_day", ... */

/* ---- (b) The clock. */

typedef enum ClockLight { CLOCK_NORMAL, CLOCK_NEAR, CLOCK_OVERDUE } ClockLight;
const char *clock_light_name(ClockLight light); /* "normal", "near", "overdue" */

typedef struct ClockState {
    bool found;
    Id subject;
    Str label;
    Str calendar;
    Limit limit;
    Instant started;
    Instant due;          /* while paused: if it were resumed now */
    Day due_day;
    bool provisional;
    bool paused;
    Instant paused_since; /* INSTANT_NONE when it runs */
    Str paused_why;
    int64_t pause_count;
    int64_t paused_us;    /* working time given back so far */
    Instant stopped;      /* INSTANT_NONE while it has not been stopped */
    ClockLight light;     /* at now; while paused, as it was when it was paused; after the stop,
                             as it was then */
    Remaining remaining;  /* at now, at the pause, or at the stop */
} ClockState;

/* The module, for CoreOptions.modules. Lives in the server's arena; core closes it. */
const Module *clock_module_new(Arena *server);

/* The clock of a subject at an instant; not found is success with found false. */
bool clock_read(StoreConn *conn, int64_t node, Id subject, Instant now, Arena *a,
                ClockState *out, Err *err);
/* Many at once (compiles each calendar once): out[i] belongs to subjects[i]. */
bool clock_read_many(StoreConn *conn, int64_t node, const Id *subjects, size_t count,
                     Instant now, Arena *a, ClockState *out, Err *err);
/* The latest compiled calendar of the node; *out NULL when there is none of that id. */
bool clock_calendar(StoreConn *conn, int64_t node, Str calendar, Arena *a, Calendar **out,
                    Err *err);
/* A state as JSON for the API: {label, started, limit, due, due_day, provisional, paused,
 * paused_since?, paused_why?, stopped?, light, remaining: {units, over, left_us}}. */
Value clock_value(Arena *a, const ClockState *state);

/* ---- Commands (internal, follow-ups of case).
 *   clock.start  {subject, label, limit: {amount, unit}, calendar, near?}  -> {due, provisional}
 *   clock.pause  {subject, reason}   several reasons may hold at once; it runs again when none does
 *   clock.resume {subject, reason?}  ends the pause of that reason, else the latest
 *                                                                     -> {due, paused}
 *   clock.stop   {subject}           -> {light}
 *   clock.ring   {subject}           timer
 * Events: clock.started, clock.paused, clock.resumed, clock.stopped, clock.rang. */

#define CLOCK_FAULTS(X)                                                                         \
    X(calendar_unknown, INPUT, 422, false, "There is no calendar \"{1}\".", "没有工作日历“{1}”。") \
    X(calendar_invalid, INPUT, 422, false, "The calendar is wrong at {1}: {2}.",                \
      "工作日历的 {1} 有误：{2}。")                                                             \
    X(limit_invalid, INPUT, 422, false,                                                         \
      "A time limit needs an amount from 1 to {1} and one of the units working_day, working_hour, calendar_day, working_half_day.", \
      "时限应有 1 至 {1} 的数量，单位为 working_day、working_hour、calendar_day 或 working_half_day。") \
    X(limit_too_far, LIMIT, 422, false, "The limit does not end within {1} days.",              \
      "该时限在 {1} 天内无法到期。")                                                            \
    X(clock_unknown, REFUSAL, 404, false, "There is no clock for {1}.", "{1} 没有计时。")       \
    X(clock_exists, REFUSAL, 409, false, "The clock of {1} has been started already.",          \
      "{1} 的计时已经开始。")                                                                   \
    X(clock_over, REFUSAL, 409, false, "The clock of {1} has been stopped.", "{1} 的计时已经停止。") \
    X(clock_not_paused, REFUSAL, 409, false, "The clock of {1} is not paused.", "{1} 的计时未暂停。") \
    X(clock_reason_missing, INPUT, 422, false, "A pause needs a reason and the legal ground.",  \
      "暂停计时须写明理由和依据。")                                                             \
    X(clock_too_many_pauses, LIMIT, 422, false, "A clock can be paused at most {1} times.",     \
      "计时最多可暂停 {1} 次。")
FAULT_DECLARE(CLOCK_FAULTS)

#endif
