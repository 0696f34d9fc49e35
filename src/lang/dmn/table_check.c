/* table_check.c - what is said about a decision table before anybody uses it.
 *
 * Levels follow the standard (DMN 1.5, 8.2.8 to 8.2.11): UNIQUE tables have no overlapping rules
 * and ANY tables none with different outputs, so such pairs are faults. A table need not be
 * complete: an input that no rule fits gives the default output or null. Since a null out of
 * nowhere is what clerks fear most, a gap without a default is a warning for single-hit tables;
 * for those that collect, no hit is an ordinary answer. A FIRST rule that is never reached and a
 * rule that no value passes are warnings. What cannot be decided is a notice.
 *
 * Columns that share an input with a computed one may depend on one another, so that the
 * witness cannot occur: then it is a notice too. Different names or paths are independent. */
#include "lang/dmn/table_check_int.h"

#include <string.h>

#define CHECK_SCRATCH_BYTES ((size_t)1 << 30)
#define CHECK_PAIRS_MAX 256u
#define CHECK_LITERAL_BYTES 40u /* of a value in a witness */

FAULT_DEFINE(DMN_CHECK_FAULTS)

typedef struct CheckPair {
    size_t first, second;
} CheckPair;

typedef struct Check {
    Arena *arena;   /* of the findings */
    Arena *scratch; /* of one table */
    DmnFindings *out;
    size_t capacity;
    const TableView *view;
    const TableSpace *space;
    CheckPair pairs[CHECK_PAIRS_MAX];
    size_t pair_count, shown_pairs;
    size_t gap_count;
    bool unknown_results; /* a pair of an ANY table whose outputs are computed */
} Check;

static bool check_grow(Check *c) {
    if (c->out->count < c->capacity) return true;
    size_t capacity = c->capacity == 0 ? 16 : c->capacity * 2;
    if (capacity > DMN_CHECK_FINDINGS_MAX) capacity = DMN_CHECK_FINDINGS_MAX;
    if (c->out->count >= capacity) return false;
    DmnFinding *more = arena_new_array(c->arena, DmnFinding, capacity);
    if (more == NULL || arena_failed(c->arena)) return false;
    if (c->out->count > 0) memcpy(more, c->out->items, c->out->count * sizeof *more);
    c->out->items = more;
    c->capacity = capacity;
    return true;
}

static void check_tell(Check *c, DmnLevel level, FeelPlace place, const Fault *fault,
                       const Str *args) {
    if (!check_grow(c)) {
        c->out->unlisted++;
        return;
    }
    DmnFinding *f = &c->out->items[c->out->count++];
    *f = (DmnFinding){.level = level};
    err_set(&f->err, fault, args[0], args[1], args[2], args[3]);
    err_at(&f->err, place.file, place.line, place.column);
    err_at_element(&f->err, place.element);
}
#define CHECK_ARGS(...) ((const Str[4]){__VA_ARGS__})

static Str number_text(Check *c, size_t n) { return arena_printf(c->scratch, "%zu", n); }

static FeelPlace rule_place(const TableView *t, size_t rule) {
    return dmn_place(t->model, t->rules[rule], t->element);
}

static Str literal(Check *c, Value v) {
    Str text = feel_literal(c->scratch, v);
    size_t cut = CHECK_LITERAL_BYTES;
    if (text.len <= cut) return text;
    while (cut > 0 && ((unsigned char)text.ptr[cut] & 0xC0u) == 0x80u) cut--;
    return arena_printf(c->scratch, "%.*s...", (int)cut, text.ptr);
}

static Str type_text(Check *c, const FeelType *t) {
    Buf b = buf_new(c->scratch, 32);
    feel_type_write(t, &b);
    return buf_text(&b);
}

/* ---- Types. */

static void check_misfit(void *context, const TableView *t, size_t rule, size_t column, Value v) {
    Check *c = context;
    const TableColumn *col = &t->columns[column];
    check_tell(c, DMN_FAULT, t->cell_places[rule * t->column_count + column],
               &fault_dmn_cell_type,
               CHECK_ARGS(number_text(c, rule + 1), col->title, type_text(c, col->type),
                          literal(c, v)));
}

