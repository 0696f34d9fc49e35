/* clock.c - the life of a clock: started, paused, resumed, stopped, rung.
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
 * and a hearing), each of which stops the promised limit, the statutory one, or both, as the
 * calendar says; a limit runs again when the last reason that stops it is gone. Pauses may
 * overlap, and their union is given back.
 *
 * While a limit runs one timer waits (key: the subject) for the next of: the instant the promised
 * limit comes near, the first microsecond after its end, the same after the supervision limit
 * where the rule has one, the same after the statutory limit, which may run while the promise
 * stands. Ringing announces the light as an event
 * (clock.rang) and issues the rule's card (clock_card.c). A ring that comes late (the node was
 * down) announces each light at the instant it began. A pause, an extension or a new notice
 * may take the light back; the same card is issued once. A ring also takes up a calendar that
 * was installed since.
 *
 * Whatever moves the end or the light of a case's clock is told to the case (case.clock_told),
 * unless it was the case that asked: then it is the reply. */
#include "domain/clock/clock_int.h"

#include "base/check.h"

#define STATE_BYTES_MAX (64u << 20) /* all calendars and rules of a node, all versions */

/* ---- Who is meant. */

bool clock_is_task(const Command *command)
{
    return !id_equal(command->id, command->root) &&
           value_is(value_field(command->body, "context"), VALUE_CONTEXT);
}

static bool wrong_subject(const Command *command, Decision *d)
{
    return decision_refuse_with(d, &fault_command_invalid, command->kind,
                                STR("subject is not an id"));
}

bool clock_subject(const Command *command, Decision *d, Id *out)
{
    Value body = command->body, context = value_field(body, "context");
    Id case_id = value_get_id(body, STR("case"));
    Str matter = value_get_string(body, STR("matter"));
    *out = value_get_id(body, STR("subject"));
    if (!value_is_null(value_field(body, "subject")))
        return !id_is_none(*out) || wrong_subject(command, d);
    if (id_is_none(case_id) && clock_is_task(command)) {
        case_id = value_get_id(context, STR("case"));
        if (matter.len == 0)
            matter = value_get_string(context, STR("matter"));
    }
    if (id_is_none(case_id))
        return wrong_subject(command, d);
    *out = matter.len ? clock_of_case(decision_store(d), decision_node(d), case_id, matter)
                      : case_id;
    return !id_is_none(*out) || decision_refuse_with(d, &fault_clock_unknown, matter);
}

bool clock_named(const Command *command, Decision *d, ClockRow *out)
{
    Id subject;
    if (!clock_subject(command, d, &subject))
        return false;
    Str text = id_copy_text(decision_arena(d), subject);
    if (!clock_row(decision_store(d), decision_node(d), subject, decision_arena(d), out))
        return decision_refuse_with(d, &fault_clock_unknown, text);
    if (!instant_is_none(out->stopped))
        return decision_refuse_with(d, &fault_clock_over, text);
    return true;
}

const Calendar *clock_calendar_for(const ClockModule *m, Str id, Decision *d)
{
    const Calendar *c = map_get(&m->calendars, id.len ? id : m->only_calendar);
    if (!c)
        decision_refuse_with(d, &fault_calendar_unknown, id);
    return c;
}

const Supervision *clock_rule(const ClockModule *m, const ClockRow *row)
{
    return row->supervision.len ? map_get(&m->supervisions, row->supervision) : NULL;
}

/* ---- Ends, lights and the timer. */

/* The last instant of the supervision limit, which runs from the end of the promised one. */
static bool count_red(const ClockModule *m, const Calendar *c, ClockRow *row, Arena *a,
                      Instant now, Err *err)
{
    const Supervision *rule = clock_rule(m, row);
    size_t count = 0;
    Due due;
    row->red_at = INSTANT_NONE;
    if (!rule || rule->limit.amount == 0)
        return true;
    const Pause *spans = clock_spans(a, row, CLOCK_STOPS_PROMISED, now, &count);
    if (!calendar_due_paused(c, row->end.due, rule->limit, spans, count, &due, err))
        return false;
    row->red_at = due.at;
    return true;
}

