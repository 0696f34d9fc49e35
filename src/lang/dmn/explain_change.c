/* explain_change.c - the nearest value of one input that turns an outcome.
 *
 * Two evaluations have different outcomes when their results differ in anything but numbers, or
 * in numbers while other rules were hit. So a fee that grows with the income is not "turned" by
 * every fen; a rule that sets another fee is. A change that gives a reason (a fault) more than
 * before is no change to tell anybody.
 *
 * Candidates for an input, all tried by evaluating the whole decision with that one value put in:
 *
 *   - the constants that columns on this input are compared with, and their neighbours on both
 *     sides: exact for tables of constant tests, whatever other rules do;
 *   - for numbers, days, times and durations also the values 1, 2, 4, 8, ... units away on both
 *     sides, and where one of them turns, the nearest between it and the one before by halving:
 *     this finds the turning point of computed columns and expressions that turn once on the way;
 *   - the values that the type allows, where it lists them; the other boolean;
 *   - texts that are dates are moved as dates.
 *
 * A unit is a day, a month, a second, or one in the last digit of the number given. The nearest
 * turning candidate is told. */
#include "lang/dmn/explain_int.h"
#include "lang/dmn/table_check_int.h"

#include <string.h>

#define CHANGE_POINTS_MAX 512u
#define CHANGE_DEPTH_MAX 4u /* contexts inside contexts */

typedef struct ChangePoint {
    Str path;
    Value value;
} ChangePoint;

typedef struct ChangeSearch {
    const DmnDecision *decision;
    Value inputs;
    const ExplainOutcome *base;
    FeelRun *run;
    Arena *trial;
    size_t evaluations;
    ChangePoint points[CHANGE_POINTS_MAX];
    size_t point_count;
    ExplainChange *changes;
    size_t change_count;
    /* The input at hand. */
    Str steps[CHANGE_DEPTH_MAX + 1]; /* its path */
    size_t depth;
    const FeelType *type;
    Dec distance;
    bool as_text; /* a date that is written as a text */
} ChangeSearch;

/* ---- Outcomes. */

static uint64_t hash_mix(uint64_t h, uint64_t v) {
    h = (h ^ v) * 0xBF58476D1CE4E5B9ull;
    return h ^ (h >> 31);
}

bool explain_evaluate(const DmnDecision *d, Value inputs, FeelRun *run, DmnTrace *trace,
                      ExplainOutcome *out) {
    *trace = (DmnTrace){0};
    run->listener = trace;
    bool ok = dmn_evaluate(d, inputs, run, &out->result);
    run->listener = NULL;
    out->rules = 1;
    out->tables = trace->count;
    out->reasons = run->reason_count;
    for (const DmnHit *h = trace->first; h != NULL; h = h->next) {
        out->rules = hash_mix(out->rules, h->table->place.line * 4096u + h->table->place.column);
        for (size_t i = 0; i < h->rule_count; i++)
            out->rules = hash_mix(out->rules, h->rules[i] + 1);
    }
    return ok;
}

/* Do they differ in anything but numbers? *numbers: do numbers differ? */
static bool change_differs(Value a, Value b, bool *numbers, unsigned depth) {
    if (value_is(a, VALUE_NUMBER) && value_is(b, VALUE_NUMBER)) {
        if (dec_compare(a.as.number, b.as.number) != 0) *numbers = true;
        return false;
    }
    if (a.kind != b.kind || depth > CHANGE_DEPTH_MAX * 4) return true;
    if (!value_is(a, VALUE_LIST) && !value_is(a, VALUE_CONTEXT)) {
        if (value_is_null(a)) return false;
        return feel_equal(a, b) != 1;
    }
    if (value_count(a) != value_count(b)) return true;
    for (size_t i = 0; i < value_count(a); i++) {
        bool list = value_is(a, VALUE_LIST);
        Value other = list ? b.as.list.items[i] : value_get(b, a.as.context.entries[i].key);
        Value own = list ? a.as.list.items[i] : a.as.context.entries[i].value;
        if (change_differs(own, other, numbers, depth + 1)) return true;
    }
    return false;
}

static bool change_turned(const ExplainOutcome *base, const ExplainOutcome *now) {
    bool numbers = false;
    if (now->reasons > base->reasons) return false;
    if (change_differs(base->result, now->result, &numbers, 0)) return true;
    return numbers && now->rules != base->rules;
}

/* The inputs with v in the place at hand, in the arena. */
static Value change_put(const ChangeSearch *s, Arena *a, Value whole, size_t step, Value v) {
    ContextBuilder b = context_builder_from(a, whole);
    if (step + 1 < s->depth)
        v = change_put(s, a, value_get(whole, s->steps[step]), step + 1, v);
    context_put(&b, s->steps[step], v);
    return b.failed ? whole : value_context(&b);
}

