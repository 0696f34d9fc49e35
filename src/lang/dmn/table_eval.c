/* table_eval.c - evaluating a decision table (10.3.2.10).
 *
 * Inputs are evaluated once; each gives the mask of the rules that its constant cells let pass.
 * The masks are joined word by word, and the rules that are left have their other cells
 * evaluated, in order. A FIRST table stops at its first match. Only then are outputs evaluated,
 * for the rules that are hit. */
#include "lang/dmn/trace.h"

#define TABLE_SMALL_COLUMNS 16u
#define TABLE_SMALL_HITS 16u

typedef struct TableRun {
    const FeelNode *n;
    const DmnTable *t;
    struct FeelFrame *f;
    FeelRun *run;
    const uint64_t **masks;   /* of each column; NULL: all rules */
    const uint64_t **pending; /* rules whose cell is still to be evaluated; NULL: none */
    uint32_t *hits;
    size_t hit_count, hit_capacity;
} TableRun;

static Value table_refuse(const TableRun *r, const Fault *fault, Str a, Str b) {
    feel_reason_add(r->run, fault, &r->t->place, a, b, STR_NONE);
    return value_null();
}

/* ---- Which rules match. */

static bool table_inputs_allowed(TableRun *r) {
    const DmnTable *t = r->t;
    for (size_t i = 0; i < t->input_count; i++) {
        Value v = feel_child_eval(r->n, i, r->f);
        feel_frame_set(r->f, t->locals[i], v);
        r->masks[i] = table_column_mask(t, i, v, &r->pending[i]);
        if (!t->input_limited[i] || value_is_null(v)) continue;
        Value allowed = feel_child_eval(r->n, table_limit_at(t) + i, r->f);
        if (value_is_true(allowed)) continue;
        table_refuse(r, &fault_dmn_input_not_allowed, t->input_names[i],
                     feel_literal(r->run->arena, v));
        return false;
    }
    return true;
}

/* The cells that the masks do not answer for. */
static bool table_match(const TableRun *r, size_t rule) {
    const DmnTable *t = r->t;
    size_t at = table_cell_at(t) + rule * t->input_count;
    uint64_t bit = 1ull << (rule % 64);
    for (size_t i = 0; i < t->input_count; i++)
        if (r->pending[i] != NULL && (r->pending[i][rule / 64] & bit) != 0 &&
            !value_is_true(feel_child_eval(r->n, at + i, r->f)))
            return false;
    return true;
}

static bool table_hit(TableRun *r, size_t rule) {
    if (r->hit_count == r->hit_capacity) {
        size_t capacity = r->hit_capacity * 4;
        uint32_t *more = arena_new_array(r->run->arena, uint32_t, capacity);
        if (more == NULL || arena_failed(r->run->arena)) {
            feel_stop(r->run, r->n, &fault_feel_memory);
            return false;
        }
        for (size_t i = 0; i < r->hit_count; i++) more[i] = r->hits[i];
        r->hits = more;
        r->hit_capacity = capacity;
    }
    r->hits[r->hit_count++] = (uint32_t)rule;
    return true;
}

static bool table_find_hits(TableRun *r) {
    const DmnTable *t = r->t;
    if (!feel_burn(r->run, r->n, (int64_t)t->words)) return false;
    for (size_t word = 0; word < t->words; word++) {
        uint64_t rules = ~0ull;
        if (word + 1 == t->words && t->rule_count % 64 != 0)
            rules = (1ull << (t->rule_count % 64)) - 1;
        for (size_t i = 0; i < t->input_count; i++)
            if (r->masks[i] != NULL) rules &= r->masks[i][word];
        for (; rules != 0; rules &= rules - 1) {
            size_t rule = word * 64 + (size_t)__builtin_ctzll(rules);
            if (!feel_burn(r->run, r->n, 1)) return false;
            if (!table_match(r, rule)) continue;
            if (!table_hit(r, rule)) return false;
            if (t->policy == DMN_FIRST) return true;
        }
    }
    return !r->run->stopped;
}