bool clock_count_ends(const ClockModule *m, const Calendar *c, ClockRow *row, Decision *d,
                      Instant now)
{
    Arena *a = decision_arena(d);
    Err err = {0};
    bool promise = !clock_held(row, CLOCK_STOPS_PROMISED);
    bool law = row->statutory.amount && !clock_held(row, CLOCK_STOPS_STATUTORY);
    bool fine = (!promise || (clock_end(c, row, CLOCK_STOPS_PROMISED, now, a, &row->end, &err) &&
                              count_red(m, c, row, a, now, &err))) &&
                (!law ||
                 clock_end(c, row, CLOCK_STOPS_STATUTORY, now, a, &row->statutory_end, &err));
    return fine || decision_refuse(d, &err);
}

static void put_end(Arena *a, ContextBuilder *b, const ClockEnd *end)
{
    context_put_text(b, "due", value_instant(a, end->due));
    context_put_text(b, "due_day", value_day(a, end->due_day));
    context_put_text(b, "near_at", value_instant(a, end->near_at));
    context_put_text(b, "provisional", value_boolean(end->provisional));
}

void clock_put_ends(Decision *d, ContextBuilder *b, const ClockRow *row)
{
    Arena *a = decision_arena(d);
    if (!clock_held(row, CLOCK_STOPS_PROMISED)) {
        put_end(a, b, &row->end);
        if (!instant_is_none(row->red_at))
            context_put_text(b, "red_at", value_instant(a, row->red_at));
    }
    if (row->statutory.amount && !clock_held(row, CLOCK_STOPS_STATUTORY)) {
        ContextBuilder law = context_builder(a);
        put_end(a, &law, &row->statutory_end);
        context_put_text(b, "statutory_end", value_context(&law));
    }
}

ContextBuilder clock_about(Decision *d, Id subject)
{
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "subject", value_id(decision_arena(d), subject));
    return b;
}

static Value light_value(ClockLight light)
{
    return value_string(str_from(clock_light_name(light)));
}

void clock_put_light(Decision *d, ContextBuilder *b, ClockRow *row, ClockLight light, Instant at)
{
    if (row->light_count && row->light == light)
        return;
    ContextBuilder lit = context_builder(decision_arena(d));
    row->light = light;
    row->light_count++;
    context_put_text(&lit, "ordinal", value_int(row->light_count));
    context_put_text(&lit, "light", value_int(light));
    context_put_text(&lit, "at", value_instant(decision_arena(d), at));
    context_put_text(b, "lit", value_context(&lit));
    context_put_text(b, "light", light_value(light));
}

void clock_set_timer(Decision *d, const ClockRow *row, Instant now)
{
    Str key = id_copy_text(decision_arena(d), row->subject);
    bool promise = !clock_held(row, CLOCK_STOPS_PROMISED);
    bool law = row->statutory.amount && !clock_held(row, CLOCK_STOPS_STATUTORY);
    const int64_t stages[] = {promise ? row->end.near_at.us : 0,
                              promise ? row->end.due.us + 1 : 0,
                              promise && !instant_is_none(row->red_at) ? row->red_at.us + 1 : 0,
                              law ? row->statutory_end.due.us + 1 : 0};
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        if (stages[i] > now.us && stages[i] < next)
            next = stages[i];
    if (next == INT64_MAX) {
        decision_timer_cancel(d, key);
        return;
    }
    ContextBuilder b = clock_about(d, row->subject);
    decision_timer_set(d, key, (Instant){next}, STR("clock.ring"), value_context(&b));
}

Value clock_reply(Decision *d, const ClockRow *row)
{
    Arena *a = decision_arena(d);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "subject", value_id(a, row->subject));
    bool paused = clock_held(row, CLOCK_STOPS_PROMISED);
    if (!paused) {
        context_put_text(&b, "due", value_instant(a, row->end.due));
        context_put_text(&b, "due_day", value_day(a, row->end.due_day));
        context_put_text(&b, "provisional", value_boolean(row->end.provisional));
    }
    context_put_text(&b, "paused", value_boolean(paused));
    context_put_text(&b, "light", light_value(row->light));
    if (row->statutory.amount) {
        context_put_text(&b, "statutory_due", value_instant(a, row->statutory_end.due));
        context_put_text(&b, "statutory_due_day", value_day(a, row->statutory_end.due_day));
    }
    return value_context(&b);
}

