/* table_index.c - decision tables as bitmasks over their rules.
 *
 * A cell that only compares its input with constants holds on a set of intervals. The ends of all
 * intervals of a column, sorted, are its cut points; they divide the line into points and gaps:
 *
 *     cut points           10        20        35
 *     position        0     1    2    3    4    5    6
 *
 * and each position has a mask with the bit of every rule whose cell holds there. To match a row is
 * then one binary search a column and an AND over the columns; the lowest bit is the first rule.
 *
 * What a cell holds of is decided exactly as feel_test decides it, so the index never changes an
 * answer: cells that read other names, compare with another kind of value than the column's, or
 * use kinds without a plain order (zoned times) stay "open" and are evaluated for the rules that
 * the other columns leave; an input of another kind than the cut points opens the whole column.
 * A column whose masks would pass DMN_TABLE_INDEX_BYTES is left open too. */
#include "lang/dmn/table_int.h"

#include <stdlib.h>

static size_t mask_bit(const uint64_t *mask, size_t rule) {
    return (size_t)(mask[rule / 64] >> (rule % 64)) & 1u;
}
static void mask_set(uint64_t *mask, size_t rule) { mask[rule / 64] |= 1ull << (rule % 64); }

/* Kinds with one order, the same as FEEL's. */
static bool cut_kind(ValueKind kind) {
    return kind == VALUE_NUMBER || kind == VALUE_STRING || kind == VALUE_DATE ||
           kind == VALUE_BOOLEAN || kind == VALUE_MONTHS_DURATION ||
           kind == VALUE_TIME_DURATION;
}