/* ---- Outputs. */

/* Is one output among the values its column lists? */
static bool table_output_allowed(const TableRun *r, size_t output, Value v) {
    const DmnTable *t = r->t;
    if (!t->output_limited[output] || value_is_null(v)) return true;
    feel_frame_set(r->f, t->output_local, v);
    Value allowed = feel_child_eval(r->n, table_output_limit_at(t) + output, r->f);
    if (value_is_true(allowed)) return true;
    table_refuse(r, &fault_dmn_output_not_allowed, t->output_names[output],
                 feel_literal(r->run->arena, v));
    return false;
}

/* One value, or a context of the named outputs; from is the index of the first child. */
static Value table_outputs_at(const TableRun *r, size_t from) {
    const DmnTable *t = r->t;
    ContextBuilder b = context_builder(r->run->arena);
    for (size_t i = 0; i < t->output_count && !b.failed; i++) {
        Value v = feel_child_eval(r->n, from + i, r->f);
        if (!table_output_allowed(r, i, v)) v = value_null();
        if (t->output_count == 1) return v;
        context_put(&b, t->output_names[i], v);
    }
    if (b.failed || arena_failed(r->run->arena))
        return feel_stop(r->run, r->n, &fault_feel_memory);
    return value_context(&b);
}

static Value table_output(const TableRun *r, size_t hit) {
    const DmnTable *t = r->t;
    size_t rule = r->hits[hit];
    if (t->row_constant[rule]) return t->rows[rule];
    return table_outputs_at(r, table_output_at(t) + rule * t->output_count);
}

static Value table_several(const TableRun *r) {
    Buf b = buf_new(r->run->arena, 64);
    for (size_t i = 0; i < r->hit_count && i < 8; i++) {
        if (i > 0) buf_add_text(&b, ", ");
        buf_add_int(&b, (int64_t)r->hits[i] + 1);
    }
    return table_refuse(r, &fault_dmn_several_rules, buf_text(&b), r->t->policy_name);
}

static Value table_any(const TableRun *r) {
    Value first = table_output(r, 0);
    for (size_t i = 1; i < r->hit_count && !r->run->stopped; i++)
        if (feel_equal(first, table_output(r, i)) != 1) return table_several(r);
    return first;
}

/* ---- Order by output values: earlier in the list means more important. */

static int64_t table_rank(const TableRun *r, Value output, Value priorities) {
    for (size_t i = 0; i < value_count(priorities); i++)
        if (feel_test(r->run, output, value_item(priorities, i)) == 1) return (int64_t)i;
    return (int64_t)value_count(priorities);
}

/* The ranks of hit i, one an output. */
static void table_ranks(const TableRun *r, Value v, const Value *priorities, int64_t *ranks) {
    const DmnTable *t = r->t;
    for (size_t i = 0; i < t->output_count; i++)
        ranks[i] = table_rank(
            r, t->output_count == 1 ? v : value_get(v, t->output_names[i]), priorities[i]);
}

typedef struct Ranked {
    Value value;
    const int64_t *ranks;
    size_t hit;
} Ranked;

static bool ranked_before(const Ranked *a, const Ranked *b, size_t outputs) {
    for (size_t i = 0; i < outputs; i++)
        if (a->ranks[i] != b->ranks[i]) return a->ranks[i] < b->ranks[i];
    return a->hit < b->hit;
}

/* Heap sort, so that many hits of a large table cost little: sink places one item. */
static void ranked_sink(Ranked *items, size_t at, size_t count, size_t outputs) {
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && ranked_before(&items[child], &items[child + 1], outputs)) child++;
        if (ranked_before(&items[child], &items[at], outputs)) return;
        Ranked swap = items[at];
        items[at] = items[child];
        items[child] = swap;
    }
}

static void ranked_sort(Ranked *items, size_t count, size_t outputs) {
    for (size_t i = count / 2; i-- > 0;) ranked_sink(items, i, count, outputs);
    for (size_t end = count; end-- > 1;) {
        Ranked swap = items[0];
        items[0] = items[end];
        items[end] = swap;
        ranked_sink(items, 0, end, outputs);
    }
}

