/* submit.c - from a finished form to a case with a number, parts and a running process.
 *
 *     draft or {thing, data} ── form ── number ── case.submitted ──▶ process.start
 *                                                                        │
 *     case.process_started ◀── case.started ◀────────────────────────────┘
 *
 * The number (办件编号) is the item code of the thing's lead matter (31 characters), the date in
 * China, and the serial of that day: four digits as the published examples have, more when a day
 * needs them. Serials are per item code and day, so numbers of two offices never meet.
 *
 * Follow-ups cannot undo what was decided. So everything that could keep the process from
 * starting is asked here first; should it be refused all the same, the case ends as cancelled,
 * with the reason in its timeline, and the applicant sees it. */
#include "codec/json.h"
#include "domain/case/case_int.h"

static const Sql sql_serial = {
    "SELECT last FROM case_serial WHERE node = ?1 AND item_code = ?2 AND day = ?3"};
static const Sql sql_serial_set = {
    "INSERT INTO case_serial (node, item_code, day, last) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (node, item_code, day) DO UPDATE SET last = excluded.last"};
static const Sql sql_case_add = {
    "INSERT INTO case_case (node, id, number, thing, thing_version, title_zh, title_en, state,"
    " applicant, applicant_name, subject, data, submitted_at, clock, paused, part_count,"
    " part_ended_count, correction_count, version)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?11, ?12, 0, 0, ?13, 0, 0, 1)"};
static const Sql sql_part_add = {
    "INSERT INTO case_part (node, case_id, ordinal, id, matter, title_zh, title_en, office,"
    " item_code, state, active, clock, paused)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 0, 0, 0)"};
static const Sql sql_draft_delete = {"DELETE FROM case_draft WHERE node = ?1 AND id = ?2"};
static const Sql sql_started = {
    "UPDATE case_case SET instance = ?3, version = version + 1 WHERE node = ?1 AND id = ?2"};

typedef struct Submission {
    const Thing *thing;
    Value data;
    DraftRecord draft;
    Id id;
    Str id_text, day, number;
    int64_t serial;
} Submission;

static int64_t next_serial(Decision *d, Str item_code, Str day)
{
    Rows *rows = store_query(decision_store(d), &sql_serial,
                             PARAMS(p_int(decision_node(d)), p_text(item_code), p_text(day)));
    int64_t last = rows_next(rows) ? rows_int(rows, 0) : 0;
    rows_close(rows);
    return last + 1;
}

static void number_make(Decision *d, Instant now, Submission *s)
{
    Arena *a = decision_arena(d);
    const ThingMatter *lead = thing_matter(s->thing, s->thing->lead_matter);
    check(lead);
    Civil civil = day_to_civil(instant_day(now, CHINA_OFFSET_S));
    s->day = arena_printf(a, "%04d%02d%02d", (int)civil.year, civil.month, civil.day);
    s->serial = next_serial(d, lead->item_code, s->day);
    s->number = arena_printf(a, "%.*s%.*s%04lld", STR_ARG(lead->item_code), STR_ARG(s->day),
                             (long long)s->serial);
}

/* What is asked for: the thing and the data, from the draft or from the body. */
static bool submission_read(const Cases *cases, Decision *d, const Command *command,
                            Submission *s)
{
    Value body = command->body;
    Id draft = value_get_id(body, STR("draft"));
    Str thing = value_get_string(body, STR("thing"));
    s->data = value_field(body, "data");
    if (!id_is_none(draft)) {
        if (!case_draft_own(decision_store(d), decision_node(d), command->actor.id, draft,
                            decision_arena(d), &s->draft))
            return decision_refuse_with(d, &fault_draft_unknown);
        if (thing.len && !str_equal(thing, s->draft.thing))
            return decision_refuse_with(d, &fault_draft_thing, s->draft.thing);
        thing = s->draft.thing;
        if (value_is_null(s->data))
            s->data = s->draft.data;
    } else if (thing.len == 0) {
        return decision_refuse_with(d, &fault_case_field, STR("thing"),
                                    STR("given when there is no draft"),
                                    STR("必填项（未提供草稿时）"));
    }
    s->thing = thing_read(cases, thing, 0);
    return s->thing || decision_refuse_with(d, &fault_thing_unknown, thing);
}

