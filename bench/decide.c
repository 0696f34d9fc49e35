/* decide.c - how fast decisions are: tables bound and through JSON, large tables, loading, FEEL.
 *
 *     bench_decide [SECONDS]          run every figure for SECONDS (1)
 *     bench_decide --write FOLDER     write the models and inputs, for the peers
 *
 * Every line is: figure, value, unit, what was measured, with tabs between. One thread. Each
 * figure is the best of five runs, so that the neighbours on the machine count less.
 *
 *     table20        UNIQUE, 20 rules, four inputs (two numbers, a text, a boolean), one output
 *     table3700      FIRST, 3,700 rules, three inputs (a code, an amount, a day), one output
 *     model100       100 tables like table20, each a decision of its own
 *     if-expression  three branches over two numbers
 *
 * Inputs are drawn once, from a fixed seed, and taken in turn; all engines get the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "codec/json.h"
#include "lang/dmn/dmn.h"
#include "os/os.h"

#define MODEL_ARENA_BYTES ((size_t)2 << 30)
#define RUN_ARENA_BYTES ((size_t)64 << 20)
#define INPUTS 1024u
#define RUNS 5
#define LARGE_RULES 3700u
#define MODEL_TABLES 100u

#define MODEL_HEAD                                                                              \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                              \
    "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" id=\"bench\" "         \
    "name=\"bench\" namespace=\"urn:tongban:bench\">\n"

static const char if_expression[] =
    "if age >= 60 and income < 2500 then income * 0.25 + 120 "
    "else if age < 18 then 300 else income - 15.5";

static uint64_t seed = 42;

static uint32_t draw(uint32_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % limit;
}

/* ---- Models. */

static void add_input(Buf *b, const char *name, const char *type)
{
    buf_printf(b, "<inputData id=\"in_%s\" name=\"%s\"><variable name=\"%s\" typeRef=\"%s\"/>"
                  "</inputData>\n", name, name, name, type);
}

static void add_need(Buf *b, const char *name)
{
    buf_printf(b, "<informationRequirement><requiredInput href=\"#in_%s\"/>"
                  "</informationRequirement>\n", name);
}

static void add_column(Buf *b, const char *name, const char *type)
{
    buf_printf(b, "<input><inputExpression typeRef=\"%s\"><text>%s</text></inputExpression>"
                  "</input>\n", type, name);
}

static void add_cell(Buf *b, const char *element, const char *text)
{
    buf_printf(b, "<%s><text>%s</text></%s>", element, text, element);
}

static const char *const small_names[] = {"age", "income", "kind", "resident"};
static const char *const small_types[] = {"number", "number", "string", "boolean"};

/* Five bands of age, two of income, and in turn two groups of kinds or the residence. */
static void add_small_table(Buf *b, unsigned number)
{
    static const char *const ages[] = {"&lt; 18", "[18..35)", "[35..60)", "[60..80)", "&gt;= 80"};
    static const char *const incomes[] = {"&lt; 2500", "&gt;= 2500"};
    static const char *const kinds[] = {"\"worker\", \"farmer\"", "\"student\", \"other\""};
    buf_printf(b, "<decision id=\"table_%u\" name=\"table_%u\"><variable name=\"table_%u\" "
                  "typeRef=\"number\"/>\n", number, number, number);
    for (size_t i = 0; i < 4; i++)
        add_need(b, small_names[i]);
    buf_add_text(b, "<decisionTable hitPolicy=\"UNIQUE\">\n");
    for (size_t i = 0; i < 4; i++)
        add_column(b, small_names[i], small_types[i]);
    buf_add_text(b, "<output name=\"amount\" typeRef=\"number\"/>\n");
    for (unsigned rule = 0; rule < 20; rule++) {
        char amount[32];
        snprintf(amount, sizeof amount, "%u.50", 100 + rule * 10 + number);
        buf_printf(b, "<rule id=\"r_%u_%u\">", number, rule);
        add_cell(b, "inputEntry", ages[rule / 4]);
        add_cell(b, "inputEntry", incomes[rule / 2 % 2]);
        bool by_kind = rule / 4 % 2 == 0;
        add_cell(b, "inputEntry", by_kind ? kinds[rule % 2] : "-");
        add_cell(b, "inputEntry", by_kind ? "-" : rule % 2 ? "true" : "false");
        add_cell(b, "outputEntry", amount);
        buf_add_text(b, "</rule>\n");
    }
    buf_add_text(b, "</decisionTable></decision>\n");
}