static int order(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

static int cut_compare(const Value *a, const Value *b) {
    switch (value_kind(*a)) {
    case VALUE_NUMBER: return dec_compare(a->as.number, b->as.number);
    case VALUE_STRING: return str_compare(a->as.string, b->as.string);
    case VALUE_DATE: return order(a->as.day, b->as.day);
    case VALUE_BOOLEAN: return order(a->as.boolean, b->as.boolean);
    case VALUE_MONTHS_DURATION: return order(a->as.months, b->as.months);
    default:
        return a->as.seconds != b->as.seconds ? order(a->as.seconds, b->as.seconds)
                                              : order(a->as.nanos, b->as.nanos);
    }
}

static int cut_order(const void *a, const void *b) { return cut_compare(a, b); }

/* ---- What one constant test says about values of a kind: nothing, points, or an interval. */

typedef struct Span {
    const Value *low, *high; /* NULL: no end */
    bool low_closed, high_closed;
    bool outside; /* all but this ("!= x") */
} Span;

/* False: a test whose answer may be null for such values, or of another kind. */
static bool span_of_range(const ValueRange *r, ValueKind kind, Span *out) {
    if (r->low_absent && r->high_absent) {
        *out = (Span){&r->low, &r->low, true, true, !r->low_closed};
        return value_is(r->low, kind);
    }
    *out = (Span){NULL, NULL, r->low_closed, r->high_closed, false};
    if (!r->low_absent && !value_is_null(r->low)) out->low = &r->low;
    if (!r->high_absent && !value_is_null(r->high)) out->high = &r->high;
    return (out->low != NULL || out->high != NULL) &&
           (out->low == NULL || value_is(*out->low, kind)) &&
           (out->high == NULL || value_is(*out->high, kind));
}

/* *nothing: the test never holds of such a value (it is null). */
static bool span_of(const Value *test, ValueKind kind, Span *out, bool *nothing) {
    *nothing = value_is_null(*test);
    if (*nothing) return true;
    if (value_is(*test, VALUE_RANGE)) return span_of_range(test->as.range, kind, out);
    *out = (Span){test, test, true, true, false};
    return value_is(*test, kind);
}

/* The constants of a cell: a list stands for its items. */
typedef struct CellWalk {
    const FeelNode *cell;
    size_t count, at, item;
    Value test;
} CellWalk;

static const Value *cell_next(CellWalk *w) {
    for (;;) {
        if (value_is(w->test, VALUE_LIST)) {
            if (w->item < w->test.as.list.count) return &w->test.as.list.items[w->item++];
            w->test = value_null();
        }
        if (w->at == w->count) return NULL;
        w->test = feel_node_test(w->cell, w->at++);
        w->item = 0;
        if (!value_is(w->test, VALUE_LIST)) return &w->test;
    }
}

/* ---- One column. */

typedef struct ColumnBuild {
    DmnTable *t;
    DmnColumn *c;
    Arena *arena;
    FeelNode *const *cells; /* of rule 0; the next rule's is input_count further on */
    Value *ends;
    size_t end_count, end_capacity;
} ColumnBuild;

static const FeelNode *column_cell(const ColumnBuild *b, size_t rule) {
    return b->cells[rule * b->t->input_count];
}

static bool column_add(ColumnBuild *b, const Value *end) {
    if (end == NULL) return true;
    if (b->end_count == b->end_capacity) {
        size_t capacity = b->end_capacity == 0 ? 32 : b->end_capacity * 2;
        Value *more = arena_new_array(b->arena, Value, capacity);
        if (more == NULL || arena_failed(b->arena)) return false;
        for (size_t i = 0; i < b->end_count; i++) more[i] = b->ends[i];
        b->ends = more;
        b->end_capacity = capacity;
    }
    b->ends[b->end_count++] = *end;
    return true;
}

/* The kind most cells speak of is that of the first constant that has an order. */
static ValueKind column_kind(const ColumnBuild *b) {
    for (size_t rule = 0; rule < b->t->rule_count; rule++) {
        CellWalk w = {.cell = column_cell(b, rule)};
        bool negated;
        if (!feel_node_tests(w.cell, &w.count, &negated)) continue;
        for (const Value *v = cell_next(&w); v != NULL; v = cell_next(&w)) {
            if (value_is(*v, VALUE_RANGE))
                v = value_is_null(v->as.range->low) ? &v->as.range->high : &v->as.range->low;
            if (cut_kind(value_kind(*v))) return value_kind(*v);
        }
    }
    return VALUE_NULL;
}

/* Can the index answer for this cell? Collects its ends. */
static bool column_reads(ColumnBuild *b, size_t rule, bool *memory) {
    CellWalk w = {.cell = column_cell(b, rule)};
    bool negated, nothing;
    size_t before = b->end_count;
    if (!feel_node_tests(w.cell, &w.count, &negated)) return false;
    for (const Value *v = cell_next(&w); v != NULL; v = cell_next(&w)) {
        Span s;
        if (!span_of(v, b->c->kind, &s, &nothing)) {
            b->end_count = before;
            return false;
        }
        if (!nothing && !(column_add(b, s.low) && column_add(b, s.high))) *memory = false;
    }
    return true;
}

static size_t column_cut(const DmnColumn *c, const Value *v) {
    size_t low = 0, high = c->cut_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cut_compare(&c->cuts[middle], v) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

static size_t column_position(const DmnColumn *c, const Value *v) {
    size_t at = column_cut(c, v);
    return at < c->cut_count && cut_compare(&c->cuts[at], v) == 0 ? 2 * at + 1 : 2 * at;
}

/* Set the rule's bit where its tests hold. */
static void column_fill(ColumnBuild *b, size_t rule) {
    DmnColumn *c = b->c;
    CellWalk w = {.cell = column_cell(b, rule)};
    bool negated, nothing;
    size_t positions = 2 * c->cut_count + 1, words = b->t->words;
    uint64_t bit = 1ull << (rule % 64);
    uint64_t *masks = c->masks + rule / 64;
    if (!feel_node_tests(w.cell, &w.count, &negated)) return;
    bool anything = w.count == 0;
    for (const Value *v = cell_next(&w); v != NULL; v = cell_next(&w)) {
        Span s;
        check(span_of(v, c->kind, &s, &nothing));
        if (nothing) continue;
        size_t first = s.low == NULL ? 0 : 2 * column_cut(c, s.low) + (s.low_closed ? 1 : 2);
        size_t last =
            s.high == NULL ? positions - 1 : 2 * column_cut(c, s.high) + (s.high_closed ? 1 : 0);
        for (size_t i = 0; i < positions; i++)
            if ((i >= first && i <= last) != s.outside) masks[i * words] |= bit;
    }
    for (size_t i = 0; i < positions; i++) {
        if (anything) masks[i * words] |= bit;
        else if (negated) masks[i * words] ^= bit;
    }
}

/* Does the cell hold of null? As feel_eval_tests counts: a null answer holds of nothing. */
static bool column_holds_of_null(const FeelNode *cell, FeelRun *run) {
    size_t count;
    bool negated;
    int outcome = 0;
    if (!feel_node_tests(cell, &count, &negated)) return false;
    if (count == 0) return true;
    for (size_t i = 0; i < count && outcome != 1; i++) {
        int one = feel_test(run, value_null(), feel_node_test(cell, i));
        if (one == 1 || outcome == 0) outcome = one;
    }
    return outcome >= 0 && (outcome == 1) != negated;
}

static bool column_masks(ColumnBuild *b) {
    DmnColumn *c = b->c;
    c->cuts = b->ends;
    if (b->end_count > 0) qsort(b->ends, b->end_count, sizeof *b->ends, cut_order);
    for (size_t i = 0; i < b->end_count; i++)
        if (c->cut_count == 0 || cut_compare(&c->cuts[c->cut_count - 1], &b->ends[i]) != 0)
            c->cuts[c->cut_count++] = b->ends[i];
    size_t positions = 2 * c->cut_count + 1, words = b->t->words;
    if (positions > DMN_TABLE_INDEX_BYTES / sizeof(uint64_t) / words) {
        c->kind = VALUE_NULL;
        return true;
    }
    c->masks = arena_new_array(b->arena, uint64_t, positions * words);
    c->null_mask = arena_new_array(b->arena, uint64_t, words);
    if (c->masks == NULL || c->null_mask == NULL || arena_failed(b->arena)) return false;
    FeelRun run = feel_run_new(b->arena, INSTANT_NONE);
    run.dry = true;
    for (size_t rule = 0; rule < b->t->rule_count; rule++) {
        if (mask_bit(c->open, rule)) {
            for (size_t i = 0; i < positions; i++) mask_set(c->masks + i * words, rule);
            mask_set(c->null_mask, rule);
            continue;
        }
        column_fill(b, rule);
        if (column_holds_of_null(column_cell(b, rule), &run)) mask_set(c->null_mask, rule);
    }
    return true;
}

static bool column_index(DmnTable *t, DmnColumn *c, FeelNode *const *cells, Arena *a) {
    ColumnBuild b = {.t = t, .c = c, .arena = a, .cells = cells};
    bool memory = true;
    c->open = arena_new_array(a, uint64_t, t->words);
    c->cells = arena_new_array(a, uint64_t, t->words);
    if (c->open == NULL || c->cells == NULL || arena_failed(a)) return false;
    c->kind = column_kind(&b);
    for (size_t rule = 0; rule < t->rule_count; rule++) {
        size_t count;
        bool negated, tests = feel_node_tests(column_cell(&b, rule), &count, &negated);
        if (tests && count == 0) continue; /* "-" */
        mask_set(c->cells, rule);
        if (c->kind == VALUE_NULL || !column_reads(&b, rule, &memory)) mask_set(c->open, rule);
    }
    if (!memory) return false;
    return c->kind == VALUE_NULL || column_masks(&b);
}

/* NULL for a mask without bits, so that asking for a rule costs nothing. */
static uint64_t *mask_or_null(uint64_t *mask, size_t words) {
    for (size_t i = 0; i < words; i++)
        if (mask[i] != 0) return mask;
    return NULL;
}

const uint64_t *table_column_mask(const DmnTable *t, size_t column, Value input,
                                  const uint64_t **pending) {
    const DmnColumn *c = &t->columns[column];
    *pending = c->open;
    if (c->kind != VALUE_NULL && value_is(input, c->kind))
        return c->masks + column_position(c, &input) * t->words;
    if (c->kind != VALUE_NULL && value_is_null(input)) return c->null_mask;
    *pending = c->cells;
    return NULL;
}

/* ---- Rows whose outputs are all constant: their result is made once. */

static bool row_limits(const DmnTable *t, FeelNode *const *children, size_t output, Value v,
                       FeelRun *run) {
    size_t count;
    bool negated;
    const FeelNode *limit = children[table_output_limit_at(t) + output];
    if (!t->output_limited[output] || value_is_null(v)) return true;
    if (!feel_node_tests(limit, &count, &negated) || negated) return false;
    for (size_t i = 0; i < count; i++)
        if (feel_test(run, v, feel_node_test(limit, i)) == 1) return true;
    return count == 0;
}

static void row_constant(DmnTable *t, FeelNode *const *children, size_t rule, Arena *a,
                         FeelRun *run) {
    FeelNode *const *outputs = children + table_output_at(t) + rule * t->output_count;
    ContextBuilder b = context_builder(a);
    Value v = value_null();
    for (size_t i = 0; i < t->output_count; i++) {
        if (!feel_node_constant(outputs[i], &v) || !row_limits(t, children, i, v, run)) return;
        if (t->output_count > 1) context_put(&b, t->output_names[i], v);
    }
    if (b.failed || run->stopped) return;
    t->rows[rule] = t->output_count > 1 ? value_context(&b) : v;
    t->row_constant[rule] = true;
}

bool table_index(DmnTable *t, FeelNode *const *children, Arena *a) {
    t->words = (t->rule_count + 63) / 64;
    t->columns = arena_new_array(a, DmnColumn, t->input_count + 1);
    t->rows = arena_new_array(a, Value, t->rule_count + 1);
    t->row_constant = arena_new_array(a, bool, t->rule_count + 1);
    if (t->columns == NULL || t->rows == NULL || t->row_constant == NULL || arena_failed(a))
        return false;
    FeelRun run = feel_run_new(a, INSTANT_NONE);
    run.dry = true;
    for (size_t rule = 0; rule < t->rule_count && !arena_failed(a); rule++)
        row_constant(t, children, rule, a, &run);
    for (size_t i = 0; i < t->input_count && t->words > 0; i++) {
        DmnColumn *c = &t->columns[i];
        if (!column_index(t, c, children + table_cell_at(t) + i, a)) return false;
        c->open = mask_or_null(c->open, t->words);
        c->cells = mask_or_null(c->cells, t->words);
    }
    return !arena_failed(a);
}