static bool scalar(const FeelType *t) {
    return t != NULL && t->kind >= FEEL_BOOLEAN && t->kind <= FEEL_TIME_DURATION;
}

static void check_columns(Check *c, const TableView *t) {
    for (size_t k = 0; k < t->column_count; k++) {
        const TableColumn *col = &t->columns[k];
        const FeelType *real = col->plain ? feel_result_type(col->program) : NULL;
        if (scalar(col->type) && scalar(real) && real->kind != col->type->kind)
            check_tell(c, DMN_FAULT, col->place, &fault_dmn_column_type,
                       CHECK_ARGS(col->title, type_text(c, col->type), type_text(c, real)));
    }
}

static bool output_fits(Check *c, const TableOutput *o, Value v) {
    FeelRun run = feel_run_new(c->scratch, (Instant){0});
    Value out;
    run.fuel = TABLE_TEST_FUEL;
    if (value_is_null(v)) return true;
    if (scalar(o->type) && !feel_type_holds(o->type, v, &run) && !run.stopped) return false;
    if (o->limits == NULL || feel_slot_count(o->limits) > 0) return true;
    return !feel_unary_run(o->limits, v, NULL, &run, &out) || value_is_true(out);
}

static void check_outputs(Check *c, const TableView *t) {
    for (size_t r = 0; r < t->rule_count; r++) {
        size_t given = value_count(t->results[r]);
        for (size_t i = 0; t->result_known[r] && i < t->output_count && i < given; i++) {
            const TableOutput *o = &t->outputs[i];
            Value v = value_item(t->results[r], i);
            if (output_fits(c, o, v)) continue;
            Str wanted = o->limits != NULL ? STR("outputValues") : type_text(c, o->type);
            check_tell(c, DMN_FAULT, rule_place(t, r), &fault_dmn_output_type,
                       CHECK_ARGS(number_text(c, r + 1), o->name, wanted, literal(c, v)));
        }
    }
}

/* ---- Witnesses. */

static bool cell_open(const TableView *t, size_t rule, size_t column) {
    const FeelNode *n = t->cells[rule * t->column_count + column];
    size_t count;
    bool negated;
    return n != NULL && feel_node_tests(n, &count, &negated) && count == 0;
}

/* Does the rule ask anything of the columns of this dimension? */
static bool rule_asks(const TableView *t, size_t rule, const TableDimension *d) {
    for (size_t k = d->column; k < t->column_count; k++)
        if (t->columns[k].same_as == d->column && !cell_open(t, rule, k)) return true;
    return false;
}

static bool any_rule_asks(const TableView *t, const TableDimension *d) {
    for (size_t r = 0; r < t->rule_count; r++)
        if (rule_asks(t, r, d)) return true;
    return false;
}

/* "age = 17, kind = "other"" of the dimensions that the two rules ask about (rules at the count:
 * any rule). */
static Str witness(Check *c, const size_t *atoms, size_t first, size_t second) {
    const TableView *t = c->view;
    Buf b = buf_new(c->scratch, 128);
    for (size_t i = 0; i < c->space->dimension_count; i++) {
        const TableDimension *d = &c->space->dimensions[i];
        bool asked = first < t->rule_count ? rule_asks(t, first, d) || rule_asks(t, second, d)
                                           : any_rule_asks(t, d);
        if (!asked || b.len > 300) continue;
        if (b.len > 0) buf_add_text(&b, ", ");
        buf_add(&b, t->columns[d->column].title);
        buf_add_text(&b, " = ");
        buf_add(&b, literal(c, d->samples[atoms[i]]));
    }
    if (b.len == 0) buf_add_text(&b, "*");
    return buf_text(&b);
}

/* One path leads into the other: "a" and "a.b". */
static bool path_inside(Str a, Str b) {
    return str_starts(b, a) && b.len > a.len && b.ptr[a.len] == '.';
}

