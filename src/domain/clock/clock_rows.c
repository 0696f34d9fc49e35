/* clock_rows.c - the tables of the clock: written by events, read and judged here.
 *
 *     clock_state   one row a subject: limit, start, end, light announced, stop
 *     clock_pause   one row a pause: from, to (NULL while it holds), reason
 *
 * What a clock says at an instant follows from these rows and the calendar:
 *
 *                 ran until        end (due)                    light
 *     running     now              as stored                    ran until > due: overdue,
 *     paused      the pause began  as stored; shown: the end    >= near_at: near, else normal
 *                                  if it were resumed now
 *     stopped     the stop (or the pause it was stopped in)     the same, and it stays so
 *
 * The stored end is set at the start and whenever it runs again, from the calendar of that day; a
 * notice that comes later changes it when the clock rings or is resumed, not under the eyes of
 * the reader. Until then the answer says that it is provisional. */
#include "domain/clock/clock_int.h"

#include "base/check.h"
#include "base/map.h"

const Migration clock_migrations[] = {
    {1, "CREATE TABLE clock_state ("
        " node BIGINT NOT NULL, subject BLOB NOT NULL, label TEXT NOT NULL,"
        " calendar TEXT NOT NULL, amount BIGINT NOT NULL, unit BIGINT NOT NULL,"
        " near BIGINT NOT NULL, started BIGINT NOT NULL, due BIGINT NOT NULL,"
        " due_day BIGINT NOT NULL, near_at BIGINT NOT NULL, provisional BIGINT NOT NULL,"
        " rang BIGINT NOT NULL, stopped BIGINT, judged_at BIGINT,"
        " PRIMARY KEY (node, subject));"
        "CREATE TABLE clock_pause ("
        " node BIGINT NOT NULL, subject BLOB NOT NULL, ordinal BIGINT NOT NULL,"
        " reason TEXT NOT NULL, began BIGINT NOT NULL, ended BIGINT,"
        " PRIMARY KEY (node, subject, ordinal))"},
};
const size_t clock_migration_count = sizeof(clock_migrations) / sizeof(clock_migrations[0]);

static const Sql sql_start = {
    "INSERT INTO clock_state (node, subject, label, calendar, amount, unit, near, started, due,"
    " due_day, near_at, provisional, rang) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
    " ?12, 0)"};
static const Sql sql_state = {
    "SELECT label, calendar, amount, unit, near, started, due, due_day, near_at, provisional,"
    " rang, stopped, judged_at FROM clock_state WHERE node = ?1 AND subject = ?2"};
static const Sql sql_pauses = {
    "SELECT ordinal, reason, began, ended FROM clock_pause WHERE node = ?1 AND subject = ?2"
    " ORDER BY ordinal"};
static const Sql sql_pause = {
    "INSERT INTO clock_pause (node, subject, ordinal, reason, began) VALUES (?1, ?2, ?3, ?4, ?5)"};
static const Sql sql_resume = {
    "UPDATE clock_pause SET ended = ?4 WHERE node = ?1 AND subject = ?2 AND ordinal = ?3"};
static const Sql sql_resume_all = {
    "UPDATE clock_pause SET ended = ?3 WHERE node = ?1 AND subject = ?2 AND ended IS NULL"};
static const Sql sql_end = {
    "UPDATE clock_state SET due = ?3, due_day = ?4, near_at = ?5, provisional = ?6"
    " WHERE node = ?1 AND subject = ?2"};
static const Sql sql_rang = {
    "UPDATE clock_state SET rang = ?3 WHERE node = ?1 AND subject = ?2"};
static const Sql sql_stop = {
    "UPDATE clock_state SET stopped = ?3, judged_at = ?4 WHERE node = ?1 AND subject = ?2"};

/* ---- Reading. */

