/* clock.c - commands of the clock.
 *
 *            clock.start                 clock.stop
 *     none ───────────────▶ running ───────────────────▶ stopped
 *                            │  ▲                           ▲
 *                clock.pause │  │ clock.resume              │ clock.stop
 *                            ▼  │ (the last reason)         │
 *                           paused ─────────────────────────┘
 *                            └─▶ paused (another reason)
 *
 * A subject has one clock in its life. Several reasons may hold a clock at once (a correction
 * and a hearing): it runs again when the last of them is gone; the pauses may overlap, and their
 * union is given back.
 *
 * While it runs one timer waits (key: the subject): for the instant it comes near, then for the
 * first microsecond after its end. Ringing announces the light as an event (clock.rang), which
 * supervision and statistics count; the light itself does not depend on it. A light rings once,
 * also when a pause moves the end away and it comes near again. A ring also takes up a calendar
 * that was installed since. */
#include "domain/clock/clock_int.h"

#include "base/check.h"
#include "base/map.h"

#define STATE_BYTES_MAX (64u << 20) /* all calendars of a node, all versions */

typedef struct ClockModule {
    Arena *arena;  /* holds this too */
    Map calendars; /* id -> Calendar, the latest */
} ClockModule;

/* ---- Small parts. */

static bool named_subject(const Command *command, Decision *d, Id *out, Str *text)
{
    *out = value_get_id(command->body, STR("subject"));
    *text = value_get_string(command->body, STR("subject"));
    if (id_is_none(*out))
        return decision_refuse_with(d, &fault_command_invalid, command->kind,
                                    STR("subject is not an id"));
    return true;
}

/* The running or paused clock that the command names. */
static bool named_clock(const Command *command, Decision *d, ClockRow *row, Str *text)
{
    Id subject;
    if (!named_subject(command, d, &subject, text))
        return false;
    if (!clock_row(decision_store(d), decision_node(d), subject, decision_arena(d), row))
        return decision_refuse_with(d, &fault_clock_unknown, *text);
    if (!instant_is_none(row->stopped))
        return decision_refuse_with(d, &fault_clock_over, *text);
    return true;
}

static const Calendar *calendar_for(const ClockModule *m, Str id, Decision *d)
{
    const Calendar *c = map_get(&m->calendars, id);
    if (!c)
        decision_refuse_with(d, &fault_calendar_unknown, id);
    return c;
}

/* Where the limit ends now, with the pauses so far (those that hold end now). */
static bool count_end(Decision *d, const Calendar *c, ClockRow *row, Instant now)
{
    Err err = {0};
    Due due;
    size_t count = 0;
    const Pause *spans = clock_spans(decision_arena(d), row, now, &count);
    if (!calendar_due_paused(c, row->started, row->limit, spans, count, &due, &err) ||
        !calendar_near(c, row->started, row->limit, row->near, spans, count, &row->near_at, &err))
        return decision_refuse(d, &err);
    row->due = due.at;
    row->due_day = due.day;
    row->provisional = due.provisional;
    return true;
}

static void put_end(Arena *a, ContextBuilder *b, const ClockRow *row)
{
    context_put_text(b, "due", value_instant(a, row->due));
    context_put_text(b, "due_day", value_day(a, row->due_day));
    context_put_text(b, "near_at", value_instant(a, row->near_at));
    context_put_text(b, "provisional", value_boolean(row->provisional));
}

static ContextBuilder about(Decision *d, Str subject)
{
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "subject", value_string(subject));
    return b;
}

/* The next change of light of a running clock. */
static void set_timer(Decision *d, const ClockRow *row, Str subject, Instant now)
{
    Instant next = row->near_at.us > now.us ? row->near_at : (Instant){row->due.us + 1};
    if (next.us <= now.us) {
        decision_timer_cancel(d, subject);
        return;
    }
    ContextBuilder b = about(d, subject);
    decision_timer_set(d, subject, next, STR("clock.ring"), value_context(&b));
}

static void reply_end(Decision *d, const ClockRow *row)
{
    Arena *a = decision_arena(d);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "due", value_instant(a, row->due));
    context_put_text(&b, "due_day", value_day(a, row->due_day));
    context_put_text(&b, "provisional", value_boolean(row->provisional));
    context_put_text(&b, "paused", value_boolean(row->open_count > 0));
    decision_reply(d, value_context(&b));
}

