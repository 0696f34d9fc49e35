/* dmn_table_check.c - what is found in decision tables: cases as data, large tables, limits.
 *
 * tests/cases/dmn/table_check.txt holds small tables and the findings they must have, all of them
 * and in their order:
 *
 *     == name
 *     policy UNIQUE
 *     data NAME TYPE [= ALLOWED VALUES]
 *     input EXPRESSION : TYPE [: INPUT VALUES]
 *     output NAME : TYPE [: OUTPUT VALUES] [:: DEFAULT]
 *     rule CELL | CELL -> OUTPUT | OUTPUT
 *     finds FAULT|WARNING|NOTICE fault_name: first argument; second; third */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/dmn/table_check.h"
#include "os/os.h"

#define ARENA_BYTES ((size_t)256 << 20)

static const char *const level_names[] = {"FAULT", "WARNING", "NOTICE"};

typedef struct Case {
    Arena *arena;
    Str name;
    Buf items, data, needs, inputs, outputs, rules, wanted;
    Str policy;
} Case;

static void add_text(Buf *b, const char *element, Str text)
{
    buf_printf(b, "<%s><text>", element);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '<')
            buf_add_text(b, "&lt;");
        else if (c == '&')
            buf_add_text(b, "&amp;");
        else
            buf_add_char(b, c);
    }
    buf_printf(b, "</text></%s>", element);
}

static Str cut(Str *rest, const char *separator)
{
    ptrdiff_t at = str_find(*rest, str_from(separator));
    Str head = at < 0 ? *rest : str_slice(*rest, 0, (size_t)at);
    *rest = at < 0 ? STR_NONE : str_slice(*rest, (size_t)at + strlen(separator), rest->len);
    return str_trim(head);
}

static void read_data(Case *c, Str rest)
{
    Str name = cut(&rest, " "), type = cut(&rest, " = "), allowed = str_trim(rest);
    if (allowed.len > 0) {
        buf_printf(&c->items, "<itemDefinition name=\"t_%.*s\"><typeRef>%.*s</typeRef>",
                   STR_ARG(name), STR_ARG(type));
        add_text(&c->items, "allowedValues", allowed);
        buf_add_text(&c->items, "</itemDefinition>");
        type = arena_printf(c->arena, "t_%.*s", STR_ARG(name));
    }
    buf_printf(&c->data, "<inputData id=\"i_%.*s\" name=\"%.*s\"><variable name=\"%.*s\" "
                         "typeRef=\"%.*s\"/></inputData>",
               STR_ARG(name), STR_ARG(name), STR_ARG(name), STR_ARG(type));
    buf_printf(&c->needs, "<informationRequirement><requiredInput href=\"#i_%.*s\"/>"
                          "</informationRequirement>", STR_ARG(name));
}

static void read_input(Case *c, Str rest)
{
    Str text = cut(&rest, " : "), type = cut(&rest, " : ");
    buf_add_text(&c->inputs, "<input>");
    if (type.len > 0)
        buf_printf(&c->inputs, "<inputExpression typeRef=\"%.*s\"><text>%.*s</text>"
                               "</inputExpression>", STR_ARG(type), STR_ARG(text));
    else
        add_text(&c->inputs, "inputExpression", text);
    if (rest.len > 0)
        add_text(&c->inputs, "inputValues", str_trim(rest));
    buf_add_text(&c->inputs, "</input>");
}

static void read_output(Case *c, Str rest)
{
    Str all = cut(&rest, " :: "), fallback = str_trim(rest);
    Str name = cut(&all, " : "), type = cut(&all, " : ");
    buf_printf(&c->outputs, "<output name=\"%.*s\" typeRef=\"%.*s\">", STR_ARG(name),
               STR_ARG(type));
    if (all.len > 0)
        add_text(&c->outputs, "outputValues", str_trim(all));
    if (fallback.len > 0)
        add_text(&c->outputs, "defaultOutputEntry", fallback);
    buf_add_text(&c->outputs, "</output>");
}

static void read_rule(Case *c, Str rest)
{
    Str cells = cut(&rest, " -> ");
    buf_add_text(&c->rules, "<rule>");
    while (cells.len > 0)
        add_text(&c->rules, "inputEntry", cut(&cells, " | "));
    while (rest.len > 0)
        add_text(&c->rules, "outputEntry", cut(&rest, " | "));
    buf_add_text(&c->rules, "</rule>\n");
}

