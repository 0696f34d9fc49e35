/* builtin_range.c - relations between points and ranges (Table 78).
 *
 * A point is a range that holds one value, both ends included: with that, every rule of the
 * table is a comparison of ends. An end that is null or absent lies at infinity; comparing with
 * it gives the order that infinity has. Values that cannot be compared give null. */
#include "lang/feel/builtin_int.h"

typedef struct End {
    Value value;
    int infinite; /* -1 below everything, 1 above everything, 0 a value */
    bool included;
} End;

typedef struct Span {
    End start, end;
    bool point;
} Span;

static Span span_of(Value v) {
    if (!value_is(v, VALUE_RANGE)) return (Span){{v, 0, true}, {v, 0, true}, true};
    const ValueRange *r = v.as.range;
    bool no_start = r->low_absent || value_is_null(r->low);
    bool no_end = r->high_absent || value_is_null(r->high);
    if (r->low_absent && r->high_absent) no_start = no_end = false;
    return (Span){{r->low, no_start ? -1 : 0, r->low_closed && !no_start},
                  {r->high, no_end ? 1 : 0, r->high_closed && !no_end}, false};
}

/* Sign of a - b; *bad when they cannot be compared. */
static int ends(End a, End b, bool *bad) {
    if (a.infinite != 0 || b.infinite != 0) return a.infinite - b.infinite;
    int order = feel_compare(a.value, b.value);
    if (order == FEEL_INCOMPARABLE) *bad = true;
    return order == FEEL_INCOMPARABLE ? 0 : order;
}

static Value answer(FeelCall *c, bool holds, bool bad) {
    return bad ? feel_call_fail(c) : value_boolean(holds);
}

/* a lies wholly before b. */
static bool span_before(Span a, Span b, bool *bad) {
    int order = ends(a.end, b.start, bad);
    return order < 0 || (order == 0 && !(a.end.included && b.start.included));
}

Value builtin_before(FeelCall *c) {
    bool bad = false, holds = span_before(span_of(c->args[0]), span_of(c->args[1]), &bad);
    return answer(c, holds, bad);
}
Value builtin_after(FeelCall *c) {
    bool bad = false, holds = span_before(span_of(c->args[1]), span_of(c->args[0]), &bad);
    return answer(c, holds, bad);
}

static bool span_meets(Span a, Span b, bool *bad) {
    return a.end.included && b.start.included && a.end.infinite == 0 &&
           ends(a.end, b.start, bad) == 0;
}
Value builtin_meets(FeelCall *c) {
    bool bad = false, holds = span_meets(span_of(c->args[0]), span_of(c->args[1]), &bad);
    ends(span_of(c->args[0]).end, span_of(c->args[1]).start, &bad);
    return answer(c, holds, bad);
}
Value builtin_met_by(FeelCall *c) {
    bool bad = false, holds = span_meets(span_of(c->args[1]), span_of(c->args[0]), &bad);
    ends(span_of(c->args[1]).end, span_of(c->args[0]).start, &bad);
    return answer(c, holds, bad);
}

/* Do they share a point at this meeting of an end and a start? */
static bool reaches(End end, End start, bool *bad) {
    int order = ends(end, start, bad);
    return order > 0 || (order == 0 && end.included && start.included);
}
Value builtin_overlaps(FeelCall *c) {
    bool bad = false;
    Span a = span_of(c->args[0]), b = span_of(c->args[1]);
    bool forward = reaches(a.end, b.start, &bad), back = reaches(b.end, a.start, &bad);
    return answer(c, forward && back, bad);
}

static bool span_overlaps_before(Span a, Span b, bool *bad) {
    int start = ends(a.start, b.start, bad), end = ends(a.end, b.end, bad);
    bool starts = start < 0 || (start == 0 && a.start.included && !b.start.included);
    bool stops = end < 0 || (end == 0 && (!a.end.included || b.end.included));
    return starts && reaches(a.end, b.start, bad) && stops;
}
Value builtin_overlaps_before(FeelCall *c) {
    bool bad = false;
    bool holds = span_overlaps_before(span_of(c->args[0]), span_of(c->args[1]), &bad);
    return answer(c, holds, bad);
}
/* The rule of the table is that of "overlaps before" with the ranges exchanged, ends apart. */
Value builtin_overlaps_after(FeelCall *c) {
    bool bad = false;
    bool holds = span_overlaps_before(span_of(c->args[1]), span_of(c->args[0]), &bad);
    return answer(c, holds, bad);
}