static Str small_model(Arena *a, unsigned tables)
{
    Buf b = buf_new(a, 1 << 20);
    buf_add_text(&b, MODEL_HEAD);
    for (size_t i = 0; i < 4; i++)
        add_input(&b, small_names[i], small_types[i]);
    for (unsigned i = 0; i < tables; i++)
        add_small_table(&b, i);
    buf_add_text(&b, "</definitions>\n");
    return arena_copy(a, buf_text(&b));
}

/* A tariff: 740 codes, each with three bands of the amount for goods before 2025 and since, and
 * the last rule of each code for everything else. */
static void add_large_rule(Buf *b, unsigned rule)
{
    static const char *const amounts[] = {"&lt; 1000", "[1000..50000)", "&gt;= 50000", "-", "-"};
    static const char *const days[] = {"-", "&lt; date(\"2025-01-01\")",
                                       "&lt; date(\"2025-01-01\")", "&gt;= date(\"2025-01-01\")",
                                       "-"};
    char code[32], rate[32];
    snprintf(code, sizeof code, "\"HS%05u\"", rule / 5 * 7);
    snprintf(rate, sizeof rate, "%u.%02u", rule % 37, rule % 100);
    buf_printf(b, "<rule id=\"r_%u\">", rule);
    add_cell(b, "inputEntry", code);
    add_cell(b, "inputEntry", amounts[rule % 5]);
    add_cell(b, "inputEntry", days[rule % 5]);
    add_cell(b, "outputEntry", rate);
    buf_add_text(b, "</rule>\n");
}

static Str large_model(Arena *a)
{
    static const char *const names[] = {"code", "amount", "day"};
    static const char *const types[] = {"string", "number", "date"};
    Buf b = buf_new(a, 1 << 20);
    buf_add_text(&b, MODEL_HEAD);
    for (size_t i = 0; i < 3; i++)
        add_input(&b, names[i], types[i]);
    buf_add_text(&b, "<decision id=\"table_0\" name=\"table_0\"><variable name=\"table_0\" "
                     "typeRef=\"number\"/>\n");
    for (size_t i = 0; i < 3; i++)
        add_need(&b, names[i]);
    buf_add_text(&b, "<decisionTable hitPolicy=\"FIRST\">\n");
    for (size_t i = 0; i < 3; i++)
        add_column(&b, names[i], types[i]);
    buf_add_text(&b, "<output name=\"rate\" typeRef=\"number\"/>\n");
    for (unsigned rule = 0; rule < LARGE_RULES; rule++)
        add_large_rule(&b, rule);
    buf_add_text(&b, "</decisionTable></decision></definitions>\n");
    return arena_copy(a, buf_text(&b));
}

/* ---- Inputs, as JSON texts. */

static Str small_input(Arena *a)
{
    static const char *const kinds[] = {"worker", "farmer", "student", "other"};
    return arena_printf(a, "{\"age\":%u,\"income\":%u.%02u,\"kind\":\"%s\",\"resident\":%s}",
                        draw(100), draw(6000), draw(100), kinds[draw(4)],
                        draw(2) ? "true" : "false");
}

/* One in ten codes is not in the table. */
static Str large_input(Arena *a)
{
    unsigned code = draw(LARGE_RULES / 5) * 7 + (draw(10) == 0);
    return arena_printf(a, "{\"code\":\"HS%05u\",\"amount\":%u,\"day\":\"20%02u-%02u-%02u\"}", code,
                        draw(100000), 20 + draw(10), 1 + draw(12), 1 + draw(28));
}

typedef struct Bench {
    const DmnDecision *decision;
    const FeelProgram *program;
    Str texts[INPUTS];
    Value inputs[INPUTS];   /* contexts of typed values */
    Value slots[INPUTS][4]; /* in the order of the program's slots */
    Arena *arena;           /* of one evaluation */
    Str xml;
} Bench;

