/* clock_rows.c - the rows of a clock, read and judged.
 *
 *     clock_state   one row a subject: limits, start, ends, light announced, stop
 *     clock_pause   one row a pause: from, to (NULL while it holds), reason, what it stops
 *
 * What a limit says at an instant follows from these rows and the calendar:
 *
 *                 ran until        end (due)                    light
 *     running     now              as stored                    ran until > due: overdue,
 *     paused      the pause began  as stored; shown: the end    >= near_at: near, else normal
 *                                  if it were resumed now
 *     stopped     the stop (or the pause it was stopped in)     the same, and it stays so
 *
 * The promised and the statutory limit are judged apart, because not every reason stops both: a
 * correction asked for after acceptance stops the promise, not the law. An extension lengthens
 * both; where its unit is not that of the limit, it is counted from the limit's own end.
 *
 * The stored end is set at the start and whenever it runs again, from the calendar of that day; a
 * notice that comes later changes it when the clock rings or is resumed, not under the eyes of
 * the reader. Until then the answer says that it is provisional. */
#include "domain/clock/clock_int.h"

#include "base/check.h"

static const Sql sql_state = {
    "SELECT label, calendar, amount, unit, near, started, due, due_day, near_at, provisional,"
    " rang, stopped, judged_at, case_id, matter, office, number, supervision, statutory_amount,"
    " statutory_unit, statutory_due, statutory_due_day, statutory_near_at,"
    " statutory_provisional, extension_amount, extension_unit, extension_role, extension_basis,"
    " extended, red_at, light_count, statutory_judged_at"
    " FROM clock_state WHERE node = ?1 AND subject = ?2"};
static const Sql sql_pauses = {
    "SELECT ordinal, reason, began, ended, key, stops FROM clock_pause"
    " WHERE node = ?1 AND subject = ?2 ORDER BY ordinal"};
static const Sql sql_of_case = {
    "SELECT subject FROM clock_state WHERE node = ?1 AND case_id = ?2"
    " AND COALESCE(matter, '') = ?3"
    " ORDER BY started, subject LIMIT 1"};
static const Sql sql_card = {
    "SELECT MAX(card) FROM clock_card WHERE node = ?1 AND subject = ?2"};

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
        row->pauses[row->pause_count++] =
            (ClockPause){.ordinal = rows_int(r, 0),
                         .reason = rows_copy(r, 1, a),
                         .key = rows_copy(r, 4, a),
                         .stops = (unsigned)rows_int(r, 5),
                         .span = {rows_instant(r, 2), rows_instant(r, 3)}};
    }
    rows_close(r);
}

static void read_promised(Rows *r, Arena *a, ClockRow *out)
{
    out->found = true;
    out->label = rows_copy(r, 0, a);
    out->calendar = rows_copy(r, 1, a);
    out->limit = (Limit){rows_int(r, 2), (LimitUnit)rows_int(r, 3)};
    out->near = rows_int(r, 4);
    out->started = rows_instant(r, 5);
    out->end = (ClockEnd){rows_instant(r, 6), rows_instant(r, 8), {rows_int(r, 7)},
                          rows_int(r, 9) != 0};
    out->light = (ClockLight)rows_int(r, 10);
    out->stopped = rows_instant(r, 11);
    out->judged_at = rows_instant(r, 12);
    out->case_id = rows_id(r, 13);
    out->matter = rows_copy(r, 14, a);
    out->office = rows_copy(r, 15, a);
    out->number = rows_copy(r, 16, a);
    out->supervision = rows_copy(r, 17, a);
    out->red_at = rows_instant(r, 29);
    out->light_count = rows_int(r, 30);
}

static void read_statutory(Rows *r, Arena *a, ClockRow *out)
{
    out->statutory = (Limit){rows_int(r, 18), (LimitUnit)rows_int(r, 19)};
    out->statutory_end = (ClockEnd){rows_instant(r, 20), rows_instant(r, 22), {rows_int(r, 21)},
                                    rows_int(r, 23) != 0};
    out->extension = (Limit){rows_int(r, 24), (LimitUnit)rows_int(r, 25)};
    out->extension_role = rows_copy(r, 26, a);
    out->extension_basis = rows_copy(r, 27, a);
    out->extended = (Limit){rows_int(r, 28), out->extension.unit};
    out->statutory_judged_at = rows_instant(r, 31);
}

