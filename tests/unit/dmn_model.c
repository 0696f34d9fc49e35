/* DMN models: hit policies, requirements, types, services, imports, recursion, faults. The models
 * are written here, a few lines each, so that every test shows what it rests on. */
#include "base/check.h"
#include "lang/dmn/dmn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static Arena *arena;

static int open_arena(void **state) {
    (void)state;
    arena = arena_open(32u << 20);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_close(arena);
    return 0;
}

#define DMN(body) "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='m' " \
    "namespace='urn:m'>" body "</definitions>"
#define TEXT(t) "<text><![CDATA[" t "]]></text>"
#define LITERAL(t) "<literalExpression>" TEXT(t) "</literalExpression>"
#define INPUT(name, type) "<inputData id='i_" name "' name='" name "'><variable name='" name \
    "' typeRef='" type "'/></inputData>"
#define NEEDS_INPUT(name) "<informationRequirement><requiredInput href='#i_" name \
    "'/></informationRequirement>"
#define RULE(cell, output) "<rule id='r'><inputEntry>" TEXT(cell) "</inputEntry><outputEntry>" \
    TEXT(output) "</outputEntry></rule>"
#define TABLE(attributes, output, rules) DMN(INPUT("x", "number") "<decision id='d' name='d'>" \
    NEEDS_INPUT("x") "<decisionTable " attributes "><input><inputExpression>" TEXT("x") \
    "</inputExpression></input>" output rules "</decisionTable></decision>")

static const DmnModel *load(const char *xml) {
    const DmnModel *m = NULL;
    Err err = {0};
    DmnOptions options = {.file = STR("m.dmn"), .recursion = true};
    assert_true(dmn_load(arena, str_from(xml), &options, &m, &err));
    return m;
}

static Value one_input(const char *name, Value v) {
    ContextBuilder b = context_builder(arena);
    context_put(&b, str_from(name), v);
    return value_context(&b);
}

/* The decision's value as a FEEL literal. */
static const char *answer(const DmnModel *m, const char *decision, Value inputs, FeelRun *run) {
    Value v;
    const DmnDecision *d = dmn_decision_find(m, str_from(decision));
    assert_non_null(d);
    *run = feel_run_new(arena, (Instant){0});
    if (!dmn_evaluate(d, inputs, run, &v)) return "stopped";
    return arena_copy(arena, feel_literal(arena, v)).ptr;
}

static const char *table_answer(const char *xml, int64_t x, FeelRun *run) {
    return answer(load(xml), "d", one_input("x", value_int(x)), run);
}

#define THREE RULE("> 0", "\"a\"") RULE("> 1", "\"b\"") RULE("> 1", "\"c\"")
#define OUT "<output name='o'><outputValues>" TEXT("\"c\",\"b\",\"a\"") "</outputValues></output>"

static void hit_policies(void **state) {
    FeelRun run;
    (void)state;
    assert_string_equal(table_answer(TABLE("hitPolicy='UNIQUE'", OUT, THREE), 1, &run), "\"a\"");
    assert_string_equal(table_answer(TABLE("hitPolicy='UNIQUE'", OUT, THREE), 2, &run), "null");
    assert_ptr_equal(run.reasons[0].fault, &fault_dmn_several_rules);
    assert_string_equal(table_answer(TABLE("hitPolicy='FIRST'", OUT, THREE), 2, &run), "\"a\"");
    assert_string_equal(table_answer(TABLE("hitPolicy='PRIORITY'", OUT, THREE), 2, &run),
                        "\"c\"");
    assert_string_equal(table_answer(TABLE("hitPolicy='ANY'", OUT, THREE), 2, &run), "null");
    assert_string_equal(table_answer(TABLE("hitPolicy='RULE ORDER'", OUT, THREE), 2, &run),
                        "[\"a\", \"b\", \"c\"]");
    assert_string_equal(table_answer(TABLE("hitPolicy='OUTPUT ORDER'", OUT, THREE), 2, &run),
                        "[\"c\", \"b\", \"a\"]");
    assert_string_equal(table_answer(TABLE("hitPolicy='COLLECT'", OUT, THREE), 0, &run), "null");
    assert_int_equal(run.reason_count, 0);
}

#define NUMBERS RULE("> 0", "1") RULE("> 1", "2.5") RULE("> 2", "x")

