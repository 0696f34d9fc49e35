/* table.c - decision tables: from XML to one node (8.2, 10.3.2.10).
 *
 * The node's children are laid out in a fixed order, which DmnTable describes:
 *
 *     inputs | input values | cells (rule by rule) | outputs (rule by rule) | defaults | priorities
 *
 * Every input has a local of its own that its cells read as "?". Cells are unary tests. Output
 * priorities are the lists of output values, in their order; where a table has none, those of
 * the output's type are taken. */
#include "lang/dmn/table_int.h"

#include <string.h>

typedef struct TableBuild {
    DmnBox *box;
    DmnTable *t;
    FeelNode **children;
    size_t count;
    XmlNode *const *inputs;
    XmlNode *const *outputs;
} TableBuild;

static FeelNode *table_fault(DmnBox *box, const XmlNode *n, const Fault *fault, Str a, Str b,
                             Str c) {
    FeelPlace place = dmn_place(box->model, n, box->element);
    err_set(box->err, fault, a, b, c);
    err_at(box->err, place.file, place.line, place.column);
    err_at_element(box->err, box->element);
    return NULL;
}

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
        table_fault(box, n, &fault_dmn_hit_policy, name, STR_NONE, STR_NONE);
        return false;
    }
    for (i = 0; how.len > 0 && i < 4; i++)
        if (str_equal(how, str_from(aggregations[i].name)))
            t->aggregate = str_from(aggregations[i].function);
    if (how.len > 0 && t->aggregate.len == 0) {
        table_fault(box, n, &fault_dmn_hit_policy, how, STR_NONE, STR_NONE);
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

static bool table_inputs(TableBuild *tb) {
    DmnTable *t = tb->t;
    for (size_t i = 0; i < t->input_count; i++) {
        XmlNode *expression = dmn_child(tb->inputs[i], "inputExpression");
        if (expression == NULL) {
            table_fault(tb->box, tb->inputs[i], &fault_dmn_attribute_missing, STR("input"),
                        STR("inputExpression"), STR_NONE);
            return false;
        }
        t->input_names[i] = str_trim(dmn_text(expression));
        if (!table_add(tb, dmn_box_text(tb->box, expression))) return false;
    }
    for (size_t i = 0; i < t->input_count; i++)
        t->locals[i] = feel_build_local(tb->box->builder, STR(" "), NULL);
    for (size_t i = 0; i < t->input_count; i++) {
        XmlNode *values = dmn_child(tb->inputs[i], "inputValues");
        if (values != NULL && str_trim(dmn_text(values)).len == 0) values = NULL;
        t->input_limited[i] = values != NULL;
        table_column(tb, i);
        bool ok = table_add(tb, values != NULL ? table_tests(tb, values)
                                               : feel_build_constant(tb->box->builder,
                                                                     value_boolean(true)));
        feel_build_pop(tb->box->builder);
        if (!ok) return false;
    }
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
            table_fault(tb->box, rules[r], &fault_dmn_table_shape,
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

static bool table_outputs(TableBuild *tb, XmlNode *const *rules) {
    DmnTable *t = tb->t;
    for (size_t r = 0; r < t->rule_count; r++) {
        XmlNode **entries;
        size_t count = table_collect(tb->box, rules[r], "outputEntry", &entries);
        if (count != t->output_count) {
            Arena *a = tb->box->model->loader->arena;
            table_fault(tb->box, rules[r], &fault_dmn_table_shape,
                        arena_printf(a, "%zu", r + 1), arena_printf(a, "%zu", count),
                        arena_printf(a, "%zu", t->output_count));
            return false;
        }
        t->rule_ids[r] = xml_attribute(rules[r], STR("id"));
        t->rule_places[r] = dmn_place(tb->box->model, rules[r], tb->box->element);
        for (size_t i = 0; i < count; i++) {
            const FeelType *type = dmn_type_of(tb->box->model, tb->outputs[i], tb->box->element);
            FeelNode *value = dmn_box_text(tb->box, entries[i]);
            if (!table_add(tb, feel_build_coerce(tb->box->builder, value, type))) return false;
        }
    }
    return true;
}

/* The output values as a list, in the order of their priority. */
static FeelNode *table_priorities(TableBuild *tb, size_t i) {
    XmlNode *values = dmn_child(tb->outputs[i], "outputValues");
    Arena *a = tb->box->model->loader->arena;
    Str text = values != NULL ? str_trim(dmn_text(values)) : STR_NONE;
    FeelPlace place = dmn_place(tb->box->model, tb->outputs[i], tb->box->element);
    if (values != NULL) {
        XmlNode *at = dmn_child(values, "text");
        place = dmn_text_place(tb->box->model, at != NULL ? at : values, tb->box->element);
    } else {
        const FeelType *type = dmn_type_of(tb->box->model, tb->outputs[i], tb->box->element);
        const DmnItem *item = type != NULL ? dmn_item_of_type(tb->box->model, type) : NULL;
        if (item != NULL) text = item->allowed;
    }
    if (text.len == 0 || str_equal(text, STR("-")))
        return feel_build_list(tb->box->builder, NULL, 0);
    return feel_build_text(tb->box->builder, arena_printf(a, "[%.*s]", STR_ARG(text)), place);
}

static bool table_rest(TableBuild *tb) {
    DmnTable *t = tb->t;
    for (size_t i = 0; i < t->output_count; i++) {
        XmlNode *entry = dmn_child(tb->outputs[i], "defaultOutputEntry");
        if (entry != NULL) t->has_default = true;
        FeelNode *value = entry != NULL ? dmn_box_text(tb->box, entry)
                                        : feel_build_constant(tb->box->builder, value_null());
        const FeelType *type = dmn_type_of(tb->box->model, tb->outputs[i], tb->box->element);
        if (!table_add(tb, feel_build_coerce(tb->box->builder, value, type))) return false;
    }
    for (size_t i = 0; i < t->output_count; i++) {
        bool ordered = t->policy == DMN_PRIORITY || t->policy == DMN_OUTPUT_ORDER;
        FeelNode *list = ordered ? table_priorities(tb, i)
                                 : feel_build_list(tb->box->builder, NULL, 0);
        if (!table_add(tb, list)) return false;
    }
    return true;
}

/* Type of the result, so that paths on it can be read. */
static void table_type(TableBuild *tb, FeelNode *n) {
    DmnTable *t = tb->t;
    if (t->output_count < 2) return;
    Arena *a = tb->box->model->loader->arena;
    FeelType *context = arena_new(a, FeelType), *list = arena_new(a, FeelType);
    FeelField *fields = arena_new_array(a, FeelField, t->output_count);
    if (fields == NULL) return;
    for (size_t i = 0; i < t->output_count; i++) {
        fields[i] = (FeelField){t->output_names[i], NULL};
        feel_build_property(tb->box->builder, t->output_names[i]);
    }
    *context = (FeelType){.kind = FEEL_CONTEXT, .fields = fields,
                          .field_count = t->output_count};
    *list = (FeelType){.kind = FEEL_LIST, .element = context};
    bool many = t->policy == DMN_RULE_ORDER || t->policy == DMN_OUTPUT_ORDER ||
                t->policy == DMN_COLLECT;
    feel_node_set_type(n, many ? list : context);
}

FeelNode *dmn_table(DmnBox *box, const XmlNode *n) {
    Arena *a = box->model->loader->arena;
    DmnTable *t = arena_new(a, DmnTable);
    XmlNode **inputs, **outputs, **rules;
    if (!table_policy(box, n, t)) return NULL;
    t->input_count = table_collect(box, n, "input", &inputs);
    t->output_count = table_collect(box, n, "output", &outputs);
    t->rule_count = table_collect(box, n, "rule", &rules);
    if (t->output_count == 0)
        return table_fault(box, n, &fault_dmn_attribute_missing, STR("decisionTable"),
                           STR("output"), STR_NONE);
    if (t->rule_count > DMN_RULES_MAX)
        return table_fault(box, n, &fault_dmn_table_shape, STR("1"), STR("> 100000"), STR("1"));
    t->input_names = arena_new_array(a, Str, t->input_count + 1);
    t->input_limited = arena_new_array(a, bool, t->input_count + 1);
    t->locals = arena_new_array(a, uint32_t, t->input_count + 1);
    t->output_names = arena_new_array(a, Str, t->output_count + 1);
    t->rule_ids = arena_new_array(a, Str, t->rule_count + 1);
    t->rule_places = arena_new_array(a, FeelPlace, t->rule_count + 1);
    size_t children = t->input_count * 2 + t->rule_count * (t->input_count + t->output_count) +
                      t->output_count * 2;
    TableBuild tb = {box, t, arena_new_array(a, FeelNode *, children + 1), 0, inputs, outputs};
    if (tb.children == NULL || arena_failed(a)) {
        err_set(box->err, &fault_feel_memory);
        return NULL;
    }
    t->place = dmn_place(box->model, n, box->element);
    for (size_t i = 0; i < t->output_count; i++)
        t->output_names[i] = xml_attribute(outputs[i], STR("name"));
    feel_build_block(box->builder);
    bool ok = table_inputs(&tb) && table_cells(&tb, rules);
    if (ok) feel_build_pop(box->builder);
    ok = ok && table_outputs(&tb, rules) && table_rest(&tb);
    if (!ok) return NULL;
    check(tb.count == children);
    feel_build_place(box->builder, t->place);
    FeelNode *node = feel_build_custom(box->builder, dmn_table_eval, tb.children, tb.count, t,
                                       "decision table");
    if (node != NULL) table_type(&tb, node);
    return node;
}
