/* table.c - decision tables: from XML to one node (8.2, 10.3.2.10).
 *
 * The node's children are laid out in a fixed order, which DmnTable describes:
 *
 *     inputs | input values | cells (rule by rule) | outputs (rule by rule) | defaults |
 *     priorities | output values
 *
 * Every input has a local of its own that its cells read as "?". Cells are unary tests. Output
 * priorities are the lists of output values, in their order; where a table has none, those of
 * the output's type are taken. Output entries are brought to the type of their column, and have
 * to be among the output values where a column lists them. */
#include "lang/dmn/table_int.h"

typedef struct TableBuild {
    DmnBox *box;
    DmnTable *t;
    FeelNode **children;
    size_t count;
    XmlNode *const *inputs;
    XmlNode *const *outputs;
} TableBuild;

static bool table_policy(DmnBox *box, const XmlNode *n, DmnTable *t) {
    static const struct { const char *name, *letter; DmnPolicy policy; } policies[] = {
        {"UNIQUE", "U", DMN_UNIQUE}, {"ANY", "A", DMN_ANY}, {"PRIORITY", "P", DMN_PRIORITY},
        {"FIRST", "F", DMN_FIRST}, {"RULE ORDER", "R", DMN_RULE_ORDER},
        {"OUTPUT ORDER", "O", DMN_OUTPUT_ORDER}, {"COLLECT", "C", DMN_COLLECT}};
    static const struct { const char *name, *function; } aggregations[] = {
        {"SUM", "sum"}, {"COUNT", "count"}, {"MIN", "min"}, {"MAX", "max"}};
    Str name = xml_attribute(n, STR("hitPolicy")), how = xml_attribute(n, STR("aggregation"));
    t->policy = DMN_UNIQUE;
    t->policy_name = STR("UNIQUE");
    size_t i = 0;
    for (; name.len > 0 && i < 7; i++)
        if (str_equal(name, str_from(policies[i].name)) ||
            str_equal(name, str_from(policies[i].letter))) {
            t->policy = policies[i].policy;
            t->policy_name = str_from(policies[i].name);
            break;
        }
    if (name.len > 0 && i == 7) {
        dmn_box_fault(box, n, &fault_dmn_hit_policy, name, STR_NONE, STR_NONE);
        return false;
    }
    for (i = 0; how.len > 0 && i < 4; i++)
        if (str_equal(how, str_from(aggregations[i].name)))
            t->aggregate = str_from(aggregations[i].function);
    if (how.len > 0 && t->aggregate.len == 0) {
        dmn_box_fault(box, n, &fault_dmn_hit_policy, how, STR_NONE, STR_NONE);
        return false;
    }
    return true;
}

static size_t table_collect(DmnBox *box, const XmlNode *n, const char *name, XmlNode ***out) {
    size_t count = 0, i = 0;
    for (XmlNode *c = dmn_child(n, name); c != NULL; c = dmn_next(c, name)) count++;
    *out = arena_new_array(box->model->loader->arena, XmlNode *, count + 1);
    if (*out == NULL) return 0;
    for (XmlNode *c = dmn_child(n, name); c != NULL; c = dmn_next(c, name)) (*out)[i++] = c;
    return count;
}

static bool table_add(TableBuild *tb, FeelNode *n) {
    if (n == NULL) return false;
    tb->children[tb->count++] = n;
    return true;
}

static FeelNode *table_tests(TableBuild *tb, const XmlNode *n) {
    XmlNode *text = dmn_child(n, "text");
    Str source = str_trim(dmn_text(n));
    FeelPlace place = dmn_text_place(tb->box->model, text != NULL ? text : n, tb->box->element);
    if (source.len == 0) source = STR("-");
    else source = dmn_text(n);
    return feel_build_tests(tb->box->builder, source, place);
}

/* Make "?" mean input i while its column is read. */
static void table_column(TableBuild *tb, size_t i) {
    feel_build_block(tb->box->builder);
    feel_build_alias(tb->box->builder, STR("?"), tb->t->locals[i],
                     feel_node_type(tb->children[i]));
}

/* The unary tests of <inputValues> or <outputValues>; true where there are none. */
static bool table_values(TableBuild *tb, const XmlNode *values, uint32_t local,
                         const FeelType *type, bool *limited) {
    *limited = values != NULL && str_trim(dmn_text(values)).len > 0;
    if (!*limited)
        return table_add(tb, feel_build_constant(tb->box->builder, value_boolean(true)));
    feel_build_block(tb->box->builder);
    feel_build_alias(tb->box->builder, STR("?"), local, type);
    bool ok = table_add(tb, table_tests(tb, values));
    feel_build_pop(tb->box->builder);
    return ok;
}