static Str model_of(Case *c)
{
    return arena_printf(
        c->arena,
        "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"m\" "
        "namespace=\"urn:m\">%s%s<decision id=\"d\" name=\"d\"><variable name=\"d\"/>%s"
        "<decisionTable hitPolicy=\"%.*s\">%s%s\n%s</decisionTable></decision></definitions>",
        buf_cstr(&c->items), buf_cstr(&c->data), buf_cstr(&c->needs), STR_ARG(c->policy),
        buf_cstr(&c->inputs), buf_cstr(&c->outputs), buf_cstr(&c->rules));
}

static void show_findings(const DmnFindings *found, Buf *out)
{
    for (size_t i = 0; i < found->count; i++) {
        const DmnFinding *f = &found->items[i];
        buf_printf(out, "%s %s:", level_names[f->level], f->err.fault->name);
        for (size_t k = 0; k < 4 && err_arg(&f->err, k).len > 0; k++)
            buf_printf(out, "%s%.*s", k ? "; " : " ", STR_ARG(err_arg(&f->err, k)));
        buf_add_char(out, '\n');
    }
}

static bool check_xml(Arena *a, Str xml, DmnFindings *found)
{
    const DmnModel *model;
    Err err = {0};
    DmnOptions options = {.file = STR("case.dmn")};
    if (!dmn_load(a, xml, &options, &model, &err))
        fail_msg("the model does not load: %s", err.fault->name);
    return dmn_tables_check(a, model, found, &err);
}

static unsigned failed, cases;

static void judge(Case *c)
{
    DmnFindings found;
    Buf got = buf_new(c->arena, 256);
    if (!c->name.len)
        return;
    cases++;
    assert_true(check_xml(c->arena, model_of(c), &found));
    show_findings(&found, &got);
    if (!str_equal(buf_text(&got), buf_text(&c->wanted))) {
        failed++;
        print_message("# %.*s\n# wanted:\n%s# got:\n%s", STR_ARG(c->name), buf_cstr(&c->wanted),
                      buf_cstr(&got));
    }
    for (size_t i = 0; i < found.count; i++)
        for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
            Buf text = buf_new(c->arena, 256);
            err_show(&found.items[i].err, (Lang)lang, &text);
            assert_true(str_starts(buf_text(&text), STR("case.dmn:")));
        }
}

static Case case_new(Arena *a, Str name)
{
    Case c = {.arena = a, .name = name, .policy = STR("UNIQUE")};
    Buf *const all[] = {&c.items, &c.data, &c.needs, &c.inputs, &c.outputs, &c.rules, &c.wanted};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        *all[i] = buf_new(a, 64);
    return c;
}

static void read_line(Case *c, Str line)
{
    Str word = cut(&line, " ");
    if (str_equal(word, STR("policy")))
        c->policy = line;
    else if (str_equal(word, STR("data")))
        read_data(c, line);
    else if (str_equal(word, STR("input")))
        read_input(c, line);
    else if (str_equal(word, STR("output")))
        read_output(c, line);
    else if (str_equal(word, STR("rule")))
        read_rule(c, line);
    else if (str_equal(word, STR("finds")))
        buf_printf(&c->wanted, "%.*s\n", STR_ARG(line));
    else
        fail_msg("no such line: %.*s", STR_ARG(word));
}

static void test_cases(void **state)
{
    Arena *a = arena_open(ARENA_BYTES);
    Str text;
    Err err = {0};
    const char *source = getenv("TONGBAN_SOURCE");
    (void)state;
    assert_true(file_read(a, arena_printf(a, "%s/tests/cases/dmn/table_check.txt",
                                          source ? source : "."), 1 << 20, &text, &err));
    Case c = case_new(a, STR_NONE);
    while (text.len > 0) {
        Str line = str_trim(str_split(&text, '\n'));
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (str_starts(line, STR("== "))) {
            judge(&c);
            c = case_new(a, str_slice(line, 3, line.len));
        } else {
            read_line(&c, line);
        }
    }
    judge(&c);
    print_message("# %u cases\n", cases);
    assert_true(cases > 30);
    assert_int_equal(failed, 0);
    arena_close(a);
}

/* ---- Large tables. */

/* A partition of numbers into count bands, with the second of two columns cut in half for every
 * other band; the rule at spoilt is one wider. */
