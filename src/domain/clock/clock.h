/* clock.h - working-day calendars, time limits, pauses, extensions, lights and cards.
 *
 * Three parts. The calendar is pure arithmetic over a compiled calendar text (docs/packs.md,
 * "calendar"): which days are worked, when a limit ends, how much working time lies between two
 * instants. The supervision rule is a pack's text: when a clock is near, what card is issued for
 * what, and whom it wakes. The clock is the module: one row a subject (a case or a part of one),
 * started with the promised limit and the statutory one beside it, paused for reasons, extended,
 * stopped; it rings (core timers) when it comes near its end, when it is over, and when it is
 * still not done by the supervision limit.
 *
 * The light follows the promised limit. Every change of it is a row (clock_light), so that a
 * clock has exactly one light at any instant of its life, past or present. Cards (a warning, a
 * yellow card, a red card) are rows too and are never taken back.
 *
 * Counting: the day of the start is not counted. A working day counts when the clock ran through
 * all of its working hours; so a day touched by a pause inside its hours does not count, and a
 * pause outside of working hours costs nothing. Limits in hours and half days count working time
 * while the clock runs. calendar.c and clock.c say it precisely.
 *
 * Floor 5. Tables: clock_state, clock_pause, clock_light, clock_card, clock_extension. Calendars
 * and rules are read-only and may be shared by threads; clock_read and its kin work on any
 * connection. */
#ifndef DOMAIN_CLOCK_CLOCK_H
#define DOMAIN_CLOCK_CLOCK_H

#include "core/core.h"

#define CALENDAR_AMOUNT_MAX 5000    /* units of one limit */
#define CALENDAR_DAYS_MAX 40000     /* days one calculation may walk over */
#define CALENDAR_EXCEPTIONS_MAX 20000u
#define CALENDAR_HOURS_MAX 8u       /* spans of working hours in a day */
#define CALENDAR_PAUSES_MAX 100u    /* legal reasons of a calendar */
#define CLOCK_PAUSES_MAX 1000u      /* of one clock */
#define CLOCK_EXTENSIONS_MAX 20u    /* of one clock */
#define CLOCK_CARDS_MAX 200u        /* of one subject */
#define CLOCK_TEXT_MAX 2000u        /* characters of a reason or a note */
#define SUPERVISION_CARDS_MAX 60u   /* triggers of a supervision rule */

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

/* Which limits a reason stops; both are stopped by hearings, tests and the like
 * (Administrative Licensing Law, article 45). */
#define CLOCK_STOPS_PROMISED 1u
#define CLOCK_STOPS_STATUTORY 2u
#define CLOCK_STOPS_BOTH 3u

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
/* Which limits a pause for this reason stops: CLOCK_STOPS_*, by the calendar's list "pauses". A
 * reason that the list does not have stops the promised limit only; a calendar without a list
 * stops both. */
unsigned calendar_pause_stops(const Calendar *c, Str reason);
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

/* ---- (b) The supervision rule of a pack: docs/packs.md, section "supervision". */

/* X(NAME, word, zh, en). The order is that of weight. */
#define CLOCK_CARDS(X)                             \
    X(NONE, "none", "无", "none")                  \
    X(WARNING, "warning", "黄色预警", "warning")   \
    X(YELLOW, "yellow", "黄牌", "yellow card")     \
    X(RED, "red", "红牌", "red card")
#define CLOCK_CARD_ENUM(name, word, zh, en) CARD_##name,
typedef enum ClockCard { CLOCK_CARDS(CLOCK_CARD_ENUM) CLOCK_CARD_COUNT } ClockCard;
const char *clock_card_name(ClockCard card);

/* Triggers the clock pulls itself; others are pulled by clock.card. Those of a part begin with
 * "stage_". */
#define CLOCK_TRIGGER_NEAR "near"
#define CLOCK_TRIGGER_OVERDUE "overdue"
#define CLOCK_TRIGGER_UNRESOLVED "unresolved"
#define CLOCK_TRIGGER_STATUTORY "statutory_overdue"

typedef struct SupervisionCard {
    Str trigger;
    ClockCard card;
    Str title_zh, title_en;
    Str process; /* started when the card is issued; empty: none */
    Str message; /* sent to the process of the case then; empty: none */
} SupervisionCard;

typedef struct Supervision {
    Str id;
    int64_t near[4]; /* by LimitUnit; 0: the default of calendar_near */
    Limit limit;     /* after the end of the promised one; amount 0: none */
    const SupervisionCard *cards;
    size_t card_count;
} Supervision;

/* Compile a rule's text. It lives in a. */
bool supervision_compile(Arena *a, Str text, Str file, Supervision **out, Err *err);
/* NULL when the rule has no such trigger. */
const SupervisionCard *supervision_card(const Supervision *rule, Str trigger);

/* ---- (c) The clock. */

typedef enum ClockLight { CLOCK_NORMAL, CLOCK_NEAR, CLOCK_OVERDUE } ClockLight;
const char *clock_light_name(ClockLight light); /* "normal", "near", "overdue" */

/* A limit beside the promised one. */
typedef struct ClockLimit {
    bool found;
    Limit limit;
    Instant due; /* while its time stands still: if it ran again now */
    Day due_day;
    bool provisional;
    bool paused;
    ClockLight light;
    Remaining remaining;
} ClockLimit;

