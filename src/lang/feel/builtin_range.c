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

/* ---- range(): rules 66 to 68 of the grammar.
 *
 *     range literal = ("(" | "[" | "]") [endpoint] ".." [endpoint] (")" | "]" | "[")
 *     endpoint      = number | string | "@" string | conversion "(" ... ")"
 *
 * At most one endpoint may be missing, and only where the bracket beside it is an open one. */

/* Where the string that opens at `at` ends (behind its quote). */
static size_t literal_string_end(Str s, size_t at) {
    for (at++; at < s.len && s.ptr[at] != '"'; at++)
        if (s.ptr[at] == '\\') at++;
    return at < s.len ? at + 1 : s.len + 1;
}

/* The place of ".." outside of strings; s.len when there is none. */
static size_t literal_dots(Str s) {
    for (size_t at = 0; at + 1 < s.len; at++) {
        if (s.ptr[at] == '"') at = literal_string_end(s, at) - 1;
        else if (s.ptr[at] == '.' && s.ptr[at + 1] == '.') return at;
    }
    return s.len;
}

/* date("...") and the like, with nothing nested in it. */
static bool literal_conversion(Str s) {
    static const char *const names[] = {"date", "time", "date and time", "duration"};
    ptrdiff_t open = str_find(s, STR("("));
    if (open < 0 || !str_ends(s, STR(")"))) return false;
    for (size_t at = (size_t)open + 1; at < s.len; at++) {
        if (s.ptr[at] == '"') at = literal_string_end(s, at) - 1;
        else if (s.ptr[at] == '(' || s.ptr[at] == '[' || s.ptr[at] == '{') return false;
    }
    Str name = str_trim(str_slice(s, 0, (size_t)open));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_equal(name, str_from(names[i]))) return true;
    return false;
}

static bool literal_endpoint(Str s) {
    Dec number;
    if (s.len == 0) return false;
    size_t quote = s.ptr[0] == '@' ? 1 : 0;
    if (quote < s.len && s.ptr[quote] == '"') return literal_string_end(s, quote) == s.len;
    return (s.ptr[0] != '+' && dec_parse(s, &number)) || literal_conversion(s);
}

/* The interval of a range literal, with null for an endpoint that is missing; false: it is none. */
static bool literal_interval(Arena *a, Str text, Str *out) {
    if (text.len < 5) return false;
    char open = text.ptr[0], close = text.ptr[text.len - 1];
    bool open_start = open == '(' || open == ']', open_end = close == ')' || close == '[';
    if ((!open_start && open != '[') || (!open_end && close != ']')) return false;
    Str inside = str_slice(text, 1, text.len - 1);
    size_t dots = literal_dots(inside);
    if (dots == inside.len) return false;
    Str low = str_trim(str_slice(inside, 0, dots));
    Str high = str_trim(str_slice(inside, dots + 2, inside.len));
    if (low.len == 0 && (high.len == 0 || !open_start)) return false;
    if (high.len == 0 && !open_end) return false;
    if ((low.len > 0 && !literal_endpoint(low)) || (high.len > 0 && !literal_endpoint(high)))
        return false;
    if (low.len == 0) low = STR("null");
    if (high.len == 0) high = STR("null");
    *out = arena_printf(a, "%c%.*s..%.*s%c", open, STR_ARG(low), STR_ARG(high), close);
    return true;
}

Value builtin_range(FeelCall *c) {
    const FeelProgram *program;
    Err err = {0};
    Str text = str_trim(c->args[0].as.string), interval;
    if (!feel_burn(c->run, c->node, 64 + (int64_t)text.len)) return value_null();
    FeelRun inner = *c->run;
    Value v;
    inner.dry = true;
    inner.reason_count = 0;
    Arena *a = c->run->arena;
    bool ok = literal_interval(a, text, &interval) &&
              feel_compile(a, interval, (FeelPlace){0}, NULL, &program, &err);
    if (arena_failed(a)) return feel_stop(c->run, c->node, &fault_feel_memory);
    ok = ok && feel_run(program, NULL, &inner, &v) && value_is(v, VALUE_RANGE);
    return ok ? v : feel_call_fail(c);
}
