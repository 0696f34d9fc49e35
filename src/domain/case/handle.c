/* handle.c - what diagram, applicant and clock say of a case: accept, issue, conclude, end;
 * withdraw, correct; the clock's answers.
 *
 * Built-in tasks come with `context` {case, number, thing, instance, element, matter}. A task of
 * a case that has ended is refused (case_closed): the process is being cancelled, and nothing may
 * be added behind the end. case.ended is the opposite: it comes after every end, also after those
 * that were decided here, and then changes nothing. */
#include "codec/json.h"
#include "domain/case/case_int.h"

static const Sql sql_document_count = {
    "SELECT COUNT(*) FROM case_document WHERE node = ?1 AND case_id = ?2"};

static bool still_open(Decision *d, const CaseNow *now)
{
    Text2 title = case_state_title(now->row.state);
    return !case_state_ended(now->row.state) ||
           decision_refuse_with(d, &fault_case_closed, now->row.number, title.en, title.zh);
}

/* The case of a built-in task. */
static bool case_of_task(const Cases *cases, Decision *d, const Command *command, CaseNow *now)
{
    return case_of_command(cases, d, value_field(command->body, "context"), now) &&
           still_open(d, now);
}

/* The case of an applicant's command: somebody else's reads as not found. */
static bool case_of_applicant(const Cases *cases, Decision *d, const Command *command,
                              CaseNow *now)
{
    if (!case_of_command(cases, d, command->body, now))
        return false;
    if (!str_equal(now->row.applicant, command->actor.id))
        return decision_refuse_with(d, &fault_case_unknown);
    return still_open(d, now);
}

void case_process_cancel(Decision *d, Str instance, const char *reason)
{
    if (instance.len == 0)
        return;
    ContextBuilder body = context_builder(decision_arena(d));
    context_put_text(&body, "instance", value_string(instance));
    context_put_text(&body, "reason", value_string(str_from(reason)));
    decision_follow(d, STR("process.cancel"), value_context(&body), STR_NONE, value_null());
}

/* ---- Built-in tasks. */

bool case_decide_accept(void *state, const Command *command, Decision *d)
{
    CaseNow now;
    Arena *a = decision_arena(d);
    if (!case_of_task(state, d, command, &now))
        return false;
    bool first = now.row.state == CASE_SUBMITTED;
    Instant accepted_at = first ? command->now : now.row.accepted_at;
    if (first) {
        ContextBuilder open = case_event(d, &now.row);
        Str office = command->actor.office;
        if (office.len)
            context_put_text(&open, "office", value_string(office));
        case_emit(d, &now.row, "case.accepted", &open, value_null());
        now.row.state = CASE_ACCEPTED;
        case_clock_start(d, &now);
        for (size_t i = 0; i < now.part_count; i++)
            if (now.parts[i].state == PART_OPEN)
                case_part_clock_start(d, &now, &now.parts[i]);
    }
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "accepted_at", value_instant(a, accepted_at));
    decision_reply(d, value_context(&reply));
    return true;
}

static int64_t document_count(Decision *d, Id id)
{
    Rows *rows = store_query(decision_store(d), &sql_document_count,
                             PARAMS(p_int(decision_node(d)), p_id(&id)));
    int64_t count = rows_next(rows) ? rows_int(rows, 0) : 0;
    rows_close(rows);
    return count;
}

/* The matter a task names, or stands in; refuses one that the case does not have. */
static bool matter_of_task(Decision *d, const Command *command, const CaseNow *now,
                           const PartRecord **part)
{
    Str matter = value_get_string(command->body, STR("matter"));
    if (matter.len == 0)
        matter = value_get_string(value_field(command->body, "context"), STR("matter"));
    *part = matter.len ? case_part_of(now, matter) : NULL;
    return matter.len == 0 || *part ||
           decision_refuse_with(d, &fault_matter_unknown, now->row.thing,
                                case_text_cut(matter, 60));
}

static bool document_fields(Decision *d, Value body, Str *kind, Text2 *title, Value *content)
{
    *kind = value_get_string(body, STR("kind"));
    *title = text2_read(value_field(body, "title"));
    *content = value_field(body, "content");
    if (kind->len == 0 || kind->len > 100)
        return decision_refuse_with(d, &fault_case_field, STR("kind"), STR("a name"),
                                    STR("名称"));
    if (title->zh.len == 0 || title->zh.len > 600 || title->en.len > 600)
        return decision_refuse_with(d, &fault_case_field, STR("title"),
                                    STR("a text or {zh, en}"), STR("文本或 {zh, en}"));
    bool context = value_is(*content, VALUE_CONTEXT) || value_is_null(*content);
    if (!context || json_copy_text(decision_arena(d), *content).len > CASE_CONTENT_BYTES_MAX)
        return decision_refuse_with(d, &fault_case_field, STR("content"),
                                    STR("an object of at most 64 KiB"),
                                    STR("不超过 64 KiB 的对象"));
    return true;
}