static bool columns_depend(const TableColumn *a, const TableColumn *b) {
    if (a->program == NULL || b->program == NULL) return true;
    if (a->plain && b->plain) return path_inside(a->text, b->text) || path_inside(b->text, a->text);
    for (size_t i = 0; i < feel_slot_count(a->program); i++)
        for (size_t j = 0; j < feel_slot_count(b->program); j++)
            if (str_equal(feel_slot_name(a->program, i), feel_slot_name(b->program, j)))
                return true;
    return false;
}

/* May the values of the dimensions that matter exclude each other? */
static bool witness_dependent(const Check *c, size_t first, size_t second) {
    const TableView *t = c->view;
    bool pair = first < t->rule_count;
    for (size_t i = 0; i < c->space->dimension_count; i++)
        for (size_t j = 0; j < i; j++) {
            const TableDimension *a = &c->space->dimensions[i], *b = &c->space->dimensions[j];
            bool asked = pair ? (rule_asks(t, first, a) || rule_asks(t, second, a)) &&
                                    (rule_asks(t, first, b) || rule_asks(t, second, b))
                              : any_rule_asks(t, a) && any_rule_asks(t, b);
            if (asked && columns_depend(&t->columns[a->column], &t->columns[b->column]))
                return true;
        }
    return false;
}

/* ---- What the sweep finds. */

/* The first cell that is computed. */
static bool table_computed(const TableView *t, size_t *rule, size_t *column) {
    for (size_t i = 0; i < t->rule_count * t->column_count; i++)
        if (t->cells[i] == NULL) {
            *rule = i / t->column_count;
            *column = i % t->column_count;
            return true;
        }
    return false;
}

static void check_gap(void *context, const size_t *atoms) {
    Check *c = context;
    size_t none = c->view->rule_count;
    if (c->gap_count++ >= DMN_CHECK_GAPS_MAX) return;
    size_t rule, column;
    if (table_computed(c->view, &rule, &column)) return;
    bool dependent = witness_dependent(c, none, none);
    check_tell(c, dependent ? DMN_NOTICE : DMN_WARNING, c->view->place,
               dependent ? &fault_dmn_check_gap_dependent : &fault_dmn_gap,
               CHECK_ARGS(witness(c, atoms, none, none)));
}

static bool pair_new(Check *c, size_t first, size_t second) {
    for (size_t i = 0; i < c->pair_count; i++)
        if (c->pairs[i].first == first && c->pairs[i].second == second) return false;
    if (c->pair_count >= CHECK_PAIRS_MAX) return false;
    c->pairs[c->pair_count++] = (CheckPair){first, second};
    return true;
}

static void check_pair(void *context, size_t first, size_t second, const size_t *atoms) {
    Check *c = context;
    const TableView *t = c->view;
    bool any = t->policy == 'A';
    if (any && !(t->result_known[first] && t->result_known[second])) {
        c->unknown_results = true;
        return;
    }
    if (any && feel_equal(t->results[first], t->results[second]) == 1) return;
    if (!pair_new(c, first, second) || c->shown_pairs >= DMN_CHECK_OVERLAPS_MAX) return;
    c->shown_pairs++;
    bool dependent = witness_dependent(c, first, second);
    check_tell(c, dependent ? DMN_NOTICE : DMN_FAULT, rule_place(t, second),
               dependent ? &fault_dmn_check_dependent
               : any     ? &fault_dmn_any_differs
                         : &fault_dmn_overlap,
               CHECK_ARGS(number_text(c, first + 1), number_text(c, second + 1),
                          witness(c, atoms, first, second)));
}

/* ---- One table. */

/* Rules of which no value passes a column. */
static void check_empty(Check *c) {
    const TableView *t = c->view;
    for (size_t r = 0; r < t->rule_count; r++)
        for (size_t i = 0; i < c->space->dimension_count; i++) {
            const TableDimension *d = &c->space->dimensions[i];
            bool passes = (c->space->usable[r / 64] >> (r % 64) & 1) == 0;
            for (size_t a = 0; a < d->atom_count && !passes; a++)
                passes = (d->accepts[a * c->space->words + r / 64] >> (r % 64) & 1) != 0;
            if (passes) continue;
            check_tell(c, DMN_WARNING, rule_place(t, r), &fault_dmn_rule_empty,
                       CHECK_ARGS(number_text(c, r + 1), t->columns[d->column].title));
            break;
        }
}