bool clock_row(StoreConn *conn, int64_t node, Id subject, Arena *a, ClockRow *out)
{
    *out = (ClockRow){.subject = subject, .stopped = INSTANT_NONE, .red_at = INSTANT_NONE};
    Rows *r = store_query(conn, &sql_state, PARAMS(p_int(node), p_id(&subject)));
    if (rows_next(r)) {
        read_promised(r, a, out);
        read_statutory(r, a, out);
    }
    rows_close(r);
    if (out->found)
        read_pauses(conn, node, a, out);
    check(!out->found || instant_is_none(out->stopped) || !clock_held(out, CLOCK_STOPS_BOTH));
    return out->found;
}

Id clock_of_case(StoreConn *conn, int64_t node, Id case_id, Str matter)
{
    Rows *r = store_query(conn, &sql_of_case,
                          PARAMS(p_int(node), p_id(&case_id), p_text(matter)));
    Id subject = rows_next(r) ? rows_id(r, 0) : ID_NONE;
    rows_close(r);
    return subject;
}

/* ---- Pauses. */

static bool holds(const ClockPause *p, unsigned which)
{
    return (p->stops & which) && instant_is_none(p->span.to);
}

bool clock_held(const ClockRow *row, unsigned which)
{
    for (size_t i = 0; i < row->pause_count; i++)
        if (holds(&row->pauses[i], which))
            return true;
    return false;
}

Instant clock_paused_since(const ClockRow *row, unsigned which)
{
    Instant since = INSTANT_NONE;
    for (size_t i = 0; i < row->pause_count && instant_is_none(since); i++)
        if (holds(&row->pauses[i], which))
            since = row->pauses[i].span.from;
    /* Pauses that ended while this one held, and began before it, are part of the stretch. */
    for (size_t i = row->pause_count; !instant_is_none(since) && i-- > 0;) {
        const ClockPause *p = &row->pauses[i];
        if ((p->stops & which) && p->span.from.us < since.us && !instant_is_none(p->span.to) &&
            p->span.to.us >= since.us)
            since = p->span.from;
    }
    return since;
}

/* Reason of the first pause that holds the promised limit, empty when it runs. */
static Str paused_why(const ClockRow *row)
{
    for (size_t i = 0; i < row->pause_count; i++)
        if (holds(&row->pauses[i], CLOCK_STOPS_PROMISED))
            return row->pauses[i].reason;
    return STR_NONE;
}

Pause *clock_spans(Arena *a, const ClockRow *row, unsigned which, Instant until, size_t *count)
{
    *count = 0;
    Pause *spans = arena_new_array(a, Pause, row->pause_count + 1);
    for (size_t i = 0; spans && i < row->pause_count; i++) {
        Pause p = row->pauses[i].span;
        if (!(row->pauses[i].stops & which) || p.from.us >= until.us)
            continue;
        if (instant_is_none(p.to) || p.to.us > until.us)
            p.to = until;
        spans[(*count)++] = p;
    }
    return spans;
}

Instant clock_ran_until(const ClockRow *row, unsigned which, Instant now)
{
    if (!instant_is_none(row->stopped)) {
        bool law = which == CLOCK_STOPS_STATUTORY && !instant_is_none(row->statutory_judged_at);
        return law ? row->statutory_judged_at : row->judged_at;
    }
    return clock_held(row, which) ? clock_paused_since(row, which) : now;
}

/* ---- Ends and lights. */

ClockLight clock_light_of(const ClockEnd *end, Instant ran_until)
{
    if (ran_until.us > end->due.us)
        return CLOCK_OVERDUE;
    return ran_until.us >= end->near_at.us ? CLOCK_NEAR : CLOCK_NORMAL;
}

bool clock_end(const Calendar *c, const ClockRow *row, unsigned which, Instant now, Arena *a,
               ClockEnd *out, Err *err)
{
    size_t count = 0;
    Due due;
    const Pause *spans = clock_spans(a, row, which, now, &count);
    Limit limit = which == CLOCK_STOPS_STATUTORY ? row->statutory : row->limit;
    Limit more = row->extended;
    Instant start = row->started;
    int64_t near = which == CLOCK_STOPS_STATUTORY ? 0 : row->near;
    if (more.amount && more.unit == limit.unit) {
        limit.amount += more.amount;
        more.amount = 0;
    }
    if (!calendar_due_paused(c, start, limit, spans, count, &due, err))
        return false;
    bool provisional = due.provisional;
    if (more.amount) {
        limit = more;
        start = due.at;
        near = 0;
        if (!calendar_due_paused(c, start, limit, spans, count, &due, err))
            return false;
    }
    *out = (ClockEnd){due.at, INSTANT_NONE, due.day, due.provisional || provisional};
    return calendar_near(c, start, limit, near, spans, count, &out->near_at, err);
}