void clock_tell(Decision *d, const ClockRow *row, Value result)
{
    Arena *a = decision_arena(d);
    ContextBuilder b = context_builder(a);
    /* A clock that a diagram started for itself is no clock of its case. */
    bool own = row->matter.len == 0 && !id_equal(row->subject, row->case_id);
    if (id_is_none(row->case_id) || own)
        return;
    context_put_text(&b, "case", value_id(a, row->case_id));
    if (row->matter.len)
        context_put_text(&b, "matter", value_string(row->matter));
    context_put_text(&b, "result", result);
    decision_follow(d, STR("case.clock_told"), value_context(&b), STR_NONE, value_null());
}

/* ---- What was not said yet. */

/* A light that began before this instant and has not been announced yet. */
static void announce(const ClockModule *m, Decision *d, ClockRow *row, ClockLight light,
                     Instant at, const char *trigger)
{
    ContextBuilder b = clock_about(d, row->subject);
    clock_put_light(d, &b, row, light, at);
    clock_put_ends(d, &b, row);
    decision_emit(d, STR("clock.rang"), STR_NONE, value_context(&b), value_null());
    clock_pull(m, d, row, trigger, at);
}

bool clock_catch_up(const ClockModule *m, Decision *d, ClockRow *row, Instant now)
{
    Instant until = clock_ran_until(row, CLOCK_STOPS_PROMISED, now);
    Instant law = clock_ran_until(row, CLOCK_STOPS_STATUTORY, now);
    ClockLight light = clock_light_of(&row->end, until);
    int64_t before = row->light_count;
    if (row->light < CLOCK_NEAR && light >= CLOCK_NEAR)
        announce(m, d, row, CLOCK_NEAR, row->end.near_at, CLOCK_TRIGGER_NEAR);
    if (row->light < CLOCK_OVERDUE && light == CLOCK_OVERDUE)
        announce(m, d, row, CLOCK_OVERDUE, (Instant){row->end.due.us + 1},
                 CLOCK_TRIGGER_OVERDUE);
    bool unresolved = !instant_is_none(row->red_at) && until.us > row->red_at.us;
    if (unresolved)
        clock_pull(m, d, row, CLOCK_TRIGGER_UNRESOLVED, (Instant){row->red_at.us + 1});
    if (row->statutory.amount && law.us > row->statutory_end.due.us)
        clock_pull(m, d, row, CLOCK_TRIGGER_STATUTORY,
                   (Instant){row->statutory_end.due.us + 1});
    return row->light_count != before;
}

/* ---- Start. */

static bool optional_limit(Decision *d, Value v, Limit *out)
{
    Err err = {0};
    *out = (Limit){0, LIMIT_WORKING_DAY};
    return value_is_null(v) || limit_parse(v, out, &err) || decision_refuse(d, &err);
}

static bool start_limits(const Command *command, Decision *d, ClockRow *row)
{
    Value extension = value_field(command->body, "extension");
    Err err = {0};
    if (!limit_parse(value_field(command->body, "limit"), &row->limit, &err))
        return decision_refuse(d, &err);
    row->near = value_get_int(command->body, STR("near"), 0);
    if (row->near < 0 || row->near > row->limit.amount)
        return decision_refuse_with(d, &fault_command_invalid, command->kind,
                                    STR("near is not inside the limit"));
    row->extension_role = value_get_string(extension, STR("approver"));
    row->extension_basis = value_get_string(extension, STR("basis"));
    return optional_limit(d, value_field(command->body, "statutory"), &row->statutory) &&
           optional_limit(d, extension, &row->extension);
}

/* The subject of a new clock; a diagram that names none gets a clock of its own. */
static bool start_subject(const Command *command, Decision *d, ClockRow *row)
{
    Value context = value_field(command->body, "context");
    bool task = clock_is_task(command);
    row->subject = value_get_id(command->body, STR("subject"));
    row->case_id = value_get_id(command->body, STR("case"));
    row->matter = value_get_string(command->body, STR("matter"));
    row->office = value_get_string(command->body, STR("office"));
    row->number = value_get_string(command->body, STR("number"));
    row->supervision = value_get_string(command->body, STR("supervision"));
    row->label = value_get_string(command->body, STR("label"));
    if (task) {
        row->case_id = value_get_id(context, STR("case"));
        row->number = value_get_string(context, STR("number"));
        row->matter = STR_NONE;
    }
    if (task && value_is_null(value_field(command->body, "subject")))
        row->subject = decision_id(d);
    return !id_is_none(row->subject) || wrong_subject(command, d);
}

