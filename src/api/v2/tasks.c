/* tasks.c - user tasks: read, given to people, changed, completed on their behalf.
 *
 * Roles alone decide here: these operations are those of a tool that manages tasks for others.
 * People who work in Tongban itself use /v1/tasks, where a task is theirs or not. */
#include "api/v2/v2_int.h"

#include "base/check.h"
#include "codec/json.h"

bool v2_get_task(Call *c, Err *err)
{
    int64_t key;
    return v2_path_key(c, &fault_task_unknown, &key, err) &&
           v2_find_row(c, &search_tasks, key, &fault_task_unknown, &c->answer.body, err);
}

static bool order_task(Call *c, const char *kind, ContextBuilder *b, Err *err)
{
    int64_t key;
    if (!v2_path_key(c, &fault_task_unknown, &key, err))
        return false;
    context_put_text(b, "task", v2_key(c, key));
    c->order = (Order){.kind = str_from(kind), .body = value_context(b)};
    return true;
}

bool v2_assign_task(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "assignee", value_string(value_get_string(c->body, STR("assignee"))));
    context_put_text(&b, "override",
                     value_boolean(value_get_boolean(c->body, STR("allowOverride"), true)));
    return order_task(c, "process.task_assign", &b, err);
}

bool v2_unassign_task(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    return order_task(c, "process.task_assign", &b, err);
}

bool v2_complete_task(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "variables", v2_variables(c));
    return order_task(c, "process.task_settle", &b, err);
}

static void put_if_given(ContextBuilder *b, const char *name, Value v)
{
    if (!value_is_null(v))
        context_put(b, str_from(name), v);
}

bool v2_update_task(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    Value changes = value_field(c->body, "changeset");
    if (value_get_string(changes, STR("followUpDate")).len)
        return v2_missing_field(c, "followUpDate", err);
    put_if_given(&b, "groups", value_field(changes, "candidateGroups"));
    put_if_given(&b, "users", value_field(changes, "candidateUsers"));
    put_if_given(&b, "due", value_field(changes, "dueDate"));
    put_if_given(&b, "priority", value_field(changes, "priority"));
    return order_task(c, "process.task_edit", &b, err);
}

/* ---- Form and variables. */

static bool read_task(Call *c, ProcessTask *task, Err *err)
{
    int64_t key;
    return v2_path_key(c, &fault_task_unknown, &key, err) &&
           process_task_read(c->conn, c->node, &c->actor, key, c->arena, task, err);
}

/* 204 without a form. */
bool v2_task_form(Call *c, Err *err)
{
    ProcessTask task;
    Definition d = {0};
    if (!read_task(c, &task, err))
        return false;
    c->answer.empty = !task.form.len || !core_definition(c->conn, c->node, STR("form"), task.form,
                                                         0, c->arena, &d);
    if (c->answer.empty)
        return true;
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "formId", value_string(d.id));
    context_put_text(&b, "formKey", v2_key(c, d.key));
    context_put_text(&b, "version", value_int(d.version));
    context_put_text(&b, "schema", value_string(d.text));
    v2_put_tenant(&b);
    c->answer.body = value_context(&b);
    return true;
}

/* Of every name the one that the task sees: its own scope and the root are what we tell. */
static void keep_visible(Call *c, const ListBuilder *items, int64_t task, bool effective,
                         ListBuilder *out)
{
    Value own = v2_key(c, task);
    for (size_t i = 0; i < items->count; i++) {
        Value name = value_field(items->items[i], "name");
        bool is_own = value_same(value_field(items->items[i], "scopeKey"), own);
        bool hidden = false;
        for (size_t k = 0; effective && !is_own && k < items->count; k++)
            hidden |= value_same(value_field(items->items[k], "name"), name) &&
                      value_same(value_field(items->items[k], "scopeKey"), own);
        if (!hidden)
            list_add(out, items->items[i]);
    }
}

static bool search_variables_of(Call *c, bool effective, Err *err)
{
    ProcessTask task;
    SearchQuery q;
    ListBuilder all = list_builder(c->arena), items = list_builder(c->arena);
    if (!read_task(c, &task, err) || !v2_read_search(c, &search_variables, &q, err) ||
        !process_scope_items(c->conn, c->node, task.key, c->arena, &all, err))
        return false;
    keep_visible(c, &all, task.key, effective, &items);
    return v2_search_items(c, &q, &items, err);
}

bool v2_search_task_variables(Call *c, Err *err) { return search_variables_of(c, false, err); }
bool v2_search_effective_variables(Call *c, Err *err) { return search_variables_of(c, true, err); }