/* A limit as it stands at now: its end, light and what is left. */
static bool judge_limit(const Calendar *c, const ClockRow *row, unsigned which, Instant now,
                        Arena *a, ClockLimit *out, Err *err)
{
    bool law = which == CLOCK_STOPS_STATUTORY;
    ClockEnd end = law ? row->statutory_end : row->end;
    Limit limit = law ? row->statutory : row->limit;
    Instant until = clock_ran_until(row, which, now);
    size_t count = 0;
    const Pause *spans = clock_spans(a, row, which, until, &count);
    *out = (ClockLimit){.found = true, .limit = limit, .paused = clock_held(row, which),
                        .light = clock_light_of(&end, until),
                        .remaining = calendar_remaining(c, row->started, limit, end.due, until,
                                                        spans, count)};
    if (out->paused && !clock_end(c, row, which, now, a, &end, err))
        return false;
    out->due = end.due;
    out->due_day = end.due_day;
    out->provisional = end.provisional;
    return true;
}

bool clock_judge(const Calendar *c, const ClockRow *row, Instant now, Arena *a, ClockState *out,
                 Err *err)
{
    ClockLimit promised, law = {0};
    if (!judge_limit(c, row, CLOCK_STOPS_PROMISED, now, a, &promised, err) ||
        (row->statutory.amount &&
         !judge_limit(c, row, CLOCK_STOPS_STATUTORY, now, a, &law, err)))
        return false;
    Instant shown = instant_is_none(row->stopped) ? now : row->stopped;
    size_t count = 0;
    const Pause *spans = clock_spans(a, row, CLOCK_STOPS_PROMISED, shown, &count);
    *out = (ClockState){.found = true, .subject = row->subject, .case_id = row->case_id,
                        .matter = row->matter, .office = row->office, .label = row->label,
                        .calendar = row->calendar, .supervision = row->supervision,
                        .limit = row->limit, .started = row->started, .due = promised.due,
                        .due_day = promised.due_day, .provisional = promised.provisional,
                        .paused = promised.paused,
                        .paused_since = clock_paused_since(row, CLOCK_STOPS_PROMISED),
                        .paused_why = paused_why(row),
                        .pause_count = (int64_t)row->pause_count,
                        .paused_us = calendar_paused_us_between(c, row->started, shown, spans,
                                                                count),
                        .stopped = row->stopped, .light = promised.light,
                        .remaining = promised.remaining, .statutory = law,
                        .extension = row->extension, .extended = row->extended};
    return true;
}

/* ---- The door's reading. */

bool clock_calendar(StoreConn *conn, int64_t node, Str calendar, Arena *a, Calendar **out,
                    Err *err)
{
    Definition d;
    *out = NULL;
    if (!core_definition(conn, node, STR("calendar"), calendar, 0, a, &d))
        return !store_failed(conn, err);
    return calendar_compile(a, d.text, d.path, out, err);
}

static ClockCard gravest_card(StoreConn *conn, int64_t node, Id subject)
{
    Rows *r = store_query(conn, &sql_card, PARAMS(p_int(node), p_id(&subject)));
    int64_t card = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    check(card >= 0 && card < CLOCK_CARD_COUNT);
    return (ClockCard)card;
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
    if (!clock_judge(c, &row, now, a, out, err))
        return false;
    out->card = row.supervision.len ? gravest_card(conn, node, subject) : CARD_NONE;
    return !store_failed(conn, err);
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

static Value remaining_value(Arena *a, const Remaining *r)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "units", value_int(r->units));
    context_put_text(&b, "over", value_int(r->over));
    context_put_text(&b, "left_us", value_int(r->left_us));
    return value_context(&b);
}

static Value statutory_value(Arena *a, const ClockLimit *l)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "limit", limit_value(a, l->limit));
    put_instant(a, &b, "due", l->due);
    context_put_text(&b, "due_day", value_day(a, l->due_day));
    context_put_text(&b, "provisional",
                     value_boolean(l->provisional || l->remaining.provisional));
    context_put_text(&b, "paused", value_boolean(l->paused));
    context_put_text(&b, "light", value_string(str_from(clock_light_name(l->light))));
    context_put_text(&b, "remaining", remaining_value(a, &l->remaining));
    return value_context(&b);
}

Value clock_value(Arena *a, const ClockState *s)
{
    ContextBuilder b = context_builder(a);
    if (!s->found)
        return value_null();
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
    context_put_text(&b, "card", value_string(str_from(clock_card_name(s->card))));
    context_put_text(&b, "remaining", remaining_value(a, &s->remaining));
    if (s->extended.amount)
        context_put_text(&b, "extended", limit_value(a, s->extended));
    if (s->statutory.found)
        context_put_text(&b, "statutory", statutory_value(a, &s->statutory));
    return value_context(&b);
}
