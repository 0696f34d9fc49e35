/* process_task.c - the commands of people on user tasks, and of workers on outside jobs.
 *
 *     created ──claim──▶ claimed ──complete──▶ completed
 *        ▲ └────────────────────────complete──────▲
 *        └──release── claimed          (any) ──the token went away──▶ cancelled
 *
 * A task that the diagram assigns to a person begins as claimed by that person. Who may work on a
 * task: its assignee; while it has none, who is named in its users, or whose account, office or
 * role stands in its groups; the system always. Order of the refusals: unknown, not yours, closed,
 * claimed by somebody else.
 *
 * Completing goes through the form of the task: what a person sends is judged by it when the form
 * is on this node; a follow-up of another module has judged its data itself. */
#include "domain/process/process_int.h"
#include "domain/process/process_row.h"
#include "lang/form/form.h"

/* ---- Who may. */

static bool list_has(Value list, Str text)
{
    for (size_t i = 0; i < value_count(list); i++) {
        Value v = value_item(list, i);
        if (value_is(v, VALUE_STRING) && text.len && str_equal(v.as.string, text)) {
            return true;
        }
    }
    return false;
}

bool task_offered_to(const ProcessTask *task, const Actor *actor)
{
    if (str_equal(actor->id, STR("system")) || list_has(task->users, actor->id) ||
        list_has(task->groups, actor->id) || list_has(task->groups, actor->office)) {
        return true;
    }
    for (size_t i = 0; i < actor->role_count; i++) {
        if (list_has(task->groups, actor->roles[i])) {
            return true;
        }
    }
    return false;
}

static Str group_text(Arena *a, const ProcessTask *task)
{
    Buf out = buf_new(a, 64);
    for (size_t i = 0; i < value_count(task->groups); i++) {
        buf_add(&out, i ? STR(", ") : STR_NONE);
        buf_add(&out, value_item(task->groups, i).as.string);
    }
    return buf_text(&out);
}

/* Load the task of a command and judge what every command on it judges. */
static bool open_task(const Command *c, Decision *d, ProcessTask *task)
{
    Arena *a = decision_arena(d);
    int64_t key = process_key_field(c->body, STR("task"));
    Err err = {0};
    Str text = arena_printf(a, "%lld", (long long)key);
    if (!process_task_read(decision_store(d), decision_node(d), &c->actor, key, a, task, &err)) {
        return decision_refuse(d, &err);
    }
    bool assigned = task->assignee.len && str_equal(task->assignee, c->actor.id);
    if (!assigned && !task_offered_to(task, &c->actor)) {
        return decision_refuse_with(d, &fault_task_not_yours, text, group_text(a, task));
    }
    if (task->state == PROCESS_TASK_COMPLETED || task->state == PROCESS_TASK_CANCELLED) {
        return decision_refuse_with(d, &fault_task_closed, text,
                                    str_from(process_task_state_name(task->state)));
    }
    if (task->assignee.len && !assigned && !str_equal(c->actor.id, STR("system"))) {
        return decision_refuse_with(d, &fault_task_claimed, text);
    }
    int64_t seen = value_get_int(c->body, STR("version"), task->version);
    if (seen != task->version) {
        return decision_refuse_with(d, &fault_task_changed, text);
    }
    return true;
}

static bool emit_task(Decision *d, const ProcessTask *task, Str assignee, ProcessTaskState state)
{
    Arena *a = decision_arena(d);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "task", value_int(task->key));
    context_put_text(&b, "state", value_string(str_from(process_task_state_name(state))));
    context_put_text(&b, "assignee", value_string(assignee));
    context_put_text(&b, "version", value_int(task->version + 1));
    decision_emit(d, STR("process.task_changed"), STR_NONE, value_context(&b), value_null());
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "task", process_key_value(a, task->key));
    context_put_text(&reply, "version", value_int(task->version + 1));
    decision_reply(d, value_context(&reply));
    return true;
}

bool decide_task_claim(void *state, const Command *c, Decision *d)
{
    ProcessTask task;
    (void)state;
    return open_task(c, d, &task) && emit_task(d, &task, c->actor.id, PROCESS_TASK_CLAIMED);
}

bool decide_task_release(void *state, const Command *c, Decision *d)
{
    ProcessTask task;
    (void)state;
    if (!open_task(c, d, &task)) {
        return false;
    }
    Str text = arena_printf(decision_arena(d), "%lld", (long long)task.key);
    if (task.state != PROCESS_TASK_CLAIMED) {
        return decision_refuse_with(d, &fault_task_not_claimed, text);
    }
    if (value_count(task.groups) + value_count(task.users) == 0) {
        return decision_refuse_with(d, &fault_task_without_group, text);
    }
    return emit_task(d, &task, STR_NONE, PROCESS_TASK_CREATED);
}

static bool judge_form(Process *p, const Command *c, Decision *d, const ProcessTask *task,
                       Value variables)
{
    const Form *form = task->form.len ? map_get(&p->forms, task->form) : NULL;
    if (!form || !id_equal(c->id, c->root)) {
        return true;
    }
    FormFaults faults;
    Err err = {0};
    if (form_check(form, variables, FORM_SUBMIT, c->now, decision_arena(d), &faults)) {
        return true;
    }
    form_refuse(&faults, &err);
    return decision_refuse(d, &err);
}

bool decide_task_complete(void *state, const Command *c, Decision *d)
{
    ProcessTask task;
    Game g;
    if (!open_task(c, d, &task)) {
        return false;
    }
    ContextBuilder none = context_builder(decision_arena(d));
    Value variables = value_field(c->body, "variables");
    if (value_is_null(variables)) {
        variables = value_context(&none);
    }
    if (!value_is(variables, VALUE_CONTEXT)) {
        return decision_refuse_with(d, &fault_field_invalid, STR("variables"), STR("object"));
    }
    if (!judge_form(state, c, d, &task, variables) ||
        !game_open(&g, state, d, c, task.instance, NULL)) {
        return false;
    }
    Token *t = instance_token(&g.in, key_local(task.key));
    check(t != NULL);
    game_heal(&g, t);
    game_push(&g, MOVE_COMPLETE, t->key, variables);
    ContextBuilder reply = context_builder(g.a);
    context_put_text(&reply, "task", process_key_value(g.a, task.key));
    context_put_text(&reply, "instance", process_key_value(g.a, task.instance));
    decision_reply(d, value_context(&reply));
    return game_close(&g);
}
