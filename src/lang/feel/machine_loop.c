/* machine_loop.c - for, some, every, filters, ranges, in, unary tests.
 *
 * Iterators nest: the last one runs fastest, and an iterator's expression is evaluated anew each
 * time the ones before it move on, so that it may refer to their variables. A range is counted,
 * never stored. "partial" is a view of the results so far (values are immutable, so the view
 * stays good). */
#include "lang/feel/machine_int.h"

/* What one iterator runs over. */
typedef struct LoopCursor {
    const Value *items; /* a list; NULL: counting */
    size_t count;
    Value at;           /* counting: the present value */
    Dec first;
    int64_t day;
    int step; /* +1 or -1 */
} LoopCursor;

typedef struct Loop {
    const FeelNode *n;
    FeelFrame *f;
    const FeelLoop *loop;
    FeelItems results; /* for */
    Value outcome;     /* some, every */
    bool done;
} Loop;

static bool loop_count_numbers(Loop *l, Value from, Value to, LoopCursor *c) {
    int order = dec_compare(from.as.number, to.as.number);
    Dec distance;
    int64_t count;
    if (!dec_is_integer(from.as.number) || !dec_is_integer(to.as.number)) return false;
    if (!dec_subtract(to.as.number, from.as.number, &distance) ||
        !dec_to_int64(dec_abs(distance), &count) || count == INT64_MAX) {
        feel_stop(l->f->run, l->n, &fault_feel_fuel);
        return true;
    }
    *c = (LoopCursor){.count = (size_t)count + 1, .at = from, .first = from.as.number,
                      .step = order > 0 ? -1 : 1};
    return true;
}

static bool loop_count_days(Value from, Value to, LoopCursor *c) {
    int64_t distance = to.as.day - from.as.day;
    *c = (LoopCursor){.count = (size_t)(distance < 0 ? -distance : distance) + 1, .at = from,
                      .day = from.as.day, .step = distance < 0 ? -1 : 1};
    return true;
}

/* From one end to the other, both included. */
static bool loop_between(Loop *l, Value from, Value to, LoopCursor *c) {
    if (value_is(from, VALUE_NUMBER) && value_is(to, VALUE_NUMBER))
        return loop_count_numbers(l, from, to, c);
    if (value_is(from, VALUE_DATE) && value_is(to, VALUE_DATE))
        return loop_count_days(from, to, c);
    return false;
}

/* The same over a range value: open ends are left out. */
static bool loop_range(Loop *l, const ValueRange *r, LoopCursor *c) {
    if (r->low_absent || r->high_absent || !loop_between(l, r->low, r->high, c)) return false;
    if (l->f->run->stopped) return true;
    if (!r->high_closed && c->count > 0) c->count--;
    if (!r->low_closed && c->count > 0) {
        c->count--;
        if (value_is(c->at, VALUE_DATE)) c->day += c->step;
        else dec_add(c->first, dec_from_int(c->step), &c->first);
    }
    return true;
}

static bool loop_cursor(Loop *l, uint32_t i, LoopCursor *c) {
    Value from = feel_eval(l->n->items[i * 2], l->f);
    FeelNode *to_node = l->n->items[i * 2 + 1];
    FeelRun *run = l->f->run;
    if (to_node != NULL) {
        Value to = feel_eval(to_node, l->f);
        if (loop_between(l, from, to, c)) return !run->stopped;
        feel_fail(run, l->n, &fault_feel_range, feel_brief(run, from), feel_brief(run, to),
                  STR_NONE);
        return false;
    }
    if (value_is(from, VALUE_RANGE)) {
        if (loop_range(l, from.as.range, c)) return !run->stopped;
    } else if (value_is(from, VALUE_LIST)) {
        *c = (LoopCursor){.items = from.as.list.items, .count = from.as.list.count};
        return true;
    } else if (!value_is_null(from)) {
        Value *single = feel_new_array(run, Value, 1);
        if (single == NULL) return false;
        *single = from;
        *c = (LoopCursor){.items = single, .count = 1};
        return true;
    }
    feel_fail(run, l->n, &fault_feel_iteration, feel_brief(run, from), STR_NONE, STR_NONE);
    return false;
}

static Value loop_value(const LoopCursor *c, size_t i) {
    if (c->items != NULL) return c->items[i];
    if (value_is(c->at, VALUE_DATE)) return value_date((Day){c->day + (int64_t)i * c->step});
    Dec d = c->first;
    dec_add(c->first, dec_from_int((int64_t)i * c->step), &d);
    return value_number(d);
}