/* ---- Commands. */

static bool decide_start(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    ClockRow row, fresh = {.found = true, .started = command->now, .stopped = INSTANT_NONE};
    Str subject;
    Err err = {0};
    if (!named_subject(command, d, &fresh.subject, &subject))
        return false;
    if (clock_row(decision_store(d), decision_node(d), fresh.subject, a, &row))
        return decision_refuse_with(d, &fault_clock_exists, subject);
    if (!limit_parse(value_field(command->body, "limit"), &fresh.limit, &err))
        return decision_refuse(d, &err);
    fresh.calendar = value_get_string(command->body, STR("calendar"));
    fresh.near = value_get_int(command->body, STR("near"), 0);
    if (fresh.near < 0 || fresh.near > fresh.limit.amount)
        return decision_refuse_with(d, &fault_command_invalid, command->kind,
                                    STR("near is not inside the limit"));
    const Calendar *c = calendar_for(state, fresh.calendar, d);
    if (!c || !count_end(d, c, &fresh, command->now))
        return false;
    ContextBuilder b = about(d, subject);
    context_put_text(&b, "label", value_string(value_get_string(command->body, STR("label"))));
    context_put_text(&b, "calendar", value_string(fresh.calendar));
    context_put_text(&b, "limit", limit_value(a, fresh.limit));
    context_put_text(&b, "near", value_int(fresh.near));
    put_end(a, &b, &fresh);
    decision_emit(d, STR("clock.started"), STR_NONE, value_context(&b), value_null());
    set_timer(d, &fresh, subject, command->now);
    reply_end(d, &fresh);
    return true;
}

static bool decide_pause(void *state, const Command *command, Decision *d)
{
    ClockRow row;
    Str subject, reason = value_get_string(command->body, STR("reason"));
    (void)state;
    if (!named_clock(command, d, &row, &subject))
        return false;
    if (str_trim(reason).len == 0)
        return decision_refuse_with(d, &fault_clock_reason_missing);
    if (row.pause_count >= CLOCK_PAUSES_MAX)
        return decision_refuse_with(d, &fault_clock_too_many_pauses,
                                    arena_printf(decision_arena(d), "%u", CLOCK_PAUSES_MAX));
    ContextBuilder b = about(d, subject);
    context_put_text(&b, "ordinal", value_int((int64_t)row.pause_count + 1));
    context_put_text(&b, "reason", value_string(reason));
    decision_emit(d, STR("clock.paused"), STR_NONE, value_context(&b), value_null());
    decision_timer_cancel(d, subject);
    row.open_count++;
    reply_end(d, &row);
    return true;
}

/* The pause of that reason that holds, else the latest that does. */
static ClockPause *pause_to_end(ClockRow *row, Str reason)
{
    ClockPause *latest = NULL;
    for (size_t i = 0; i < row->pause_count; i++) {
        ClockPause *p = &row->pauses[i];
        if (!instant_is_none(p->span.to))
            continue;
        if (reason.len && str_equal(p->reason, reason))
            return p;
        latest = p;
    }
    return latest;
}

static bool decide_resume(void *state, const Command *command, Decision *d)
{
    ClockRow row;
    Str subject;
    if (!named_clock(command, d, &row, &subject))
        return false;
    ClockPause *p = pause_to_end(&row, value_get_string(command->body, STR("reason")));
    if (!p)
        return decision_refuse_with(d, &fault_clock_not_paused, subject);
    p->span.to = command->now;
    row.open_count--;
    ContextBuilder b = about(d, subject);
    context_put_text(&b, "ordinal", value_int(p->ordinal));
    if (row.open_count == 0) {
        const Calendar *c = calendar_for(state, row.calendar, d);
        if (!c || !count_end(d, c, &row, command->now))
            return false;
        put_end(decision_arena(d), &b, &row);
        set_timer(d, &row, subject, command->now);
    }
    decision_emit(d, STR("clock.resumed"), STR_NONE, value_context(&b), value_null());
    reply_end(d, &row);
    return true;
}

