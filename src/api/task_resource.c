/* task_resource.c - tasks: listed, looked into, claimed, given back, completed.
 *
 * Keys are int64 and travel as decimal texts. Whose a task is, the process module judges; the
 * list holds only what the caller may work on, unless a supervisor asks for everyone's. What a
 * task shows of its case follows the rights of the case, not of the task. */
#include "api/api_int.h"

#include "api/resource_parts.h"

static Value key_value(Call *c, int64_t key)
{
    return value_string(arena_printf(c->arena, "%lld", (long long)key));
}

static Value list_or_empty(Call *c, Value v)
{
    return value_is(v, VALUE_LIST) ? v : value_list_of(c->arena, NULL, 0);
}

static Value task_item(Call *c, const ProcessTask *t)
{
    Arena *a = c->arena;
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "key", key_value(c, t->key));
    context_put_text(&b, "instance", key_value(c, t->instance));
    context_put_text(&b, "case", id_is_none(t->case_id) ? value_null() : value_id(a, t->case_id));
    context_put_text(&b, "process", value_string(t->process));
    context_put_text(&b, "element", value_string(t->element));
    context_put_text(&b, "name", value_string(t->name));
    context_put_text(&b, "form", text_or_null(t->form));
    context_put_text(&b, "groups", list_or_empty(c, t->groups));
    context_put_text(&b, "users", list_or_empty(c, t->users));
    context_put_text(&b, "assignee", text_or_null(t->assignee));
    context_put_text(&b, "state", value_string(str_from(process_task_state_name(t->state))));
    context_put_text(&b, "created_at", value_instant(a, t->created_at));
    context_put_text(&b, "ended_at", value_instant(a, t->ended_at));
    context_put_text(&b, "due_at", value_instant(a, t->due));
    context_put_text(&b, "priority", value_int(t->priority));
    context_put_text(&b, "version", value_int(t->version));
    context_put_text(&b, "mine", value_boolean(t->mine));
    return value_context(&b);
}

bool route_list_tasks(Call *c, Err *err)
{
    Str state = call_query_text(c, "task_state");
    ProcessTaskQuery query = {.everyone = call_query_true(c, "everyone"),
                              .with_ended = call_query_true(c, "ended"),
                              .has_state = state.len > 0,
                              .case_id = call_query_id(c, "case"),
                              .group = call_query_text(c, "group"),
                              .cursor = call_query_text(c, "after"),
                              .limit = call_page_size(c)};
    ProcessTaskPage page;
    ListBuilder items = list_builder(c->arena);
    if (query.everyone && !call_may_read(c, ACCESS_READ_INCIDENTS))
        return err_set(err, &fault_read_not_permitted, STR("tasks of all offices"),
                       STR("全部部门的任务"));
    if (query.with_ended && id_is_none(query.case_id))
        return err_set(err, &fault_query_invalid, STR("ended"), STR("true"),
                       STR("give `case` too"), STR("须同时给出 case"));
    if (query.has_state)
        process_task_state_parse(state, &query.state);
    if (!process_task_list(c->conn, c->node, &c->actor, &query, c->arena, &page, err))
        return false;
    for (size_t i = 0; i < page.count; i++)
        list_add(&items, task_item(c, &page.tasks[i]));
    c->answer.body = call_page(c, &items, page.next);
    return true;
}

/* The task's case as far as the caller may see it; null when it may not. */
static bool case_of_task(Call *c, Id id, Value *out, Err *err)
{
    CaseWhole whole;
    Err hidden = {0};
    *out = value_null();
    if (id_is_none(id))
        return true;
    if (case_read(c->cases, c->conn, c->node, &c->actor, id, c->now, c->arena, &whole, &hidden))
        return case_value(c, &whole, out, err);
    if (hidden.fault->kind != FAULT_OUTSIDE)
        return true;
    *err = hidden;
    return false;
}

