/* case_resource.c - cases: submitted, listed, looked into, corrected, withdrawn.
 *
 * A case's rows come from the case module, its limits and lights from the clock module; they are
 * joined here, by the ids of the case and of its parts (the subjects of the clocks). Rights are
 * judged by the case module: what a caller may not see reads as not found.
 *
 * A case's ETag is made from the bytes of the answer, not from the row's version: lights change
 * with time while the row does not. */
#include "api/api_int.h"

#include "api/resource_parts.h"
#include "base/check.h"

Value clock_limit_value(Call *c, Limit limit)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "amount", value_int(limit.amount));
    context_put_text(&b, "unit", value_string(str_from(limit_unit_name(limit.unit))));
    return value_context(&b);
}

static Value statutory_value(Call *c, const ClockLimit *l)
{
    Arena *a = c->arena;
    ContextBuilder remaining = context_builder(a), b = context_builder(a);
    if (!l->found)
        return value_null();
    context_put_text(&remaining, "units", value_int(l->remaining.units));
    context_put_text(&remaining, "over", value_int(l->remaining.over));
    context_put_text(&b, "limit", clock_limit_value(c, l->limit));
    context_put_text(&b, "due_at", value_instant(a, l->due));
    context_put_text(&b, "due_day", value_day(a, l->due_day));
    context_put_text(&b, "provisional", value_boolean(l->provisional));
    context_put_text(&b, "paused", value_boolean(l->paused));
    context_put_text(&b, "light", value_string(str_from(clock_light_name(l->light))));
    context_put_text(&b, "remaining", value_context(&remaining));
    return value_context(&b);
}

Value running_clock_value(Call *c, const ClockState *s)
{
    Arena *a = c->arena;
    ContextBuilder remaining = context_builder(a), b = context_builder(a);
    if (!s->found)
        return value_null();
    context_put_text(&remaining, "units", value_int(s->remaining.units));
    context_put_text(&remaining, "over", value_int(s->remaining.over));
    context_put_text(&b, "started_at", value_instant(a, s->started));
    context_put_text(&b, "limit", clock_limit_value(c, s->limit));
    context_put_text(&b, "due_at", value_instant(a, s->due));
    context_put_text(&b, "due_day", value_day(a, s->due_day));
    context_put_text(&b, "provisional", value_boolean(s->provisional));
    context_put_text(&b, "paused", value_boolean(s->paused));
    context_put_text(&b, "paused_since", value_instant(a, s->paused_since));
    context_put_text(&b, "paused_why", text_or_null(s->paused_why));
    context_put_text(&b, "stopped_at", value_instant(a, s->stopped));
    context_put_text(&b, "light", value_string(str_from(clock_light_name(s->light))));
    context_put_text(&b, "remaining", value_context(&remaining));
    context_put_text(&b, "extended", s->extended.amount ? clock_limit_value(c, s->extended)
                                                        : value_null());
    context_put_text(&b, "statutory", statutory_value(c, &s->statutory));
    return value_context(&b);
}

/* ---- The list. */

static Value case_item(Call *c, const CaseRow *row, const ClockState *clock)
{
    Arena *a = c->arena;
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "id", value_id(a, row->id));
    context_put_text(&b, "number", value_string(row->number));
    context_put_text(&b, "thing", value_string(row->thing));
    context_put_text(&b, "title", call_text_value(c, row->title));
    context_put_text(&b, "state", value_string(case_state_word(row->state)));
    context_put_text(&b, "state_title", call_text_value(c, case_state_title(row->state)));
    context_put_text(&b, "applicant_name", text_or_null(row->applicant_name));
    context_put_text(&b, "submitted_at", value_instant(a, row->submitted_at));
    context_put_text(&b, "accepted_at", value_instant(a, row->accepted_at));
    context_put_text(&b, "ended_at", value_instant(a, row->ended_at));
    context_put_text(&b, "due_at", value_instant(a, clock->found ? clock->due : row->due_at));
    context_put_text(&b, "light", clock->found
                                      ? value_string(str_from(clock_light_name(clock->light)))
                                      : value_null());
    context_put_text(&b, "paused", value_boolean(row->paused));
    context_put_text(&b, "part_count", value_int(row->part_count));
    context_put_text(&b, "part_ended_count", value_int(row->part_ended_count));
    context_put_text(&b, "correction_count", value_int(row->correction_count));
    context_put_text(&b, "version", value_int(row->version));
    return value_context(&b);
}

