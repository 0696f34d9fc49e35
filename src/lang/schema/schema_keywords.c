/* schema_keywords.c - the list of keywords, and what each demands of its own value.
 *
 * One row a keyword: its name, where subschemas stand in its value, whether it belongs to the
 * validation vocabulary, how it is prepared, how it is run. The order of the rows is the order
 * of evaluation: cheap assertions first, unevaluated* last, because they look at what the others
 * have evaluated. */
#include "lang/schema/schema_int.h"

static Str name_of(const Check *check) { return str_from(check->keyword->name); }

static bool wrong(Compiler *c, const Node *n, const Check *check, const char *what)
{
    return schema_wrong_value(c, n->place, name_of(check), what);
}

static CompileFn make_subschema, make_list, make_map, make_text, make_boolean, make_array,
    make_type, make_enum, make_number, make_multiple, make_size, make_pattern, make_format,
    make_names, make_dependent_names, make_reference, make_dynamic_reference, make_if,
    make_contains, make_items, make_pattern_map, make_additional, make_unevaluated;

const Keyword schema_keywords[] = {
    /* core; $id and the anchors are taken up by the first walk */
    {"$schema", SHAPE_NONE, false, NULL, NULL},
    {"$id", SHAPE_NONE, false, NULL, NULL},
    {"$anchor", SHAPE_NONE, false, NULL, NULL},
    {"$dynamicAnchor", SHAPE_NONE, false, NULL, NULL},
    {"$vocabulary", SHAPE_NONE, false, NULL, NULL},
    {"$comment", SHAPE_NONE, false, make_text, NULL},
    {"$defs", SHAPE_MAP, false, make_map, NULL},
    {"definitions", SHAPE_MAP, false, make_map, NULL},
    /* assertions */
    {"type", SHAPE_NONE, true, make_type, run_type},
    {"const", SHAPE_NONE, true, NULL, run_const},
    {"enum", SHAPE_NONE, true, make_enum, run_enum},
    {"multipleOf", SHAPE_NONE, true, make_multiple, run_multiple_of},
    {"maximum", SHAPE_NONE, true, make_number, run_maximum},
    {"exclusiveMaximum", SHAPE_NONE, true, make_number, run_exclusive_maximum},
    {"minimum", SHAPE_NONE, true, make_number, run_minimum},
    {"exclusiveMinimum", SHAPE_NONE, true, make_number, run_exclusive_minimum},
    {"maxLength", SHAPE_NONE, true, make_size, run_max_length},
    {"minLength", SHAPE_NONE, true, make_size, run_min_length},
    {"pattern", SHAPE_NONE, true, make_pattern, run_pattern},
    {"format", SHAPE_NONE, false, make_format, run_format},
    {"maxItems", SHAPE_NONE, true, make_size, run_max_items},
    {"minItems", SHAPE_NONE, true, make_size, run_min_items},
    {"uniqueItems", SHAPE_NONE, true, make_boolean, run_unique_items},
    {"maxContains", SHAPE_NONE, true, make_size, NULL}, /* read by contains */
    {"minContains", SHAPE_NONE, true, make_size, NULL},
    {"maxProperties", SHAPE_NONE, true, make_size, run_max_properties},
    {"minProperties", SHAPE_NONE, true, make_size, run_min_properties},
    {"required", SHAPE_NONE, true, make_names, run_required},
    {"dependentRequired", SHAPE_NONE, true, make_dependent_names, run_dependent_required},
    /* parts of the value */
    {"properties", SHAPE_MAP, false, make_map, run_properties},
    {"patternProperties", SHAPE_MAP, false, make_pattern_map, run_pattern_properties},
    {"additionalProperties", SHAPE_SCHEMA, false, make_additional, run_additional_properties},
    {"propertyNames", SHAPE_SCHEMA, false, make_subschema, run_property_names},
    {"prefixItems", SHAPE_LIST, false, make_list, run_prefix_items},
    {"items", SHAPE_SCHEMA, false, make_items, run_items},
    {"contains", SHAPE_SCHEMA, false, make_contains, run_contains},
    /* the whole value again */
    {"$ref", SHAPE_NONE, false, make_reference, run_reference},
    {"$dynamicRef", SHAPE_NONE, false, make_dynamic_reference, run_dynamic_reference},
    {"allOf", SHAPE_LIST, false, make_list, run_all_of},
    {"anyOf", SHAPE_LIST, false, make_list, run_any_of},
    {"oneOf", SHAPE_LIST, false, make_list, run_one_of},
    {"not", SHAPE_SCHEMA, false, make_subschema, run_not},
    {"if", SHAPE_SCHEMA, false, make_if, run_if},
    {"then", SHAPE_SCHEMA, false, make_subschema, NULL}, /* run by if */
    {"else", SHAPE_SCHEMA, false, make_subschema, NULL},
    {"dependentSchemas", SHAPE_MAP, false, make_map, run_dependent_schemas},
    /* annotations */
    {"title", SHAPE_NONE, false, make_text, NULL},
    {"description", SHAPE_NONE, false, make_text, NULL},
    {"default", SHAPE_NONE, false, NULL, NULL},
    {"examples", SHAPE_NONE, false, make_array, NULL},
    {"deprecated", SHAPE_NONE, false, make_boolean, NULL},
    {"readOnly", SHAPE_NONE, false, make_boolean, NULL},
    {"writeOnly", SHAPE_NONE, false, make_boolean, NULL},
    {"contentEncoding", SHAPE_NONE, false, make_text, NULL},
    {"contentMediaType", SHAPE_NONE, false, make_text, NULL},
    {"contentSchema", SHAPE_SCHEMA, false, make_subschema, NULL},
    /* what is left over */
    {"unevaluatedItems", SHAPE_SCHEMA, false, make_unevaluated, run_unevaluated_items},
    {"unevaluatedProperties", SHAPE_SCHEMA, false, make_unevaluated,
     run_unevaluated_properties},
};
const size_t schema_keyword_count = sizeof(schema_keywords) / sizeof(schema_keywords[0]);