static Value table_ordered(const TableRun *r) {
    const DmnTable *t = r->t;
    Arena *a = r->run->arena;
    Ranked *items = arena_new_array(a, Ranked, r->hit_count);
    Value *priorities = arena_new_array(a, Value, t->output_count);
    Value *out = arena_new_array(a, Value, r->hit_count);
    int64_t *ranks = arena_new_array(a, int64_t, r->hit_count * t->output_count);
    if (items == NULL || priorities == NULL || out == NULL || ranks == NULL || arena_failed(a))
        return feel_stop(r->run, r->n, &fault_feel_memory);
    for (size_t i = 0; i < t->output_count; i++)
        priorities[i] = feel_child_eval(r->n, table_priority_at(t) + i, r->f);
    for (size_t i = 0; i < r->hit_count && !r->run->stopped; i++) {
        items[i] = (Ranked){table_output(r, i), ranks + i * t->output_count, i};
        table_ranks(r, items[i].value, priorities, ranks + i * t->output_count);
    }
    if (r->run->stopped) return value_null();
    ranked_sort(items, r->hit_count, t->output_count);
    if (t->policy == DMN_PRIORITY) return items[0].value;
    for (size_t i = 0; i < r->hit_count; i++) out[i] = items[i].value;
    return value_list_of(a, out, r->hit_count);
}

static Value table_collect_hits(const TableRun *r) {
    const DmnTable *t = r->t;
    Value *out = arena_new_array(r->run->arena, Value, r->hit_count);
    if (out == NULL || arena_failed(r->run->arena))
        return feel_stop(r->run, r->n, &fault_feel_memory);
    for (size_t i = 0; i < r->hit_count && !r->run->stopped; i++) out[i] = table_output(r, i);
    if (r->run->stopped) return value_null();
    Value list = value_list_of(r->run->arena, out, r->hit_count);
    if (t->aggregate.len == 0) return list;
    if (t->output_count > 1 && !str_equal(t->aggregate, STR("count")))
        return table_refuse(r, &fault_dmn_aggregate, t->aggregate, STR_NONE);
    return feel_aggregate(t->aggregate, list, &t->place, r->run);
}

static Value table_result(TableRun *r) {
    const DmnTable *t = r->t;
    if (!table_inputs_allowed(r) || !table_find_hits(r)) return value_null();
    if (r->hit_count == 0)
        return t->has_default ? table_outputs_at(r, table_default_at(t)) : value_null();
    switch (t->policy) {
    case DMN_UNIQUE: return r->hit_count == 1 ? table_output(r, 0) : table_several(r);
    case DMN_FIRST: return table_output(r, 0);
    case DMN_ANY: return table_any(r);
    case DMN_PRIORITY: case DMN_OUTPUT_ORDER: return table_ordered(r);
    default: return table_collect_hits(r);
    }
}

Value dmn_table_eval(const FeelNode *n, struct FeelFrame *f) {
    const uint64_t *masks[TABLE_SMALL_COLUMNS], *pending[TABLE_SMALL_COLUMNS];
    uint32_t hits[TABLE_SMALL_HITS];
    TableRun r = {.n = n, .t = feel_node_data(n), .f = f, .run = feel_frame_run(f),
                  .masks = masks, .pending = pending, .hits = hits,
                  .hit_capacity = TABLE_SMALL_HITS};
    if (r.t->input_count > TABLE_SMALL_COLUMNS) {
        r.masks = arena_new_array(r.run->arena, const uint64_t *, r.t->input_count);
        r.pending = arena_new_array(r.run->arena, const uint64_t *, r.t->input_count);
        if (r.masks == NULL || r.pending == NULL || arena_failed(r.run->arena))
            return feel_stop(r.run, n, &fault_feel_memory);
    }
    Value result = table_result(&r);
    if (r.run->listener != NULL) dmn_trace_table(n, f, r.hits, r.hit_count, result);
    return result;
}
