/* table_space.c - the values of a column split into atoms.
 *
 * The constants that a column is compared with cut its line of values into points and the open
 * stretches between them:
 *
 *     cells  < 18, [18..60), >= 60        points 18, 60
 *     atoms  (..18)  18  (18..60)  60  (60..)
 *
 * Every test of constants has one answer for a whole atom, so a sample decides it. Days, months
 * and the like are whole: between neighbouring days there is no atom. Numbers are dense in FEEL:
 * between 5 and 6 lies 5.5. Texts that are only compared for equality have one atom for all
 * other texts. Booleans have two. An atom that the type's allowed values or the table's input
 * values exclude is no atom at all. Null is an atom only where a cell speaks of it: otherwise every
 * table would have a gap there.
 *
 * Columns with the same expression are one dimension. */
#include "lang/dmn/table_check_int.h"

#include <stdlib.h>
#include <string.h>

#define SPACE_DAY_SECONDS 86400ll
#define SPACE_NANOS 1000000000ll

/* ---- Order and neighbours. */

static int sign_of(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

/* Seconds on one line of time: local values count as UTC. */
static int order_instants(Value a, Value b) {
    int64_t x = a.as.time_nano / SPACE_NANOS - a.offset_s + a.as.time_day * SPACE_DAY_SECONDS;
    int64_t y = b.as.time_nano / SPACE_NANOS - b.offset_s + b.as.time_day * SPACE_DAY_SECONDS;
    int order = sign_of(x, y);
    return order ? order : sign_of(a.as.time_nano % SPACE_NANOS, b.as.time_nano % SPACE_NANOS);
}

int table_order(Value a, Value b) {
    if (a.kind != b.kind) return sign_of(a.kind, b.kind);
    switch (value_kind(a)) {
    case VALUE_NUMBER: return dec_compare(a.as.number, b.as.number);
    case VALUE_STRING: {
        int order = str_compare(a.as.string, b.as.string);
        return order < 0 ? -1 : order > 0;
    }
    case VALUE_BOOLEAN: return (int)a.as.boolean - (int)b.as.boolean;
    case VALUE_DATE: return sign_of(a.as.day, b.as.day);
    case VALUE_MONTHS_DURATION: return sign_of(a.as.months, b.as.months);
    case VALUE_TIME_DURATION: {
        int order = sign_of(a.as.seconds, b.as.seconds);
        return order ? order : sign_of(a.as.nanos, b.as.nanos);
    }
    case VALUE_TIME: case VALUE_DATE_TIME: return order_instants(a, b);
    default: return 0;
    }
}

static int order_items(const void *a, const void *b) {
    return table_order(*(const Value *)a, *(const Value *)b);
}

static bool next_clock(Value v, int sign, Value *out) {
    int64_t second = v.as.time_nano / SPACE_NANOS + sign, day = v.as.time_day;
    bool time = value_is(v, VALUE_TIME);
    if (time && (second < 0 || second >= SPACE_DAY_SECONDS)) return false;
    if (second < 0 || second >= SPACE_DAY_SECONDS) {
        day += sign;
        second -= sign * SPACE_DAY_SECONDS;
    }
    *out = v;
    out->as.time_day = day;
    out->as.time_nano = second * SPACE_NANOS + v.as.time_nano % SPACE_NANOS;
    return true;
}

bool table_next(Arena *a, Value v, int sign, int scale, Value *out) {
    Dec step, sum;
    int64_t n;
    switch (value_kind(v)) {
    case VALUE_NUMBER:
        if (!dec_from_parts(sign, scale, &step) || !dec_add(v.as.number, step, &sum)) return false;
        *out = value_number(sum);
        return true;
    case VALUE_DATE:
        if (__builtin_add_overflow(v.as.day, sign, &n)) return false;
        *out = value_date((Day){n});
        return true;
    case VALUE_MONTHS_DURATION:
        if (__builtin_add_overflow(v.as.months, sign, &n)) return false;
        *out = value_months_duration(n);
        return true;
    case VALUE_TIME_DURATION:
        if (__builtin_add_overflow(v.as.seconds, sign, &n) || n == INT64_MAX) return false;
        *out = value_time_duration(n, v.as.nanos);
        return true;
    case VALUE_TIME: case VALUE_DATE_TIME: return next_clock(v, sign, out);
    case VALUE_STRING:
        if (sign < 0) {
            *out = value_string(STR_NONE);
            return v.as.string.len > 0;
        }
        *out = value_string(arena_printf(a, "%.*s ", STR_ARG(v.as.string)));
        return true;
    default: return false;
    }
}

/* A value between two neighbours, or beyond an end (NULL); false: there is none. */
static bool space_between(Arena *a, const Value *low, const Value *high, Value *out) {
    Dec sum, half;
    bool some = low != NULL ? table_next(a, *low, 1, 0, out) : table_next(a, *high, -1, 0, out);
    if (low == NULL || high == NULL) return some;
    if (some && table_order(*out, *high) < 0) return true;
    if (value_is(*low, VALUE_STRING)) {
        *out = value_string(arena_printf(a, "%.*s\x01", STR_ARG(low->as.string)));
        return table_order(*out, *high) < 0;
    }
    if (!value_is(*low, VALUE_NUMBER)) return false;
    if (!dec_add(low->as.number, high->as.number, &sum) ||
        !dec_divide(sum, dec_from_int(2), &half))
        return false;
    *out = value_number(half);
    return table_order(*low, *out) < 0 && table_order(*out, *high) < 0;
}

/* ---- The constants of tests. */

typedef struct SpacePoints {
    Arena *arena;
    Value *items;
    size_t count, capacity;
    bool null, ranges;
} SpacePoints;

static void points_push(SpacePoints *p, Value v) {
    if (p->count == p->capacity) {
        size_t capacity = p->capacity == 0 ? 16 : p->capacity * 2;
        Value *more = arena_new_array(p->arena, Value, capacity);
        if (more == NULL) return;
        if (p->count > 0) memcpy(more, p->items, p->count * sizeof *more);
        p->items = more;
        p->capacity = capacity;
    }
    p->items[p->count++] = v;
}

static void points_add(SpacePoints *p, Value v) {
    if (value_is_null(v)) p->null = true;
    else points_push(p, v);
}

/* What a constant of a test compares with; a type may refuse it. */
typedef struct SpaceJudge {
    const FeelType *type; /* without its allowed values; NULL: anything */
    FeelRun *run;
    bool misfit;
} SpaceJudge;

static void points_one(SpacePoints *p, SpaceJudge *j, Value v) {
    if (j->type != NULL && !value_is_null(v) && !feel_type_holds(j->type, v, j->run)) {
        j->misfit = true;
        return;
    }
    points_add(p, v);
}

static void points_of(SpacePoints *p, SpaceJudge *j, Value v) {
    if (value_is(v, VALUE_RANGE)) {
        const ValueRange *r = v.as.range;
        bool equality = r->low_absent && r->high_absent;
        if (!equality) p->ranges = true;
        if (equality || !r->low_absent) points_one(p, j, r->low);
        if (!equality && !r->high_absent) points_one(p, j, r->high);
    } else if (value_is(v, VALUE_LIST)) {
        for (size_t i = 0; i < v.as.list.count; i++) {
            Value item = v.as.list.items[i];
            if (value_is(item, VALUE_LIST)) j->misfit = true;
            else points_of(p, j, item);
        }
    } else {
        points_one(p, j, v);
    }
}

static void points_of_tests(SpacePoints *p, SpaceJudge *j, const FeelNode *n, Value *bad) {
    size_t count;
    bool negated;
    if (n == NULL || !feel_node_tests(n, &count, &negated)) return;
    for (size_t i = 0; i < count; i++) {
        bool before = j->misfit;
        Value v = feel_node_test(n, i);
        points_of(p, j, v);
        if (j->misfit && !before) *bad = v;
    }
}

static bool space_scalar(FeelTypeKind kind) {
    return kind >= FEEL_BOOLEAN && kind <= FEEL_TIME_DURATION;
}

/* All constants of the columns that share an expression. */
static bool points_gather(SpacePoints *p, const TableView *t, size_t column, FeelRun *run,
                          TableMisfit *misfit, void *context) {
    const TableColumn *c = &t->columns[column];
    FeelType bare = {0};
    SpaceJudge judge = {.run = run};
    Value bad = value_null();
    if (c->type != NULL && space_scalar(c->type->kind)) {
        bare = *c->type;
        bare.allowed = NULL;
        judge.type = &bare;
    }
    for (size_t k = column; k < t->column_count; k++) {
        if (t->columns[k].same_as != column) continue;
        for (size_t r = 0; r < t->rule_count; r++) {
            judge.misfit = false;
            points_of_tests(p, &judge, t->cells[r * t->column_count + k], &bad);
            if (judge.misfit && misfit != NULL) misfit(context, t, r, k, bad);
        }
        if (t->columns[k].limits != NULL)
            points_of_tests(p, &judge, feel_program_node(t->columns[k].limits), &bad);
    }
    if (c->type != NULL && c->type->allowed != NULL)
        points_of_tests(p, &judge, feel_program_node(c->type->allowed), &bad);
    bool same = true;
    for (size_t i = 1; i < p->count; i++) same = same && p->items[i].kind == p->items[0].kind;
    return same;
}

static void points_sort(SpacePoints *p) {
    size_t kept = 0;
    if (p->count == 0) return;
    qsort(p->items, p->count, sizeof *p->items, order_items);
    for (size_t i = 0; i < p->count; i++)
        if (kept == 0 || table_order(p->items[kept - 1], p->items[i]) != 0)
            p->items[kept++] = p->items[i];
    p->count = kept;
}

bool table_points(Arena *a, const TableView *t, size_t column, Value **out, size_t *count) {
    SpacePoints p = {.arena = a};
    FeelRun run = feel_run_new(a, (Instant){0});
    bool same = points_gather(&p, t, t->columns[column].same_as, &run, NULL, NULL);
    points_sort(&p);
    *out = p.items;
    *count = p.count;
    return same;
}

/* ---- Atoms. */

static bool space_passes(const FeelProgram *tests, Value v, Arena *a) {
    FeelRun run = feel_run_new(a, (Instant){0});
    Value slots[1], out;
    if (tests == NULL || feel_slot_count(tests) > 0) return true;
    run.fuel = TABLE_TEST_FUEL;
    return !feel_unary_run(tests, v, slots, &run, &out) || value_is_true(out);
}

bool table_allowed(const TableColumn *c, Value v, Arena *a) {
    if (value_is_null(v)) return true;
    if (c->type != NULL && !space_passes(c->type->allowed, v, a)) return false;
    return space_passes(c->limits, v, a);
}

static void atom_add(const TableView *t, SpacePoints *atoms, size_t column, Value v) {
    for (size_t k = column; k < t->column_count; k++)
        if (t->columns[k].same_as == column && !table_allowed(&t->columns[k], v, atoms->arena))
            return;
    points_push(atoms, v);
}

/* A text that is none of the points. */
static Value atoms_other(Arena *a, const SpacePoints *points) {
    Value v = value_string(STR("other"));
    for (size_t i = 0; i < points->count; i++)
        if (table_order(points->items[i], v) == 0) {
            v = value_string(arena_printf(a, "%.*s'", STR_ARG(v.as.string)));
            i = (size_t)-1;
        }
    return v;
}

static void atoms_line(const TableView *t, SpacePoints *atoms, const SpacePoints *p, size_t c) {
    Value v;
    if (space_between(atoms->arena, NULL, &p->items[0], &v)) atom_add(t, atoms, c, v);
    for (size_t i = 0; i < p->count; i++) {
        const Value *next = i + 1 < p->count ? &p->items[i + 1] : NULL;
        atom_add(t, atoms, c, p->items[i]);
        if (space_between(atoms->arena, &p->items[i], next, &v)) atom_add(t, atoms, c, v);
    }
}

/* A sample for a column that no cell looks at: any value will do. */
static Value atoms_any(const TableColumn *c) {
    switch (c->type != NULL ? c->type->kind : FEEL_ANY) {
    case FEEL_BOOLEAN: return value_boolean(true);
    case FEEL_NUMBER: return value_number(dec_from_int(0));
    case FEEL_STRING: return value_string(STR("other"));
    default: return value_null();
    }
}

static void atoms_make(const TableView *t, SpacePoints *atoms, SpacePoints *points, size_t c) {
    const FeelType *type = t->columns[c].type;
    bool boolean = (type != NULL && type->kind == FEEL_BOOLEAN) ||
                   (points->count > 0 && value_is(points->items[0], VALUE_BOOLEAN));
    if (boolean) {
        atom_add(t, atoms, c, value_boolean(true));
        atom_add(t, atoms, c, value_boolean(false));
    } else if (points->count == 0) {
        points_push(atoms, atoms_any(&t->columns[c]));
    } else if (value_is(points->items[0], VALUE_STRING) && !points->ranges) {
        for (size_t i = 0; i < points->count; i++) atom_add(t, atoms, c, points->items[i]);
        atom_add(t, atoms, c, atoms_other(atoms->arena, points));
    } else {
        atoms_line(t, atoms, points, c);
    }
}

/* ---- Which rules accept an atom. */

static bool space_accepts(const FeelNode *n, Value v, FeelRun *run) {
    size_t count;
    bool negated;
    int outcome = 0;
    if (n == NULL || !feel_node_tests(n, &count, &negated)) return false;
    if (count == 0) return true;
    for (size_t i = 0; i < count && outcome != 1; i++) {
        int one = feel_test(run, v, feel_node_test(n, i));
        if (one == 1 || outcome == 0) outcome = one;
    }
    return outcome >= 0 && (outcome == 1) != negated;
}

static void space_judge(TableSpace *s, TableDimension *d, FeelRun *run) {
    const TableView *t = s->view;
    for (size_t a = 0; a < d->atom_count; a++)
        for (size_t r = 0; r < t->rule_count; r++) {
            bool all = true;
            for (size_t k = d->column; k < t->column_count && all; k++)
                if (t->columns[k].same_as == d->column)
                    all = space_accepts(t->cells[r * t->column_count + k], d->samples[a], run);
            if (all) d->accepts[a * s->words + r / 64] |= 1ull << (r % 64);
        }
}

static bool space_dimension(TableSpace *s, TableDimension *d, TableMisfit *misfit,
                            void *context) {
    const TableView *t = s->view;
    SpacePoints points = {.arena = s->arena}, atoms = {.arena = s->arena};
    FeelRun run = feel_run_new(s->arena, (Instant){0});
    run.fuel = INT64_MAX;
    run.dry = true;
    d->decided = points_gather(&points, t, d->column, &run, misfit, context);
    if (!d->decided) return true;
    points_sort(&points);
    atoms_make(t, &atoms, &points, d->column);
    if (points.null || atoms.count == 0) points_push(&atoms, value_null());
    d->samples = atoms.items;
    d->atom_count = atoms.count;
    if ((uint64_t)atoms.count * t->rule_count > DMN_CHECK_BITS_MAX) {
        s->too_large = true;
        return true;
    }
    d->accepts = arena_new_array(s->arena, uint64_t, d->atom_count * s->words + 1);
    if (d->accepts == NULL || arena_failed(s->arena)) return false;
    space_judge(s, d, &run);
    return true;
}

bool table_space(Arena *a, const TableView *t, TableMisfit *misfit, void *context,
                 TableSpace *out) {
    *out = (TableSpace){.view = t, .arena = a, .words = (t->rule_count + 63) / 64};
    out->dimensions = arena_new_array(a, TableDimension, t->column_count + 1);
    out->usable = arena_new_array(a, uint64_t, out->words + 1);
    if (out->dimensions == NULL || out->usable == NULL) return false;
    for (size_t r = 0; r < t->rule_count; r++) {
        bool computed = false;
        for (size_t k = 0; k < t->column_count; k++)
            computed = computed || t->cells[r * t->column_count + k] == NULL;
        if (!computed) out->usable[r / 64] |= 1ull << (r % 64);
    }
    for (size_t k = 0; k < t->column_count; k++) {
        if (t->columns[k].same_as != k) continue;
        if (out->dimension_count >= DMN_CHECK_COLUMNS_MAX) {
            out->too_large = true;
            break;
        }
        TableDimension *d = &out->dimensions[out->dimension_count++];
        d->column = k;
        if (!space_dimension(out, d, misfit, context)) return false;
    }
    return !arena_failed(a);
}
