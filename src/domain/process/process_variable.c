/* process_variable.c - variables, their scopes, and the expressions over them.
 *
 * Every token may hold variables; what a token sees is its own, then those of the scope it lives
 * in, outwards to the root:
 *
 *     root { case, data }  ◀─ sub-process { decision }  ◀─ task { registry, key }
 *
 * Input mappings make variables of the activity itself. When it completes, output mappings are
 * evaluated with its result on top, and what they give is set where that name already lives, seen
 * from the enclosing scope, else in the root. Without output mappings the result itself is set so,
 * seen from the activity: a name that an input mapping made stays inside.
 * A value that enters a scope is plain: dates and durations become their texts.
 *
 * Expressions were compiled with free names as slots; a run fills each slot by looking the name up
 * from the token outwards. An expression may take EXPRESSION_FUEL steps. Null is a legal result of
 * a mapping; where a text, a number or a boolean is needed, null fails the move and becomes an
 * incident that names the expression and the kind it gave, never the value. */
#include "domain/process/process_int.h"

Value variable_find(Game *g, int64_t token, Str name, bool *found)
{
    Value v;
    if (value_is(g->seen, VALUE_CONTEXT) && value_find(g->seen, name, &v)) {
        *found = true;
        return v;
    }
    while (token != 0) {
        const Token *t = instance_token(&g->in, token);
        check(t != NULL);
        if (value_find(t->local, name, &v)) {
            *found = true;
            if (value_is(v, VALUE_LIST) && v.as.list.items == g->own_list) {
                g->own_list = NULL; /* somebody may keep it now */
            }
            return v;
        }
        token = t->scope;
    }
    *found = false;
    return value_null();
}

static Value put_all(Arena *a, Value base, Value entries)
{
    if (value_count(base) == 0) {
        return entries;
    }
    ContextBuilder b = context_builder_from(a, base);
    for (size_t i = 0; i < entries.as.context.count; i++) {
        context_put(&b, entries.as.context.entries[i].key, entries.as.context.entries[i].value);
    }
    return value_context(&b);
}

static void set_entries(Game *g, Token *t, Value entries)
{
    if (value_count(entries) > 0) {
        fold_variables(&g->in, t->key, entries);
        t->dirty = put_all(g->a, t->dirty, entries);
        g->variables_changed = true;
    }
}

void variable_set_local(Game *g, int64_t token, Str name, Value v)
{
    ContextBuilder b = context_builder(g->a);
    context_put(&b, name, feel_to_plain(g->a, v));
    Token *t = instance_token(&g->in, token);
    check(t != NULL);
    set_entries(g, t, value_context(&b));
}

void variable_set_all(Game *g, int64_t token, Value entries)
{
    Token *t = instance_token(&g->in, token);
    check(t != NULL);
    if (value_is(entries, VALUE_CONTEXT)) {
        set_entries(g, t, entries);
    }
}

void variable_propagate(Game *g, int64_t token, Value entries)
{
    for (size_t i = 0; value_is(entries, VALUE_CONTEXT) && i < entries.as.context.count; i++) {
        const ValueEntry *e = &entries.as.context.entries[i];
        int64_t at = token;
        const Token *t = instance_token(&g->in, at);
        while (t && t->scope != 0 && !value_find(t->local, e->key, &(Value){0})) {
            at = t->scope;
            t = instance_token(&g->in, at);
        }
        variable_set_local(g, at, e->key, e->value);
    }
}

Value variable_visible(Game *g, int64_t token)
{
    int64_t chain[BPMN_DEPTH_MAX * 4];
    size_t depth = 0;
    g->own_list = NULL;
    for (int64_t at = token; at != 0 && depth < sizeof chain / sizeof *chain; depth++) {
        chain[depth] = at;
        at = instance_token(&g->in, at)->scope;
    }
    Value all = value_null();
    while (depth-- > 0) {
        Value local = instance_token(&g->in, chain[depth])->local;
        if (value_is(local, VALUE_CONTEXT)) {
            all = put_all(g->a, all, local);
        }
    }
    ContextBuilder none = context_builder(g->a);
    return value_is(all, VALUE_CONTEXT) ? all : value_context(&none);
}

/* ---- Expressions. */