static bool page_of_rows(Call *c, const CaseRow *rows, size_t count, Str next, Err *err)
{
    Id *ids = arena_new_array(c->arena, Id, count + 1);
    ClockState *clocks = arena_new_array(c->arena, ClockState, count + 1);
    ListBuilder items = list_builder(c->arena);
    check(count <= API_PAGE_MAX && ids && clocks);
    for (size_t i = 0; i < count; i++)
        ids[i] = rows[i].id;
    if (!clock_read_many(c->conn, c->node, ids, count, c->now, c->arena, clocks, err))
        return false;
    for (size_t i = 0; i < count; i++)
        list_add(&items, case_item(c, &rows[i], &clocks[i]));
    c->answer.body = call_page(c, &items, next);
    return true;
}

/* ?number=: a page with that case, or an empty one. */
static bool page_of_number(Call *c, Str number, Err *err)
{
    Id id;
    CaseWhole whole;
    Err unknown = {0};
    if (case_find(c->cases, c->conn, c->node, &c->actor, number, c->arena, &id, &unknown) &&
        case_read(c->cases, c->conn, c->node, &c->actor, id, c->now, c->arena, &whole, &unknown))
        return page_of_rows(c, &whole.row, 1, STR_NONE, err);
    if (err_is(&unknown, &fault_case_unknown))
        return page_of_rows(c, NULL, 0, STR_NONE, err);
    *err = unknown;
    return false;
}

bool route_list_cases(Call *c, Err *err)
{
    Str number = call_query_text(c, "number");
    CaseFilter filter = {.state = call_query_text(c, "state"),
                         .thing = call_query_text(c, "thing"),
                         .office = call_query_text(c, "office"),
                         .overdue = call_query_true(c, "overdue"),
                         .light = call_query_text(c, "light"),
                         .now = c->now,
                         .cursor = call_query_text(c, "after"),
                         .page_size = call_page_size(c)};
    CasePage page;
    if (number.len)
        return page_of_number(c, number, err);
    return case_list(c->cases, c->conn, c->node, &c->actor, &filter, c->arena, &page, err) &&
           page_of_rows(c, page.rows, page.count, page.next_cursor, err);
}

/* ---- One case. */

static Value part_value(Call *c, const CasePart *p, const ClockState *clock)
{
    Arena *a = c->arena;
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "id", value_id(a, p->id));
    context_put_text(&b, "matter", value_string(p->matter));
    context_put_text(&b, "title", call_text_value(c, p->title));
    context_put_text(&b, "office", value_string(p->office));
    context_put_text(&b, "office_title", call_text_value(c, p->office_title));
    context_put_text(&b, "item_code", value_string(p->item_code));
    context_put_text(&b, "state", value_string(part_state_word(p->state)));
    context_put_text(&b, "state_title", call_text_value(c, part_state_title(p->state)));
    context_put_text(&b, "paused", value_boolean(p->paused));
    context_put_text(&b, "pause_reason", text_or_null(p->pause_reason));
    context_put_text(&b, "correction_open", value_boolean(p->correction_open));
    context_put_text(&b, "opened_at", value_instant(a, p->opened_at));
    context_put_text(&b, "closed_at", value_instant(a, p->closed_at));
    context_put_text(&b, "clock", running_clock_value(c, clock));
    return value_context(&b);
}

static Value correction_value(Call *c, const CaseCorrection *k)
{
    Arena *a = c->arena;
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "id", value_id(a, k->id));
    context_put_text(&b, "part", id_is_none(k->part) ? value_null() : value_id(a, k->part));
    context_put_text(&b, "matter", text_or_null(k->matter));
    context_put_text(&b, "office", text_or_null(k->office));
    context_put_text(&b, "task", text_or_null(k->task));
    context_put_text(&b, "reason", text_or_null(k->reason));
    context_put_text(&b, "state", value_string(correction_state_word(k->state)));
    context_put_text(&b, "asked_at", value_instant(a, k->asked_at));
    context_put_text(&b, "answered_at", value_instant(a, k->answered_at));
    return value_context(&b);
}