/* The number given, unless it is only the case's own that came along; else the next one. */
static Str document_number(Decision *d, const CaseNow *now, Value body, int64_t count)
{
    Str number = value_get_string(body, STR("number"));
    if (number.len && number.len <= 100 && !str_equal(number, now->row.number))
        return number;
    return arena_printf(decision_arena(d), "%.*s-%02lld", STR_ARG(now->row.number),
                        (long long)count + 1);
}

bool case_decide_issue(void *state, const Command *command, Decision *d)
{
    CaseNow now;
    const PartRecord *part = NULL;
    Str kind;
    Text2 title;
    Value content;
    Arena *a = decision_arena(d);
    if (!case_of_task(state, d, command, &now) || !matter_of_task(d, command, &now, &part) ||
        !document_fields(d, command->body, &kind, &title, &content))
        return false;
    int64_t count = document_count(d, now.row.id);
    if (count >= (int64_t)CASE_DOCUMENTS_MAX)
        return decision_refuse_with(d, &fault_document_limit,
                                    arena_printf(a, "%u", CASE_DOCUMENTS_MAX));
    Value document = value_id(a, decision_id(d));
    ContextBuilder open = case_event(d, &now.row), closed = context_builder(a);
    context_put_text(&open, "document", document);
    context_put_text(&open, "ordinal", value_int(count + 1));
    if (part) {
        context_put_text(&open, "matter", value_string(part->matter));
        context_put_text(&open, "office", value_string(part->office));
    }
    context_put_text(&open, "kind", value_string(kind));
    context_put_text(&open, "title", text2_value(a, title));
    Str number = document_number(d, &now, command->body, count);
    context_put_text(&open, "number", value_string(number));
    context_put_text(&closed, "content", content);
    case_emit(d, &now.row, "case.issued", &open, value_context(&closed));
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "document", document);
    context_put_text(&reply, "number", value_string(number));
    decision_reply(d, value_context(&reply));
    return true;
}

bool case_decide_conclude(void *state, const Command *command, Decision *d)
{
    CaseNow now;
    CaseState result = CASE_APPROVED;
    if (!case_of_task(state, d, command, &now))
        return false;
    Str word = value_get_string(command->body, STR("result"));
    bool known = case_state_parse(word, &result) &&
                 (result == CASE_APPROVED || result == CASE_REFUSED || result == CASE_PARTIAL);
    if (!known)
        return decision_refuse_with(d, &fault_case_result_unknown, case_text_cut(word, 60));
    Str reason = value_get_string(command->body, STR("reason"));
    ContextBuilder open = case_event(d, &now.row);
    context_put_text(&open, "result", value_string(word));
    Value closed = value_null();
    if (reason.len) {
        ContextBuilder sealed = context_builder(decision_arena(d));
        context_put_text(&sealed, "reason",
                         value_string(case_text_cut(reason, CASE_REASON_MAX)));
        closed = value_context(&sealed);
    }
    case_emit(d, &now.row, "case.concluded", &open, closed);
    ContextBuilder reply = context_builder(decision_arena(d));
    context_put_text(&reply, "result", value_string(word));
    decision_reply(d, value_context(&reply));
    return true;
}

/* ---- The end of the instance. */

bool case_decide_ended(void *state, const Command *command, Decision *d)
{
    CaseNow now;
    if (!case_of_command(state, d, command->body, &now))
        return false;
    Str instance = value_get_string(command->body, STR("instance"));
    bool other = now.row.instance.len && instance.len && !str_equal(now.row.instance, instance);
    if (case_state_ended(now.row.state) || other)
        return true;
    bool completed = str_equal(value_get_string(command->body, STR("state")), STR("completed"));
    case_end(d, &now, completed ? case_result_of(&now) : CASE_CANCELLED, STR_NONE);
    return true;
}

/* ---- The applicant. */

bool case_decide_withdraw(void *state, const Command *command, Decision *d)
{
    static const FieldRule rules[] = {{"case", FIELD_ID, true, 0},
                                      {"reason", FIELD_TEXT, false, CASE_REASON_MAX}};
    CaseNow now;
    if (!BODY_CHECK(d, command->body, rules) || !case_of_applicant(state, d, command, &now))
        return false;
    Str reason = value_get_string(command->body, STR("reason"));
    case_end(d, &now, CASE_WITHDRAWN, reason);
    case_process_cancel(d, now.row.instance, "withdrawn");
    ContextBuilder reply = context_builder(decision_arena(d));
    context_put_text(&reply, "case", value_string(now.row.id_text));
    context_put_text(&reply, "state", value_string(case_state_word(CASE_WITHDRAWN)));
    decision_reply(d, value_context(&reply));
    return true;
}

/* The open correction of a part (ID_NONE: of the whole case). */
static bool correction_find(Decision *d, const CaseNow *now, Id part, CorrectionRecord *out)
{
    size_t count = 0;
    CorrectionRecord *list = case_corrections_open(decision_store(d), decision_node(d),
                                                   now->row.id, decision_arena(d), &count);
    for (size_t i = 0; i < count; i++)
        if (id_equal(list[i].part, part)) {
            *out = list[i];
            return true;
        }
    return decision_refuse_with(d, &fault_correction_none);
}