/* The body once, for the present values of all variables. */
static void loop_body(Loop *l) {
    FeelFrame *f = l->f;
    if (l->n->op == FEEL_OP_FOR) {
        if (l->n->uses_item) f->locals[l->loop->partial] = feel_items_value(&l->results);
        feel_items_add(&l->results, feel_eval(l->n->a, f));
        return;
    }
    bool stop_at = l->n->op == FEEL_OP_SOME;
    Value v = feel_eval(l->n->a, f);
    if (value_is(v, VALUE_BOOLEAN)) {
        if (v.as.boolean == stop_at) {
            l->outcome = v;
            l->done = true;
        }
    } else {
        l->outcome = value_null();
        if (!value_is_null(v))
            feel_fail(f->run, l->n, &fault_feel_condition, feel_brief(f->run, v), STR_NONE,
                      STR_NONE);
    }
}

static bool loop_level(Loop *l, uint32_t i) {
    LoopCursor c;
    FeelRun *run = l->f->run;
    if (i == l->n->count) {
        loop_body(l);
        return true;
    }
    if (!loop_cursor(l, i, &c)) return false;
    for (size_t at = 0; at < c.count && !l->done; at++) {
        if (!feel_burn(run, l->n, 1)) return false;
        l->f->locals[l->loop->locals[i]] = loop_value(&c, at);
        if (!loop_level(l, i + 1) || run->stopped) return false;
    }
    return true;
}

Value feel_eval_for(const FeelNode *n, FeelFrame *f) {
    Loop l = {.n = n, .f = f, .loop = n->extra, .results = {.run = f->run}};
    if (!loop_level(&l, 0)) return value_null();
    return feel_items_value(&l.results);
}

Value feel_eval_some(const FeelNode *n, FeelFrame *f) {
    Loop l = {.n = n, .f = f, .loop = n->extra, .outcome = value_boolean(false)};
    return loop_level(&l, 0) ? l.outcome : value_null();
}

Value feel_eval_every(const FeelNode *n, FeelFrame *f) {
    Loop l = {.n = n, .f = f, .loop = n->extra, .outcome = value_boolean(true)};
    return loop_level(&l, 0) ? l.outcome : value_null();
}

/* ---- Filters (Table 68). */

static Value filter_index(const FeelNode *n, FeelRun *run, Value list, Value index) {
    int64_t i;
    size_t count = list.as.list.count;
    if (!dec_to_int64(index.as.number, &i))
        return feel_fail(run, n, &fault_feel_index, feel_brief(run, index),
                         feel_number_text(run, (int64_t)count), STR_NONE);
    if (i > 0 && (uint64_t)i <= count) return list.as.list.items[i - 1];
    if (i < 0 && i >= -(int64_t)count) return list.as.list.items[(int64_t)count + i];
    return value_null();
}

Value feel_eval_filter(const FeelNode *n, FeelFrame *f) {
    FeelRun *run = f->run;
    Value list = feel_eval(n->a, f), single;
    if (value_is_null(list)) return list;
    if (!value_is(list, VALUE_LIST)) {
        single = list;
        list = feel_list_of(1, &single);
    }
    if (!n->uses_item) {
        Value v = feel_eval(n->b, f);
        if (value_is(v, VALUE_NUMBER)) return filter_index(n, run, list, v);
        if (!value_is(v, VALUE_BOOLEAN)) {
            if (value_is_null(v)) return feel_list_of(0, NULL);
            return feel_fail(run, n, &fault_feel_filter, feel_brief(run, v), STR_NONE, STR_NONE);
        }
        if (!v.as.boolean) return feel_list_of(0, NULL);
        if (list.as.list.items != &single) return list;
    }
    FeelItems kept = {.run = run};
    if (list.as.list.count == 0) {
        f->locals[n->index] = value_null();
        bool dry = run->dry;
        run->dry = true;
        size_t reasons = run->reason_count;
        Value v = feel_eval(n->b, f);
        run->dry = dry;
        run->reason_count = reasons;
        return value_is(v, VALUE_NUMBER) ? value_null() : list;
    }
    for (size_t i = 0; i < list.as.list.count; i++) {
        Value item = list.as.list.items[i];
        if (!feel_burn(run, n, 1)) return value_null();
        Value keep = value_boolean(true);
        if (n->uses_item) {
            f->locals[n->index] = item;
            keep = feel_eval(n->b, f);
            if (i == 0 && value_is(keep, VALUE_NUMBER) && !value_is(item, VALUE_CONTEXT))
                return filter_index(n, run, list, keep);
            if (i == 0 && value_is(keep, VALUE_NUMBER) && n->b->op == FEEL_OP_DYNAMIC &&
                !value_find(item, n->b->name, &(Value){0}))
                return filter_index(n, run, list, keep);
        }
        if (value_is_true(keep) && !feel_items_add(&kept, item)) return value_null();
    }
    return feel_items_value(&kept);
}