static void load_inputs(Bench *bench, Arena *a, Str (*input)(Arena *a))
{
    for (unsigned i = 0; i < INPUTS; i++) {
        bench->texts[i] = input(a);
        check(json_parse(a, bench->texts[i], &bench->inputs[i], NULL));
    }
}

/* Dates as values, not as texts: what a caller that keeps typed rows has at hand. */
static void bind_inputs(Bench *bench, Arena *a)
{
    FeelRun run = feel_run_new(a, (Instant){0});
    for (unsigned i = 0; i < INPUTS; i++) {
        ContextBuilder b = context_builder(a);
        for (size_t k = 0; k < dmn_input_count(bench->decision); k++) {
            Str name = dmn_input_name(bench->decision, k);
            context_put(&b, name, feel_from_plain(dmn_input_type(bench->decision, k),
                                                  value_get(bench->inputs[i], name), &run));
        }
        bench->inputs[i] = value_context(&b);
    }
}

static const DmnModel *load_model(Arena *a, Str xml)
{
    const DmnModel *model;
    DmnOptions options = {.file = STR("bench.dmn")};
    check(dmn_load(a, xml, &options, &model, NULL));
    check(dmn_fault_count(model) == 0);
    return model;
}

/* ---- What is measured. */

static void evaluate_bound(Bench *bench, unsigned i)
{
    Value out;
    arena_reset(bench->arena);
    FeelRun run = feel_run_new(bench->arena, (Instant){0});
    check(dmn_evaluate(bench->decision, bench->inputs[i], &run, &out));
    check(run.reason_count == 0);
}

static void evaluate_json(Bench *bench, unsigned i)
{
    Value inputs, out;
    arena_reset(bench->arena);
    check(json_parse(bench->arena, bench->texts[i], &inputs, NULL));
    FeelRun run = feel_run_new(bench->arena, (Instant){0});
    check(dmn_evaluate(bench->decision, inputs, &run, &out));
    ContextBuilder b = context_builder(bench->arena);
    context_put_text(&b, "result", feel_to_plain(bench->arena, out));
    check(json_copy_text(bench->arena, value_context(&b)).len > 0);
}

static void evaluate_if(Bench *bench, unsigned i)
{
    Value out;
    arena_reset(bench->arena);
    FeelRun run = feel_run_new(bench->arena, (Instant){0});
    check(feel_run(bench->program, bench->slots[i], &run, &out));
    check(value_is(out, VALUE_NUMBER));
}

static void load_once(Bench *bench, unsigned i)
{
    (void)i;
    arena_reset(bench->arena);
    load_model(bench->arena, bench->xml);
}

static double best_by_cpu; /* of the last measure: calls a second of this thread's own time */

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Calls a second: the best of the runs. */
static double measure(Bench *bench, void (*work)(Bench *bench, unsigned i), double seconds)
{
    double best = 0;
    best_by_cpu = 0;
    for (int run = 0; run < RUNS; run++) {
        double cpu_began = cpu_s();
        int64_t began = clock_monotonic_ns(), ends = began + (int64_t)(seconds / RUNS * 1e9), now;
        uint64_t calls = 0;
        do {
            for (unsigned i = 0; i < 16; i++, calls++)
                work(bench, (unsigned)(calls % INPUTS));
            now = clock_monotonic_ns();
        } while (now < ends);
        double rate = (double)calls * 1e9 / (double)(now - began);
        double by_cpu = (double)calls / (cpu_s() - cpu_began);
        best = rate > best ? rate : best;
        best_by_cpu = by_cpu > best_by_cpu ? by_cpu : best_by_cpu;
    }
    return best;
}

/* A rate by the clock, and by the time that the thread really had: on a busy machine they differ. */
static void report_rate(const char *figure, double rate, const char *what)
{
    printf("%s\t%.0f\tevaluations/s\t%s; by CPU time %.0f\n", figure, rate, what, best_by_cpu);
    fflush(stdout);
}

static void report(const char *figure, double value, const char *unit, const char *what)
{
    printf("%s\t%.*f\t%s\t%s\n", figure, value < 1000 ? 2 : 0, value, unit, what);
    fflush(stdout);
}

