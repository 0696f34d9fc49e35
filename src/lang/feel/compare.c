/* compare.c - equality, order, ranges and tests (Tables 52 to 55).
 *
 * Order exists between values of one kind: numbers, strings (by code point), dates, times, dates
 * and times, durations of one kind. A time without offset, compared with one that has an offset,
 * takes the other's. Equality of times counts whole seconds, as valuet and valuedt do (and as the
 * conformance suite expects); order and "is" see nanoseconds. */
#include "lang/feel/machine_int.h"

#define COMPARE_DEPTH_MAX 1000u

static int sign_of(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

/* Both points on one line: seconds and nanoseconds. */
static void compare_line(Value a, Value b, int64_t at[4]) {
    feel_date_time_instant(a, &at[0], &at[1]);
    feel_date_time_instant(b, &at[2], &at[3]);
    bool a_local = a.zone == ZONE_LOCAL, b_local = b.zone == ZONE_LOCAL;
    if (a_local && !b_local) at[2] += b.offset_s;
    if (b_local && !a_local) at[0] += a.offset_s;
}

int feel_compare(Value a, Value b) {
    if (a.kind != b.kind) return FEEL_INCOMPARABLE;
    int64_t at[4];
    int order;
    switch (value_kind(a)) {
    case VALUE_NUMBER: order = dec_compare(a.as.number, b.as.number); break;
    case VALUE_STRING: order = str_compare(a.as.string, b.as.string); break;
    case VALUE_DATE: order = sign_of(a.as.day, b.as.day); break;
    case VALUE_MONTHS_DURATION: order = sign_of(a.as.months, b.as.months); break;
    case VALUE_TIME_DURATION:
        order = sign_of(a.as.seconds, b.as.seconds);
        if (order == 0) order = sign_of(a.as.nanos, b.as.nanos);
        break;
    case VALUE_TIME: case VALUE_DATE_TIME:
        compare_line(a, b, at);
        order = sign_of(at[0], at[2]);
        if (order == 0) order = sign_of(at[1], at[3]);
        break;
    default: return FEEL_INCOMPARABLE;
    }
    return order < 0 ? -1 : order > 0;
}

/* ---- Equality. Values of two kinds are not comparable (null); lists, contexts and ranges are,
 * and are not equal when a part of one is not equal to its part of the other. */

static int equal_within(FeelRun *run, Value a, Value b, unsigned depth);

static int equal_lists(FeelRun *run, Value a, Value b, unsigned depth) {
    if (a.as.list.count != b.as.list.count) return 0;
    int outcome = 1;
    for (size_t i = 0; i < a.as.list.count && outcome != 0; i++) {
        outcome = equal_within(run, a.as.list.items[i], b.as.list.items[i], depth + 1) == 1;
    }
    return outcome;
}

static int equal_contexts(FeelRun *run, Value a, Value b, unsigned depth) {
    if (a.as.context.count != b.as.context.count) return 0;
    int outcome = 1;
    for (size_t i = 0; i < a.as.context.count && outcome != 0; i++) {
        Value other;
        if (!value_find(b, a.as.context.entries[i].key, &other)) return 0;
        outcome = equal_within(run, a.as.context.entries[i].value, other, depth + 1) == 1;
    }
    return outcome;
}

static int equal_ranges(FeelRun *run, const ValueRange *a, const ValueRange *b, unsigned depth) {
    if (a->low_closed != b->low_closed || a->high_closed != b->high_closed ||
        a->low_absent != b->low_absent || a->high_absent != b->high_absent)
        return 0;
    return equal_within(run, a->low, b->low, depth + 1) == 1 &&
           equal_within(run, a->high, b->high, depth + 1) == 1;
}

static int equal_within(FeelRun *run, Value a, Value b, unsigned depth) {
    int64_t at[4];
    if (value_is_null(a) || value_is_null(b)) return value_is_null(a) && value_is_null(b);
    if (a.kind != b.kind) return -1;
    if (depth > COMPARE_DEPTH_MAX || (run != NULL && depth > 0 && !feel_burn(run, NULL, 1)))
        return -1;
    switch (value_kind(a)) {
    case VALUE_BOOLEAN: return a.as.boolean == b.as.boolean;
    case VALUE_LIST: return equal_lists(run, a, b, depth);
    case VALUE_CONTEXT: return equal_contexts(run, a, b, depth);
    case VALUE_RANGE: return equal_ranges(run, a.as.range, b.as.range, depth);
    case VALUE_FUNCTION:
        return a.as.function == b.as.function ||
               (a.as.function->kind == b.as.function->kind &&
                a.as.function->builtin == b.as.function->builtin &&
                a.as.function->foreign == b.as.function->foreign &&
                a.as.function->code == b.as.function->code);
    case VALUE_TIME: case VALUE_DATE_TIME:
        compare_line(a, b, at);
        return at[0] == at[2];
    default: return feel_compare(a, b) == 0;
    }
}

int feel_equal_run(FeelRun *run, Value a, Value b) { return equal_within(run, a, b, 0); }
int feel_equal(Value a, Value b) { return equal_within(NULL, a, b, 0); }

/* Clause 10.3.2.2: the same element of the semantic domain. */
bool feel_is(Value a, Value b) {
    if (a.kind != b.kind) return false;
    if (value_is(a, VALUE_TIME) || value_is(a, VALUE_DATE_TIME)) {
        if (a.as.time_day != b.as.time_day || a.as.time_nano != b.as.time_nano) return false;
        if (a.zone != b.zone) return false;
        return a.zone == ZONE_LOCAL || (a.zone == ZONE_NAMED ? a.zone_id == b.zone_id
                                                             : a.offset_s == b.offset_s);
    }
    return equal_within(NULL, a, b, 0) == 1;
}

Value feel_eval_equal(const FeelNode *n, FeelFrame *f) {
    Value a = feel_eval(n->a, f), b = feel_eval(n->b, f);
    if (value_is(a, VALUE_NUMBER) && value_is(b, VALUE_NUMBER))
        return value_boolean(dec_compare(a.as.number, b.as.number) == 0);
    int equal = feel_equal_run(f->run, a, b);
    if (equal >= 0) return value_boolean(equal == 1);
    return feel_fail(f->run, n, &fault_feel_comparison, feel_kind_text(a), feel_kind_text(b),
                     STR_NONE);
}

Value feel_eval_not_equal(const FeelNode *n, FeelFrame *f) {
    Value v = feel_eval_equal(n, f);
    return value_is_null(v) ? v : value_boolean(!v.as.boolean);
}

/* ---- Order. */

static inline int compare_node(const FeelNode *n, FeelFrame *f) {
    Value a = feel_eval(n->a, f), b = feel_eval(n->b, f);
    if (value_is(a, VALUE_NUMBER) && value_is(b, VALUE_NUMBER))
        return dec_compare(a.as.number, b.as.number);
    int order = feel_compare(a, b);
    if (order == FEEL_INCOMPARABLE)
        feel_fail(f->run, n, &fault_feel_comparison, feel_brief(f->run, a),
                  feel_brief(f->run, b), STR_NONE);
    return order;
}

Value feel_eval_less(const FeelNode *n, FeelFrame *f) {
    int order = compare_node(n, f);
    return order == FEEL_INCOMPARABLE ? value_null() : value_boolean(order < 0);
}
Value feel_eval_less_equal(const FeelNode *n, FeelFrame *f) {
    int order = compare_node(n, f);
    return order == FEEL_INCOMPARABLE ? value_null() : value_boolean(order <= 0);
}
Value feel_eval_greater(const FeelNode *n, FeelFrame *f) {
    int order = compare_node(n, f);
    return order == FEEL_INCOMPARABLE ? value_null() : value_boolean(order > 0);
}
Value feel_eval_greater_equal(const FeelNode *n, FeelFrame *f) {
    int order = compare_node(n, f);
    return order == FEEL_INCOMPARABLE ? value_null() : value_boolean(order >= 0);
}

/* e1 >= e2 and e1 <= e3, with the truth table of "and". */
Value feel_eval_between(const FeelNode *n, FeelFrame *f) {
    Value v = feel_eval(n->a, f), low = feel_eval(n->b, f), high = feel_eval(n->c, f);
    int above = feel_compare(v, low), below = feel_compare(v, high);
    if ((above != FEEL_INCOMPARABLE && above < 0) || (below != FEEL_INCOMPARABLE && below > 0))
        return value_boolean(false);
    if (above != FEEL_INCOMPARABLE && below != FEEL_INCOMPARABLE) return value_boolean(true);
    return feel_fail(f->run, n, &fault_feel_comparison, feel_brief(f->run, v),
                     feel_brief(f->run, above == FEEL_INCOMPARABLE ? low : high), STR_NONE);
}

/* ---- Ranges and tests. */

int feel_in_range(const ValueRange *r, Value v) {
    if (r->low_absent && r->high_absent) {
        int equal = feel_equal(v, r->low);
        return equal < 0 ? -1 : r->low_closed ? equal : !equal;
    }
    int outcome = 1;
    if (!r->low_absent && !value_is_null(r->low)) {
        int order = feel_compare(v, r->low);
        if (order == FEEL_INCOMPARABLE) outcome = -1;
        else if (order < 0 || (order == 0 && !r->low_closed)) return 0;
    }
    if (!r->high_absent && !value_is_null(r->high)) {
        int order = feel_compare(v, r->high);
        if (order == FEEL_INCOMPARABLE) outcome = -1;
        else if (order > 0 || (order == 0 && !r->high_closed)) return 0;
    }
    bool unbounded = (r->low_absent || value_is_null(r->low)) &&
                     (r->high_absent || value_is_null(r->high));
    return unbounded ? -1 : outcome;
}

/* Table 55: e1 in e2. In a list each item may be a value or a range. */
int feel_test(FeelRun *run, Value input, Value test) {
    if (value_is(test, VALUE_RANGE) && !value_is(input, VALUE_RANGE))
        return feel_in_range(test.as.range, input);
    if (value_is(test, VALUE_LIST)) {
        if (value_is(input, VALUE_LIST) && feel_equal_run(run, input, test) == 1) return 1;
        if (!feel_burn(run, NULL, (int64_t)test.as.list.count)) return -1;
        for (size_t i = 0; i < test.as.list.count; i++) {
            Value item = test.as.list.items[i];
            bool range = value_is(item, VALUE_RANGE) && !value_is(input, VALUE_RANGE);
            int one = range ? feel_in_range(item.as.range, input)
                            : feel_equal_run(run, input, item);
            if (one == 1) return 1;
        }
        return 0;
    }
    if (value_is(test, VALUE_FUNCTION) && !value_is(input, VALUE_FUNCTION)) return -1;
    return feel_equal_run(run, input, test);
}