static void aggregations(void **state) {
    FeelRun run;
    (void)state;
#define COLLECT(how) TABLE("hitPolicy='COLLECT' aggregation='" how "'", "<output/>", NUMBERS)
    assert_string_equal(table_answer(COLLECT("SUM"), 3, &run), "6.5");
    assert_string_equal(table_answer(COLLECT("MIN"), 3, &run), "1");
    assert_string_equal(table_answer(COLLECT("MAX"), 3, &run), "3");
    assert_string_equal(table_answer(COLLECT("COUNT"), 2, &run), "2");
}

static void defaults_and_limits_of_inputs(void **state) {
    FeelRun run;
    (void)state;
    const char *xml = DMN(INPUT("x", "number") "<decision id='d' name='d'>" NEEDS_INPUT("x")
        "<decisionTable><input><inputExpression>" TEXT("x") "</inputExpression><inputValues>"
        TEXT("[0..10]") "</inputValues></input><output><defaultOutputEntry>" TEXT("\"none\"")
        "</defaultOutputEntry></output>" RULE("1", "\"one\"") "</decisionTable></decision>");
    assert_string_equal(table_answer(xml, 1, &run), "\"one\"");
    assert_string_equal(table_answer(xml, 2, &run), "\"none\"");
    assert_string_equal(table_answer(xml, 11, &run), "null");
    assert_ptr_equal(run.reasons[0].fault, &fault_dmn_input_not_allowed);
}

static void inputs_are_read_as_their_types(void **state) {
    FeelRun run;
    (void)state;
    const DmnModel *m = load(DMN("<itemDefinition name='tCase'><itemComponent name='due date'>"
        "<typeRef>date</typeRef></itemComponent><itemComponent name='kind'><typeRef>string</typeRef>"
        "<allowedValues>" TEXT("\"a\", \"b\"") "</allowedValues></itemComponent></itemDefinition>"
        INPUT("case", "tCase") "<decision id='d' name='d'><variable name='d' typeRef='date'/>"
        NEEDS_INPUT("case") LITERAL("case.due date + @\"P1D\"") "</decision>"));
    assert_int_equal(dmn_fault_count(m), 0);
    ContextBuilder b = context_builder(arena);
    context_put_text(&b, "due date", value_string(STR("2026-02-28")));
    context_put_text(&b, "kind", value_string(STR("a")));
    assert_string_equal(answer(m, "d", one_input("case", value_context(&b)), &run),
                        "@\"2026-03-01\"");
    context_put_text(&b, "kind", value_string(STR("z")));
    assert_string_equal(answer(m, "d", one_input("case", value_context(&b)), &run), "null");
    assert_ptr_equal(run.reasons[0].fault, &fault_feel_not_allowed);
    assert_int_equal(dmn_input_count(dmn_decision_find(m, STR("d"))), 1);
}

#define BKM(name, params, body) "<businessKnowledgeModel id='b_" name "' name='" name \
    "'><variable name='" name "'/><encapsulatedLogic>" params body \
    "</encapsulatedLogic></businessKnowledgeModel>"
#define NEEDS_BKM(name) "<knowledgeRequirement><requiredKnowledge href='#b_" name \
    "'/></knowledgeRequirement>"

static void knowledge_models_and_recursion(void **state) {
    FeelRun run;
    (void)state;
    const char *xml = DMN(BKM("fib", "<formalParameter name='n' typeRef='number'/>",
        LITERAL("if n < 2 then n else fib(n - 1) + fib(n - 2)"))
        "<decision id='d' name='d'>" NEEDS_BKM("fib") LITERAL("fib(15)") "</decision>");
    assert_string_equal(answer(load(xml), "d", value_null(), &run), "610");
    const DmnModel *m;
    Err err = {0};
    assert_true(dmn_load(arena, str_from(xml), NULL, &m, &err));
    assert_int_equal(dmn_fault_count(m), 1);
    assert_true(err_is(dmn_fault(m, 0), &fault_feel_name_unknown));
    Value out, args = one_input("n", value_int(10));
    run = feel_run_new(arena, (Instant){0});
    assert_true(dmn_invoke(load(xml), STR("fib"), args, &run, &out, &err));
    assert_true(value_same(out, value_int(55)));
}

