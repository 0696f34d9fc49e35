/* Decision tables: the bitmask index answers as the cells do, one by one. Random tables over
 * columns of every indexed kind, with cells of every form, are asked for all rules that fit
 * (RULE ORDER), for the first (FIRST) and for the most important (PRIORITY); the oracle evaluates
 * each cell as a unary test of its own. And the limits of a table. */
#include "base/check.h"
#include "lang/dmn/dmn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TABLES 300
#define ROWS 60
#define COLUMNS_MAX 4
#define RULES_MAX 150

static uint64_t seed = 20261123;

static unsigned draw(unsigned limit) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % limit;
}

typedef enum Kind { NUMBERS, STRINGS, DATES, BOOLEANS, MONTHS, SECONDS, TIMES, KINDS } Kind;

/* A constant of the kind, as FEEL. */
static void add_constant(Buf *b, Kind kind) {
    switch (kind) {
    case NUMBERS: buf_printf(b, "%u%s", draw(12), draw(4) == 0 ? ".50" : ""); break;
    case STRINGS: buf_printf(b, "\"%c%s\"", 'a' + (char)draw(6), draw(3) == 0 ? "b" : ""); break;
    case DATES: buf_printf(b, "@\"2026-0%u-1%u\"", 1 + draw(3), draw(3)); break;
    case BOOLEANS: buf_printf(b, "%s", draw(2) == 0 ? "true" : "false"); break;
    case MONTHS: buf_printf(b, "@\"P%uM\"", draw(8)); break;
    case SECONDS: buf_printf(b, "@\"PT%uH\"", draw(8)); break;
    default: buf_printf(b, "@\"0%u:00:00%s\"", draw(6), draw(2) == 0 ? "Z" : ""); break;
    }
}

static void add_range(Buf *b, Kind kind) {
    Buf low = buf_new(b->arena, 0), high = buf_new(b->arena, 0);
    Value x, y;
    const FeelProgram *p;
    FeelRun run = feel_run_new(b->arena, (Instant){0});
    add_constant(&low, kind);
    add_constant(&high, kind);
    assert_true(feel_compile(b->arena, buf_text(&low), (FeelPlace){0}, NULL, &p, NULL));
    feel_run(p, NULL, &run, &x);
    assert_true(feel_compile(b->arena, arena_printf(b->arena, "%.*s <= %.*s",
                                                    STR_ARG(buf_text(&low)),
                                                    STR_ARG(buf_text(&high))),
                             (FeelPlace){0}, NULL, &p, NULL));
    feel_run(p, NULL, &run, &y);
    bool ordered = value_is_true(y);
    buf_printf(b, "%c%.*s..%.*s%c", "[("[draw(2)], STR_ARG(buf_text(ordered ? &low : &high)),
               STR_ARG(buf_text(ordered ? &high : &low)), "])"[draw(2)]);
}

static void add_test(Buf *b, Kind kind) {
    static const char *const comparisons[] = {"< ", "<= ", "> ", ">= ", "= ", "!= "};
    unsigned form = draw(12);
    if (form == 0) buf_add_text(b, "null");
    else if (form == 1) add_constant(b, (Kind)draw(KINDS)); /* perhaps of another kind */
    else if (form == 2) buf_add_text(b, "? = x0"); /* not constant */
    else if (form < 7 && kind != BOOLEANS) {
        buf_printf(b, "%s", comparisons[draw(6)]);
        add_constant(b, kind);
    } else if (form < 9 && kind != BOOLEANS) add_range(b, kind);
    else if (form == 9) {
        buf_add_text(b, "[");
        add_constant(b, kind);
        buf_add_text(b, ", ");
        add_constant(b, kind);
        buf_add_text(b, "]");
    } else add_constant(b, kind);
}

static Str random_cell(Arena *a, Kind kind) {
    Buf b = buf_new(a, 32);
    bool negated = draw(6) == 0;
    unsigned count = 1 + (draw(3) == 0 ? draw(3) : 0);
    if (draw(4) == 0) return STR("-");
    if (negated) buf_add_text(&b, "not(");
    for (unsigned i = 0; i < count; i++) {
        if (i > 0) buf_add_text(&b, ", ");
        add_test(&b, kind);
    }
    if (negated) buf_add_char(&b, ')');
    return buf_text(&b);
}