typedef struct ClockState {
    bool found;
    Id subject;
    Id case_id; /* ID_NONE: of no case */
    Str matter; /* of a part; empty: of the whole case */
    Str office; /* who is answerable; may be empty */
    Str label;
    Str calendar;
    Str supervision;      /* id of the rule; empty: none */
    Limit limit;          /* promised, without what extensions add */
    Instant started;
    Instant due;          /* while paused: if it were resumed now */
    Day due_day;
    bool provisional;
    bool paused;          /* the promised limit stands still */
    Instant paused_since; /* INSTANT_NONE when it runs */
    Str paused_why;
    int64_t pause_count;
    int64_t paused_us;    /* working time given back so far */
    Instant stopped;      /* INSTANT_NONE while it has not been stopped */
    ClockLight light;     /* at now; while paused, as it was when it was paused; after the stop,
                             as it was then */
    Remaining remaining;  /* at now, at the pause, or at the stop */
    ClockLimit statutory;
    Limit extension;      /* the most that the law lets it be extended; amount 0: not at all */
    Limit extended;       /* by how much it was; amount 0: it was not */
    ClockCard card;       /* the gravest so far */
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
/* A state as JSON for built-in tasks: {label, started, limit, due, due_day, provisional, paused,
 * paused_since?, paused_why?, stopped?, light, card, extended?, statutory?, remaining: {units,
 * over, left_us}}. */
Value clock_value(Arena *a, const ClockState *state);

/* ---- What a clock showed and was given. Oldest first. */

typedef struct ClockLightRow {
    Instant at; /* since when it shows this light */
    ClockLight light;
} ClockLightRow;
bool clock_lights(StoreConn *conn, int64_t node, Id subject, Arena *a, ClockLightRow **out,
                  size_t *count, Err *err);
/* The light at any instant; *found false when no clock had been started by then. */
bool clock_light_when(StoreConn *conn, int64_t node, Id subject, Instant at, Arena *a,
                      bool *found, ClockLight *out, Err *err);

typedef struct ClockCardRow {
    Instant at;
    ClockCard card;
    Str trigger;
    Id case_id;
    Str matter, office;
    Str supervision; /* the rule it rests on */
    Str note;        /* of who issued it by hand; empty after erasure */
    Str issued_by;   /* account id, or "clock" */
} ClockCardRow;
/* Of a subject, or with by_case of a case and all its parts. */
bool clock_cards(StoreConn *conn, int64_t node, Id id, bool by_case, Arena *a,
                 ClockCardRow **out, size_t *count, Err *err);

typedef struct ClockExtension {
    Instant at;
    Limit by;
    Str reason; /* empty after erasure */
    Str basis;
    Str approver; /* account id */
} ClockExtension;
bool clock_extensions(StoreConn *conn, int64_t node, Id subject, Arena *a, ClockExtension **out,
                      size_t *count, Err *err);

/* Counts of an office in a period. */
typedef struct ClockCount {
    Str office; /* may be empty */
    int64_t started, warnings, yellow, red;
} ClockCount;
/* [from, to); office empty: all, one row an office, by code. parts: those of parts instead of
 * those of whole cases. */
bool clock_count(StoreConn *conn, int64_t node, Instant from, Instant to, Str office, bool parts,
                 Arena *a, ClockCount **out, size_t *count, Err *err);

/* ---- Commands: docs/commands.md, section clock.
 * Events: clock.started, clock.paused, clock.resumed, clock.extended, clock.stopped, clock.rang,
 * clock.carded, clock.escalated. */

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
      "计时最多可暂停 {1} 次。")                                                               \
    X(clock_field, INPUT, 422, false, "The field \"{1}\" must be {2}.", "字段“{1}”应为{3}。")   \
    X(extension_not_allowed, REFUSAL, 409, false,                                               \
      "The law lets nobody extend the time limit of this matter.",                              \
      "该事项依法不得延长办理期限。")                                                           \
    X(extension_too_long, REFUSAL, 422, false,                                                  \
      "The law allows {1} {2} of extension in all; {3} are used.",                              \
      "依法最多可延长 {1} {4}，已延长 {3}。")                                                   \
    X(extension_late, REFUSAL, 409, false,                                                      \
      "The statutory limit ended at {1}; it cannot be extended any more.",                      \
      "法定期限已于 {1} 届满，不能再延长。")                                                    \
    X(extension_approver, REFUSAL, 403, false, "An extension is approved by: {1}.",             \
      "延期须由以下人员批准：{1}。")                                                            \
    X(card_trigger_unknown, INPUT, 422, false,                                                  \
      "The supervision rule \"{1}\" has no trigger \"{2}\".", "督办规则“{1}”中没有情形“{2}”。") \
    X(card_limit, LIMIT, 409, false, "A case is given at most {1} cards.",                      \
      "一个办件最多发 {1} 张牌。")                                                              \
    X(supervision_unknown, INPUT, 422, false, "There is no supervision rule \"{1}\".",          \
      "没有督办规则“{1}”。")                                                                    \
    X(supervision_invalid, INPUT, 422, false, "The supervision rule is wrong at {1}: {2}.",     \
      "督办规则的 {1} 有误：{2}。")
FAULT_DECLARE(CLOCK_FAULTS)

#endif