static bool startable(const Cases *cases, Decision *d, const Thing *thing)
{
    if (!catalogue_find(cases, STR("process"), thing->process, 0))
        return decision_refuse_with(d, &fault_definition_unknown, STR("process"),
                                    thing->process);
    if (!catalogue_find(cases, STR("calendar"), thing->calendar, 0))
        return decision_refuse_with(d, &fault_definition_unknown, STR("calendar"),
                                    thing->calendar);
    return true;
}

static Value parts_value(Decision *d, const Thing *thing)
{
    Arena *a = decision_arena(d);
    ListBuilder parts = list_builder(a);
    for (size_t i = 0; i < thing->matter_count; i++) {
        const ThingMatter *matter = &thing->matters[i];
        ContextBuilder part = context_builder(a);
        context_put_text(&part, "part", value_id(a, decision_id(d)));
        context_put_text(&part, "matter", value_string(matter->id));
        context_put_text(&part, "title", text2_value(a, matter->title));
        context_put_text(&part, "office", value_string(matter->office));
        context_put_text(&part, "item_code", value_string(matter->item_code));
        list_add(&parts, value_context(&part));
    }
    return value_list(&parts);
}

static void emit_submitted(Decision *d, const Command *command, const Submission *s)
{
    Arena *a = decision_arena(d);
    const ThingMatter *lead = thing_matter(s->thing, s->thing->lead_matter);
    ContextBuilder open = context_builder(a), closed = context_builder(a);
    context_put_text(&open, "case", value_string(s->id_text));
    context_put_text(&open, "number", value_string(s->number));
    context_put_text(&open, "item_code", value_string(lead->item_code));
    context_put_text(&open, "day", value_string(s->day));
    context_put_text(&open, "serial", value_int(s->serial));
    context_put_text(&open, "thing", value_string(s->thing->id));
    context_put_text(&open, "thing_version", value_int(s->thing->version));
    context_put_text(&open, "title", text2_value(a, s->thing->title));
    context_put_text(&open, "applicant", value_string(command->actor.id));
    context_put_text(&open, "parts", parts_value(d, s->thing));
    if (s->draft.found)
        context_put_text(&open, "draft", value_id(a, s->draft.id));
    context_put_text(&closed, "data", s->data);
    context_put_text(&closed, "name", value_string(command->actor.name));
    context_put_text(&closed, "subject", value_string(command->actor.subject));
    decision_emit(d, STR("case.submitted"), s->id_text, value_context(&open),
                  value_context(&closed));
}

static void follow_start(Decision *d, const Command *command, const Submission *s)
{
    Arena *a = decision_arena(d);
    ContextBuilder variables = context_builder(a), start = context_builder(a),
                   reply = context_builder(a);
    Value case_id = value_string(s->id_text);
    context_put_text(&variables, "case", case_id);
    context_put_text(&variables, "number", value_string(s->number));
    context_put_text(&variables, "thing", value_string(s->thing->id));
    context_put_text(&variables, "applicant", value_string(command->actor.id));
    context_put_text(&variables, "subject", value_string(command->actor.subject));
    context_put_text(&variables, "data", s->data);
    context_put_text(&variables, "submitted_at", value_instant(a, command->now));
    context_put_text(&start, "process", value_string(s->thing->process));
    context_put_text(&start, "case", case_id);
    context_put_text(&start, "business_key", value_string(s->number));
    context_put_text(&start, "variables", value_context(&variables));
    context_put_text(&reply, "case", case_id);
    decision_follow(d, STR("process.start"), value_context(&start), STR("case.started"),
                    value_context(&reply));
}

bool case_decide_submit(void *state, const Command *command, Decision *d)
{
    static const FieldRule rules[] = {{"draft", FIELD_ID, false, 0},
                                      {"thing", FIELD_TEXT, false, 0},
                                      {"data", FIELD_CONTEXT, false, 0}};
    Submission s = {.data = value_null()};
    if (!BODY_CHECK(d, command->body, rules) || !submission_read(state, d, command, &s) ||
        !startable(state, d, s.thing) ||
        !case_data_judged(state, d, command, s.thing, s.data, FORM_SUBMIT))
        return false;
    s.id = decision_id(d);
    s.id_text = id_copy_text(decision_arena(d), s.id);
    number_make(d, command->now, &s);
    emit_submitted(d, command, &s);
    follow_start(d, command, &s);
    ContextBuilder reply = context_builder(decision_arena(d));
    context_put_text(&reply, "case", value_string(s.id_text));
    context_put_text(&reply, "number", value_string(s.number));
    decision_reply(d, value_context(&reply));
    return true;
}