typedef struct Table {
    size_t columns, rules;
    Kind kinds[COLUMNS_MAX];
    Str cells[RULES_MAX][COLUMNS_MAX];
    unsigned outputs[RULES_MAX];
    const FeelProgram *tests[RULES_MAX][COLUMNS_MAX];
} Table;

static void table_draw(Arena *a, Table *t) {
    static const FeelName names[] = {{{"x0", 2}, NULL}};
    FeelScope scope = {.names = names, .count = 1};
    t->columns = 1 + draw(COLUMNS_MAX);
    t->rules = draw(8) == 0 ? 1 + draw(RULES_MAX) : 1 + draw(20);
    for (size_t i = 0; i < t->columns; i++) t->kinds[i] = (Kind)draw(KINDS);
    for (size_t r = 0; r < t->rules; r++) {
        t->outputs[r] = draw(5);
        for (size_t i = 0; i < t->columns; i++) {
            Err err = {0};
            t->cells[r][i] = random_cell(a, t->kinds[i]);
            if (!feel_compile_unary(a, t->cells[r][i], (FeelPlace){0}, &scope, &t->tests[r][i],
                                    &err))
                fail_msg("%.*s does not compile", STR_ARG(t->cells[r][i]));
        }
    }
}

/* Four decisions over the same rules: all, first, best, count. */
static Str table_xml(Arena *a, const Table *t) {
    static const char *const policies[] = {"RULE ORDER", "FIRST", "PRIORITY",
                                           "COLLECT' aggregation='COUNT"};
    Buf b = buf_new(a, 4096);
    buf_add_text(&b, "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' "
                     "name='m' namespace='urn:m'>");
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        buf_printf(&b, "<inputData id='i%zu' name='x%zu'><variable name='x%zu'/></inputData>", i,
                   i, i);
    for (size_t d = 0; d < 4; d++) {
        buf_printf(&b, "<decision id='d%zu' name='d%zu'>", d, d);
        for (size_t i = 0; i < COLUMNS_MAX; i++)
            buf_printf(&b, "<informationRequirement><requiredInput href='#i%zu'/>"
                           "</informationRequirement>", i);
        buf_printf(&b, "<decisionTable hitPolicy='%s'>", policies[d]);
        for (size_t i = 0; i < t->columns; i++)
            buf_printf(&b, "<input><inputExpression><text>x%zu</text></inputExpression></input>",
                       i);
        buf_printf(&b, "<output name='o'>%s</output>",
                   d == 2 ? "<outputValues><text>3, 1, 4, 0, 2</text></outputValues>" : "");
        for (size_t r = 0; r < t->rules; r++) {
            buf_add_text(&b, "<rule>");
            for (size_t i = 0; i < t->columns; i++)
                buf_printf(&b, "<inputEntry><text><![CDATA[%.*s]]></text></inputEntry>",
                           STR_ARG(t->cells[r][i]));
            buf_printf(&b, "<outputEntry><text>%zu</text></outputEntry></rule>",
                       d == 2 ? (size_t)t->outputs[r] : r);
        }
        buf_add_text(&b, "</decisionTable></decision>");
    }
    buf_add_text(&b, "</definitions>");
    return buf_text(&b);
}

static Value random_input(Arena *a, Kind kind) {
    Buf b = buf_new(a, 32);
    const FeelProgram *p;
    FeelRun run = feel_run_new(a, (Instant){0});
    Value v;
    unsigned form = draw(10);
    if (form == 0) return value_null();
    add_constant(&b, form == 1 ? (Kind)draw(KINDS) : kind);
    assert_true(feel_compile(a, buf_text(&b), (FeelPlace){0}, NULL, &p, NULL));
    feel_run(p, NULL, &run, &v);
    return v;
}

static bool rule_fits(const Table *t, size_t r, const Value *inputs, FeelRun *run) {
    for (size_t i = 0; i < t->columns; i++) {
        Value holds;
        assert_true(feel_unary_run(t->tests[r][i], inputs[i], &inputs[0], run, &holds));
        if (!value_is_true(holds)) return false;
    }
    return true;
}

