/* values.c - values and refusals that the functions of /v2 share. */
#include "api/v2/v2_int.h"

#include "base/check.h"

FAULT_DEFINE(V2_FAULTS)

Value v2_key(Call *c, int64_t key)
{
    return value_string(arena_printf(c->arena, "%lld", (long long)key));
}

void v2_put_tenant(ContextBuilder *b)
{
    context_put_text(b, "tenantId", value_string(STR(V2_TENANT)));
}

Value v2_variables(Call *c)
{
    ContextBuilder none = context_builder(c->arena);
    Value v = value_field(c->body, "variables");
    return value_is(v, VALUE_CONTEXT) ? v : value_context(&none);
}

Value v2_chosen(Call *c, Value variables, Value names)
{
    ContextBuilder b = context_builder(c->arena);
    if (!value_count(names))
        return variables;
    for (size_t i = 0; i < value_count(names); i++) {
        Value name = value_item(names, i), v;
        if (value_is(name, VALUE_STRING) && value_find(variables, name.as.string, &v))
            context_put(&b, name.as.string, v);
    }
    return value_context(&b);
}

bool v2_path_key(Call *c, const Fault *unknown, int64_t *out, Err *err)
{
    return call_path_key(c, 0, unknown, out, err);
}

bool v2_missing_field(const Call *c, const char *field, Err *err)
{
    Str en = arena_printf(c->arena, "the field \"%s\" of %s", field, c->route->operation);
    Str zh = arena_printf(c->arena, "%s 的字段“%s”", c->route->operation, field);
    return err_set(err, &fault_v2_missing, en, zh);
}

int64_t v2_definition_key(Call *c, const char *kind, Str id, int64_t version)
{
    Definition d;
    return core_definition(c->conn, c->node, str_from(kind), id, version, c->arena, &d) ? d.key : 0;
}

/* Operations that are not there: the summary of the route says why. */
bool v2_missing(Call *c, Err *err)
{
    return err_set(err, &fault_v2_missing, str_from(c->route->en), str_from(c->route->zh));
}