static bool part_exists(Decision *d, const CaseNow *now, Id part)
{
    size_t i = 0;
    while (i < now->part_count && !id_equal(now->parts[i].id, part))
        i++;
    return id_is_none(part) || i < now->part_count ||
           decision_refuse_with(d, &fault_part_unknown);
}

static bool corrected_data(const Cases *cases, Decision *d, const Command *command,
                           const CaseNow *now, Value *merged)
{
    const Form *form = now->thing ? case_form(cases, now->thing->form) : NULL;
    if (!form)
        return decision_refuse_with(d, &fault_thing_unknown, now->row.thing);
    Value earlier = case_data_read(decision_store(d), decision_node(d), now->row.id,
                                   decision_arena(d));
    *merged = form_merge(form, earlier, value_field(command->body, "data"), decision_arena(d));
    return case_data_judged(cases, d, command, now->thing, *merged, FORM_SUBMIT);
}

bool case_decide_correct(void *state, const Command *command, Decision *d)
{
    static const FieldRule rules[] = {{"case", FIELD_ID, true, 0},
                                      {"part", FIELD_ID, false, 0},
                                      {"data", FIELD_CONTEXT, true, 0}};
    CaseNow now;
    CorrectionRecord correction;
    Value merged = value_null();
    Arena *a = decision_arena(d);
    if (!BODY_CHECK(d, command->body, rules) || !case_of_applicant(state, d, command, &now))
        return false;
    Id part = value_get_id(command->body, STR("part"));
    if (!part_exists(d, &now, part) || !correction_find(d, &now, part, &correction) ||
        !corrected_data(state, d, command, &now, &merged))
        return false;
    ContextBuilder open = case_event(d, &now.row), closed = context_builder(a);
    Value id = value_id(a, correction.id);
    context_put_text(&open, "correction", id);
    context_put_text(&closed, "data", merged);
    case_emit(d, &now.row, "case.corrected", &open, value_context(&closed));
    ContextBuilder variables = context_builder(a), complete = context_builder(a);
    context_put_text(&variables, "data", merged);
    context_put_text(&complete, "task", value_string(correction.task));
    context_put_text(&complete, "variables", value_context(&variables));
    decision_follow(d, STR("process.task_complete"), value_context(&complete), STR_NONE,
                    value_null());
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "case", value_string(now.row.id_text));
    context_put_text(&reply, "correction", id);
    decision_reply(d, value_context(&reply));
    return true;
}

/* ---- The clock. */

/* The reason of an extension stands in the timeline, under the case's key. */
static void note_extended(Decision *d, const CaseNow *now, const PartRecord *part, Value result)
{
    Str reason = value_get_string(result, STR("extended"));
    Note note = {.kind = TIMELINE_EXTENDED,
                 .matter = part ? part->matter : STR_NONE,
                 .office = part ? part->office : STR_NONE,
                 .reason = reason};
    if (reason.len)
        case_note(d, &now->row, &note);
}

/* Its answer to start, pause and resume, and what it tells of its own: the instant when the limit
 * ends, as far as it is told, and the light. A case that has ended keeps its last. */
bool case_decide_clock_told(void *state, const Command *command, Decision *d)
{
    CaseNow now;
    if (!case_of_command(state, d, command->body, &now))
        return false;
    Str matter = value_get_string(command->body, STR("matter"));
    const PartRecord *part = matter.len ? case_part_of(&now, matter) : NULL;
    Value refusal = value_field(command->body, "refusal");
    Value result = value_field(command->body, "result"), due = value_field(result, "due");
    int64_t light = part ? -1 : case_light_number(value_get_string(result, STR("light")));
    if (case_state_ended(now.row.state))
        return true;
    ContextBuilder open = case_event(d, &now.row);
    if (part) {
        context_put_text(&open, "part", value_id(decision_arena(d), part->id));
        context_put_text(&open, "matter", value_string(part->matter));
        context_put_text(&open, "office", value_string(part->office));
    }
    Instant at;
    if (!value_is_null(refusal)) {
        context_put_text(&open, "fault", value_field(refusal, "fault"));
        case_emit(d, &now.row, "case.clock_refused", &open, value_null());
    } else if (value_is(due, VALUE_STRING) && instant_parse(due.as.string, &at)) {
        note_extended(d, &now, part, result);
        context_put_text(&open, "due", due);
        if (light >= 0)
            context_put_text(&open, "light", value_field(result, "light"));
        case_emit(d, &now.row, "case.due_set", &open, value_null());
    } else if (light >= 0 && light != now.row.light) {
        context_put_text(&open, "light", value_field(result, "light"));
        case_emit(d, &now.row, "case.lit", &open, value_null());
    }
    return true;
}