static bool table_inputs(TableBuild *tb) {
    DmnTable *t = tb->t;
    for (size_t i = 0; i < t->input_count; i++) {
        XmlNode *expression = dmn_child(tb->inputs[i], "inputExpression");
        if (expression == NULL) {
            dmn_box_fault(tb->box, tb->inputs[i], &fault_dmn_attribute_missing, STR("input"),
                          STR("inputExpression"), STR_NONE);
            return false;
        }
        t->input_names[i] = str_trim(dmn_text(expression));
        if (!table_add(tb, dmn_box_text(tb->box, expression))) return false;
    }
    for (size_t i = 0; i < t->input_count; i++)
        t->locals[i] = feel_build_local(tb->box->builder, STR(" "), NULL);
    t->output_local = feel_build_local(tb->box->builder, STR(" "), NULL);
    for (size_t i = 0; i < t->input_count; i++)
        if (!table_values(tb, dmn_child(tb->inputs[i], "inputValues"), t->locals[i],
                          feel_node_type(tb->children[i]), &t->input_limited[i]))
            return false;
    return true;
}

static bool table_cells(TableBuild *tb, XmlNode *const *rules) {
    DmnTable *t = tb->t;
    size_t first = tb->count;
    tb->count += t->rule_count * t->input_count;
    for (size_t r = 0; r < t->rule_count; r++) {
        XmlNode **cells;
        size_t count = table_collect(tb->box, rules[r], "inputEntry", &cells);
        if (count != t->input_count) {
            Arena *a = tb->box->model->loader->arena;
            dmn_box_fault(tb->box, rules[r], &fault_dmn_table_shape,
                        arena_printf(a, "%zu", r + 1), arena_printf(a, "%zu", count),
                        arena_printf(a, "%zu", t->input_count));
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            table_column(tb, i);
            FeelNode *test = table_tests(tb, cells[i]);
            feel_build_pop(tb->box->builder);
            if (test == NULL) return false;
            tb->children[first + r * t->input_count + i] = test;
        }
    }
    return true;
}

static const FeelType *table_output_type(TableBuild *tb, size_t i) {
    return dmn_type_of(tb->box->model, tb->outputs[i], tb->box->element);
}

static bool table_outputs(TableBuild *tb, XmlNode *const *rules) {
    DmnTable *t = tb->t;
    const FeelType **types = arena_new_array(tb->box->model->loader->arena, const FeelType *,
                                             t->output_count);
    if (types == NULL) return err_set(tb->box->err, &fault_feel_memory);
    for (size_t i = 0; i < t->output_count; i++) types[i] = table_output_type(tb, i);
    for (size_t r = 0; r < t->rule_count; r++) {
        XmlNode **entries;
        size_t count = table_collect(tb->box, rules[r], "outputEntry", &entries);
        if (count != t->output_count) {
            Arena *a = tb->box->model->loader->arena;
            dmn_box_fault(tb->box, rules[r], &fault_dmn_table_shape,
                          arena_printf(a, "%zu", r + 1), arena_printf(a, "%zu", count),
                          arena_printf(a, "%zu", t->output_count));
            return false;
        }
        t->rule_ids[r] = xml_attribute(rules[r], STR("id"));
        t->rule_places[r] = dmn_place(tb->box->model, rules[r], tb->box->element);
        for (size_t i = 0; i < count; i++)
            if (!table_add(tb, dmn_box_coerce(tb->box, dmn_box_text(tb->box, entries[i]),
                                              types[i])))
                return false;
    }
    return true;
}

static bool table_defaults(TableBuild *tb) {
    for (size_t i = 0; i < tb->t->output_count; i++) {
        XmlNode *entry = dmn_child(tb->outputs[i], "defaultOutputEntry");
        if (entry != NULL) tb->t->has_default = true;
        FeelNode *value = entry != NULL ? dmn_box_text(tb->box, entry)
                                        : feel_build_constant(tb->box->builder, value_null());
        if (!table_add(tb, dmn_box_coerce(tb->box, value, table_output_type(tb, i))))
            return false;
    }
    return true;
}

/* The output values as a list, in the order of their priority. */
static FeelNode *table_priority(TableBuild *tb, size_t i) {
    XmlNode *values = dmn_child(tb->outputs[i], "outputValues");
    Arena *a = tb->box->model->loader->arena;
    Str text = values != NULL ? str_trim(dmn_text(values)) : STR_NONE;
    FeelPlace place = dmn_place(tb->box->model, tb->outputs[i], tb->box->element);
    if (text.len > 0) {
        XmlNode *at = dmn_child(values, "text");
        place = dmn_text_place(tb->box->model, at != NULL ? at : values, tb->box->element);
    } else {
        text = str_trim(dmn_type_allowed(tb->box->model, table_output_type(tb, i)));
    }
    if (text.len == 0 || str_equal(text, STR("-")))
        return feel_build_list(tb->box->builder, NULL, 0);
    return feel_build_text(tb->box->builder, arena_printf(a, "[%.*s]", STR_ARG(text)), place);
}