static void check_unreached(Check *c, const TableSweep *s) {
    const TableView *t = c->view;
    size_t none = t->rule_count;
    if (s->stopped || witness_dependent(c, none, none)) return;
    for (size_t r = 0; r < t->rule_count; r++) {
        bool usable = (c->space->usable[r / 64] >> (r % 64) & 1) != 0;
        bool reached = (s->reached[r / 64] >> (r % 64) & 1) != 0;
        if (usable && !reached)
            check_tell(c, DMN_WARNING, rule_place(t, r), &fault_dmn_never_reached,
                       CHECK_ARGS(number_text(c, r + 1)));
    }
}

static void check_sweep(Check *c) {
    const TableView *t = c->view;
    TableSweep s = {.space = c->space, .arena = c->scratch, .gap = check_gap, .pair = check_pair,
                    .context = c};
    s.wants_pairs = t->policy == 'U' || t->policy == 'A';
    s.wants_gaps = !t->has_default;
    s.wants_reached = t->policy == 'F';
    check_empty(c);
    table_sweep(&s);
    if (s.wants_reached) check_unreached(c, &s);
    size_t rule = 0, column = 0;
    bool computed = table_computed(t, &rule, &column);
    Str title = t->columns[column].title;
    if (!computed && c->unknown_results) {
        for (rule = 0; t->result_known[rule]; rule++) continue;
        title = t->outputs[0].name;
        computed = true;
    }
    if (c->pair_count > c->shown_pairs)
        check_tell(c, DMN_FAULT, t->place, &fault_dmn_overlap_more,
                   CHECK_ARGS(number_text(c, c->pair_count - c->shown_pairs)));
    if (computed && (s.wants_pairs || c->gap_count > 0))
        check_tell(c, DMN_NOTICE, rule_place(t, rule), &fault_dmn_check_computed,
                   CHECK_ARGS(number_text(c, rule + 1), title));
    if (s.stopped)
        check_tell(c, DMN_NOTICE, t->place, &fault_dmn_check_large,
                   CHECK_ARGS(number_text(c, t->rule_count)));
}

static bool check_table(void *context, const TableView *t) {
    Check *c = context;
    TableSpace space;
    c->view = t;
    c->space = &space;
    c->pair_count = c->shown_pairs = c->gap_count = 0;
    c->unknown_results = false;
    check_columns(c, t);
    check_outputs(c, t);
    if (!table_space(c->scratch, t, check_misfit, c, &space)) return false;
    bool single = t->policy == 'U' || t->policy == 'A' || t->policy == 'P' || t->policy == 'F';
    if (!single || t->rule_count == 0) return true;
    for (size_t i = 0; i < space.dimension_count; i++)
        if (!space.dimensions[i].decided) {
            const TableColumn *col = &t->columns[space.dimensions[i].column];
            check_tell(c, DMN_NOTICE, col->place, &fault_dmn_check_column,
                       CHECK_ARGS(col->title));
            return true;
        }
    if (space.too_large)
        check_tell(c, DMN_NOTICE, t->place, &fault_dmn_check_large,
                   CHECK_ARGS(number_text(c, t->rule_count)));
    else check_sweep(c);
    return true;
}

bool dmn_tables_check(Arena *a, const DmnModel *m, DmnFindings *out, Err *err) {
    Check c = {.arena = a, .scratch = arena_open(CHECK_SCRATCH_BYTES), .out = out};
    *out = (DmnFindings){0};
    bool ok = table_views(c.scratch, m, check_table, &c) && !arena_failed(a);
    if (!ok) err_set(err, &fault_feel_memory);
    arena_close(c.scratch);
    return ok;
}
