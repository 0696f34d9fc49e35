/* clock_int.h - the rows of a clock, how they are judged, and what the commands share. For
 * clock*.c only. */
#ifndef DOMAIN_CLOCK_CLOCK_INT_H
#define DOMAIN_CLOCK_CLOCK_INT_H

#include "base/map.h"
#include "domain/clock/clock.h"

/* A pause as it is stored; to is INSTANT_NONE while it holds. */
typedef struct ClockPause {
    int64_t ordinal;
    Str reason;
    Str key; /* of whoever asked for it, to end this one; may be empty */
    unsigned stops;
    Pause span;
} ClockPause;

/* Where a limit ended when its time last ran. */
typedef struct ClockEnd {
    Instant due, near_at;
    Day due_day;
    bool provisional;
} ClockEnd;

/* A clock as it is stored. Ends are those of the last moment their time was running; the judged
 * instants are those up to which a stopped clock had run. */
typedef struct ClockRow {
    bool found;
    Id subject;
    Id case_id; /* ID_NONE: of no case */
    Str matter, office, number, label, calendar, supervision;
    Limit limit;
    Limit statutory; /* amount 0: none */
    Limit extension; /* what the law allows in all; amount 0: nothing */
    Str extension_role, extension_basis;
    Limit extended; /* amount 0: never */
    int64_t near;
    Instant started;
    ClockEnd end, statutory_end;
    Instant red_at;   /* last instant of the supervision limit; INSTANT_NONE: none */
    ClockLight light; /* the light that was last announced */
    int64_t light_count;
    int64_t fresh_cards; /* issued by the decision that holds this row */
    Instant stopped, judged_at, statutory_judged_at;
    ClockPause *pauses; /* by ordinal, which is also the order of their beginnings */
    size_t pause_count;
} ClockRow;

/* ---- Rows (clock_rows.c). which: CLOCK_STOPS_PROMISED or CLOCK_STOPS_STATUTORY. */

bool clock_row(StoreConn *conn, int64_t node, Id subject, Arena *a, ClockRow *out);
/* Does a pause of that limit hold? */
bool clock_held(const ClockRow *row, unsigned which);
/* The union of the pauses that hold now began here; INSTANT_NONE when it runs. */
Instant clock_paused_since(const ClockRow *row, unsigned which);
/* Pauses as spans; those that hold end at `until`. Those that begin after it are left out. */
Pause *clock_spans(Arena *a, const ClockRow *row, unsigned which, Instant until, size_t *count);
/* Until when it has run: now, the begin of the pause, or the stop. */
Instant clock_ran_until(const ClockRow *row, unsigned which, Instant now);
ClockLight clock_light_of(const ClockEnd *end, Instant ran_until);
/* The end of a limit of this row as if all its pauses ended now; extensions included. */
bool clock_end(const Calendar *c, const ClockRow *row, unsigned which, Instant now, Arena *a,
               ClockEnd *out, Err *err);
bool clock_judge(const Calendar *c, const ClockRow *row, Instant now, Arena *a, ClockState *out,
                 Err *err);
/* The clock of a part of a case; ID_NONE when there is none. That of the case is its id. */
Id clock_of_case(StoreConn *conn, int64_t node, Id case_id, Str matter);

/* ---- Events (clock_apply.c). */

extern const Migration clock_migrations[];
extern const size_t clock_migration_count;
ApplyFn clock_apply_started, clock_apply_paused, clock_apply_resumed, clock_apply_stopped,
    clock_apply_rang, clock_apply_extended, clock_apply_carded, clock_apply_escalated,
    clock_apply_erased;

/* ---- The module's state and what commands share (clock.c). */

typedef struct ClockModule {
    Arena *arena;     /* holds this too */
    Map calendars;    /* id -> Calendar, the latest */
    Map supervisions; /* id -> Supervision, the latest */
    Str only_calendar; /* the id, while there is exactly one */
} ClockModule;

/* Is this a service task of a diagram? Its context cannot be given from outside. */
bool clock_is_task(const Command *command);
/* Which clock a command names: subject, or case and matter; a task without any: that of the
 * matter it stands in, else of its case. Refuses. */
bool clock_subject(const Command *command, Decision *d, Id *out);
/* The running or paused clock that a command names. Refuses. */
bool clock_named(const Command *command, Decision *d, ClockRow *out);
const Calendar *clock_calendar_for(const ClockModule *m, Str id, Decision *d);
/* NULL when the clock has no rule, or its rule is not installed. */
const Supervision *clock_rule(const ClockModule *m, const ClockRow *row);
/* Count the ends of all limits whose time runs. Refuses. */
bool clock_count_ends(const ClockModule *m, const Calendar *c, ClockRow *row, Decision *d,
                      Instant now);
ContextBuilder clock_about(Decision *d, Id subject);
void clock_put_ends(Decision *d, ContextBuilder *b, const ClockRow *row);
/* Note a change of light in an event under "lit"; nothing when it does not change. */
void clock_put_light(Decision *d, ContextBuilder *b, ClockRow *row, ClockLight light, Instant at);
/* The next change of light of a clock; cancels the timer when there is none. */
void clock_set_timer(Decision *d, const ClockRow *row, Instant now);
Value clock_reply(Decision *d, const ClockRow *row);
/* Announce all that is so now and was not said; true when a light was. */
bool clock_catch_up(const ClockModule *m, Decision *d, ClockRow *row, Instant now);
/* Tell the case of the clock what has changed: case.clock_told with this result. */
void clock_tell(Decision *d, const ClockRow *row, Value result);

/* ---- Cards (clock_card.c). */

/* Issue the card of a trigger that the clock pulled itself, once a subject, and wake whom the
 * rule names. `trigger` is that of a case; that of a part is "stage_" and it. */
void clock_pull(const ClockModule *m, Decision *d, ClockRow *row, const char *trigger,
                Instant at);

DecideFn clock_decide_extend, clock_decide_card, clock_decide_escalated, clock_decide_read,
    clock_decide_days_between, clock_decide_add_days;

#endif