static bool table_priorities(TableBuild *tb) {
    bool ordered = tb->t->policy == DMN_PRIORITY || tb->t->policy == DMN_OUTPUT_ORDER;
    for (size_t i = 0; i < tb->t->output_count; i++)
        if (!table_add(tb, ordered ? table_priority(tb, i)
                                   : feel_build_list(tb->box->builder, NULL, 0)))
            return false;
    for (size_t i = 0; i < tb->t->output_count; i++)
        if (!table_values(tb, dmn_child(tb->outputs[i], "outputValues"), tb->t->output_local,
                          NULL, &tb->t->output_limited[i]))
            return false;
    return true;
}

/* Type of the result, so that paths on it can be read. */
static void table_type(TableBuild *tb, FeelNode *n) {
    DmnTable *t = tb->t;
    Arena *a = tb->box->model->loader->arena;
    FeelType *context = arena_new(a, FeelType), *list = arena_new(a, FeelType);
    FeelField *fields = arena_new_array(a, FeelField, t->output_count);
    if (t->output_count < 2 || fields == NULL) return;
    for (size_t i = 0; i < t->output_count; i++) {
        fields[i] = (FeelField){t->output_names[i], table_output_type(tb, i)};
        feel_build_property(tb->box->builder, t->output_names[i]);
    }
    *context = (FeelType){.kind = FEEL_CONTEXT, .fields = fields,
                          .field_count = t->output_count};
    *list = (FeelType){.kind = FEEL_LIST, .element = context};
    bool many = t->policy == DMN_RULE_ORDER || t->policy == DMN_OUTPUT_ORDER ||
                t->policy == DMN_COLLECT;
    if (t->aggregate.len == 0) feel_node_set_type(n, many ? list : context);
}

/* ---- The whole table. */

static bool table_limits(DmnBox *box, const XmlNode *n, const DmnTable *t) {
    Arena *a = box->model->loader->arena;
    bool rules = t->rule_count > DMN_RULES_MAX;
    if (t->output_count == 0)
        return dmn_box_fault(box, n, &fault_dmn_attribute_missing, STR("decisionTable"),
                             STR("output"), STR_NONE) != NULL;
    if (rules || t->input_count > DMN_COLUMNS_MAX || t->output_count > DMN_COLUMNS_MAX)
        return dmn_box_fault(box, n, &fault_dmn_limit, STR("decisionTable"),
                             arena_printf(a, "%u", rules ? DMN_RULES_MAX : DMN_COLUMNS_MAX),
                             rules ? STR("rules") : STR("columns")) != NULL;
    return true;
}

static bool table_room(TableBuild *tb) {
    DmnTable *t = tb->t;
    Arena *a = tb->box->model->loader->arena;
    t->input_names = arena_new_array(a, Str, t->input_count + 1);
    t->input_limited = arena_new_array(a, bool, t->input_count + 1);
    t->locals = arena_new_array(a, uint32_t, t->input_count + 1);
    t->output_names = arena_new_array(a, Str, t->output_count + 1);
    t->output_limited = arena_new_array(a, bool, t->output_count + 1);
    t->rule_ids = arena_new_array(a, Str, t->rule_count + 1);
    t->rule_places = arena_new_array(a, FeelPlace, t->rule_count + 1);
    tb->children = arena_new_array(a, FeelNode *, table_child_count(t) + 1);
    bool ok = t->input_names != NULL && t->input_limited != NULL && t->locals != NULL &&
              t->output_names != NULL && t->output_limited != NULL && t->rule_ids != NULL &&
              t->rule_places != NULL && tb->children != NULL && !arena_failed(a);
    return ok || err_set(tb->box->err, &fault_feel_memory);
}

FeelNode *dmn_table(DmnBox *box, const XmlNode *n) {
    Arena *a = box->model->loader->arena;
    DmnTable *t = arena_new(a, DmnTable);
    TableBuild tb = {.box = box, .t = t};
    XmlNode **inputs, **outputs, **rules;
    if (!table_policy(box, n, t)) return NULL;
    t->input_count = table_collect(box, n, "input", &inputs);
    t->output_count = table_collect(box, n, "output", &outputs);
    t->rule_count = table_collect(box, n, "rule", &rules);
    tb.inputs = inputs;
    tb.outputs = outputs;
    if (!table_limits(box, n, t) || !table_room(&tb)) return NULL;
    t->place = dmn_place(box->model, n, box->element);
    for (size_t i = 0; i < t->output_count; i++)
        t->output_names[i] = xml_attribute(outputs[i], STR("name"));
    feel_build_block(box->builder);
    bool ok = table_inputs(&tb) && table_cells(&tb, rules) && table_outputs(&tb, rules) &&
              table_defaults(&tb) && table_priorities(&tb);
    if (ok) feel_build_pop(box->builder);
    if (!ok || box->err->fault != NULL) return NULL;
    check(tb.count == table_child_count(t));
    if (!table_index(t, tb.children, a)) {
        err_set(box->err, &fault_feel_memory);
        return NULL;
    }
    feel_build_place(box->builder, t->place);
    FeelNode *node = feel_build_custom(box->builder, dmn_table_eval, tb.children, tb.count, t,
                                       "decision table");
    if (node != NULL) table_type(&tb, node);
    return node;
}