static void read_pauses(StoreConn *conn, int64_t node, Arena *a, ClockRow *row)
{
    size_t capacity = 0;
    Rows *r = store_query(conn, &sql_pauses, PARAMS(p_int(node), p_id(&row->subject)));
    while (rows_next(r)) {
        if (row->pause_count == capacity) {
            capacity = capacity ? capacity * 2 : 4;
            ClockPause *grown = arena_new_array(a, ClockPause, capacity);
            if (!grown)
                break;
            for (size_t i = 0; i < row->pause_count; i++)
                grown[i] = row->pauses[i];
            row->pauses = grown;
        }
        ClockPause p = {rows_int(r, 0), rows_copy(r, 1, a),
                        {rows_instant(r, 2), rows_instant(r, 3)}};
        row->open_count += instant_is_none(p.span.to);
        row->pauses[row->pause_count++] = p;
    }
    rows_close(r);
}

bool clock_row(StoreConn *conn, int64_t node, Id subject, Arena *a, ClockRow *out)
{
    *out = (ClockRow){.subject = subject, .stopped = INSTANT_NONE};
    Rows *r = store_query(conn, &sql_state, PARAMS(p_int(node), p_id(&subject)));
    if (rows_next(r)) {
        out->found = true;
        out->label = rows_copy(r, 0, a);
        out->calendar = rows_copy(r, 1, a);
        out->limit = (Limit){rows_int(r, 2), (LimitUnit)rows_int(r, 3)};
        out->near = rows_int(r, 4);
        out->started = rows_instant(r, 5);
        out->due = rows_instant(r, 6);
        out->due_day = (Day){rows_int(r, 7)};
        out->near_at = rows_instant(r, 8);
        out->provisional = rows_int(r, 9) != 0;
        out->rang = (ClockLight)rows_int(r, 10);
        out->stopped = rows_instant(r, 11);
        out->judged_at = rows_instant(r, 12);
    }
    rows_close(r);
    if (out->found)
        read_pauses(conn, node, a, out);
    check(!out->found || instant_is_none(out->stopped) || out->open_count == 0);
    return out->found;
}

Instant clock_paused_since(const ClockRow *row)
{
    Instant since = INSTANT_NONE;
    for (size_t i = 0; i < row->pause_count && instant_is_none(since); i++)
        if (instant_is_none(row->pauses[i].span.to))
            since = row->pauses[i].span.from;
    /* Pauses that ended while this one held, and began before it, are part of the stretch. */
    for (size_t i = row->pause_count; !instant_is_none(since) && i-- > 0;) {
        Pause p = row->pauses[i].span;
        if (p.from.us < since.us && !instant_is_none(p.to) && p.to.us >= since.us)
            since = p.from;
    }
    return since;
}

Str clock_paused_why(const ClockRow *row)
{
    for (size_t i = 0; i < row->pause_count; i++)
        if (instant_is_none(row->pauses[i].span.to))
            return row->pauses[i].reason;
    return STR_NONE;
}

Pause *clock_spans(Arena *a, const ClockRow *row, Instant until, size_t *count)
{
    *count = 0;
    Pause *spans = arena_new_array(a, Pause, row->pause_count + 1);
    for (size_t i = 0; spans && i < row->pause_count; i++) {
        Pause p = row->pauses[i].span;
        if (p.from.us >= until.us)
            continue;
        if (instant_is_none(p.to) || p.to.us > until.us)
            p.to = until;
        spans[(*count)++] = p;
    }
    return spans;
}

Instant clock_ran_until(const ClockRow *row, Instant now)
{
    if (!instant_is_none(row->stopped))
        return row->judged_at;
    return row->open_count ? clock_paused_since(row) : now;
}

ClockLight clock_light_at(const ClockRow *row, Instant ran_until)
{
    if (ran_until.us > row->due.us)
        return CLOCK_OVERDUE;
    return ran_until.us >= row->near_at.us ? CLOCK_NEAR : CLOCK_NORMAL;
}

