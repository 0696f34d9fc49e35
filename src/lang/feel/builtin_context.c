/* builtin_context.c - context functions (Table 81). */
#include "lang/feel/builtin_int.h"

Value builtin_get_value(FeelCall *c) {
    Value v;
    return value_find(c->args[0], c->args[1].as.string, &v) ? v : value_null();
}

Value builtin_get_value_path(FeelCall *c) {
    Value v = c->args[0];
    ValueList keys = c->args[1].as.list;
    for (size_t i = 0; i < keys.count; i++) {
        if (!value_is(keys.items[i], VALUE_STRING)) return feel_call_fail(c);
        if (!value_find(v, keys.items[i].as.string, &v)) return value_null();
    }
    return v;
}

Value builtin_get_entries(FeelCall *c) {
    ValueContext context = c->args[0].as.context;
    FeelItems out = {.run = c->run};
    for (size_t i = 0; i < context.count; i++) {
        ValueEntry *pair = feel_new_array(c->run, ValueEntry, 2);
        if (pair == NULL || !feel_burn(c->run, c->node, 1)) return value_null();
        pair[0] = (ValueEntry){STR("key"), value_string(context.entries[i].key)};
        pair[1] = (ValueEntry){STR("value"), context.entries[i].value};
        feel_items_add(&out, feel_context_of(2, pair));
    }
    return c->run->stopped ? value_null() : feel_items_value(&out);
}

/* Builders of base remember a failed arena; what they made is then not used. */
static Value context_done(FeelCall *c, const ContextBuilder *b) {
    if (b->failed || arena_failed(c->run->arena))
        return feel_stop(c->run, c->node, &fault_feel_memory);
    return value_context(b);
}

Value builtin_context(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    ContextBuilder b = context_builder(c->run->arena);
    for (size_t i = 0; i < list.count; i++) {
        Value key, value;
        if (!feel_burn(c->run, c->node, 1) || b.failed) return context_done(c, &b);
        if (!value_find(list.items[i], STR("key"), &key) || !value_is(key, VALUE_STRING) ||
            !value_find(list.items[i], STR("value"), &value) ||
            context_builder_has(&b, key.as.string))
            return feel_call_fail(c);
        context_put(&b, key.as.string, value);
    }
    return context_done(c, &b);
}

Value builtin_context_put(FeelCall *c) {
    if (!feel_burn(c->run, c->node, (int64_t)value_count(c->args[0]))) return value_null();
    ContextBuilder b = context_builder_from(c->run->arena, c->args[0]);
    context_put(&b, c->args[1].as.string, c->args[2]);
    return context_done(c, &b);
}

static Value put_path(FeelCall *c, Value context, ValueList keys, size_t at) {
    if (!value_is(keys.items[at], VALUE_STRING) || !value_is(context, VALUE_CONTEXT) ||
        at > FEEL_VALUE_DEPTH_MAX)
        return feel_call_fail(c);
    if (!feel_burn(c->run, c->node, (int64_t)value_count(context))) return value_null();
    Str key = keys.items[at].as.string;
    Value inner = c->args[2];
    if (at + 1 < keys.count) {
        inner = put_path(c, value_get(context, key), keys, at + 1);
        if (value_is_null(inner)) return inner;
    }
    ContextBuilder b = context_builder_from(c->run->arena, context);
    context_put(&b, key, inner);
    return context_done(c, &b);
}

Value builtin_context_put_path(FeelCall *c) {
    if (c->args[1].as.list.count == 0) return feel_call_fail(c);
    return put_path(c, c->args[0], c->args[1].as.list, 0);
}

Value builtin_context_merge(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    ContextBuilder b = context_builder(c->run->arena);
    for (size_t i = 0; i < list.count; i++) {
        if (!value_is(list.items[i], VALUE_CONTEXT)) return feel_call_fail(c);
        ValueContext context = list.items[i].as.context;
        if (!feel_burn(c->run, c->node, (int64_t)context.count + 1)) return value_null();
        for (size_t j = 0; j < context.count && !b.failed; j++)
            context_put(&b, context.entries[j].key, context.entries[j].value);
    }
    return context_done(c, &b);
}