/* ---- Plain values. */

static bool make_text(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    return value_is(check->value, VALUE_STRING) || wrong(c, n, check, "a text");
}

static bool make_boolean(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    return value_is(check->value, VALUE_BOOLEAN) || wrong(c, n, check, "true or false");
}

static bool make_array(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    return value_is(check->value, VALUE_LIST) || wrong(c, n, check, "a list");
}

static bool make_number(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    if (!value_is(check->value, VALUE_NUMBER))
        return wrong(c, n, check, "a number");
    check->number = check->value.as.number;
    return true;
}

static bool make_multiple(Compiler *c, Node *n, Check *check, Value whole)
{
    if (!value_is(check->value, VALUE_NUMBER) || dec_sign(check->value.as.number) <= 0)
        return wrong(c, n, check, "a number above 0");
    return make_number(c, n, check, whole);
}

static bool make_size(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    if (!value_is(check->value, VALUE_NUMBER) ||
        !dec_to_int64(check->value.as.number, &check->low) || check->low < 0)
        return wrong(c, n, check, "a whole number from 0 on");
    return true;
}

static bool make_enum(Compiler *c, Node *n, Check *check, Value whole)
{
    return make_array(c, n, check, whole);
}

static bool type_bit(Value v, int64_t *mask)
{
    static const char *const names[] = {"null",  "boolean", "integer", "number",
                                        "string", "array",   "object"};
    for (int i = 0; value_is(v, VALUE_STRING) && i < 7; i++)
        if (str_equal(v.as.string, str_from(names[i]))) {
            *mask |= 1 << i;
            return true;
        }
    return false;
}

static bool make_type(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    static const char expected[] =
        "one of null, boolean, integer, number, string, array, object, or a list of them";
    size_t count = value_count(check->value);
    if (!value_is(check->value, VALUE_LIST))
        return type_bit(check->value, &check->low) || wrong(c, n, check, expected);
    for (size_t i = 0; i < count; i++)
        if (!type_bit(value_item(check->value, i), &check->low))
            return wrong(c, n, check, expected);
    return count > 0 || wrong(c, n, check, expected);
}

static bool make_pattern(Compiler *c, Node *n, Check *check, Value whole)
{
    if (!make_text(c, n, check, whole))
        return false;
    check->patterns = arena_new(c->arena, Pattern *);
    return schema_pattern_for(c, n->place, name_of(check), check->value.as.string,
                              &check->patterns[0]);
}

/* "x-legacy": true beside it accepts codes in use whose check digit fails. */
static bool make_format(Compiler *c, Node *n, Check *check, Value whole)
{
    if (!make_text(c, n, check, whole))
        return false;
    check->low = value_get_boolean(whole, STR("x-legacy"), false);
    if (schema_format_known(check->value.as.string) || c->own.allow_unknown)
        return true;
    return schema_wrong(c, n->place, name_of(check), &fault_schema_format_unknown,
                        check->value.as.string, STR_NONE);
}

static bool names_of(Compiler *c, const Node *n, const Check *check, Value list)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (!value_is(value_item(list, i), VALUE_STRING))
            return wrong(c, n, check, "property names");
    return value_is(list, VALUE_LIST) || wrong(c, n, check, "a list of property names");
}

static bool make_names(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    return names_of(c, n, check, check->value);
}

static bool make_dependent_names(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    if (!value_is(check->value, VALUE_CONTEXT))
        return wrong(c, n, check, "an object of lists of property names");
    for (size_t i = 0; i < check->value.as.context.count; i++)
        if (!names_of(c, n, check, check->value.as.context.entries[i].value))
            return false;
    return true;
}

/* ---- Subschemas. */

static bool make_subschema(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    return schema_child(c, n->place, name_of(check), NULL, check->value, &check->node);
}