/* Does v turn the outcome? The outcome is kept when it does. */
static bool change_try(ChangeSearch *s, Value v, Value *outcome) {
    DmnTrace trace;
    ExplainOutcome now;
    if (s->evaluations >= DMN_EXPLAIN_EVALUATIONS_MAX || s->run->fuel <= 0) return false;
    s->evaluations++;
    arena_reset(s->trial);
    FeelRun run = feel_run_new(s->trial, s->run->now);
    run.zone = s->run->zone;
    run.zone_id = s->run->zone_id;
    run.zone_offset_s = s->run->zone_offset_s;
    run.fuel = s->run->fuel;
    run.depth_left = s->run->depth_left;
    run.dry = true;
    bool ok = explain_evaluate(s->decision, change_put(s, s->trial, s->inputs, 0, v), &run,
                               &trace, &now);
    s->run->fuel = run.fuel > 0 ? run.fuel : 0;
    if (!ok || !change_turned(s->base, &now)) return false;
    if (outcome != NULL) *outcome = value_copy(s->run->arena, now.result);
    return true;
}

/* ---- Distances. */

static bool change_shift(Value v, int64_t units, int scale, Value *out) {
    Dec step, sum;
    int64_t n;
    switch (value_kind(v)) {
    case VALUE_NUMBER:
        if (!dec_from_parts(units, scale, &step) || !dec_add(v.as.number, step, &sum))
            return false;
        *out = value_number(sum);
        return true;
    case VALUE_DATE:
        if (__builtin_add_overflow(v.as.day, units, &n)) return false;
        *out = value_date((Day){n});
        return true;
    case VALUE_MONTHS_DURATION:
        if (__builtin_add_overflow(v.as.months, units, &n)) return false;
        *out = value_months_duration(n);
        return true;
    case VALUE_TIME_DURATION:
        if (__builtin_add_overflow(v.as.seconds, units, &n) || n == INT64_MAX) return false;
        *out = value_time_duration(n, v.as.nanos);
        return true;
    default: return false;
    }
}

/* How many doublings make sense: 8,000 years of days, a thousand years of months, ... */
static unsigned change_doublings(Value v) {
    switch (value_kind(v)) {
    case VALUE_NUMBER: return 46;
    case VALUE_DATE: return 21;
    case VALUE_MONTHS_DURATION: return 13;
    case VALUE_TIME_DURATION: return 34;
    default: return 0;
    }
}

/* |a - b| on the line of their kind; 0 where there is no line. */
static Dec change_distance(Value a, Value b) {
    Dec x = dec_from_int(0), y = x, d = x;
    if (a.kind != b.kind) return d;
    switch (value_kind(a)) {
    case VALUE_NUMBER: x = a.as.number; y = b.as.number; break;
    case VALUE_DATE: x = dec_from_int(a.as.day); y = dec_from_int(b.as.day); break;
    case VALUE_MONTHS_DURATION:
        x = dec_from_int(a.as.months);
        y = dec_from_int(b.as.months);
        break;
    case VALUE_TIME_DURATION:
        x = dec_from_int(a.as.seconds);
        y = dec_from_int(b.as.seconds);
        break;
    case VALUE_TIME: case VALUE_DATE_TIME:
        x = dec_from_int(a.as.time_day * 86400 + a.as.time_nano / 1000000000);
        y = dec_from_int(b.as.time_day * 86400 + b.as.time_nano / 1000000000);
        break;
    default: return d;
    }
    return dec_subtract(x, y, &d) ? dec_abs(d) : dec_abs(x);
}

/* ---- Candidates of one input. */

static Value change_written(const ChangeSearch *s, Value v) {
    return s->as_text ? value_string(feel_string(s->run->arena, v)) : v;
}

static void change_consider(ChangeSearch *s, ExplainChange *c, Value base, Value v) {
    Dec distance = change_distance(base, v);
    Value outcome, written = change_written(s, v);
    bool nearer = !c->found || dec_compare(distance, s->distance) < 0;
    if (!nearer || feel_equal(base, v) == 1) return;
    if (s->type != NULL && !feel_type_holds(s->type, written, s->run)) return;
    if (!change_try(s, written, &outcome)) return;
    c->to = value_copy(s->run->arena, written);
    c->outcome = outcome;
    c->found = true;
    s->distance = distance;
}

/* Doubling steps to one side, then halving. */
static void change_probe(ChangeSearch *s, ExplainChange *c, Value base, int sign, int scale) {
    int64_t before = 0, reach = 0;
    Value v;
    unsigned doublings = change_doublings(base);
    for (unsigned i = 0; i < doublings && reach == 0; i++) {
        int64_t units = (int64_t)1 << i;
        /* Everything from here on is farther than what is found already. */
        if (c->found && before > 0 && change_shift(base, sign * before, scale, &v) &&
            dec_compare(change_distance(base, v), s->distance) >= 0)
            return;
        if (!change_shift(base, sign * units, scale, &v)) return;
        if (change_try(s, change_written(s, v), NULL)) reach = units;
        else before = units;
    }
    while (reach - before > 1) {
        int64_t middle = before + (reach - before) / 2;
        if (!change_shift(base, sign * middle, scale, &v)) return;
        if (change_try(s, change_written(s, v), NULL)) reach = middle;
        else before = middle;
    }
    if (reach > 0 && change_shift(base, sign * reach, scale, &v)) change_consider(s, c, base, v);
}