static void expect(const DmnModel *m, size_t decision, const Value *inputs, Value expected,
                   Arena *a) {
    FeelRun run = feel_run_new(a, (Instant){0});
    Value v;
    assert_true(dmn_evaluate_slots(dmn_decision_at(m, decision), inputs, &run, &v));
    if (value_same(v, expected)) return;
    fail_msg("d%zu: expected %.*s, got %.*s", decision, STR_ARG(feel_literal(a, expected)),
             STR_ARG(feel_literal(a, v)));
}

static void row_check(const Table *t, const DmnModel *m, const Value *inputs, Arena *a) {
    static const unsigned importance[] = {3, 1, 4, 0, 2};
    FeelRun run = feel_run_new(a, (Instant){0});
    ListBuilder hits = list_builder(a);
    size_t best = 5;
    for (size_t r = 0; r < t->rules; r++) {
        if (!rule_fits(t, r, inputs, &run)) continue;
        list_add(&hits, value_int((int64_t)r));
        for (size_t i = 0; i < best; i++)
            if (importance[i] == t->outputs[r]) best = i;
    }
    Value all = value_list(&hits);
    bool none = value_count(all) == 0;
    expect(m, 0, inputs, none ? value_null() : all, a);
    expect(m, 1, inputs, value_item(all, 0), a);
    expect(m, 2, inputs, none ? value_null() : value_int(importance[best]), a);
    expect(m, 3, inputs, none ? value_null() : value_int((int64_t)value_count(all)), a);
}

static void index_answers_as_cells(void **state) {
    (void)state;
    Arena *a = arena_open(256u << 20);
    for (int i = 0; i < TABLES; i++) {
        static Table t;
        const DmnModel *m;
        Err err = {0};
        arena_reset(a);
        table_draw(a, &t);
        assert_true(dmn_load(a, table_xml(a, &t), NULL, &m, &err));
        assert_int_equal(dmn_fault_count(m), 0);
        for (int row = 0; row < ROWS; row++) {
            Value inputs[COLUMNS_MAX];
            for (size_t k = 0; k < COLUMNS_MAX; k++)
                inputs[k] = random_input(a, k < t.columns ? t.kinds[k] : NUMBERS);
            row_check(&t, m, inputs, a);
        }
    }
    arena_close(a);
}

/* A table whose masks would be too large is scanned, with the same answers. */
static void large_tables(void **state) {
    enum { RULES = 9000 };
    (void)state;
    Arena *a = arena_open(512u << 20);
    Buf b = buf_new(a, 1u << 20);
    buf_add_text(&b, "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' "
                     "name='m' namespace='urn:m'><inputData id='x' name='x'/>"
                     "<decision id='d' name='d'><informationRequirement>"
                     "<requiredInput href='#x'/></informationRequirement>"
                     "<decisionTable hitPolicy='FIRST'><input><inputExpression><text>x</text>"
                     "</inputExpression></input><output name='o'/>");
    for (int i = 0; i < RULES; i++)
        buf_printf(&b, "<rule><inputEntry><text>[%d..%d)</text></inputEntry><outputEntry>"
                       "<text>%d</text></outputEntry></rule>", 3 * i, 3 * i + 3, i);
    buf_add_text(&b, "</decisionTable></decision></definitions>");
    const DmnModel *m;
    Err err = {0};
    assert_true(dmn_load(a, buf_text(&b), NULL, &m, &err));
    for (int i = 0; i < RULES; i += 1234) {
        Value input = value_int(3 * i + 2), v;
        FeelRun run = feel_run_new(a, (Instant){0});
        assert_true(dmn_evaluate_slots(dmn_decision_at(m, 0), &input, &run, &v));
        assert_true(value_same(v, value_int(i)));
        run = feel_run_new(a, (Instant){0});
        run.fuel = i; /* the scan is paid for */
        assert_int_equal(dmn_evaluate_slots(dmn_decision_at(m, 0), &input, &run, &v), false);
        assert_true(run.stopped && value_is_null(v));
    }
    arena_close(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(index_answers_as_cells),
                                       cmocka_unit_test(large_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