/* The end if it were resumed now. */
static bool end_if_resumed(const Calendar *c, const ClockRow *row, Instant now, Arena *a,
                           ClockState *out, Err *err)
{
    size_t count = 0;
    Due due;
    const Pause *spans = clock_spans(a, row, now, &count);
    if (!calendar_due_paused(c, row->started, row->limit, spans, count, &due, err))
        return false;
    out->due = due.at;
    out->due_day = due.day;
    out->provisional = due.provisional;
    return true;
}

bool clock_judge(const Calendar *c, const ClockRow *row, Instant now, Arena *a, ClockState *out,
                 Err *err)
{
    bool stopped = !instant_is_none(row->stopped);
    Instant until = clock_ran_until(row, now), shown = stopped ? row->stopped : now;
    *out = (ClockState){.found = true, .subject = row->subject, .label = row->label,
                        .calendar = row->calendar, .limit = row->limit,
                        .started = row->started, .due = row->due, .due_day = row->due_day,
                        .provisional = row->provisional, .paused = row->open_count > 0,
                        .paused_since = clock_paused_since(row),
                        .paused_why = clock_paused_why(row),
                        .pause_count = (int64_t)row->pause_count, .stopped = row->stopped,
                        .light = clock_light_at(row, until)};
    size_t count = 0;
    const Pause *spans = clock_spans(a, row, until, &count);
    out->remaining = calendar_remaining(c, row->started, row->limit, row->due, until, spans,
                                        count);
    spans = clock_spans(a, row, shown, &count);
    out->paused_us = calendar_paused_us_between(c, row->started, shown, spans, count);
    return !out->paused || end_if_resumed(c, row, now, a, out, err);
}

bool clock_calendar(StoreConn *conn, int64_t node, Str calendar, Arena *a, Calendar **out,
                    Err *err)
{
    Definition d;
    *out = NULL;
    if (!core_definition(conn, node, STR("calendar"), calendar, 0, a, &d))
        return !store_failed(conn, err);
    return calendar_compile(a, d.text, d.path, out, err);
}

static bool read_one(StoreConn *conn, int64_t node, Id subject, Instant now, Arena *a,
                     Map *calendars, ClockState *out, Err *err)
{
    ClockRow row;
    *out = (ClockState){.subject = subject, .stopped = INSTANT_NONE,
                        .paused_since = INSTANT_NONE};
    if (!clock_row(conn, node, subject, a, &row))
        return !store_failed(conn, err);
    Calendar *c = map_get(calendars, row.calendar);
    if (!c) {
        if (!clock_calendar(conn, node, row.calendar, a, &c, err))
            return false;
        if (!c)
            return err_set(err, &fault_calendar_unknown, row.calendar);
        map_put(calendars, row.calendar, c);
    }
    return clock_judge(c, &row, now, a, out, err);
}

bool clock_read_many(StoreConn *conn, int64_t node, const Id *subjects, size_t count,
                     Instant now, Arena *a, ClockState *out, Err *err)
{
    Map calendars = map_new(a);
    for (size_t i = 0; i < count; i++)
        if (!read_one(conn, node, subjects[i], now, a, &calendars, &out[i], err))
            return false;
    return true;
}

bool clock_read(StoreConn *conn, int64_t node, Id subject, Instant now, Arena *a,
                ClockState *out, Err *err)
{
    return clock_read_many(conn, node, &subject, 1, now, a, out, err);
}

static void put_instant(Arena *a, ContextBuilder *b, const char *key, Instant t)
{
    if (!instant_is_none(t))
        context_put(b, str_from(key), value_instant(a, t));
}