/* ---- Ranges and tests. */

static bool range_scalar(Value v) {
    switch (value_kind(v)) {
    case VALUE_NUMBER: case VALUE_STRING: case VALUE_DATE: case VALUE_TIME: case VALUE_DATE_TIME:
    case VALUE_MONTHS_DURATION: case VALUE_TIME_DURATION: return true;
    default: return false;
    }
}

static Value range_new(FeelRun *run, ValueRange range) {
    ValueRange *r = feel_take(run, 1, sizeof *r);
    if (r == NULL) return value_null();
    *r = range;
    return (Value){.kind = VALUE_RANGE, .as.range = r};
}

/* Clause 10.3.2.7: ends of one type, in order; an end may be null (unbounded). */
Value feel_eval_range(const FeelNode *n, FeelFrame *f) {
    Value low = feel_eval(n->a, f), high = feel_eval(n->b, f);
    bool low_null = value_is_null(low), high_null = value_is_null(high);
    bool sound = (low_null || range_scalar(low)) && (high_null || range_scalar(high));
    if (sound && !low_null && !high_null) {
        int order = feel_compare(low, high);
        sound = low.kind == high.kind && order != FEEL_INCOMPARABLE && order <= 0;
    }
    if (!sound)
        return feel_fail(f->run, n, &fault_feel_range, feel_brief(f->run, low),
                         feel_brief(f->run, high), STR_NONE);
    return range_new(f->run, (ValueRange){.low = low, .high = high,
                                          .low_closed = n->flag && !low_null,
                                          .high_closed = n->flag2 && !high_null});
}

Value feel_unary_range(FeelRun *run, FeelUnary op, Value v) {
    ValueRange r = {.low = value_null(), .high = value_null()};
    switch (op) {
    case FEEL_UNARY_LESS: r.high = v; r.low_absent = true; break;
    case FEEL_UNARY_LESS_EQUAL: r.high = v; r.low_absent = r.high_closed = true; break;
    case FEEL_UNARY_GREATER: r.low = v; r.high_absent = true; break;
    case FEEL_UNARY_GREATER_EQUAL: r.low = v; r.high_absent = r.low_closed = true; break;
    case FEEL_UNARY_EQUAL:
        r = (ValueRange){v, v, true, true, true, true};
        break;
    case FEEL_UNARY_NOT_EQUAL:
        r = (ValueRange){v, v, false, false, true, true};
        break;
    }
    return range_new(run, r);
}

Value feel_eval_unary_range(const FeelNode *n, FeelFrame *f) {
    Value v = feel_eval(n->a, f);
    bool equality = n->index == FEEL_UNARY_EQUAL || n->index == FEEL_UNARY_NOT_EQUAL;
    if (!equality && !range_scalar(v))
        return feel_fail(f->run, n, &fault_feel_range, feel_brief(f->run, v), STR_NONE, STR_NONE);
    return feel_unary_range(f->run, (FeelUnary)n->index, v);
}

/* Any of the tests: 1, 0, or -1 when none holds and one gave null. A test that reads "?" itself
 * answers by its boolean; any other is a value the input is compared with. A cell (whole) may
 * also hold a condition that does not read the input. */
static int tests_any(const FeelNode *n, FeelFrame *f, Value input, bool cell) {
    int outcome = 0;
    f->locals[n->index] = input;
    for (uint32_t i = 0; i < n->count && outcome != 1; i++) {
        const FeelNode *test = n->items[i];
        Value v = feel_eval(test, f);
        int one;
        bool condition = value_is(v, VALUE_BOOLEAN) &&
                         (test->uses_input || (cell && test->op != FEEL_OP_CONSTANT &&
                                               !value_is(input, VALUE_BOOLEAN)));
        if (condition) one = v.as.boolean ? 1 : 0;
        else if (test->uses_input && value_is_null(v)) one = -1;
        else one = feel_test(f->run, input, v);
        if (one == 1 || outcome == 0) outcome = one;
    }
    return outcome;
}

Value feel_eval_in(const FeelNode *n, FeelFrame *f) {
    Value input = feel_eval(n->a, f);
    int outcome = tests_any(n, f, input, false);
    if (outcome < 0)
        return feel_fail(f->run, n, &fault_feel_operand, STR("in"), feel_brief(f->run, input),
                         STR_NONE);
    return value_boolean(outcome == 1);
}

Value feel_eval_tests(const FeelNode *n, FeelFrame *f) {
    int outcome = tests_any(n, f, f->locals[n->index], true);
    if (outcome < 0) return value_null();
    return value_boolean((outcome == 1) != n->flag);
}

Value feel_eval_anything(const FeelNode *n, FeelFrame *f) {
    (void)n;
    (void)f;
    return value_boolean(true);
}