static int change_scale(Value a, Value b) {
    int x = value_is(a, VALUE_NUMBER) ? dec_scale(a.as.number) : 0;
    int y = value_is(b, VALUE_NUMBER) ? dec_scale(b.as.number) : 0;
    int scale = x > y ? x : y;
    return scale < 0 ? 0 : scale > 30 ? 30 : scale;
}

static void change_points(ChangeSearch *s, ExplainChange *c, Value base) {
    for (size_t i = 0; i < s->point_count; i++) {
        const ChangePoint *p = &s->points[i];
        Value next;
        if (!str_equal(p->path, c->path)) continue;
        if (!value_is_null(base) && p->value.kind != base.kind) continue;
        change_consider(s, c, base, p->value);
        for (int sign = -1; sign <= 1 && !value_is(p->value, VALUE_STRING); sign += 2)
            if (table_next(s->run->arena, p->value, sign, change_scale(base, p->value), &next))
                change_consider(s, c, base, next);
    }
}

static void change_of(ChangeSearch *s, Value given, const FeelType *type) {
    if (s->change_count >= DMN_EXPLAIN_INPUTS_MAX) return;
    ExplainChange *c = &s->changes[s->change_count++];
    Buf path = buf_new(s->run->arena, 32);
    for (size_t i = 0; i < s->depth; i++) {
        if (i > 0) buf_add_char(&path, '.');
        buf_add(&path, s->steps[i]);
    }
    *c = (ExplainChange){.path = buf_text(&path), .from = given, .to = value_null()};
    Value base = feel_from_plain(type, given, s->run), date;
    s->type = type;
    s->as_text = false;
    if (value_is(base, VALUE_STRING) && feel_parse_temporal(base.as.string, &date) &&
        value_is(date, VALUE_DATE)) {
        s->as_text = true;
        base = date;
    }
    if (value_is(base, VALUE_BOOLEAN)) {
        change_consider(s, c, base, value_boolean(!base.as.boolean));
        return;
    }
    change_points(s, c, base);
    for (int sign = -1; sign <= 1; sign += 2)
        change_probe(s, c, base, sign, change_scale(base, base));
}

/* ---- All inputs, and the fields of contexts. */

static const FeelType *change_field_type(const FeelType *t, Str name) {
    for (size_t i = 0; t != NULL && t->kind == FEEL_CONTEXT && i < t->field_count; i++)
        if (str_equal(t->fields[i].name, name)) return t->fields[i].type;
    return NULL;
}

static void change_walk(ChangeSearch *s, Str name, Value v, const FeelType *type) {
    if (s->depth > CHANGE_DEPTH_MAX || value_is(v, VALUE_LIST)) return;
    s->steps[s->depth++] = name;
    if (value_is(v, VALUE_CONTEXT)) {
        for (size_t i = 0; i < value_count(v); i++) {
            const ValueEntry *e = &v.as.context.entries[i];
            change_walk(s, e->key, e->value, change_field_type(type, e->key));
        }
    } else {
        change_of(s, v, type);
    }
    s->depth--;
}

/* The constants of all columns of the decision's model, and those that types list. */
static bool change_visit(void *context, const TableView *t) {
    ChangeSearch *s = context;
    for (size_t k = 0; k < t->column_count; k++) {
        Value *points;
        size_t count;
        if (!t->columns[k].plain || t->columns[k].same_as != k) continue;
        table_points(s->trial, t, k, &points, &count);
        for (size_t i = 0; i < count && s->point_count < CHANGE_POINTS_MAX; i++)
            s->points[s->point_count++] =
                (ChangePoint){arena_copy(s->run->arena, t->columns[k].text),
                              value_copy(s->run->arena, points[i])};
    }
    return true;
}

size_t explain_changes(const DmnDecision *d, Value inputs, const ExplainOutcome *base,
                       FeelRun *run, ExplainChange **out) {
    ChangeSearch *s = arena_new(run->arena, ChangeSearch);
    *out = arena_new_array(run->arena, ExplainChange, DMN_EXPLAIN_INPUTS_MAX);
    if (s == NULL || *out == NULL || arena_failed(run->arena)) return 0;
    *s = (ChangeSearch){.decision = d, .inputs = inputs, .base = base, .run = run,
                        .trial = arena_open(DMN_EXPLAIN_BYTES), .changes = *out};
    Arena *views = arena_open(DMN_EXPLAIN_BYTES);
    table_views(views, d->element->model, change_visit, s);
    arena_close(views);
    bool dry = run->dry;
    size_t reasons = run->reason_count;
    run->dry = true;
    for (size_t i = 0; i < dmn_input_count(d); i++) {
        Str name = dmn_input_name(d, i);
        change_walk(s, name, value_get(inputs, name), dmn_input_type(d, i));
    }
    run->dry = dry;
    run->reason_count = reasons;
    arena_close(s->trial);
    return s->change_count;
}
