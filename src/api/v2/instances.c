/* instances.c - process instances: begun, awaited, read, ended; their variables.
 *
 * The version of a definition is settled in the snapshot of the request, so that the answer can
 * name it without another look. An instance that is awaited is answered when a snapshot shows its
 * end (waiting.c); what has not ended in time is 504, and goes on. */
#include "api/v2/v2_int.h"

#include "base/check.h"
#include "codec/json.h"

/* ---- Creation. */

static bool refuse_missing(Call *c, Err *err)
{
    static const char *const missing[] = {"runtimeInstructions", "tags"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        if (value_count(value_get(c->body, str_from(missing[i]))))
            return v2_missing_field(c, missing[i], err);
    Str tenant = value_get_string(c->body, STR("tenantId"));
    if (tenant.len && !str_equal(tenant, STR(V2_TENANT)))
        return v2_missing_field(c, "tenantId", err);
    return value_count(value_field(c->body, "startInstructions")) <= 1 ||
           v2_missing_field(c, "startInstructions", err);
}

static bool find_process(Call *c, Definition *out, Err *err)
{
    Str id = value_get_string(c->body, STR("processDefinitionId"));
    Str key_text = value_get_string(c->body, STR("processDefinitionKey"));
    int64_t version = value_get_int(c->body, STR("processDefinitionVersion"), -1), key = 0;
    if ((id.len > 0) == (key_text.len > 0))
        return err_set(err, &fault_body_field_either, STR("processDefinitionId"),
                       STR("processDefinitionKey"));
    bool found = id.len ? core_definition(c->conn, c->node, STR("process"), id,
                                          version > 0 ? version : 0, c->arena, out)
                        : str_to_int64(key_text, &key) &&
                              core_definition_by_key(c->conn, c->node, key, c->arena, out);
    return (found && str_equal(out->kind, STR("process"))) ||
           err_set(err, &fault_process_unknown, id.len ? id : key_text);
}

static Value created_value(Call *c, Value variables)
{
    Value of = c->body; /* process, version, key, instance, business: see v2_create_instance */
    ContextBuilder b = context_builder(c->arena), none = context_builder(c->arena);
    context_put_text(&b, "processDefinitionId", value_field(of, "process"));
    context_put_text(&b, "processDefinitionVersion", value_field(of, "version"));
    context_put_text(&b, "processDefinitionKey", value_field(of, "key"));
    context_put_text(&b, "processInstanceKey", v2_key(c, c->wait.instance));
    context_put_text(&b, "variables",
                     value_is(variables, VALUE_CONTEXT) ? variables : value_context(&none));
    context_put_text(&b, "tags", value_list_of(c->arena, NULL, 0));
    context_put_text(&b, "businessId", value_field(of, "business"));
    v2_put_tenant(&b);
    return value_context(&b);
}

/* Writer's thread. */
static void on_created(Call *c, const Reply *reply)
{
    str_to_int64(value_get_string(reply->body, STR("instance")), &c->wait.instance);
    c->answer.body = created_value(c, value_null());
}

static bool after_created(Call *c, bool *again, Err *err)
{
    ProcessInstance in;
    if (!process_instance_read(c->conn, c->node, c->wait.instance, c->arena, &in, err))
        return false;
    *again = in.state == PROCESS_INSTANCE_ACTIVE;
    if (!*again)
        c->answer.body = created_value(c, v2_chosen(c, in.variables, value_field(c->body, "fetch")));
    return true;
}

static int64_t wait_ms(Call *c, const char *field, int64_t fallback)
{
    int64_t ms = value_get_int(c->body, str_from(field), 0);
    ms = ms > 0 ? ms : fallback;
    return ms > V2_WAIT_MAX_MS ? V2_WAIT_MAX_MS : ms;
}

bool v2_create_instance(Call *c, Err *err)
{
    Definition d;
    if (!refuse_missing(c, err) || !find_process(c, &d, err))
        return false;
    Value start = value_item(value_field(c->body, "startInstructions"), 0);
    Value business = value_field(c->body, "businessId");
    ContextBuilder body = context_builder(c->arena), kept = context_builder(c->arena);
    context_put_text(&body, "process", value_string(d.id));
    context_put_text(&body, "version", value_int(d.version));
    context_put_text(&body, "variables", v2_variables(c));
    context_put_text(&body, "business_key", business);
    context_put_text(&body, "element", value_field(start, "elementId"));
    context_put_text(&kept, "process", value_string(d.id));
    context_put_text(&kept, "version", value_int(d.version));
    context_put_text(&kept, "key", v2_key(c, d.key));
    context_put_text(&kept, "business", business);
    context_put_text(&kept, "fetch", value_field(c->body, "fetchVariables"));
    c->order = (Order){.kind = STR("process.create"), .body = value_context(&body),
                       .finish = on_created};
    if (value_get_boolean(c->body, STR("awaitCompletion"), false)) {
        c->order.after = after_created;
        c->wait.until_ns = clock_monotonic_ns() +
                           wait_ms(c, "requestTimeout", V2_AWAIT_DEFAULT_MS) * 1000000;
    }
    c->body = value_context(&kept);
    return true;
}

/* ---- Reading, ending. */

bool v2_get_instance(Call *c, Err *err)
{
    int64_t key;
    return v2_path_key(c, &fault_instance_unknown, &key, err) &&
           v2_find_row(c, &search_instances, key, &fault_instance_unknown, &c->answer.body, err);
}

bool v2_cancel_instance(Call *c, Err *err)
{
    int64_t key;
    ContextBuilder b = context_builder(c->arena);
    if (!v2_path_key(c, &fault_instance_unknown, &key, err))
        return false;
    context_put_text(&b, "instance", v2_key(c, key));
    c->order = (Order){.kind = STR("process.abort"), .body = value_context(&b)};
    return true;
}

static int64_t open_incidents(const ProcessIncident *list, size_t count, Str element)
{
    int64_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += str_equal(list[i].element, element);
    return n;
}

bool v2_instance_statistics(Call *c, Err *err)
{
    int64_t key;
    ProcessInstance in;
    ProcessIncident *incidents;
    size_t count;
    ListBuilder items = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    if (!v2_path_key(c, &fault_instance_unknown, &key, err) ||
        !process_instance_read(c->conn, c->node, key, c->arena, &in, err) ||
        !process_incident_list(c->conn, c->node, key, true, 0, PROCESS_PAGE_MAX, c->arena,
                               &incidents, &count, err))
        return false;
    for (size_t i = 0; i < in.element_count; i++) {
        const ProcessElement *e = &in.elements[i];
        ContextBuilder item = context_builder(c->arena);
        context_put_text(&item, "elementId", value_string(e->element));
        context_put_text(&item, "active", value_int(e->active));
        context_put_text(&item, "canceled", value_int(e->cancelled));
        context_put_text(&item, "incidents",
                         value_int(open_incidents(incidents, count, e->element)));
        context_put_text(&item, "completed", value_int(e->completed));
        list_add(&items, value_context(&item));
    }
    context_put_text(&b, "items", value_list(&items));
    c->answer.body = value_context(&b);
    return true;
}

/* ---- Variables. */

bool v2_set_variables(Call *c, Err *err)
{
    int64_t key;
    ContextBuilder b = context_builder(c->arena);
    if (!v2_path_key(c, &fault_instance_unknown, &key, err))
        return false;
    context_put_text(&b, "scope", v2_key(c, key));
    context_put_text(&b, "variables", v2_variables(c));
    context_put_text(&b, "local", value_boolean(value_get_boolean(c->body, STR("local"), false)));
    c->order = (Order){.kind = STR("process.variables_set"), .body = value_context(&b)};
    return true;
}

/* The instance that the filter asks for exactly, or that of the scope; 0: none. */
static int64_t instance_of_filter(const SearchQuery *q)
{
    const SearchColumn *instance = search_column(q->view, STR("processInstanceKey"));
    const SearchColumn *scope = search_column(q->view, STR("scopeKey"));
    for (size_t i = 0; i < q->condition_count; i++) {
        const SearchCondition *k = &q->conditions[i];
        if (k->group == 0 && k->operator == SEARCH_EQ && k->column == instance)
            return k->values[0].number;
        if (k->group == 0 && k->operator == SEARCH_EQ && k->column == scope)
            return process_instance_of_key(k->values[0].number);
    }
    return 0;
}

bool v2_search_variables(Call *c, Err *err)
{
    SearchQuery q;
    ListBuilder items = list_builder(c->arena);
    return v2_read_search(c, &search_variables, &q, err) &&
           process_variable_items(c->conn, c->node, instance_of_filter(&q), c->arena, &items,
                                  err) &&
           v2_search_items(c, &q, &items, err);
}

bool v2_get_variable(Call *c, Err *err)
{
    int64_t key;
    Value item;
    if (!v2_path_key(c, &fault_v2_variable_unknown, &key, err) ||
        !process_variable_read(c->conn, c->node, key, c->arena, &item, err))
        return false;
    if (value_is_null(item))
        return err_set(err, &fault_v2_variable_unknown, v2_key(c, key).as.string);
    ContextBuilder b = context_builder(c->arena);
    for (size_t i = 0; i < item.as.context.count; i++)
        if (!str_equal(item.as.context.entries[i].key, STR("isTruncated")))
            context_put(&b, item.as.context.entries[i].key, item.as.context.entries[i].value);
    c->answer.body = value_context(&b);
    return true;
}
