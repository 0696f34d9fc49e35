/* process_outside.c - commands for programs outside: what people and packs have no need of.
 *
 * A worker or an operator's tool starts and ends instances, broadcasts signals, gives tasks to
 * people and completes them on their behalf, and sets variables. Who may is a matter of roles
 * alone (`may` in a role), so here nobody is asked whether a task is his. An instance that is
 * begun here belongs to no case and has no parent: neither can be said from outside.
 *
 * A task that is edited gets new candidates, due date or priority. It keeps its place in the
 * lists by them, so the rows that find it are made anew. */
#include "domain/process/process_int.h"
#include "domain/process/process_row.h"

static bool refuse_field(Decision *d, const char *name, const char *wanted)
{
    return decision_refuse_with(d, &fault_field_invalid, str_from(name), str_from(wanted));
}

/* ---- Instances. */

bool decide_create(void *state, const Command *c, Decision *d)
{
    static const char *const taken[] = {"process", "version", "variables", "business_key",
                                        "element"};
    ContextBuilder b = context_builder(decision_arena(d));
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        Value v = value_get(c->body, str_from(taken[i]));
        if (!value_is_null(v)) {
            context_put(&b, str_from(taken[i]), v);
        }
    }
    Command start = *c;
    start.body = value_context(&b);
    return decide_start(state, &start, d);
}

bool decide_abort(void *state, const Command *c, Decision *d)
{
    Arena *a = decision_arena(d);
    int64_t key = process_key_field(c->body, STR("instance"));
    Instance in;
    bool found = false;
    Err err = {0};
    if (!instance_load(decision_store(d), decision_node(d), key, a, &in, &found, &err)) {
        return decision_refuse(d, &err);
    }
    if (found && in.parent != 0 && in.state == PROCESS_INSTANCE_ACTIVE) {
        return decision_refuse_with(d, &fault_instance_called, process_key_value(a, key).as.string,
                                    process_key_value(a, in.parent).as.string);
    }
    return decide_cancel(state, c, d);
}

bool decide_broadcast(void *state, const Command *c, Decision *d)
{
    Value variables = value_field(c->body, "variables");
    ContextBuilder b = context_builder(decision_arena(d));
    if (!value_is_null(variables) && !value_is(variables, VALUE_CONTEXT)) {
        return refuse_field(d, "variables", "object");
    }
    context_put_text(&b, "name", value_field(c->body, "name"));
    context_put_text(&b, "variables", variables);
    Command signal = *c;
    signal.body = value_context(&b);
    return decide_signal(state, &signal, d);
}

/* Variables of a scope: of the instance, or of an element instance in it. */
bool decide_variables_set(void *state, const Command *c, Decision *d)
{
    Game g;
    int64_t scope = process_key_field(c->body, STR("scope"));
    Value variables = value_field(c->body, "variables");
    if (!value_is(variables, VALUE_CONTEXT)) {
        return refuse_field(d, "variables", "object");
    }
    if (!game_open(&g, state, d, c, key_instance(scope), NULL)) {
        return false;
    }
    int64_t local = key_local(scope) ? key_local(scope) : ROOT_TOKEN;
    if (!instance_token(&g.in, local)) {
        return decision_refuse_with(d, &fault_token_unknown,
                                    process_key_value(g.a, g.in.key).as.string,
                                    process_key_value(g.a, scope).as.string);
    }
    if (value_get_boolean(c->body, STR("local"), false)) {
        variable_set_all(&g, local, variables);
    } else {
        variable_propagate(&g, local, variables);
    }
    return game_close(&g);
}

/* ---- User tasks. */

static bool open_task(const Command *c, Decision *d, ProcessTask *task)
{
    Arena *a = decision_arena(d);
    int64_t key = process_key_field(c->body, STR("task"));
    Err err = {0};
    if (!process_task_read(decision_store(d), decision_node(d), &c->actor, key, a, task, &err)) {
        return decision_refuse(d, &err);
    }
    if (task->state == PROCESS_TASK_COMPLETED || task->state == PROCESS_TASK_CANCELLED) {
        return decision_refuse_with(d, &fault_task_closed, process_key_value(a, key).as.string,
                                    str_from(process_task_state_name(task->state)));
    }
    return true;
}