/* What process.start answered. */
bool case_decide_started(void *state, const Command *command, Decision *d)
{
    CaseNow now;
    if (!case_of_command(state, d, command->body, &now))
        return false;
    Value refusal = value_field(command->body, "refusal");
    if (!value_is_null(refusal)) {
        Str why = value_get_string(refusal, STR("text_zh"));
        if (!case_state_ended(now.row.state))
            case_end(d, &now, CASE_CANCELLED, why.len ? why : STR("process.start"));
        return true;
    }
    ContextBuilder open = case_event(d, &now.row);
    context_put_text(&open, "instance",
                     value_field(value_field(command->body, "result"), "instance"));
    case_emit(d, &now.row, "case.process_started", &open, value_null());
    return true;
}

/* ---- Applying. */

static void apply_part(StoreConn *conn, const Event *event, Id case_id, int64_t ordinal,
                       Value part)
{
    Id id = value_get_id(part, STR("part"));
    Text2 title = text2_read(value_field(part, "title"));
    store_write(conn, &sql_part_add,
                PARAMS(p_int(event->node), p_id(&case_id), p_int(ordinal), p_id(&id),
                       p_text(value_get_string(part, STR("matter"))), p_text(title.zh),
                       p_text(title.en), p_text(value_get_string(part, STR("office"))),
                       p_text(value_get_string(part, STR("item_code")))));
}

static void apply_case_row(StoreConn *conn, const Event *event, Id id, int64_t part_count)
{
    Value open = event->open, data = value_field(event->closed, "data");
    Text2 title = text2_read(value_field(open, "title"));
    Param text = value_is_null(data) ? p_null() : p_text(json_copy_text(event->arena, data));
    store_write(conn, &sql_case_add,
                PARAMS(p_int(event->node), p_id(&id),
                       p_text(value_get_string(open, STR("number"))),
                       p_text(value_get_string(open, STR("thing"))),
                       p_int(value_get_int(open, STR("thing_version"), 0)), p_text(title.zh),
                       p_text(title.en), p_text(value_get_string(open, STR("applicant"))),
                       p_text_or_null(value_get_string(event->closed, STR("name"))),
                       p_text_or_null(value_get_string(event->closed, STR("subject"))), text,
                       p_instant(event->at), p_int(part_count)));
}

void case_apply_submitted(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Value open = event->open, parts = value_field(open, "parts");
    Id id = value_get_id(open, STR("case")), draft = value_get_id(open, STR("draft"));
    check(!id_is_none(id) && value_count(parts) > 0);
    store_write(conn, &sql_serial_set,
                PARAMS(p_int(event->node), p_text(value_get_string(open, STR("item_code"))),
                       p_text(value_get_string(open, STR("day"))),
                       p_int(value_get_int(open, STR("serial"), 0))));
    apply_case_row(conn, event, id, (int64_t)value_count(parts));
    for (size_t i = 0; i < value_count(parts); i++)
        apply_part(conn, event, id, (int64_t)i + 1, value_item(parts, i));
    if (!id_is_none(draft))
        store_write(conn, &sql_draft_delete, PARAMS(p_int(event->node), p_id(&draft)));
    ContextBuilder params = context_builder(event->arena);
    context_put_text(&params, "number", value_field(open, "number"));
    TimelineRow row = {.kind = TIMELINE_SUBMITTED, .params = value_context(&params)};
    case_timeline_add(conn, event, id, &row);
}

void case_apply_started(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = value_get_id(event->open, STR("case"));
    Value key = value_field(event->open, "instance");
    Str instance = value_is(key, VALUE_STRING) ? key.as.string
                                               : json_copy_text(event->arena, key);
    store_write(conn, &sql_started, PARAMS(p_int(event->node), p_id(&id), p_text(instance)));
}
