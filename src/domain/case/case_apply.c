/* case_apply.c - events of a running case folded into its rows.
 *
 * Every applier changes rows by what the event says and nothing else, raises the case's version
 * (its ETag) and adds the timeline entry that tells of it. Counts in the case's row move with the
 * rows they count; case_invariants() compares the two. A closed part that is null (its key was
 * destroyed) leaves NULL in the personal columns. */
#include "codec/json.h"
#include "domain/case/case_int.h"

static const Sql sql_touch = {
    "UPDATE case_case SET version = version + 1 WHERE node = ?1 AND id = ?2"};
static const Sql sql_accepted = {
    "UPDATE case_case SET state = ?3, accepted_at = ?4, version = version + 1"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_case_clock = {
    "UPDATE case_case SET clock = ?3, version = version + 1 WHERE node = ?1 AND id = ?2"};
static const Sql sql_part_clock = {
    "UPDATE case_part SET clock = ?4 WHERE node = ?1 AND case_id = ?2 AND id = ?3"};
static const Sql sql_case_due = {
    "UPDATE case_case SET due_at = ?3, light = COALESCE(?4, light), version = version + 1"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_case_light = {
    "UPDATE case_case SET light = ?3, version = version + 1 WHERE node = ?1 AND id = ?2"};
static const Sql sql_part_due = {
    "UPDATE case_part SET due_at = ?4 WHERE node = ?1 AND case_id = ?2 AND id = ?3"};
static const Sql sql_part_active = {
    "UPDATE case_part SET active = active + ?4 WHERE node = ?1 AND case_id = ?2 AND id = ?3"};
static const Sql sql_part_open = {
    "UPDATE case_part SET state = ?4, opened_at = COALESCE(opened_at, ?5), closed_at = NULL"
    " WHERE node = ?1 AND case_id = ?2 AND id = ?3"};
static const Sql sql_part_close = {
    "UPDATE case_part SET state = ?4, closed_at = ?5, paused = 0, active = 0,"
    " clock = CASE clock WHEN 1 THEN 2 ELSE clock END"
    " WHERE node = ?1 AND case_id = ?2 AND id = ?3"};
static const Sql sql_part_pauses_end = {
    "DELETE FROM case_pause WHERE node = ?1 AND case_id = ?2 AND part = ?3"};
static const Sql sql_ended_count = {
    "UPDATE case_case SET part_ended_count = part_ended_count + ?3, version = version + 1"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_pause_add = {
    "INSERT INTO case_pause (node, case_id, key, part, element, reason, since)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
static const Sql sql_pause_delete = {
    "DELETE FROM case_pause WHERE node = ?1 AND case_id = ?2 AND key = ?3"};
static const Sql sql_case_paused = {
    "UPDATE case_case SET paused = paused + ?3, version = version + 1"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_part_paused = {
    "UPDATE case_part SET paused = paused + ?4 WHERE node = ?1 AND case_id = ?2 AND id = ?3"};
static const Sql sql_correction_add = {
    "INSERT INTO case_correction (node, case_id, id, part, matter, office, task, element, token,"
    " reason, state, asked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11)"};
static const Sql sql_correction_settle = {
    "UPDATE case_correction SET state = ?4, answered_at = ?5"
    " WHERE node = ?1 AND case_id = ?2 AND id = ?3"};
static const Sql sql_correction_count = {
    "UPDATE case_case SET correction_count = correction_count + ?3, version = version + 1"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_data_set = {
    "UPDATE case_case SET data = ?3, version = version + 1 WHERE node = ?1 AND id = ?2"};
static const Sql sql_document_add = {
    "INSERT INTO case_document (node, case_id, id, matter, office, kind, number, title_zh,"
    " title_en, content, issued_at, ordinal)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"};
static const Sql sql_concluded = {
    "UPDATE case_case SET result = ?3, reason = ?4, version = version + 1"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_finished = {
    "UPDATE case_case SET state = ?3, ended_at = ?4, reason = COALESCE(?5, reason), paused = 0,"
    " clock = CASE clock WHEN 1 THEN 2 ELSE clock END, version = version + 1"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_pauses_end = {"DELETE FROM case_pause WHERE node = ?1 AND case_id = ?2"};

/* Of an erased subject: a case or a draft. */
static const Sql sql_erase_case = {
    "UPDATE case_case SET data = NULL, applicant_name = NULL, subject = NULL, reason = NULL"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_erase_correction = {
    "UPDATE case_correction SET reason = NULL WHERE node = ?1 AND case_id = ?2"};
static const Sql sql_erase_document = {
    "UPDATE case_document SET content = NULL WHERE node = ?1 AND case_id = ?2"};
static const Sql sql_erase_timeline = {
    "UPDATE case_timeline SET note = NULL WHERE node = ?1 AND case_id = ?2"};
static const Sql sql_erase_draft = {
    "UPDATE case_draft SET data = NULL WHERE node = ?1 AND id = ?2"};

static Id id_of(const Event *event, const char *key)
{
    return value_get_id(event->open, str_from(key));
}

static Id case_of(const Event *event)
{
    Id id = id_of(event, "case");
    check(!id_is_none(id));
    return id;
}

static Str open_text(const Event *event, const char *key)
{
    return value_get_string(event->open, str_from(key));
}

static Str sealed_text(const Event *event, const char *key)
{
    return value_get_string(event->closed, str_from(key));
}

static Param id_or_null(const Id *id)
{
    return id_is_none(*id) ? p_null() : p_id(id);
}

static Param sealed_json(const Event *event, const char *key)
{
    Value v = value_get(event->closed, str_from(key));
    return value_is_null(v) ? p_null() : p_text(json_copy_text(event->arena, v));
}

/* An entry with the office and matter of the event, and one parameter at most. */
static void tell(StoreConn *conn, const Event *event, TimelineKind kind, const char *param,
                 Value value)
{
    ContextBuilder params = context_builder(event->arena);
    if (param)
        context_put(&params, str_from(param), value);
    TimelineRow row = {.kind = kind,
                       .matter = open_text(event, "matter"),
                       .office = open_text(event, "office"),
                       .params = param ? value_context(&params) : value_null(),
                       .note = sealed_text(event, "reason")};
    case_timeline_add(conn, event, case_of(event), &row);
}

void case_apply_accepted(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event);
    store_write(conn, &sql_accepted, PARAMS(p_int(event->node), p_id(&id), p_int(CASE_ACCEPTED),
                                            p_instant(event->at)));
    tell(conn, event, TIMELINE_ACCEPTED, NULL, value_null());
}

/* ---- Clocks. */

static void set_clock(StoreConn *conn, const Event *event, CaseClock clock)
{
    Id id = case_of(event), part = id_of(event, "part");
    if (id_is_none(part)) {
        store_write(conn, &sql_case_clock, PARAMS(p_int(event->node), p_id(&id), p_int(clock)));
        return;
    }
    store_write(conn, &sql_part_clock,
                PARAMS(p_int(event->node), p_id(&id), p_id(&part), p_int(clock)));
    store_write(conn, &sql_touch, PARAMS(p_int(event->node), p_id(&id)));
}

void case_apply_clock_started(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    set_clock(conn, event, CASE_CLOCK_RUNNING);
}

void case_apply_clock_refused(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    set_clock(conn, event, CASE_CLOCK_STOPPED);
}

void case_apply_due_set(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event), part = id_of(event, "part");
    Instant due = INSTANT_NONE;
    check(instant_parse(open_text(event, "due"), &due));
    if (id_is_none(part)) {
        int64_t light = case_light_number(open_text(event, "light"));
        store_write(conn, &sql_case_due, PARAMS(p_int(event->node), p_id(&id), p_instant(due),
                                                light < 0 ? p_null() : p_int(light)));
    } else {
        store_write(conn, &sql_part_due,
                    PARAMS(p_int(event->node), p_id(&id), p_id(&part), p_instant(due)));
        store_write(conn, &sql_touch, PARAMS(p_int(event->node), p_id(&id)));
    }
    tell(conn, event, id_is_none(part) ? TIMELINE_DUE : TIMELINE_PART_DUE, "due",
         value_field(event->open, "due"));
}

void case_apply_lit(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event);
    store_write(conn, &sql_case_light,
                PARAMS(p_int(event->node), p_id(&id),
                       p_int(case_light_number(open_text(event, "light")))));
}

/* ---- Parts. */

void case_apply_part_entered(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event), part = id_of(event, "part");
    store_write(conn, &sql_part_active,
                PARAMS(p_int(event->node), p_id(&id), p_id(&part),
                       p_int(value_get_int(event->open, STR("change"), 0))));
    store_write(conn, &sql_touch, PARAMS(p_int(event->node), p_id(&id)));
}

void case_apply_part_moved(void *state, StoreConn *conn, const Event *event)
{
    static const TimelineKind kinds[PART_STATE_COUNT] = {
        [PART_WAITING] = TIMELINE_PART_OPENED,     [PART_OPEN] = TIMELINE_PART_OPENED,
        [PART_APPROVED] = TIMELINE_PART_APPROVED,  [PART_REFUSED] = TIMELINE_PART_REFUSED,
        [PART_NOT_NEEDED] = TIMELINE_PART_NOT_NEEDED, [PART_STOPPED] = TIMELINE_PART_STOPPED,
    };
    (void)state;
    Id id = case_of(event), part = id_of(event, "part");
    int64_t from = value_get_int(event->open, STR("from"), -1);
    int64_t to = value_get_int(event->open, STR("to"), -1);
    check(from >= 0 && from < PART_STATE_COUNT && to >= 0 && to < PART_STATE_COUNT);
    check(part_move_allowed((PartState)from, (PartState)to));
    store_write(conn, to == PART_OPEN ? &sql_part_open : &sql_part_close,
                PARAMS(p_int(event->node), p_id(&id), p_id(&part), p_int(to),
                       p_instant(event->at)));
    if (to != PART_OPEN)
        store_write(conn, &sql_part_pauses_end,
                    PARAMS(p_int(event->node), p_id(&id), p_id(&part)));
    int change = part_state_ended((PartState)to) - part_state_ended((PartState)from);
    store_write(conn, &sql_ended_count, PARAMS(p_int(event->node), p_id(&id), p_int(change)));
    tell(conn, event, kinds[to], NULL, value_null());
}

/* ---- Pauses. */

static void count_pause(StoreConn *conn, const Event *event, int change)
{
    Id id = case_of(event), part = id_of(event, "part");
    int whole = id_is_none(part) ? change : 0;
    store_write(conn, &sql_case_paused, PARAMS(p_int(event->node), p_id(&id), p_int(whole)));
    if (!id_is_none(part))
        store_write(conn, &sql_part_paused,
                    PARAMS(p_int(event->node), p_id(&id), p_id(&part), p_int(change)));
}

void case_apply_paused(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event), part = id_of(event, "part");
    store_write(conn, &sql_pause_add,
                PARAMS(p_int(event->node), p_id(&id), p_text(open_text(event, "key")),
                       id_or_null(&part), p_text(open_text(event, "element")),
                       p_text(open_text(event, "reason")), p_instant(event->at)));
    count_pause(conn, event, 1);
    tell(conn, event, TIMELINE_PAUSED, "reason", value_field(event->open, "reason"));
}

void case_apply_resumed(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event);
    store_write(conn, &sql_pause_delete,
                PARAMS(p_int(event->node), p_id(&id), p_text(open_text(event, "key"))));
    count_pause(conn, event, -1);
    tell(conn, event, TIMELINE_RESUMED, NULL, value_null());
}

/* ---- Corrections. */

void case_apply_correction_asked(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event), part = id_of(event, "part"), correction = id_of(event, "correction");
    store_write(conn, &sql_correction_add,
                PARAMS(p_int(event->node), p_id(&id), p_id(&correction), id_or_null(&part),
                       p_text_or_null(open_text(event, "matter")),
                       p_text_or_null(open_text(event, "office")),
                       p_text(open_text(event, "task")), p_text(open_text(event, "element")),
                       p_text(open_text(event, "token")),
                       p_text_or_null(sealed_text(event, "reason")), p_instant(event->at)));
    store_write(conn, &sql_correction_count, PARAMS(p_int(event->node), p_id(&id), p_int(1)));
    tell(conn, event, TIMELINE_CORRECTION_ASKED, NULL, value_null());
}

void case_apply_correction_settled(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event), correction = id_of(event, "correction");
    int64_t to = value_get_int(event->open, STR("state"), CORRECTION_DROPPED);
    store_write(conn, &sql_correction_settle,
                PARAMS(p_int(event->node), p_id(&id), p_id(&correction), p_int(to),
                       p_instant(event->at)));
    store_write(conn, &sql_correction_count, PARAMS(p_int(event->node), p_id(&id), p_int(-1)));
    if (to == CORRECTION_ANSWERED)
        tell(conn, event, TIMELINE_CORRECTION_ANSWERED, NULL, value_null());
}

void case_apply_corrected(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event);
    store_write(conn, &sql_data_set,
                PARAMS(p_int(event->node), p_id(&id), sealed_json(event, "data")));
}