static void put_origin(Arena *a, ContextBuilder *b, const ClockRow *row)
{
    const struct {
        const char *key;
        Str text;
    } texts[] = {{"matter", row->matter}, {"office", row->office}, {"number", row->number},
                 {"supervision", row->supervision}};
    if (!id_is_none(row->case_id))
        context_put_text(b, "case", value_id(a, row->case_id));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text.len)
            context_put(b, str_from(texts[i].key), value_string(texts[i].text));
    if (row->statutory.amount)
        context_put_text(b, "statutory", limit_value(a, row->statutory));
    if (row->extension.amount) {
        ContextBuilder e = context_builder_from(a, limit_value(a, row->extension));
        context_put_text(&e, "approver", value_string(row->extension_role));
        context_put_text(&e, "basis", value_string(row->extension_basis));
        context_put_text(b, "extension", value_context(&e));
    }
}

static bool decide_start(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    const ClockModule *m = state;
    ClockRow row, fresh = {.found = true, .started = command->now, .stopped = INSTANT_NONE,
                           .red_at = INSTANT_NONE};
    if (!start_subject(command, d, &fresh))
        return false;
    if (clock_row(decision_store(d), decision_node(d), fresh.subject, a, &row))
        return decision_refuse_with(d, &fault_clock_exists, id_copy_text(a, fresh.subject));
    if (!start_limits(command, d, &fresh))
        return false;
    const Calendar *c =
        clock_calendar_for(m, value_get_string(command->body, STR("calendar")), d);
    if (!c)
        return false;
    fresh.calendar = calendar_id(c);
    const Supervision *rule = clock_rule(m, &fresh);
    if (rule && fresh.near == 0 && rule->near[fresh.limit.unit] < fresh.limit.amount)
        fresh.near = rule->near[fresh.limit.unit];
    if (!clock_count_ends(m, c, &fresh, d, command->now))
        return false;
    ContextBuilder b = clock_about(d, fresh.subject);
    context_put_text(&b, "label", value_string(fresh.label));
    context_put_text(&b, "calendar", value_string(fresh.calendar));
    context_put_text(&b, "limit", limit_value(a, fresh.limit));
    context_put_text(&b, "near", value_int(fresh.near));
    put_origin(a, &b, &fresh);
    clock_put_ends(d, &b, &fresh);
    clock_put_light(d, &b, &fresh, clock_light_of(&fresh.end, command->now), command->now);
    decision_emit(d, STR("clock.started"), STR_NONE, value_context(&b), value_null());
    clock_set_timer(d, &fresh, command->now);
    decision_reply(d, clock_reply(d, &fresh));
    return true;
}

/* ---- Pause and resume. */

static bool decide_pause(void *state, const Command *command, Decision *d)
{
    ClockRow row;
    const ClockModule *m = state;
    Str reason = value_get_string(command->body, STR("reason"));
    Str key = value_get_string(command->body, STR("key"));
    if (!clock_named(command, d, &row))
        return false;
    if (str_trim(reason).len == 0)
        return decision_refuse_with(d, &fault_clock_reason_missing);
    if (row.pause_count >= CLOCK_PAUSES_MAX)
        return decision_refuse_with(d, &fault_clock_too_many_pauses,
                                    arena_printf(decision_arena(d), "%u", CLOCK_PAUSES_MAX));
    const Calendar *c = clock_calendar_for(m, row.calendar, d);
    if (!c)
        return false;
    (void)clock_catch_up(m, d, &row, command->now);
    ClockPause *pauses = arena_new_array(decision_arena(d), ClockPause, row.pause_count + 1);
    for (size_t i = 0; pauses && i < row.pause_count; i++)
        pauses[i] = row.pauses[i];
    if (!pauses)
        return decision_refuse_with(d, &fault_out_of_memory, STR("clock"));
    ClockPause fresh = {.ordinal = (int64_t)row.pause_count + 1, .reason = reason, .key = key,
                        .stops = calendar_pause_stops(c, reason),
                        .span = {command->now, INSTANT_NONE}};
    pauses[row.pause_count++] = fresh;
    row.pauses = pauses;
    ContextBuilder b = clock_about(d, row.subject);
    context_put_text(&b, "ordinal", value_int(fresh.ordinal));
    context_put_text(&b, "reason", value_string(reason));
    context_put_text(&b, "stops", value_int(fresh.stops));
    if (key.len)
        context_put_text(&b, "key", value_string(key));
    decision_emit(d, STR("clock.paused"), STR_NONE, value_context(&b), value_null());
    if (fresh.stops)
        clock_set_timer(d, &row, command->now);
    decision_reply(d, clock_reply(d, &row));
    return true;
}