static bool decide_stop(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    ClockRow row;
    Str subject;
    (void)state;
    if (!named_clock(command, d, &row, &subject))
        return false;
    Instant until = clock_ran_until(&row, command->now);
    Value light = value_string(str_from(clock_light_name(clock_light_at(&row, until))));
    ContextBuilder b = about(d, subject), reply = context_builder(a);
    context_put_text(&b, "ran_until", value_instant(a, until));
    context_put_text(&b, "light", light);
    decision_emit(d, STR("clock.stopped"), STR_NONE, value_context(&b), value_null());
    decision_timer_cancel(d, subject);
    context_put_text(&reply, "light", light);
    decision_reply(d, value_context(&reply));
    return true;
}

/* A timer that comes too late (the clock was stopped or paused in the same instant) does
 * nothing. */
static bool decide_ring(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    ClockRow row;
    Id id;
    Str subject;
    if (!named_subject(command, d, &id, &subject))
        return false;
    if (!clock_row(decision_store(d), decision_node(d), id, a, &row) ||
        !instant_is_none(row.stopped) || row.open_count)
        return true;
    Instant former = row.due;
    const Calendar *c = calendar_for(state, row.calendar, d);
    if (!c || !count_end(d, c, &row, command->now))
        return false;
    ClockLight light = clock_light_at(&row, command->now);
    if (light != row.rang || former.us != row.due.us) {
        ContextBuilder b = about(d, subject);
        context_put_text(&b, "light", value_string(str_from(clock_light_name(light))));
        context_put_text(&b, "rang", value_int(light));
        put_end(a, &b, &row);
        decision_emit(d, STR("clock.rang"), STR_NONE, value_context(&b), value_null());
    }
    if (light != CLOCK_OVERDUE)
        set_timer(d, &row, subject, command->now);
    return true;
}

/* ---- The module. */

static ClockModule *module_state(void)
{
    Arena *a = arena_open(STATE_BYTES_MAX);
    ClockModule *m = arena_new(a, ClockModule);
    m->arena = a;
    m->calendars = map_new(a);
    return m;
}

static void *fresh_state(const void *state)
{
    (void)state;
    return module_state();
}

static void close_state(void *state)
{
    ClockModule *m = state;
    arena_close(m->arena);
}

static bool define(void *state, const Definition *definition, Err *err)
{
    ClockModule *m = state;
    Calendar *c = NULL;
    if (!str_equal(definition->kind, STR("calendar")))
        return true;
    if (!calendar_compile(m->arena, definition->text, definition->path, &c, err))
        return false;
    if (!str_equal(calendar_id(c), definition->id)) {
        err_set(err, &fault_calendar_invalid, STR("/id"), definition->id);
        err_at(err, definition->path, 0, 0);
        return false;
    }
    map_put(&m->calendars, calendar_id(c), c);
    return true;
}

static const CommandKind commands[] = {
    {"clock.start", decide_start, COMMAND_INTERNAL},
    {"clock.pause", decide_pause, COMMAND_INTERNAL},
    {"clock.resume", decide_resume, COMMAND_INTERNAL},
    {"clock.stop", decide_stop, COMMAND_INTERNAL},
    {"clock.ring", decide_ring, COMMAND_INTERNAL},
    {0},
};

static const EventKind events[] = {
    {"clock.started", clock_apply_started}, {"clock.paused", clock_apply_paused},
    {"clock.resumed", clock_apply_resumed}, {"clock.stopped", clock_apply_stopped},
    {"clock.rang", clock_apply_rang},       {0},
};

static const char *const tables[] = {"clock_state", "clock_pause", NULL};
static FAULT_TABLE(clock_faults, CLOCK_FAULTS)

const Module *clock_module_new(Arena *server)
{
    Module *m = arena_new(server, Module);
    *m = (Module){.name = "clock",
                  .migrations = clock_migrations,
                  .migration_count = clock_migration_count,
                  .tables = tables,
                  .commands = commands,
                  .events = events,
                  .faults = clock_faults,
                  .state = module_state(),
                  .fresh = fresh_state,
                  .define = define,
                  .close = close_state};
    return m;
}