static void faults_name_element_and_place(void **state) {
    FeelRun run;
    (void)state;
    const DmnModel *m = load(DMN("\n<decision id='bad' name='bad'>\n<context>"
        "<contextEntry><variable name='x'/>" LITERAL("1 +") "</contextEntry>"
        "<contextEntry><variable name='y'/>" LITERAL("2") "</contextEntry></context></decision>"
        "<decision id='loop' name='loop'><informationRequirement><requiredDecision href='#loop'/>"
        "</informationRequirement>" LITERAL("1") "</decision>"
        "<decision id='lost' name='lost'><informationRequirement><requiredDecision href='#nowhere'/>"
        "</informationRequirement>" LITERAL("1") "</decision>"
        "<decision id='empty' name='empty'/>"));
    assert_int_equal(dmn_fault_count(m), 3);
    bool syntax = false, cycle = false, unknown = false;
    for (size_t i = 0; i < 3; i++) {
        const Err *err = dmn_fault(m, i);
        assert_true(err->line > 0 && err->element[0] != '\0');
        syntax = syntax || (err_is(err, &fault_feel_syntax) && err->line == 3);
        cycle = cycle || err_is(err, &fault_dmn_cycle);
        unknown = unknown || err_is(err, &fault_dmn_reference_unknown);
    }
    assert_true(syntax && cycle && unknown);
    assert_string_equal(answer(m, "bad", value_null(), &run), "{x: null, y: 2}");
    assert_string_equal(answer(m, "empty", value_null(), &run), "null");
    assert_ptr_equal(run.reasons[0].fault, &fault_dmn_no_logic);
    assert_string_equal(answer(m, "loop", value_null(), &run), "null");
}

static void services_are_functions(void **state) {
    FeelRun run;
    (void)state;
    const DmnModel *m = load(DMN(INPUT("x", "number")
        "<decision id='a' name='a'>" NEEDS_INPUT("x") LITERAL("x + 1") "</decision>"
        "<decision id='b' name='b'><informationRequirement><requiredDecision href='#a'/>"
        "</informationRequirement>" LITERAL("a * 10") "</decision>"
        "<decisionService id='s' name='s'><variable name='s'/><outputDecision href='#b'/>"
        "<encapsulatedDecision href='#a'/><inputData href='#i_x'/></decisionService>"
        "<decision id='d' name='d'><knowledgeRequirement><requiredKnowledge href='#s'/>"
        "</knowledgeRequirement>" LITERAL("s(4) + s(x: 1)") "</decision>"));
    assert_int_equal(dmn_fault_count(m), 0);
    assert_string_equal(answer(m, "d", value_null(), &run), "70");
}

static bool resolve(void *context, Arena *a, Str space, Str location, Str *text, Str *file,
                    Err *err) {
    (void)a;
    (void)location;
    if (!str_equal(space, STR("urn:other"))) return err_set(err, &fault_system_failure, space);
    *text = str_from(context);
    *file = STR("other.dmn");
    return true;
}

static void imports_are_contexts(void **state) {
    FeelRun run;
    (void)state;
    static char other[] = "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' "
        "name='o' namespace='urn:other'><itemDefinition name='tN'><typeRef>number</typeRef>"
        "</itemDefinition>" INPUT("x", "tN") "<decision id='twice' name='twice it'>"
        NEEDS_INPUT("x") LITERAL("x * 2") "</decision></definitions>";
    const char *xml = DMN("<import namespace='urn:other' name='the other' importType='DMN'/>"
        "<import namespace='urn:none' name='none' importType='DMN'/>"
        "<decision id='d' name='d'><variable name='d' typeRef='the other.tN'/>"
        "<informationRequirement><requiredDecision href='urn:other#twice'/>"
        "</informationRequirement>" LITERAL("the other.twice it + 1") "</decision>");
    DmnOptions options = {.file = STR("m"), .resolve = resolve, .resolve_context = other};
    const DmnModel *m;
    Err err = {0};
    assert_true(dmn_load(arena, str_from(xml), &options, &m, &err));
    assert_int_equal(dmn_fault_count(m), 1);
    assert_true(err_is(dmn_fault(m, 0), &fault_dmn_import));
    assert_string_equal(answer(m, "d", one_input("x", value_int(4)), &run), "9");
    Value group = one_input("x", value_int(5));
    assert_string_equal(answer(m, "d", one_input("the other", group), &run), "11");
}

static void texts_that_are_no_models(void **state) {
    static const char *const texts[] = {"", "<a/>", "<definitions", "{}", "<!DOCTYPE x><a/>"};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        const DmnModel *m;
        Err err = {0};
        assert_false(dmn_load(arena, str_from(texts[i]), NULL, &m, &err));
        assert_non_null(err.fault);
    }
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        T(hit_policies), T(aggregations), T(defaults_and_limits_of_inputs),
        T(inputs_are_read_as_their_types), T(knowledge_models_and_recursion),
        T(faults_name_element_and_place), T(services_are_functions), T(imports_are_contexts),
        T(texts_that_are_no_models)};
    return cmocka_run_group_tests_name("dmn model", tests, NULL, NULL);
}