/* ---- Words and papers. */

void case_apply_noted(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event);
    int64_t kind = value_get_int(event->open, STR("kind"), 0);
    check(kind >= 0 && kind < TIMELINE_KIND_COUNT);
    ContextBuilder params = context_builder(event->arena);
    context_put_text(&params, "task", value_field(event->open, "task"));
    context_put_text(&params, "element", value_field(event->open, "element"));
    TimelineRow row = {.kind = (TimelineKind)kind,
                       .matter = open_text(event, "matter"),
                       .office = open_text(event, "office"),
                       .params = value_context(&params),
                       .note = sealed_text(event, "reason")};
    case_timeline_add(conn, event, id, &row);
    store_write(conn, &sql_touch, PARAMS(p_int(event->node), p_id(&id)));
}

void case_apply_issued(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event), document = id_of(event, "document");
    Text2 title = text2_read(value_field(event->open, "title"));
    store_write(conn, &sql_document_add,
                PARAMS(p_int(event->node), p_id(&id), p_id(&document),
                       p_text_or_null(open_text(event, "matter")),
                       p_text_or_null(open_text(event, "office")),
                       p_text(open_text(event, "kind")),
                       p_text_or_null(open_text(event, "number")), p_text(title.zh),
                       p_text(title.en), sealed_json(event, "content"), p_instant(event->at),
                       p_int(value_get_int(event->open, STR("ordinal"), 0))));
    store_write(conn, &sql_touch, PARAMS(p_int(event->node), p_id(&id)));
    ContextBuilder params = context_builder(event->arena);
    context_put_text(&params, "title", value_field(event->open, "title"));
    context_put_text(&params, "number", value_field(event->open, "number"));
    TimelineRow row = {.kind = TIMELINE_ISSUED,
                       .matter = open_text(event, "matter"),
                       .office = open_text(event, "office"),
                       .params = value_context(&params)};
    case_timeline_add(conn, event, id, &row);
}