bool variable_evaluate(Game *g, const BpmnExpression *e, int64_t token, Value *out)
{
    if (!e->program) {
        *out = bpmn_has(*e) ? e->fixed : value_null();
        return true;
    }
    size_t count = feel_slot_count(e->program);
    Value *slots = arena_new_array(g->a, Value, count + 1);
    if (!slots) {
        return game_fail(g, &fault_out_of_memory, STR("expression"));
    }
    for (size_t i = 0; i < count; i++) {
        bool found;
        slots[i] = variable_find(g, token, feel_slot_name(e->program, i), &found);
    }
    FeelRun run = feel_run_new(g->a, g->now);
    run.fuel = EXPRESSION_FUEL;
    if (!feel_run(e->program, slots, &run, out)) {
        return game_fail(g, &fault_expression_stopped, e->text);
    }
    *out = feel_to_plain(g->a, *out);
    return true;
}

static bool fail_kind(Game *g, const BpmnExpression *e, Value v, Str wanted)
{
    return game_fail(g, &fault_expression_failed, e->text,
                     str_from(value_kind_name(value_kind(v))), wanted);
}

bool variable_evaluate_text(Game *g, const BpmnExpression *e, int64_t token, Str *out)
{
    Value v;
    if (!variable_evaluate(g, e, token, &v)) {
        return false;
    }
    if (value_is(v, VALUE_NUMBER)) {
        *out = feel_string(g->a, v);
        return true;
    }
    if (!value_is(v, VALUE_STRING)) {
        return fail_kind(g, e, v, STR("string"));
    }
    *out = v.as.string;
    return true;
}

bool variable_evaluate_boolean(Game *g, const BpmnExpression *e, int64_t token, bool *out)
{
    Value v;
    if (!variable_evaluate(g, e, token, &v)) {
        return false;
    }
    if (!value_is(v, VALUE_BOOLEAN)) {
        return fail_kind(g, e, v, STR("boolean"));
    }
    *out = v.as.boolean;
    return true;
}

/* ---- Mappings. */

/* base with v under the path; what stands on the way and is no context is replaced. */
static Value put_path(Arena *a, Value base, Str path, Value v)
{
    Str rest = path;
    Str head = str_split(&rest, '.');
    ContextBuilder b = context_builder_from(a, base);
    context_put(&b, head, rest.ptr ? put_path(a, value_get(base, head), rest, v) : v);
    return value_context(&b);
}

bool variable_inputs(Game *g, const BpmnElement *e, int64_t token)
{
    for (uint32_t i = 0; i < e->input_count; i++) {
        const BpmnMapping *m = &e->inputs[i];
        Value v;
        if (!variable_evaluate(g, &m->source, token, &v)) {
            return false;
        }
        Token *t = instance_token(&g->in, token);
        Str rest = m->target;
        Str head = str_split(&rest, '.');
        Value whole = rest.ptr ? put_path(g->a, value_get(t->local, head), rest, v) : v;
        variable_set_local(g, token, head, whole);
    }
    return true;
}

bool variable_outputs(Game *g, const BpmnElement *e, int64_t token, Value payload)
{
    const Token *t = instance_token(&g->in, token);
    int64_t scope = t->scope;
    if (e->output_count == 0 || (t->flags & TOKEN_BODY)) {
        variable_propagate(g, t->flags & TOKEN_BODY ? scope : token, payload);
        return true;
    }
    if (value_is(payload, VALUE_CONTEXT)) {
        set_entries(g, instance_token(&g->in, token), payload);
    }
    Value result = value_null();
    for (uint32_t i = 0; i < e->output_count; i++) {
        const BpmnMapping *m = &e->outputs[i];
        Value v;
        if (!variable_evaluate(g, &m->source, token, &v)) {
            return false;
        }
        Str rest = m->target;
        Str head = str_split(&rest, '.');
        bool found;
        Value base = value_get(result, head);
        if (rest.ptr && value_is_null(base)) {
            base = variable_find(g, scope ? scope : token, head, &found);
        }
        result = put_path(g->a, result, head, rest.ptr ? put_path(g->a, base, rest, v) : v);
    }
    variable_propagate(g, scope ? scope : token, result);
    return true;
}