bool route_get_task(Call *c, Err *err)
{
    int64_t key;
    ProcessTask task;
    Value belongs, variables = value_null();
    if (!call_path_key(c, 0, &fault_task_unknown, &key, err) ||
        !process_task_read(c->conn, c->node, &c->actor, key, c->arena, &task, err))
        return false;
    /* What is offered to others reads as not found, as with cases. */
    if (!task.mine && !str_equal(task.assignee, c->actor.id) &&
        !call_may_read(c, ACCESS_READ_INCIDENTS))
        return err_set(err, &fault_task_unknown, c->path_values[0]);
    if (!case_of_task(c, task.case_id, &belongs, err))
        return false;
    bool open = task.state == PROCESS_TASK_CREATED || task.state == PROCESS_TASK_CLAIMED;
    if (task.mine && open &&
        !process_task_variables(c->conn, c->node, key, c->arena, &variables, err))
        return false;
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "task", task_item(c, &task));
    context_put_text(&b, "case", belongs);
    context_put_text(&b, "variables", variables);
    context_put_text(&b, "form", form_or_null(c, task.form));
    c->answer.body = value_context(&b);
    return true;
}

static bool order_task(Call *c, Str kind, Err *err)
{
    int64_t key;
    ContextBuilder b = context_builder(c->arena);
    if (!call_path_key(c, 0, &fault_task_unknown, &key, err))
        return false;
    context_put_text(&b, "task", key_value(c, key));
    if (c->route->request)
        context_put_text(&b, "variables", value_field(c->body, "variables"));
    c->order.kind = kind;
    c->order.body = value_context(&b);
    return true;
}

bool route_claim_task(Call *c, Err *err)
{
    return order_task(c, STR("process.task_claim"), err);
}

bool route_release_task(Call *c, Err *err)
{
    return order_task(c, STR("process.task_release"), err);
}

bool route_complete_task(Call *c, Err *err)
{
    return order_task(c, STR("process.task_complete"), err);
}

/* ---- Incidents and messages. */

static Value incident_item(Call *c, const ProcessIncident *i)
{
    Arena *a = c->arena;
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "key", key_value(c, i->key));
    context_put_text(&b, "instance", key_value(c, i->instance));
    context_put_text(&b, "case", id_is_none(i->case_id) ? value_null() : value_id(a, i->case_id));
    context_put_text(&b, "process", value_string(i->process));
    context_put_text(&b, "element", value_string(i->element));
    context_put_text(&b, "fault", value_string(i->fault));
    context_put_text(&b, "detail", call_text_value(c, (Text2){i->text_zh, i->text_en}));
    context_put_text(&b, "at", value_instant(a, i->at));
    context_put_text(&b, "resolved_at", value_instant(a, i->resolved_at));
    return value_context(&b);
}

bool route_list_incidents(Call *c, Err *err)
{
    ProcessIncident *incidents;
    size_t count, limit = call_page_size(c);
    int64_t before = 0;
    Str after = call_query_text(c, "after"), next = STR_NONE;
    ListBuilder items = list_builder(c->arena);
    if (after.len && (!str_to_int64(after, &before) || before <= 0))
        return err_set(err, &fault_cursor_invalid);
    if (!process_incident_list(c->conn, c->node, call_query_number(c, "instance", 0),
                               !call_query_true(c, "ended"), before, limit, c->arena, &incidents,
                               &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        list_add(&items, incident_item(c, &incidents[i]));
    if (count == limit)
        next = arena_printf(c->arena, "%lld", (long long)incidents[count - 1].key);
    c->answer.body = call_page(c, &items, next);
    return true;
}

bool route_retry_incident(Call *c, Err *err)
{
    int64_t key;
    ContextBuilder b = context_builder(c->arena);
    if (!call_path_key(c, 0, &fault_incident_unknown, &key, err))
        return false;
    context_put_text(&b, "incident", key_value(c, key));
    c->order.kind = STR("process.incident_retry");
    c->order.body = value_context(&b);
    return true;
}

bool route_send_message(Call *c, Err *err)
{
    (void)err;
    c->order.kind = STR("process.message");
    c->order.body = c->body;
    return true;
}
