/* dmn_explain.c - explanations of decisions: cases as data, limits.
 *
 * tests/cases/dmn/explain.txt holds evaluations and what their explanations must say:
 *
 *     == name
 *     model FILE                          from the top folder
 *     decision ID, input JSON, outcome JSON
 *     rule ELEMENT NUMBER ID: NOTE        all rules told, in their order, under their elements
 *     requires ELEMENT, elsewhere ELEMENT
 *     decided TITLE yes|no                of the first table
 *     change PATH: JSON -> JSON gives JSON    or: change PATH: nothing
 *     zh|en LINE                          a line of the text, indentation included */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "lang/dmn/explain.h"
#include "os/os.h"

#define ARENA_BYTES ((size_t)256 << 20)
#define NOW ((Instant){1767225600000000})

typedef struct Case {
    Arena *arena;
    Str name, decision, input, outcome;
    const DmnModel *model;
    Buf rules, changes; /* what is wanted, a line each */
    Str lines[32], line_langs[32], decided[16];
    size_t line_count, decided_count;
} Case;

static unsigned failed, cases;

static Str path_of(Arena *a, Str name)
{
    const char *source = getenv("TONGBAN_SOURCE");
    return arena_printf(a, "%s/%.*s", source ? source : ".", STR_ARG(name));
}

static const DmnModel *load(Arena *a, Str name)
{
    Str text;
    Err err = {0};
    const DmnModel *model = NULL;
    DmnOptions options = {.file = name};
    assert_true(file_read(a, path_of(a, name), 1 << 20, &text, &err));
    assert_true(dmn_load(a, text, &options, &model, &err));
    assert_int_equal(dmn_fault_count(model), 0);
    return model;
}

/* ---- The explanation in the words of the cases. */

static void show_rules(Value e, Buf *out)
{
    Value tables = value_field(e, "tables"), below = value_field(e, "requires");
    Value elsewhere = value_field(e, "elsewhere");
    for (size_t t = 0; t < value_count(tables); t++) {
        Value rules = value_field(value_item(tables, t), "rules");
        for (size_t i = 0; i < value_count(rules); i++) {
            Value rule = value_item(rules, i);
            Str id = value_get_string(rule, STR("id")), note = value_get_string(rule, STR("note"));
            buf_printf(out, "rule %.*s %lld %.*s:%s%.*s\n",
                       STR_ARG(value_get_string(e, STR("decision"))),
                       (long long)value_get_int(rule, STR("number"), 0), STR_ARG(id),
                       note.len ? " " : "", STR_ARG(note));
        }
    }
    for (size_t i = 0; i < value_count(below); i++) {
        Value r = value_item(below, i);
        buf_printf(out, "requires %.*s\n", STR_ARG(value_get_string(r, STR("decision"))));
        show_rules(r, out);
    }
    for (size_t i = 0; i < value_count(elsewhere); i++) {
        Value r = value_item(elsewhere, i);
        ContextBuilder b = context_builder_from(out->arena, r);
        buf_printf(out, "elsewhere %.*s\n", STR_ARG(value_get_string(r, STR("element"))));
        context_put_text(&b, "decision", value_field(r, "element"));
        show_rules(value_context(&b), out);
    }
}

/* Only the changes found; those wanted as "nothing" must not be among them. */
static void show_changes(Value e, Buf *out)
{
    Value changes = value_field(e, "changes");
    for (size_t i = 0; i < value_count(changes); i++) {
        Value c = value_item(changes, i);
        buf_printf(out, "change %.*s: ", STR_ARG(value_get_string(c, STR("input"))));
        json_write(value_field(c, "from"), 0, out);
        buf_add_text(out, " -> ");
        json_write(value_field(c, "to"), 0, out);
        buf_add_text(out, " gives ");
        json_write(value_field(c, "outcome"), 0, out);
        buf_add_char(out, '\n');
    }
}

static void expect(Case *c, const char *what, Str got, Str wanted)
{
    if (str_equal(got, wanted))
        return;
    failed++;
    print_message("# %.*s: %s\n# wanted:\n%.*s\n# got:\n%.*s\n", STR_ARG(c->name), what,
                  STR_ARG(wanted), STR_ARG(got));
}

static Value explain(Case *c, Lang lang, Value *result)
{
    Value inputs, explanation, plain;
    FeelRun run = feel_run_new(c->arena, NOW);
    const DmnDecision *d = dmn_decision_find(c->model, c->decision);
    assert_non_null(d);
    assert_true(json_parse(c->arena, c->input, &inputs, NULL));
    assert_true(dmn_explain(d, inputs, &run, lang, result, &explanation));
    assert_int_equal(run.reason_count, 0);
    assert_true(value_is_plain(explanation));
    plain = feel_to_plain(c->arena, *result);
    assert_true(value_same(plain, value_field(explanation, "outcome")));
    FeelRun again = feel_run_new(c->arena, NOW);
    Value same;
    assert_true(dmn_evaluate(d, inputs, &again, &same));
    assert_true(value_same(same, *result));
    return explanation;
}

static void judge_lines(Case *c, Value explanation, Lang lang)
{
    Str text = value_get_string(explanation, STR("text"));
    for (size_t i = 0; i < c->line_count; i++) {
        bool own = str_equal(c->line_langs[i], lang == LANG_EN ? STR("en") : STR("zh"));
        Str wanted = arena_printf(c->arena, "%.*s\n", STR_ARG(c->lines[i]));
        if (own && str_find(text, wanted) < 0)
            expect(c, "line", text, wanted);
    }
}