/* The open pause of that key, else of that reason, else the latest that is open. A key that is
 * not known is no reason to end somebody else's. */
static ClockPause *pause_to_end(ClockRow *row, Str key, Str reason)
{
    ClockPause *latest = NULL;
    for (size_t i = 0; i < row->pause_count; i++) {
        ClockPause *p = &row->pauses[i];
        if (!instant_is_none(p->span.to) || (key.len && p->key.len && !str_equal(p->key, key)))
            continue;
        if ((key.len && str_equal(p->key, key)) ||
            (!key.len && reason.len && str_equal(p->reason, reason)))
            return p;
        latest = p;
    }
    return latest;
}

static bool decide_resume(void *state, const Command *command, Decision *d)
{
    ClockRow row;
    const ClockModule *m = state;
    if (!clock_named(command, d, &row))
        return false;
    ClockPause *p = pause_to_end(&row, value_get_string(command->body, STR("key")),
                                 value_get_string(command->body, STR("reason")));
    if (!p)
        return decision_refuse_with(d, &fault_clock_not_paused,
                                    id_copy_text(decision_arena(d), row.subject));
    p->span.to = command->now;
    ContextBuilder b = clock_about(d, row.subject);
    context_put_text(&b, "ordinal", value_int(p->ordinal));
    const Calendar *c = clock_calendar_for(m, row.calendar, d);
    if (!c || !clock_count_ends(m, c, &row, d, command->now))
        return false;
    clock_put_ends(d, &b, &row);
    if (!clock_held(&row, CLOCK_STOPS_PROMISED))
        clock_put_light(d, &b, &row, clock_light_of(&row.end, command->now), command->now);
    clock_set_timer(d, &row, command->now);
    decision_emit(d, STR("clock.resumed"), STR_NONE, value_context(&b), value_null());
    decision_reply(d, clock_reply(d, &row));
    return true;
}

/* ---- Stop and ring. */

static bool decide_stop(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    ClockRow row;
    const ClockModule *m = state;
    if (!clock_named(command, d, &row))
        return false;
    Instant until = clock_ran_until(&row, CLOCK_STOPS_PROMISED, command->now);
    Instant law = clock_ran_until(&row, CLOCK_STOPS_STATUTORY, command->now);
    (void)clock_catch_up(m, d, &row, command->now);
    ContextBuilder b = clock_about(d, row.subject), reply = context_builder(a);
    context_put_text(&b, "ran_until", value_instant(a, until));
    if (row.statutory.amount)
        context_put_text(&b, "statutory_ran_until", value_instant(a, law));
    context_put_text(&b, "light", light_value(clock_light_of(&row.end, until)));
    decision_emit(d, STR("clock.stopped"), STR_NONE, value_context(&b), value_null());
    decision_timer_cancel(d, id_copy_text(a, row.subject));
    context_put_text(&reply, "light", light_value(clock_light_of(&row.end, until)));
    decision_reply(d, value_context(&reply));
    return true;
}

/* A timer that comes too late (the clock was stopped or paused in the same instant) says
 * nothing. */