static Value document_value(Call *c, const CaseDocument *d)
{
    Arena *a = c->arena;
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "id", value_id(a, d->id));
    context_put_text(&b, "matter", text_or_null(d->matter));
    context_put_text(&b, "office", text_or_null(d->office));
    context_put_text(&b, "kind", value_string(d->kind));
    context_put_text(&b, "number", text_or_null(d->number));
    context_put_text(&b, "title", call_text_value(c, d->title));
    context_put_text(&b, "content", d->content);
    context_put_text(&b, "issued_at", value_instant(a, d->issued_at));
    return value_context(&b);
}

static Value parts_value(Call *c, const CaseWhole *whole, const ClockState *clocks)
{
    ListBuilder list = list_builder(c->arena);
    for (size_t i = 0; i < whole->part_count; i++)
        list_add(&list, part_value(c, &whole->parts[i], &clocks[i]));
    return value_list(&list);
}

static Value corrections_value(Call *c, const CaseWhole *whole)
{
    ListBuilder list = list_builder(c->arena);
    for (size_t i = 0; i < whole->correction_count; i++)
        list_add(&list, correction_value(c, &whole->corrections[i]));
    return value_list(&list);
}

static Value documents_value(Call *c, const CaseWhole *whole)
{
    ListBuilder list = list_builder(c->arena);
    for (size_t i = 0; i < whole->document_count; i++)
        list_add(&list, document_value(c, &whole->documents[i]));
    return value_list(&list);
}

static void put_head(Call *c, ContextBuilder *b, const CaseWhole *whole)
{
    const CaseRow *row = &whole->row;
    Arena *a = c->arena;
    context_put_text(b, "id", value_id(a, row->id));
    context_put_text(b, "number", value_string(row->number));
    context_put_text(b, "thing", value_string(row->thing));
    context_put_text(b, "thing_version", value_int(row->thing_version));
    context_put_text(b, "title", call_text_value(c, row->title));
    context_put_text(b, "state", value_string(case_state_word(row->state)));
    context_put_text(b, "state_title", call_text_value(c, case_state_title(row->state)));
    context_put_text(b, "reason", text_or_null(whole->reason));
    context_put_text(b, "applicant", text_or_null(row->applicant));
    context_put_text(b, "applicant_name", text_or_null(row->applicant_name));
    context_put_text(b, "subject", text_or_null(row->subject));
    context_put_text(b, "submitted_at", value_instant(a, row->submitted_at));
    context_put_text(b, "accepted_at", value_instant(a, row->accepted_at));
    context_put_text(b, "ended_at", value_instant(a, row->ended_at));
}

bool case_value(Call *c, const CaseWhole *whole, Value *out, Err *err)
{
    size_t count = whole->part_count + 1; /* the case's own clock is the last */
    Id *ids = arena_new_array(c->arena, Id, count);
    ClockState *clocks = arena_new_array(c->arena, ClockState, count);
    ContextBuilder b = context_builder(c->arena);
    check(ids && clocks);
    for (size_t i = 0; i < whole->part_count; i++)
        ids[i] = whole->parts[i].id;
    ids[count - 1] = whole->row.id;
    if (!clock_read_many(c->conn, c->node, ids, count, c->now, c->arena, clocks, err))
        return false;
    put_head(c, &b, whole);
    context_put_text(&b, "clock", running_clock_value(c, &clocks[count - 1]));
    context_put_text(&b, "parts", parts_value(c, whole, clocks));
    context_put_text(&b, "corrections", corrections_value(c, whole));
    context_put_text(&b, "documents", documents_value(c, whole));
    context_put_text(&b, "data", whole->data);
    context_put_text(&b, "data_visible", value_boolean(whole->data_visible));
    context_put_text(&b, "instance", text_or_null(whole->row.instance));
    context_put_text(&b, "version", value_int(whole->row.version));
    *out = value_context(&b);
    return true;
}

bool route_get_case(Call *c, Err *err)
{
    Id id;
    CaseWhole whole;
    return call_path_id(c, 0, &fault_case_unknown, &id, err) &&
           case_read(c->cases, c->conn, c->node, &c->actor, id, c->now, c->arena, &whole, err) &&
           case_value(c, &whole, &c->answer.body, err);
}

static Value entry_value(Call *c, const TimelineEntry *e)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "seq", value_int(e->seq));
    context_put_text(&b, "at", value_instant(c->arena, e->at));
    context_put_text(&b, "code", value_string(e->code));
    context_put_text(&b, "actor", text_or_null(e->actor));
    context_put_text(&b, "office", text_or_null(e->office));
    context_put_text(&b, "matter", text_or_null(e->matter));
    context_put_text(&b, "text", call_text_value(c, e->text));
    return value_context(&b);
}