static void judge_decided(Case *c, Value explanation)
{
    Value inputs = value_field(value_item(value_field(explanation, "tables"), 0), "inputs");
    for (size_t i = 0; i < c->decided_count; i++) {
        Value input = value_item(inputs, i);
        bool decided = value_get_boolean(input, STR("decided"), false);
        Str got = arena_printf(c->arena, "%.*s %s", STR_ARG(value_get_string(input, STR("name"))),
                               decided ? "yes" : "no");
        expect(c, "decided", got, c->decided[i]);
    }
}

static void judge(Case *c)
{
    Value result;
    if (!c->name.len)
        return;
    cases++;
    for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
        Value e = explain(c, (Lang)lang, &result);
        judge_lines(c, e, (Lang)lang);
        if (lang == LANG_EN)
            continue;
        Buf rules = buf_new(c->arena, 256), changes = buf_new(c->arena, 256);
        show_rules(e, &rules);
        show_changes(e, &changes);
        expect(c, "outcome", json_copy_text(c->arena, value_field(e, "outcome")), c->outcome);
        expect(c, "rules", buf_text(&rules), buf_text(&c->rules));
        expect(c, "changes", buf_text(&changes), buf_text(&c->changes));
        judge_decided(c, e);
    }
}

static void read_line(Case *c, Str line)
{
    Str rest = line, word = str_split(&rest, ' ');
    if (str_equal(word, STR("model")))
        c->model = load(c->arena, rest);
    else if (str_equal(word, STR("decision")))
        c->decision = rest;
    else if (str_equal(word, STR("input")))
        c->input = rest;
    else if (str_equal(word, STR("outcome")))
        c->outcome = rest;
    else if (str_equal(word, STR("decided")))
        c->decided[c->decided_count++] = rest;
    else if (str_equal(word, STR("rule")) || str_equal(word, STR("requires")) ||
             str_equal(word, STR("elsewhere")))
        buf_printf(&c->rules, "%.*s\n", STR_ARG(line));
    else if (str_equal(word, STR("change"))) {
        if (!str_ends(line, STR(": nothing")))
            buf_printf(&c->changes, "%.*s\n", STR_ARG(line));
    } else if (str_equal(word, STR("zh")) || str_equal(word, STR("en"))) {
        c->line_langs[c->line_count] = word;
        c->lines[c->line_count++] = rest;
    } else
        fail_msg("no such line: %.*s", STR_ARG(line));
}

static void test_cases(void **state)
{
    Arena *a = arena_open(ARENA_BYTES);
    Str text;
    Err err = {0};
    Case c = {.arena = a};
    (void)state;
    assert_true(file_read(a, path_of(a, STR("tests/cases/dmn/explain.txt")), 1 << 20, &text, &err));
    while (text.len > 0) {
        Str line = str_split(&text, '\n');
        if (!str_trim(line).len || line.ptr[0] == '#')
            continue;
        if (str_starts(line, STR("== "))) {
            judge(&c);
            c = (Case){.arena = a, .name = str_slice(line, 3, line.len),
                       .rules = buf_new(a, 256), .changes = buf_new(a, 256)};
        } else {
            read_line(&c, line);
        }
    }
    judge(&c);
    print_message("# %u cases\n", cases);
    assert_true(cases >= 10);
    assert_int_equal(failed, 0);
    arena_close(a);
}

/* Fuel: the evaluation itself fits, the trials end when it is used up. */
static void test_fuel(void **state)
{
    Arena *a = arena_open(ARENA_BYTES);
    Value inputs, result, explanation;
    const DmnModel *m = load(a, STR("tests/cases/dmn/models/benefit.dmn"));
    const DmnDecision *d = dmn_decision_find(m, STR("entitled"));
    (void)state;
    assert_true(json_parse(a, STR("{\"person\":{\"age\":70,\"kind\":\"farmer\"},\"income\":3000,"
                                  "\"resident\":true}"), &inputs, NULL));
    bool partial = false;
    for (int64_t fuel = 0; fuel < 400; fuel++) {
        FeelRun run = feel_run_new(a, NOW);
        run.fuel = fuel;
        if (!dmn_explain(d, inputs, &run, LANG_EN, &result, &explanation)) {
            assert_true(run.stopped);
            assert_true(value_is_null(result) && value_is_null(explanation));
            continue;
        }
        assert_false(value_is_null(explanation));
        partial = partial || value_count(value_field(explanation, "changes")) < 2;
    }
    assert_true(partial);
    arena_close(a);
}

/* Memory: whatever the limit, the process lives and what is given is whole or null. */
static void test_memory(void **state)
{
    Arena *own = arena_open(ARENA_BYTES);
    Value inputs, result, explanation;
    const DmnModel *m = load(own, STR("tests/cases/dmn/models/benefit.dmn"));
    const DmnDecision *d = dmn_decision_find(m, STR("entitled"));
    bool whole = false;
    (void)state;
    assert_true(json_parse(own, STR("{\"person\":{\"age\":70,\"kind\":\"farmer\"},"
                                    "\"income\":3000,\"resident\":true}"), &inputs, NULL));
    for (size_t limit = 1024; limit < 200000; limit += 4096) {
        Arena *a = arena_open(limit);
        FeelRun run = feel_run_new(a, NOW);
        dmn_explain(d, inputs, &run, LANG_ZH, &result, &explanation);
        if (!value_is_null(explanation)) {
            whole = true;
            assert_true(value_count(value_field(explanation, "changes")) == 2);
        }
        arena_close(a);
    }
    assert_true(whole);
    arena_close(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_fuel),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
