/* table_eval.c - evaluating a decision table (10.3.2.10).
 *
 * Inputs are evaluated once. Rules are matched in order; a FIRST table stops at its first match.
 * Only then are outputs evaluated, for the rules that are hit. */
#include "lang/dmn/table_int.h"

typedef struct TableRun {
    const FeelNode *n;
    const DmnTable *t;
    struct FeelFrame *f;
    FeelRun *run;
    uint32_t *hits;
    size_t hit_count;
} TableRun;

static bool table_inputs_allowed(TableRun *r) {
    const DmnTable *t = r->t;
    for (size_t i = 0; i < t->input_count; i++) {
        Value v = feel_child_eval(r->n, i, r->f);
        feel_frame_set(r->f, t->locals[i], v);
        if (!t->input_limited[i] || value_is_null(v)) continue;
        Value allowed = feel_child_eval(r->n, table_limit_at(t) + i, r->f);
        if (value_is_true(allowed)) continue;
        feel_reason_add(r->run, &fault_dmn_input_not_allowed, &t->place, t->input_names[i],
                        feel_literal(r->run->arena, v), STR_NONE);
        return false;
    }
    return true;
}

static bool table_match(TableRun *r, size_t rule) {
    const DmnTable *t = r->t;
    size_t at = table_cell_at(t) + rule * t->input_count;
    for (size_t i = 0; i < t->input_count; i++)
        if (!value_is_true(feel_child_eval(r->n, at + i, r->f))) return false;
    return true;
}

static bool table_find_hits(TableRun *r) {
    const DmnTable *t = r->t;
    r->hits = arena_new_array(r->run->arena, uint32_t, t->rule_count + 1);
    if (r->hits == NULL || arena_failed(r->run->arena)) return false;
    for (size_t rule = 0; rule < t->rule_count && !r->run->stopped; rule++) {
        if (!feel_burn(r->run, r->n, 1)) return false;
        if (!table_match(r, rule)) continue;
        r->hits[r->hit_count++] = (uint32_t)rule;
        if (t->policy == DMN_FIRST) break;
    }
    return !r->run->stopped;
}

/* One value, or a context of the named outputs; from is the index of the first child. */
static Value table_outputs_at(TableRun *r, size_t from) {
    const DmnTable *t = r->t;
    if (t->output_count == 1) return feel_child_eval(r->n, from, r->f);
    ContextBuilder b = context_builder(r->run->arena);
    for (size_t i = 0; i < t->output_count && !b.failed; i++)
        context_put(&b, t->output_names[i], feel_child_eval(r->n, from + i, r->f));
    return b.failed || arena_failed(r->run->arena) ? value_null() : value_context(&b);
}

static Value table_output(TableRun *r, size_t rule) {
    return table_outputs_at(r, table_output_at(r->t) + rule * r->t->output_count);
}

static void table_several(TableRun *r) {
    Buf b = buf_new(r->run->arena, 64);
    for (size_t i = 0; i < r->hit_count && i < 8; i++) {
        if (i > 0) buf_add_text(&b, ", ");
        buf_add_int(&b, (int64_t)r->hits[i] + 1);
    }
    feel_reason_add(r->run, &fault_dmn_several_rules, &r->t->place, buf_text(&b),
                    r->t->policy_name, STR_NONE);
}

static Value table_any(TableRun *r) {
    Value first = table_output(r, r->hits[0]);
    for (size_t i = 1; i < r->hit_count; i++)
        if (feel_equal(first, table_output(r, r->hits[i])) != 1) {
            table_several(r);
            return value_null();
        }
    return first;
}

/* ---- Order by output values: earlier in the list means more important. */

static int64_t table_rank(TableRun *r, Value output, Value priorities) {
    for (size_t i = 0; i < value_count(priorities); i++)
        if (feel_test(r->run, output, value_item(priorities, i)) == 1) return (int64_t)i;
    return (int64_t)value_count(priorities);
}

static int table_compare(TableRun *r, Value a, Value b, const Value *priorities) {
    const DmnTable *t = r->t;
    for (size_t i = 0; i < t->output_count; i++) {
        Value x = t->output_count == 1 ? a : value_get(a, t->output_names[i]);
        Value y = t->output_count == 1 ? b : value_get(b, t->output_names[i]);
        int64_t rank_x = table_rank(r, x, priorities[i]), rank_y = table_rank(r, y, priorities[i]);
        if (rank_x != rank_y) return rank_x < rank_y ? -1 : 1;
    }
    return 0;
}

/* Outputs of all hits; for PRIORITY and OUTPUT ORDER sorted (stable insertion). */
static Value *table_all_outputs(TableRun *r) {
    const DmnTable *t = r->t;
    Value *out = arena_new_array(r->run->arena, Value, r->hit_count + 1);
    Value *priorities = arena_new_array(r->run->arena, Value, t->output_count + 1);
    if (out == NULL || priorities == NULL || arena_failed(r->run->arena)) return NULL;
    bool ordered = t->policy == DMN_PRIORITY || t->policy == DMN_OUTPUT_ORDER;
    for (size_t i = 0; ordered && i < t->output_count; i++)
        priorities[i] = feel_child_eval(r->n, table_priority_at(t) + i, r->f);
    for (size_t i = 0; i < r->hit_count && !r->run->stopped; i++) {
        Value v = table_output(r, r->hits[i]);
        size_t at = i;
        while (ordered && at > 0 && feel_burn(r->run, r->n, 1) &&
               table_compare(r, v, out[at - 1], priorities) < 0) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = v;
    }
    return out;
}

static Value table_many(TableRun *r) {
    const DmnTable *t = r->t;
    Value *out = table_all_outputs(r);
    if (out == NULL || arena_failed(r->run->arena)) return value_null();
    if (t->policy == DMN_PRIORITY) return out[0];
    Value list = value_list_of(r->run->arena, out, r->hit_count);
    if (t->aggregate.len == 0) return list;
    if (t->output_count > 1 && !str_equal(t->aggregate, STR("count"))) {
        feel_reason_add(r->run, &fault_dmn_aggregate, &t->place, t->aggregate, STR_NONE,
                        STR_NONE);
        return value_null();
    }
    return feel_aggregate(t->aggregate, list, &t->place, r->run);
}

Value dmn_table_eval(const FeelNode *n, struct FeelFrame *f) {
    TableRun r = {.n = n, .t = feel_node_data(n), .f = f, .run = feel_frame_run(f)};
    if (!table_inputs_allowed(&r) || !table_find_hits(&r)) return value_null();
    if (r.hit_count == 0)
        return r.t->has_default ? table_outputs_at(&r, table_default_at(r.t)) : value_null();
    switch (r.t->policy) {
    case DMN_UNIQUE:
        if (r.hit_count == 1) return table_output(&r, r.hits[0]);
        table_several(&r);
        return value_null();
    case DMN_FIRST: return table_output(&r, r.hits[0]);
    case DMN_ANY: return table_any(&r);
    default: return table_many(&r);
    }
}