static bool span_finishes(Span a, Span b, bool *bad) {
    int end = ends(a.end, b.end, bad);
    if (a.point) return b.end.included && b.end.infinite == 0 && end == 0;
    int start = ends(a.start, b.start, bad);
    return a.end.included == b.end.included && end == 0 &&
           (start > 0 || (start == 0 && (!a.start.included || b.start.included)));
}
Value builtin_finishes(FeelCall *c) {
    bool bad = false, holds = span_finishes(span_of(c->args[0]), span_of(c->args[1]), &bad);
    return answer(c, holds, bad);
}
Value builtin_finished_by(FeelCall *c) {
    bool bad = false, holds = span_finishes(span_of(c->args[1]), span_of(c->args[0]), &bad);
    return answer(c, holds, bad);
}

static bool span_starts(Span a, Span b, bool *bad) {
    int start = ends(a.start, b.start, bad);
    if (a.point) return b.start.included && b.start.infinite == 0 && start == 0;
    int end = ends(a.end, b.end, bad);
    return a.start.included == b.start.included && start == 0 &&
           (end < 0 || (end == 0 && (!a.end.included || b.end.included)));
}
Value builtin_starts(FeelCall *c) {
    bool bad = false, holds = span_starts(span_of(c->args[0]), span_of(c->args[1]), &bad);
    return answer(c, holds, bad);
}
Value builtin_started_by(FeelCall *c) {
    bool bad = false, holds = span_starts(span_of(c->args[1]), span_of(c->args[0]), &bad);
    return answer(c, holds, bad);
}

/* a holds all of b. */
static bool span_includes(Span a, Span b, bool *bad) {
    int start = ends(a.start, b.start, bad), end = ends(a.end, b.end, bad);
    bool low = start < 0 || (start == 0 && (a.start.included || !b.start.included));
    bool high = end > 0 || (end == 0 && (a.end.included || !b.end.included));
    return low && high;
}
Value builtin_includes(FeelCall *c) {
    bool bad = false, holds = span_includes(span_of(c->args[0]), span_of(c->args[1]), &bad);
    return answer(c, holds, bad);
}
Value builtin_during(FeelCall *c) {
    bool bad = false, holds = span_includes(span_of(c->args[1]), span_of(c->args[0]), &bad);
    return answer(c, holds, bad);
}

Value builtin_coincides(FeelCall *c) {
    bool bad = false;
    Span a = span_of(c->args[0]), b = span_of(c->args[1]);
    if (a.point != b.point) return feel_call_fail(c);
    int start = ends(a.start, b.start, &bad), end = ends(a.end, b.end, &bad);
    return answer(c, start == 0 && end == 0 && a.start.included == b.start.included &&
                         a.end.included == b.end.included, bad);
}

/* range("[18..21)"): the text of an interval whose ends are literals. */
Value builtin_range(FeelCall *c) {
    const FeelProgram *program;
    Err err = {0};
    Str text = str_trim(c->args[0].as.string);
    if (!feel_burn(c->run, c->node, 64 + (int64_t)text.len)) return value_null();
    FeelRun inner = *c->run;
    Value v;
    inner.dry = true;
    inner.reason_count = 0;
    bool interval = text.len > 3 && (text.ptr[0] == '[' || text.ptr[0] == '(' ||
                                     text.ptr[0] == ']') && str_find(text, STR("..")) > 0;
    bool ok = interval && feel_compile(c->run->arena, text, (FeelPlace){0}, NULL, &program, &err);
    if (arena_failed(c->run->arena)) return feel_stop(c->run, c->node, &fault_feel_memory);
    ok = ok && feel_run(program, NULL, &inner, &v) && value_is(v, VALUE_RANGE);
    if (ok && value_is_null(v.as.range->low) && value_is_null(v.as.range->high)) ok = false;
    return ok ? v : feel_call_fail(c);
}