/* Who has it: `assignee`; empty: nobody. `override` false: only when nobody has it. */
bool decide_assign(void *state, const Command *c, Decision *d)
{
    ProcessTask task;
    Str assignee = value_get_string(c->body, STR("assignee"));
    Arena *a = decision_arena(d);
    (void)state;
    if (!open_task(c, d, &task)) {
        return false;
    }
    if (assignee.len > 200) {
        return refuse_field(d, "assignee", "1..200");
    }
    if (task.assignee.len && assignee.len && !str_equal(task.assignee, assignee) &&
        !value_get_boolean(c->body, STR("override"), true)) {
        return decision_refuse_with(d, &fault_task_claimed,
                                    process_key_value(a, task.key).as.string);
    }
    ProcessTaskState to = assignee.len ? PROCESS_TASK_CLAIMED : PROCESS_TASK_CREATED;
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "task", value_int(task.key));
    context_put_text(&b, "state", value_string(str_from(process_task_state_name(to))));
    context_put_text(&b, "assignee", value_string(assignee));
    context_put_text(&b, "version", value_int(task.version + 1));
    decision_emit(d, STR("process.task_changed"), STR_NONE, value_context(&b), value_null());
    return true;
}

static bool is_text_list(Value v)
{
    for (size_t i = 0; i < value_count(v); i++) {
        if (!value_is(value_item(v, i), VALUE_STRING)) {
            return false;
        }
    }
    return value_is(v, VALUE_LIST);
}

/* groups, users: lists; due: RFC 3339, or empty for none; priority 0..100. */
bool decide_edit(void *state, const Command *c, Decision *d)
{
    ProcessTask task;
    Arena *a = decision_arena(d);
    (void)state;
    if (!open_task(c, d, &task)) {
        return false;
    }
    Value groups = value_field(c->body, "groups"), users = value_field(c->body, "users");
    Value due = value_field(c->body, "due");
    int64_t priority = value_get_int(c->body, STR("priority"), task.priority);
    if ((!value_is_null(groups) && !is_text_list(groups)) ||
        (!value_is_null(users) && !is_text_list(users))) {
        return refuse_field(d, "groups / users", "[text]");
    }
    if (value_is(due, VALUE_STRING) && due.as.string.len &&
        !instant_parse(due.as.string, &task.due)) {
        return refuse_field(d, "due", "2026-11-25T09:00:00Z");
    }
    if (value_is(due, VALUE_STRING) && !due.as.string.len) {
        task.due = INSTANT_NONE;
    }
    if (priority < 0 || priority > 100) {
        return refuse_field(d, "priority", "0..100");
    }
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "task", value_int(task.key));
    context_put_text(&b, "groups", value_is_null(groups) ? task.groups : groups);
    context_put_text(&b, "users", value_is_null(users) ? task.users : users);
    context_put_text(&b, "due", instant_is_none(task.due) ? value_null() : value_int(task.due.us));
    context_put_text(&b, "priority", value_int(priority));
    context_put_text(&b, "version", value_int(task.version + 1));
    decision_emit(d, STR("process.task_edited"), STR_NONE, value_context(&b), value_null());
    return true;
}

/* Complete a task on behalf of whoever should have. What is sent is not judged by the form: a
 * tool that shows forms of its own judges for itself. */
bool decide_settle(void *state, const Command *c, Decision *d)
{
    ProcessTask task;
    Game g;
    Value variables = value_field(c->body, "variables");
    ContextBuilder none = context_builder(decision_arena(d));
    if (value_is_null(variables)) {
        variables = value_context(&none);
    }
    if (!value_is(variables, VALUE_CONTEXT)) {
        return refuse_field(d, "variables", "object");
    }
    if (!open_task(c, d, &task) || !game_open(&g, state, d, c, task.instance, NULL)) {
        return false;
    }
    Token *t = instance_token(&g.in, key_local(task.key));
    check(t != NULL);
    game_heal(&g, t);
    game_push(&g, MOVE_COMPLETE, t->key, variables);
    return game_close(&g);
}
