/* clock_int.h - the rows of a clock and how they are judged. For clock*.c only. */
#ifndef DOMAIN_CLOCK_CLOCK_INT_H
#define DOMAIN_CLOCK_CLOCK_INT_H

#include "domain/clock/clock.h"

/* A pause as it is stored; to is INSTANT_NONE while it holds. */
typedef struct ClockPause {
    int64_t ordinal;
    Str reason;
    Pause span;
} ClockPause;

/* A clock as it is stored. due, due_day, near_at and provisional are those of the last moment it
 * was running; judged_at is the instant up to which a stopped clock had run. */
typedef struct ClockRow {
    bool found;
    Id subject;
    Str label, calendar;
    Limit limit;
    int64_t near;
    Instant started, due, near_at;
    Day due_day;
    bool provisional;
    ClockLight rang; /* the light that was last announced */
    Instant stopped, judged_at;
    ClockPause *pauses; /* by ordinal, which is also the order of their beginnings */
    size_t pause_count, open_count;
} ClockRow;

bool clock_row(StoreConn *conn, int64_t node, Id subject, Arena *a, ClockRow *out);
/* The union of the pauses that hold now began here; INSTANT_NONE when it runs. */
Instant clock_paused_since(const ClockRow *row);
/* Reason of the first pause that holds, empty when it runs. */
Str clock_paused_why(const ClockRow *row);
/* Pauses as spans; those that hold end at `until`. Those that begin after it are left out. */
Pause *clock_spans(Arena *a, const ClockRow *row, Instant until, size_t *count);
/* Until when it has run: now, the begin of the pause, or the stop. */
Instant clock_ran_until(const ClockRow *row, Instant now);
ClockLight clock_light_at(const ClockRow *row, Instant ran_until);
bool clock_judge(const Calendar *c, const ClockRow *row, Instant now, Arena *a, ClockState *out,
                 Err *err);

extern const Migration clock_migrations[];
extern const size_t clock_migration_count;
void clock_apply_started(void *state, StoreConn *conn, const Event *e);
void clock_apply_paused(void *state, StoreConn *conn, const Event *e);
void clock_apply_resumed(void *state, StoreConn *conn, const Event *e);
void clock_apply_stopped(void *state, StoreConn *conn, const Event *e);
void clock_apply_rang(void *state, StoreConn *conn, const Event *e);

#endif