static bool make_list(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    size_t count = value_count(check->value);
    if (!value_is(check->value, VALUE_LIST) || count == 0)
        return wrong(c, n, check, "a list of schemas, not empty");
    check->nodes = arena_new_array(c->arena, Node *, count);
    if (!check->nodes)
        return err_set(c->err, &fault_out_of_memory, STR("schema"));
    for (size_t i = 0; i < count; i++) {
        Str part = arena_printf(c->arena, "%zu", i);
        if (!schema_child(c, n->place, name_of(check), &part, value_item(check->value, i),
                          &check->nodes[i]))
            return false;
    }
    check->count = count;
    return true;
}

static bool make_map(Compiler *c, Node *n, Check *check, Value whole)
{
    (void)whole;
    if (!value_is(check->value, VALUE_CONTEXT))
        return wrong(c, n, check, "an object of schemas");
    check->by_name = arena_new(c->arena, Map);
    *check->by_name = map_new(c->arena);
    for (size_t i = 0; i < check->value.as.context.count; i++) {
        const ValueEntry *e = &check->value.as.context.entries[i];
        Node *node = NULL;
        if (!schema_child(c, n->place, name_of(check), &e->key, e->value, &node))
            return false;
        map_put(check->by_name, e->key, node);
    }
    return true;
}

static bool patterns_of(Compiler *c, const Node *n, Check *check, Value by_pattern)
{
    size_t count = value_count(by_pattern);
    check->patterns = arena_new_array(c->arena, Pattern *, count + 1);
    if (!check->patterns)
        return err_set(c->err, &fault_out_of_memory, STR("schema"));
    for (size_t i = 0; i < count; i++)
        if (!schema_pattern_for(c, n->place, STR("patternProperties"),
                                by_pattern.as.context.entries[i].key, &check->patterns[i]))
            return false;
    check->count = count;
    return true;
}

static bool make_pattern_map(Compiler *c, Node *n, Check *check, Value whole)
{
    if (!make_map(c, n, check, whole) || !patterns_of(c, n, check, check->value))
        return false;
    return true;
}

/* Needs to know its siblings: what they do not name is additional. */
static bool make_additional(Compiler *c, Node *n, Check *check, Value whole)
{
    Value by_name = value_field(whole, "properties");
    Value by_pattern = value_field(whole, "patternProperties");
    check->by_name = arena_new(c->arena, Map);
    *check->by_name = map_new(c->arena);
    for (size_t i = 0; value_is(by_name, VALUE_CONTEXT) && i < by_name.as.context.count; i++)
        map_put(check->by_name, by_name.as.context.entries[i].key, check);
    if (value_is(by_pattern, VALUE_CONTEXT) && !patterns_of(c, n, check, by_pattern))
        return false;
    return make_subschema(c, n, check, whole);
}

static bool make_items(Compiler *c, Node *n, Check *check, Value whole)
{
    check->low = (int64_t)value_count(value_field(whole, "prefixItems"));
    return make_subschema(c, n, check, whole);
}

static bool make_contains(Compiler *c, Node *n, Check *check, Value whole)
{
    bool validated = !n->place->resource->skip_validation;
    check->low = validated ? value_get_int(whole, STR("minContains"), 1) : 1;
    check->high = validated ? value_get_int(whole, STR("maxContains"), -1) : -1;
    return make_subschema(c, n, check, whole);
}

/* nodes: if, then, else; the last two may be NULL. */
static bool make_if(Compiler *c, Node *n, Check *check, Value whole)
{
    static const char *const parts[] = {"if", "then", "else"};
    check->nodes = arena_new_array(c->arena, Node *, 3);
    for (size_t i = 0; i < 3; i++) {
        Value v = value_null();
        Str part = str_from(parts[i]);
        if (value_find(whole, part, &v) &&
            !schema_child(c, n->place, part, NULL, v, &check->nodes[i]))
            return false;
    }
    check->count = 3;
    return true;
}

static bool make_unevaluated(Compiler *c, Node *n, Check *check, Value whole)
{
    n->needs_marks = true;
    return make_subschema(c, n, check, whole);
}

/* ---- References. */

static bool make_reference(Compiler *c, Node *n, Check *check, Value whole)
{
    if (!make_text(c, n, check, whole))
        return false;
    return schema_reference(c, n->place, name_of(check), check->value.as.string, &check->node);
}

/* names[0]: the dynamic anchor that it leads to, when it leads to one. */
static bool make_dynamic_reference(Compiler *c, Node *n, Check *check, Value whole)
{
    Str without, fragment;
    bool has_fragment;
    if (!make_reference(c, n, check, whole))
        return false;
    schema_uri_split(c->arena, check->value.as.string, &without, &fragment, &has_fragment);
    Str anchor = value_get_string(check->node->place->value, STR("$dynamicAnchor"));
    if (anchor.len && str_equal(anchor, fragment)) {
        Str *names = arena_new(c->arena, Str);
        names[0] = anchor;
        check->names = names;
        check->count = 1;
    }
    return true;
}
