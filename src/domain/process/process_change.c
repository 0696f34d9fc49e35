/* process_change.c - changes are noted and folded in one move.
 *
 * The open part of process.stepped carries "changes", a list of lists, in the order in which they
 * happened:
 *
 *     ["enter", token, element, scope, flow, flags]     ["leave", token, how]
 *     ["set", token, flags, ref, data]                  ["state", text]
 *     ["task", token, {...}]                            ["task_end", token, state]
 *     ["job", token, {...}]                             ["job_end", token]
 *     ["watch", token, element, event, kind, name]      ["unwatch", token, element]
 *     ["incident", local key, token, fault]             ["incident_end", local key]
 *     ["message_end", key]                             ["unwatch_one", token, element, event]
 *     ["version", n]                                   ["move", token, element]
 *
 * Personal values stand in the closed part: "variables" (by token, only those that changed in
 * this step), "keys" (correlation keys by watch) and "texts" (of incidents). */
#include "domain/process/process_int.h"

void change_add(Game *g, const Value *items, size_t count)
{
    list_add(&g->changes, value_list_of(g->a, items, count));
}

int64_t change_enter(Game *g, uint32_t element, int64_t scope, Str flow, int64_t flags)
{
    int64_t key = g->in.next;
    Str id = g->program->elements[element].id;
    change_note(g, value_string(STR("enter")), value_int(key), value_string(id),
                value_int(scope), value_string(flow), value_int(flags));
    fold_enter(&g->in, key, id, scope, flow, flags);
    instance_token(&g->in, key)->index = element;
    join_note(g, scope);
    return key;
}

void change_leave(Game *g, int64_t key, LeaveHow how)
{
    static const char *const names[] = {"completed", "cancelled", "merged"};
    change_note(g, value_string(STR("leave")), value_int(key), value_string(str_from(names[how])));
    join_note(g, instance_token(&g->in, key)->scope);
    fold_leave(&g->in, key, how);
}

void change_set(Game *g, Token *t, int64_t flags, int64_t ref, Value data)
{
    if (t->flags == flags && t->ref == ref && value_same(t->data, data)) {
        return;
    }
    change_note(g, value_string(STR("set")), value_int(t->key), value_int(flags), value_int(ref),
                data);
    join_note(g, t->scope);
    fold_set(&g->in, t->key, flags, ref, data);
}

void change_state(Game *g, ProcessInstanceState state)
{
    change_note(g, value_string(STR("state")),
                value_string(str_from(process_instance_state_name(state))));
    g->in.state = state;
}