/* How many inputs have a result: the peers have to agree. */
static void report_hits(Bench *bench, const char *figure)
{
    unsigned hits = 0;
    for (unsigned i = 0; i < INPUTS; i++) {
        Value out;
        FeelRun run = feel_run_new(bench->arena, (Instant){0});
        arena_reset(bench->arena);
        check(dmn_evaluate(bench->decision, bench->inputs[i], &run, &out));
        hits += !value_is_null(out);
    }
    report(figure, hits, "of 1024", "inputs with a result");
}

static void bench_table(Bench *bench, Arena *a, Str xml, Str (*input)(Arena *a),
                        const char *const names[3], double seconds)
{
    seed = 42;
    bench->decision = dmn_decision_at(load_model(a, xml), 0);
    load_inputs(bench, a, input);
    report_rate(names[1], measure(bench, evaluate_json, seconds),
                "JSON text read, decision evaluated, JSON text written");
    bind_inputs(bench, a);
    report_hits(bench, names[2]);
    report_rate(names[0], measure(bench, evaluate_bound, seconds),
                "inputs at hand as typed values, result as a value");
}

static void bench_if(Bench *bench, Arena *a, double seconds)
{
    const FeelName names[] = {{STR("age"), feel_type_named(STR("number"))},
                              {STR("income"), feel_type_named(STR("number"))}};
    FeelScope scope = {.names = names, .count = 2};
    check(feel_compile(a, str_from(if_expression), (FeelPlace){0}, &scope, &bench->program, NULL));
    load_inputs(bench, a, small_input);
    for (unsigned i = 0; i < INPUTS; i++)
        for (size_t k = 0; k < feel_slot_count(bench->program); k++)
            bench->slots[i][k] = value_get(bench->inputs[i], feel_slot_name(bench->program, k));
    report_rate("if-expression", measure(bench, evaluate_if, seconds),
                "one FEEL expression, slots bound");
}

/* ---- Files for the peers. */

static void write_file(Arena *a, Str folder, const char *name, Str text)
{
    Err err = {0};
    check(file_write(arena_printf(a, "%.*s/%s", STR_ARG(folder), name), text, &err));
}

static Str input_list(Arena *a, Str (*input)(Arena *a))
{
    Buf b = buf_new(a, 1 << 16);
    seed = 42;
    for (unsigned i = 0; i < INPUTS; i++) {
        buf_add(&b, input(a));
        buf_add_char(&b, '\n');
    }
    return arena_copy(a, buf_text(&b));
}

static int write_files(Arena *a, Str folder)
{
    Err err = {0};
    check(file_make_directory(folder, &err));
    write_file(a, folder, "table20.dmn", small_model(a, 1));
    write_file(a, folder, "table20.jsonl", input_list(a, small_input));
    write_file(a, folder, "table3700.dmn", large_model(a));
    write_file(a, folder, "table3700.jsonl", input_list(a, large_input));
    write_file(a, folder, "model100.dmn", small_model(a, MODEL_TABLES));
    write_file(a, folder, "if.feel", str_from(if_expression));
    return 0;
}

int main(int argc, char **argv)
{
    static Bench bench;
    static const char *const small[] = {"table20", "table20-json", "table20-hits"};
    static const char *const large[] = {"table3700", "table3700-json", "table3700-hits"};
    Arena *a = arena_open(MODEL_ARENA_BYTES);
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_files(a, str_from(argv[2]));
    double seconds = argc > 1 ? atof(argv[1]) : 1.0;
    bench.arena = arena_open(RUN_ARENA_BYTES);
    bench_table(&bench, a, small_model(a, 1), small_input, small, seconds);
    bench_table(&bench, a, large_model(a), large_input, large, seconds);
    bench_if(&bench, a, seconds);
    bench.xml = small_model(a, MODEL_TABLES);
    report("model100", 1000 / measure(&bench, load_once, seconds), "ms",
           "XML text to a model ready to evaluate: 100 tables of 20 rules");
    arena_close(bench.arena);
    arena_close(a);
    return 0;
}