static bool decide_ring(void *state, const Command *command, Decision *d)
{
    ClockRow row;
    const ClockModule *m = state;
    Id id = value_get_id(command->body, STR("subject"));
    if (id_is_none(id))
        return wrong_subject(command, d);
    if (!clock_row(decision_store(d), decision_node(d), id, decision_arena(d), &row) ||
        !instant_is_none(row.stopped))
        return true;
    Instant former = row.end.due;
    const Calendar *c = clock_calendar_for(m, row.calendar, d);
    if (!c || !clock_count_ends(m, c, &row, d, command->now))
        return false;
    bool said = clock_catch_up(m, d, &row, command->now);
    if (!said && former.us != row.end.due.us) {
        ContextBuilder b = clock_about(d, id);
        clock_put_light(d, &b, &row, clock_light_of(&row.end, command->now), command->now);
        clock_put_ends(d, &b, &row);
        decision_emit(d, STR("clock.rang"), STR_NONE, value_context(&b), value_null());
    }
    if (former.us != row.end.due.us) {
        clock_tell(d, &row, clock_reply(d, &row));
    } else if (said) {
        ContextBuilder b = context_builder(decision_arena(d));
        context_put_text(&b, "light", light_value(row.light));
        clock_tell(d, &row, value_context(&b));
    }
    clock_set_timer(d, &row, command->now);
    return true;
}

/* ---- The module. */

static ClockModule *module_state(void)
{
    Arena *a = arena_open(STATE_BYTES_MAX);
    ClockModule *m = arena_new(a, ClockModule);
    m->arena = a;
    m->calendars = map_new(a);
    m->supervisions = map_new(a);
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

static bool other_id(const Definition *definition, const Fault *fault, Err *err)
{
    err_set(err, fault, STR("/id"), definition->id);
    err_at(err, definition->path, 0, 0);
    return false;
}

static bool define_calendar(ClockModule *m, const Definition *definition, Err *err)
{
    Calendar *c = NULL;
    if (!calendar_compile(m->arena, definition->text, definition->path, &c, err))
        return false;
    if (!str_equal(calendar_id(c), definition->id))
        return other_id(definition, &fault_calendar_invalid, err);
    bool first = m->calendars.count == 0 || str_equal(m->only_calendar, calendar_id(c));
    m->only_calendar = first ? calendar_id(c) : STR_NONE;
    map_put(&m->calendars, calendar_id(c), c);
    return true;
}

static bool define_supervision(ClockModule *m, const Definition *definition, Err *err)
{
    Supervision *rule = NULL;
    if (!supervision_compile(m->arena, definition->text, definition->path, &rule, err))
        return false;
    if (!str_equal(rule->id, definition->id))
        return other_id(definition, &fault_supervision_invalid, err);
    map_put(&m->supervisions, rule->id, rule);
    return true;
}

static bool define(void *state, const Definition *definition, Err *err)
{
    if (str_equal(definition->kind, STR("calendar")))
        return define_calendar(state, definition, err);
    return !str_equal(definition->kind, STR("supervision")) ||
           define_supervision(state, definition, err);
}

static const CommandKind commands[] = {
    {"clock.start", decide_start, COMMAND_INTERNAL | COMMAND_TASK},
    {"clock.pause", decide_pause, COMMAND_INTERNAL | COMMAND_TASK},
    {"clock.resume", decide_resume, COMMAND_INTERNAL | COMMAND_TASK},
    {"clock.extend", clock_decide_extend, COMMAND_PUBLIC | COMMAND_TASK},
    {"clock.stop", decide_stop, COMMAND_INTERNAL | COMMAND_TASK},
    {"clock.read", clock_decide_read, COMMAND_INTERNAL | COMMAND_TASK},
    {"clock.card", clock_decide_card, COMMAND_PUBLIC | COMMAND_TASK},
    {"clock.working_days_between", clock_decide_days_between, COMMAND_INTERNAL | COMMAND_TASK},
    {"clock.add_working_days", clock_decide_add_days, COMMAND_INTERNAL | COMMAND_TASK},
    {"clock.ring", decide_ring, COMMAND_INTERNAL},
    {"clock.escalated", clock_decide_escalated, COMMAND_INTERNAL},
    {0},
};

static const EventKind events[] = {
    {"clock.started", clock_apply_started}, {"clock.paused", clock_apply_paused},
    {"clock.resumed", clock_apply_resumed}, {"clock.extended", clock_apply_extended},
    {"clock.stopped", clock_apply_stopped}, {"clock.rang", clock_apply_rang},
    {"clock.carded", clock_apply_carded},   {"clock.escalated", clock_apply_escalated},
    {"core.erased", clock_apply_erased},    {0},
};

static const char *const tables[] = {"clock_state", "clock_pause",     "clock_light",
                                     "clock_card",  "clock_extension", NULL};
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