static Str large_table(Arena *a, unsigned count, unsigned spoilt)
{
    Case c = case_new(a, STR("large"));
    read_data(&c, STR("x number"));
    read_data(&c, STR("y number"));
    read_input(&c, STR("x : number"));
    read_input(&c, STR("y : number"));
    read_output(&c, STR("z : number"));
    for (unsigned i = 0; i < count; i++) {
        unsigned band = i / 2;
        unsigned high = (band + 1) * 10 + (i == spoilt ? 1 : 0);
        Str band_text = band == 0 ? arena_printf(a, "< %u", high)
                        : i / 2 + 1 == count / 2 ? arena_printf(a, ">= %u", band * 10)
                                                 : arena_printf(a, "[%u..%u)", band * 10, high);
        read_rule(&c, arena_printf(a, "%.*s | %s -> %u", STR_ARG(band_text),
                                   i % 2 ? ">= 0" : "< 0", i));
    }
    return model_of(&c);
}

static void test_large(void **state)
{
    Arena *a = arena_open(ARENA_BYTES);
    DmnFindings found;
    (void)state;
    int64_t began = clock_monotonic_ns();
    assert_true(check_xml(a, large_table(a, 2000, UINT32_MAX), &found));
    assert_int_equal(found.count, 0);
    assert_true(check_xml(a, large_table(a, 2000, 701), &found));
    assert_int_equal(found.count, 1);
    assert_string_equal(found.items[0].err.fault->name, "dmn_overlap");
    assert_true(str_equal(err_arg(&found.items[0].err, 0), STR("702")));
    assert_true(str_equal(err_arg(&found.items[0].err, 1), STR("704")));
    assert_true(str_starts(err_arg(&found.items[0].err, 2), STR("x = 3510, y = 0")));
    print_message("# two tables of 2,000 rules in %lld ms\n",
                  (long long)((clock_monotonic_ns() - began) / 1000000));
    arena_close(a);
}

/* Forty rules, each asking one of forty columns: 2^40 combinations, every set of rules occurs. The
 * check has to end, and to say that it did not see everything. */
static void test_limit(void **state)
{
    Arena *a = arena_open(ARENA_BYTES);
    DmnFindings found;
    Case c = case_new(a, STR("nasty"));
    (void)state;
    c.policy = STR("ANY");
    read_output(&c, STR("z : number"));
    for (unsigned i = 0; i < 40; i++) {
        Str name = arena_printf(a, "x%u", i);
        read_data(&c, arena_printf(a, "%.*s boolean", STR_ARG(name)));
        read_input(&c, arena_printf(a, "%.*s : boolean", STR_ARG(name)));
        Buf cells = buf_new(a, 256);
        for (unsigned k = 0; k < 40; k++)
            buf_printf(&cells, "%s%s", k ? " | " : "", k == i ? "true" : "-");
        read_rule(&c, arena_printf(a, "%s -> 1", buf_cstr(&cells)));
    }
    assert_true(check_xml(a, model_of(&c), &found));
    bool told = false;
    for (size_t i = 0; i < found.count; i++) {
        told = told || str_equal(str_from(found.items[i].err.fault->name), STR("dmn_check_large"));
        assert_int_not_equal(found.items[i].level, DMN_FAULT);
    }
    assert_true(told);
    arena_close(a);
}

/* ---- Random tables against the engine: a grid of inputs that has every atom shows the truth. */

static uint64_t seed = 20261125;

static unsigned draw(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % limit;
}

static Str random_number_cell(Arena *a)
{
    unsigned low = draw(6), high = low + draw(6 - low);
    switch (draw(8)) {
    case 0: return STR("-");
    case 1: return arena_printf(a, "< %u", low);
    case 2: return arena_printf(a, ">= %u", low);
    case 3: return arena_printf(a, "%u", low);
    case 4: return arena_printf(a, "not(%u)", low);
    case 5: return arena_printf(a, "< %u, > %u", low, high);
    default: return arena_printf(a, "%c%u..%u%c", draw(2) ? '[' : '(', low, high + 1,
                                 draw(2) ? ']' : ')');
    }
}

static Str random_kind_cell(void)
{
    static const char *const cells[] = {"-", "\"a\"", "\"b\"", "\"a\", \"c\"", "not(\"b\")"};
    return str_from(cells[draw(5)]);
}

static Str random_boolean_cell(void)
{
    static const char *const cells[] = {"-", "true", "false"};
    return str_from(cells[draw(3)]);
}