Value clock_value(Arena *a, const ClockState *s)
{
    ContextBuilder b = context_builder(a), left = context_builder(a);
    if (!s->found)
        return value_null();
    context_put_text(&left, "units", value_int(s->remaining.units));
    context_put_text(&left, "over", value_int(s->remaining.over));
    context_put_text(&left, "left_us", value_int(s->remaining.left_us));
    context_put_text(&b, "label", value_string(s->label));
    put_instant(a, &b, "started", s->started);
    context_put_text(&b, "limit", limit_value(a, s->limit));
    put_instant(a, &b, "due", s->due);
    context_put_text(&b, "due_day", value_day(a, s->due_day));
    context_put_text(&b, "provisional",
                     value_boolean(s->provisional || s->remaining.provisional));
    context_put_text(&b, "paused", value_boolean(s->paused));
    put_instant(a, &b, "paused_since", s->paused_since);
    if (s->paused)
        context_put_text(&b, "paused_why", value_string(s->paused_why));
    context_put_text(&b, "pauses", value_int(s->pause_count));
    context_put_text(&b, "paused_us", value_int(s->paused_us));
    put_instant(a, &b, "stopped", s->stopped);
    context_put_text(&b, "light", value_string(str_from(clock_light_name(s->light))));
    context_put_text(&b, "remaining", value_context(&left));
    return value_context(&b);
}

/* ---- Events. Everything that a calendar decides stands in the event. */

static Instant event_instant(const Event *e, const char *key)
{
    Instant t = INSTANT_NONE;
    check(instant_parse(value_get_string(e->open, str_from(key)), &t));
    return t;
}

static Day event_due_day(const Event *e)
{
    Day day = DAY_NONE;
    check(day_parse(value_get_string(e->open, STR("due_day")), &day));
    return day;
}

static Id event_subject(const Event *e)
{
    Id id = value_get_id(e->open, STR("subject"));
    check(!id_is_none(id));
    return id;
}

void clock_apply_started(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    Limit limit = {0, LIMIT_WORKING_DAY};
    (void)state;
    check(limit_parse(value_field(e->open, "limit"), &limit, NULL));
    store_write(conn, &sql_start,
                PARAMS(p_int(e->node), p_id(&subject),
                       p_text(value_get_string(e->open, STR("label"))),
                       p_text(value_get_string(e->open, STR("calendar"))), p_int(limit.amount),
                       p_int(limit.unit), p_int(value_get_int(e->open, STR("near"), 0)),
                       p_instant(e->at), p_instant(event_instant(e, "due")),
                       p_int(event_due_day(e).number), p_instant(event_instant(e, "near_at")),
                       p_int(value_get_boolean(e->open, STR("provisional"), false))));
}

/* A new end, where the event brings one. */
static void write_end(StoreConn *conn, const Event *e, const Id *subject)
{
    if (value_is_null(value_field(e->open, "due")))
        return;
    store_write(conn, &sql_end,
                PARAMS(p_int(e->node), p_id(subject), p_instant(event_instant(e, "due")),
                       p_int(event_due_day(e).number), p_instant(event_instant(e, "near_at")),
                       p_int(value_get_boolean(e->open, STR("provisional"), false))));
}

void clock_apply_paused(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    (void)state;
    store_write(conn, &sql_pause,
                PARAMS(p_int(e->node), p_id(&subject),
                       p_int(value_get_int(e->open, STR("ordinal"), 0)),
                       p_text(value_get_string(e->open, STR("reason"))), p_instant(e->at)));
}

void clock_apply_resumed(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    (void)state;
    store_write(conn, &sql_resume,
                PARAMS(p_int(e->node), p_id(&subject),
                       p_int(value_get_int(e->open, STR("ordinal"), 0)), p_instant(e->at)));
    write_end(conn, e, &subject);
}

void clock_apply_rang(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    (void)state;
    store_write(conn, &sql_rang, PARAMS(p_int(e->node), p_id(&subject),
                                        p_int(value_get_int(e->open, STR("rang"), 0))));
    write_end(conn, e, &subject);
}

void clock_apply_stopped(void *state, StoreConn *conn, const Event *e)
{
    Id subject = event_subject(e);
    (void)state;
    store_write(conn, &sql_resume_all,
                PARAMS(p_int(e->node), p_id(&subject), p_instant(e->at)));
    store_write(conn, &sql_stop, PARAMS(p_int(e->node), p_id(&subject), p_instant(e->at),
                                        p_instant(event_instant(e, "ran_until"))));
}