void case_apply_concluded(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event);
    store_write(conn, &sql_concluded,
                PARAMS(p_int(event->node), p_id(&id), p_text(open_text(event, "result")),
                       p_text_or_null(sealed_text(event, "reason"))));
    tell(conn, event, TIMELINE_CONCLUDED, "result", value_field(event->open, "result"));
}

void case_apply_ended(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = case_of(event);
    int64_t to = value_get_int(event->open, STR("state"), -1);
    check(to >= 0 && to < CASE_STATE_COUNT && case_state_ended((CaseState)to));
    store_write(conn, &sql_finished,
                PARAMS(p_int(event->node), p_id(&id), p_int(to), p_instant(event->at),
                       p_text_or_null(sealed_text(event, "reason"))));
    store_write(conn, &sql_pauses_end, PARAMS(p_int(event->node), p_id(&id)));
    bool withdrawn = to == CASE_WITHDRAWN;
    tell(conn, event, withdrawn ? TIMELINE_WITHDRAWN : TIMELINE_ENDED, "result",
         value_string(case_state_word((CaseState)to)));
}

/* core.erased {subject}: personal columns become NULL, as a replay would leave them. */
void case_apply_erased(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = value_get_id(event->open, STR("subject"));
    if (id_is_none(id))
        return;
    store_write(conn, &sql_erase_case, PARAMS(p_int(event->node), p_id(&id)));
    store_write(conn, &sql_erase_correction, PARAMS(p_int(event->node), p_id(&id)));
    store_write(conn, &sql_erase_document, PARAMS(p_int(event->node), p_id(&id)));
    store_write(conn, &sql_erase_timeline, PARAMS(p_int(event->node), p_id(&id)));
    store_write(conn, &sql_erase_draft, PARAMS(p_int(event->node), p_id(&id)));
}