static Str random_table(Arena *a)
{
    Case c = case_new(a, STR("random"));
    read_data(&c, STR("n number"));
    read_data(&c, STR("k string"));
    read_data(&c, STR("b boolean"));
    read_input(&c, STR("n : number"));
    read_input(&c, STR("k : string"));
    read_input(&c, STR("b : boolean"));
    read_output(&c, STR("z : number"));
    bool open = draw(2); /* mostly "-", so that some tables are sound */
    unsigned rules = 1 + draw(open ? 3 : 7);
    for (unsigned i = 0; i < rules; i++) {
        Str number = random_number_cell(a), kind = random_kind_cell(), b = random_boolean_cell();
        if (open && draw(3)) number = STR("-");
        if (open && draw(3)) kind = STR("-");
        read_rule(&c, arena_printf(a, "%.*s | %.*s | %.*s -> %u", STR_ARG(number), STR_ARG(kind),
                                   STR_ARG(b), i));
    }
    return model_of(&c);
}

/* Evaluate one point of the grid. */
static void try_point(Arena *a, const DmnDecision *d, unsigned half, const char *kind, bool b,
                      bool *gap, bool *overlap)
{
    ArenaMark mark = arena_mark(a);
    ContextBuilder inputs = context_builder(a);
    FeelRun run = feel_run_new(a, (Instant){0});
    Dec n;
    Value out;
    dec_from_parts((int64_t)half * 5 - 5, 1, &n);
    context_put_text(&inputs, "n", value_number(n));
    context_put_text(&inputs, "k", value_string(str_from(kind)));
    context_put_text(&inputs, "b", value_boolean(b));
    assert_true(dmn_evaluate(d, value_context(&inputs), &run, &out));
    if (value_is_null(out) && run.reason_count > 0)
        *overlap = true;
    else if (value_is_null(out))
        *gap = true;
    arena_reset_to(a, mark);
}

static void test_random(void **state)
{
    static const char *const kinds[] = {"a", "b", "c", "none of them"};
    Arena *a = arena_open(ARENA_BYTES);
    unsigned gaps = 0, overlaps = 0, sound = 0;
    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        arena_reset(a);
        Str xml = random_table(a);
        const DmnModel *model;
        DmnFindings found;
        bool gap = false, overlap = false, told_gap = false, told_overlap = false;
        DmnOptions options = {.file = STR("random.dmn")};
        assert_true(dmn_load(a, xml, &options, &model, NULL));
        assert_true(dmn_tables_check(a, model, &found, NULL));
        for (unsigned i = 0; i < 16 * 4 * 2; i++)
            try_point(a, dmn_decision_at(model, 0), i / 8, kinds[i / 2 % 4], i % 2, &gap, &overlap);
        for (size_t i = 0; i < found.count; i++) {
            Str name = str_from(found.items[i].err.fault->name);
            told_gap = told_gap || str_equal(name, STR("dmn_gap"));
            told_overlap = told_overlap || str_equal(name, STR("dmn_overlap"));
            if (found.items[i].level == DMN_NOTICE)
                fail_msg("round %u: %.*s\n%.*s", round, STR_ARG(name), STR_ARG(xml));
        }
        if (gap != told_gap || overlap != told_overlap)
            fail_msg("round %u: gap %d told %d, overlap %d told %d:\n%.*s", round, gap, told_gap,
                     overlap, told_overlap, STR_ARG(xml));
        gaps += gap;
        overlaps += overlap;
        sound += !gap && !overlap;
    }
    print_message("# 1500 tables: %u gaps, %u overlaps, %u sound\n", gaps, overlaps, sound);
    assert_true(gaps > 100 && overlaps > 100 && sound > 5);
    arena_close(a);
}

/* More faults than are kept are counted. */
static void test_many(void **state)
{
    Arena *a = arena_open(ARENA_BYTES);
    DmnFindings found;
    Case c = case_new(a, STR("many"));
    (void)state;
    c.policy = STR("FIRST");
    read_data(&c, STR("x number"));
    read_input(&c, STR("x : number"));
    read_output(&c, STR("z : number"));
    for (unsigned i = 0; i < 1500; i++)
        read_rule(&c, STR("\"text\" -> 1"));
    assert_true(check_xml(a, model_of(&c), &found));
    assert_int_equal(found.count, DMN_CHECK_FINDINGS_MAX);
    assert_true(found.unlisted >= 500);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