bool route_get_timeline(Call *c, Err *err)
{
    Id id;
    TimelineEntry *entries;
    size_t count;
    ListBuilder items = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    if (!call_path_id(c, 0, &fault_case_unknown, &id, err) ||
        !case_timeline(c->cases, c->conn, c->node, &c->actor, id, c->arena, &entries, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        list_add(&items, entry_value(c, &entries[i]));
    context_put_text(&b, "items", value_list(&items));
    c->answer.body = value_context(&b);
    return true;
}

/* ---- Commands. */

static void finish_open(Call *c, const Reply *reply)
{
    ContextBuilder b = context_builder(c->arena);
    Str id = value_get_string(reply->body, STR("case"));
    check(id.len > 0);
    context_put_text(&b, "case", value_string(id));
    context_put_text(&b, "number", value_string(value_get_string(reply->body, STR("number"))));
    context_put_text(&b, "instance", text_or_null(value_get_string(reply->body, STR("instance"))));
    c->answer.body = value_context(&b);
    c->answer.location = arena_printf(c->arena, "/v1/cases/%.*s", STR_ARG(id));
}

bool route_create_case(Call *c, Err *err)
{
    bool draft = !value_is_null(value_field(c->body, "draft"));
    Str thing = value_get_string(c->body, STR("thing"));
    Value data = value_field(c->body, "data");
    if (draft == (thing.len > 0) || (draft && !value_is_null(data)))
        return err_set(err, &fault_body_field_either, STR("draft"), STR("thing, data"));
    if (draft) {
        /* Read only to tell the form's faults; whether there is such a draft is the command's to
         * say, since an answered request that is sent again gets its answer again. */
        Draft d = {0};
        draft_read(c->cases, c->conn, c->node, &c->actor,
                   value_get_id(c->body, STR("draft")), c->arena, &d, NULL);
        thing = d.thing;
        data = d.data;
    }
    const Thing *t = thing_read(c->cases, thing, 0);
    c->order.kind = STR("case.submit");
    c->order.body = c->body;
    c->order.finish = finish_open;
    c->order.form = t ? case_form(c->cases, t->form) : NULL;
    c->order.data = data;
    c->order.mode = FORM_SUBMIT;
    return true;
}

bool route_withdraw_case(Call *c, Err *err)
{
    Id id;
    ContextBuilder b = context_builder(c->arena);
    if (!call_path_id(c, 0, &fault_case_unknown, &id, err))
        return false;
    context_put_text(&b, "case", value_id(c->arena, id));
    if (value_get_string(c->body, STR("reason")).len)
        context_put_text(&b, "reason", value_field(c->body, "reason"));
    c->order.kind = STR("case.withdraw");
    c->order.body = value_context(&b);
    return true;
}

/* part: ID_NONE when the whole case is to be corrected. The data as they will be stand in the
 * order, so that every field that the form refuses is told. */
static bool order_correction(Call *c, Id id, Id part, Err *err)
{
    CaseWhole whole;
    ContextBuilder b = context_builder(c->arena);
    Value data = value_field(c->body, "data");
    if (!case_read(c->cases, c->conn, c->node, &c->actor, id, c->now, c->arena, &whole, err))
        return false;
    const Thing *t = thing_read(c->cases, whole.row.thing, whole.row.thing_version);
    context_put_text(&b, "case", value_id(c->arena, id));
    if (!id_is_none(part))
        context_put_text(&b, "part", value_id(c->arena, part));
    context_put_text(&b, "data", data);
    c->order.kind = STR("case.correct");
    c->order.body = value_context(&b);
    c->order.form = t ? case_form(c->cases, t->form) : NULL;
    if (c->order.form)
        c->order.data = form_merge(c->order.form, whole.data, data, c->arena);
    c->order.mode = FORM_SUBMIT;
    return true;
}

bool route_answer_correction(Call *c, Err *err)
{
    Id id, part;
    return call_path_id(c, 0, &fault_case_unknown, &id, err) &&
           call_path_id(c, 1, &fault_part_unknown, &part, err) &&
           order_correction(c, id, part, err);
}

bool route_answer_case_correction(Call *c, Err *err)
{
    Id id;
    return call_path_id(c, 0, &fault_case_unknown, &id, err) &&
           order_correction(c, id, ID_NONE, err);
}
