/* targets.c - the readers: text of people, packs and the network. */
#include "targets.h"

#include "codec/csv.h"
#include "codec/identifier.h"
#include "codec/json.h"
#include "codec/xml.h"
#include "domain/case/case.h"
#include "domain/clock/clock.h"
#include "domain/registry/registry.h"
#include "lang/bpmn/bpmn.h"
#include "lang/dmn/explain.h"
#include "lang/dmn/table_check.h"
#include "lang/feel/feel.h"
#include "lang/form/form.h"
#include "lang/schema/schema.h"
#include "seal/seal.h"

#define FUZZ_ARENA_BYTES (64u << 20)
#define FUZZ_FUEL 200000

/* What the names of the FEEL targets stand for; all of them may also be free names. */
static const struct { const char *name, *value; } fuzz_names[] = {
    {"a", "1.50"}, {"b", "\"text\""}, {"list", "[3, 1, 2, null]"}, {"item", "true"},
    {"first name", "\"Ann\""}, {"a-b", "@\"2026-01-31\""}, {"none", "null"},
    {"person", "{full name: \"Ann\", age: 30, children: [{age: 1}, {age: 2}]}"},
    {"range", "[1..5)"}, {"f", "function(x, y) x < y"},
    {"t", "@\"2026-03-29T01:30:00@Europe/Paris\""}, {"d", "@\"P1DT2H\""}};
#define FUZZ_NAMES (sizeof fuzz_names / sizeof *fuzz_names)

static Arena *fuzz_arena; /* lives as long as the process */
static FeelName fuzz_scope[FUZZ_NAMES];
static Value fuzz_values[FUZZ_NAMES];
/* The functions with patterns, over the slots of regex_slots. */
static const FeelProgram *fuzz_regex[3];

static const FeelProgram *fuzz_compile(const char *text, const FeelScope *scope)
{
    const FeelProgram *program = NULL;
    Err err = {0};
    if (!feel_compile(fuzz_arena, str_from(text), (FeelPlace){0}, scope, &program, &err)) {
        __builtin_trap();
    }
    return program;
}

void fuzz_init(void)
{
    static const char *const patterns[] = {"matches(text, pattern, flags)",
                                           "replace(text, pattern, replacement, flags)",
                                           "split(text, pattern)"};
    const FeelScope open = {.open = true};
    Err err = {0};
    if (!seal_init(&err)) __builtin_trap();
    fuzz_arena = arena_open(FUZZ_ARENA_BYTES);
    for (size_t i = 0; i < FUZZ_NAMES; i++) {
        FeelRun run = feel_run_new(fuzz_arena, (Instant){0});
        const FeelProgram *program = fuzz_compile(fuzz_names[i].value, NULL);
        fuzz_scope[i].name = str_from(fuzz_names[i].name);
        if (!feel_run(program, NULL, &run, &fuzz_values[i])) __builtin_trap();
    }
    for (size_t i = 0; i < 3; i++) fuzz_regex[i] = fuzz_compile(patterns[i], &open);
}

/* What is read must be written and read again as the same value. */
static void run_json(Str input)
{
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    Value v, again;
    Err err = {0};
    if (json_parse(a, input, &v, &err)) {
        Str text = json_copy_text(a, v);
        if (!arena_failed(a) && (!json_parse(a, text, &again, &err) || !value_same(v, again))) {
            __builtin_trap();
        }
    }
    arena_close(a);
}

static void run_xml(Str input)
{
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    XmlNode *root = NULL;
    Err err = {0};
    xml_parse(a, input, &root, &err);
    arena_close(a);
}

static void run_csv(Str input)
{
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    CsvReader *r = arena_new(a, CsvReader);
    CsvRecord record;
    Err err = {0};
    csv_reader_init(r, input, ',');
    while (csv_reader_next(r, a, &record, &err) && record.count) continue;
    arena_close(a);
}

static void run_identifier(Str input)
{
    static const char *const formats[] = {"uscc", "organisation", "citizen", "licence", "matter",
                                          "region", "pollution-source", "mobile"};
    size_t bad = 0;
    if (!utf8_valid(input, &bad)) return;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        Err err = {0};
        identifier_check(str_from(formats[i]), input, &err);
    }
}

/* A value must be written, and told as a literal and as plain data, whatever it is; so must the
 * reasons beside it. */
static void use_value(Arena *a, const FeelRun *run, Value v)
{
    Buf b = buf_new(a, 0);
    (void)feel_string(a, v);
    (void)feel_literal(a, v);
    (void)feel_to_plain(a, v);
    for (size_t i = 0; i < feel_reasons_kept(run); i++) {
        feel_reason_text(&run->reasons[i], i % 2 ? LANG_EN : LANG_ZH, true, &b);
    }
    if (feel_reasons_kept(run) && !buf_failed(&b) && !utf8_valid(buf_text(&b), NULL)) {
        __builtin_trap();
    }
}

static void run_program(Arena *a, const FeelProgram *program, bool unary)
{
    Value *slots = arena_new_array(a, Value, feel_slot_count(program) + 1);
    if (!slots) return;
    for (size_t i = 0; i < feel_slot_count(program); i++) {
        for (size_t j = 0; j < FUZZ_NAMES; j++) {
            if (str_equal(feel_slot_name(program, i), fuzz_scope[j].name)) slots[i] = fuzz_values[j];
        }
    }
    for (size_t i = 0; i < (unary ? FUZZ_NAMES : 1); i++) {
        FeelRun run = feel_run_new(a, (Instant){0});
        Value out = value_null();
        run.fuel = FUZZ_FUEL;
        bool done = unary ? feel_unary_run(program, fuzz_values[i], slots, &run, &out)
                          : feel_run(program, slots, &run, &out);
        if (!done && (!run.stopped || !value_is_null(out) || !run.reason_count)) __builtin_trap();
        use_value(a, &run, out);
    }
}

static void run_feel_text(Str input, bool unary)
{
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    FeelScope scope = {.names = fuzz_scope, .count = FUZZ_NAMES, .open = true};
    const FeelProgram *program = NULL;
    Err err = {0};
    FeelPlace place = {0};
    bool ok = unary ? feel_compile_unary(a, input, place, &scope, &program, &err)
                    : feel_compile(a, input, place, &scope, &program, &err);
    if (ok) {
        Buf shown = buf_new(a, 0);
        feel_show(program, &shown);
        run_program(a, program, unary);
    } else if (!err.fault) {
        __builtin_trap();
    }
    arena_close(a);
}

static void run_feel(Str input) { run_feel_text(input, false); }
static void run_feel_unary(Str input) { run_feel_text(input, true); }

/* Four lines: flags, pattern, replacement, and the rest is the text. */
static void run_regex(Str input)
{
    if (!utf8_valid(input, NULL)) return;
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    Str rest = input;
    Str flags = str_split(&rest, '\n'), pattern = str_split(&rest, '\n');
    Str replacement = str_split(&rest, '\n');
    for (size_t i = 0; i < 3; i++) {
        Value slots[4] = {{0}};
        for (size_t j = 0; j < feel_slot_count(fuzz_regex[i]); j++) {
            Str name = feel_slot_name(fuzz_regex[i], j);
            slots[j] = value_string(str_equal(name, STR("flags"))         ? flags
                                    : str_equal(name, STR("pattern"))     ? pattern
                                    : str_equal(name, STR("replacement")) ? replacement
                                                                          : rest);
        }
        FeelRun run = feel_run_new(a, (Instant){0});
        Value out = value_null();
        feel_run(fuzz_regex[i], slots, &run, &out);
        use_value(a, &run, out);
    }
    arena_close(a);
}

/* Inputs of the kinds that explanations move: numbers, dates as texts, booleans, nothing. */
static Value dmn_inputs(Arena *a, const DmnDecision *d)
{
    ContextBuilder b = context_builder(a);
    for (size_t i = 0; i < dmn_input_count(d) && i < 8; i++)
        context_put(&b, dmn_input_name(d, i),
                    i % 4 == 0 ? value_int(3)
                    : i % 4 == 1 ? value_string(STR("2024-05-01"))
                    : i % 4 == 2 ? value_boolean(true) : value_null());
    return value_context(&b);
}

static void judge_dmn(Arena *a, const DmnModel *model)
{
    DmnFindings found;
    Buf text = buf_new(a, 0);
    dmn_tables_check(a, model, &found, NULL);
    for (size_t i = 0; i < found.count && i < 20; i++)
        err_show(&found.items[i].err, i % 2 ? LANG_EN : LANG_ZH, &text);
    for (size_t i = 0; i < dmn_decision_count(model) && i < 2; i++) {
        const DmnDecision *d = dmn_decision_at(model, i);
        FeelRun run = feel_run_new(a, (Instant){0});
        Value out, why;
        run.fuel = FUZZ_FUEL;
        dmn_explain(d, dmn_inputs(a, d), &run, i % 2 ? LANG_EN : LANG_ZH, &out, &why);
    }
}

static void run_dmn(Str input)
{
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    DmnOptions options = {0};
    const DmnModel *model = NULL;
    Err err = {0};
    if (dmn_load(a, input, &options, &model, &err)) {
        ContextBuilder empty = context_builder(a);
        for (size_t i = 0; i < dmn_decision_count(model) && i < 8; i++) {
            FeelRun run = feel_run_new(a, (Instant){0});
            Value out = value_null();
            run.fuel = FUZZ_FUEL;
            dmn_evaluate(dmn_decision_at(model, i), value_context(&empty), &run, &out);
        }
        judge_dmn(a, model);
    }
    arena_close(a);
}

static void run_bpmn(Str input)
{
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    BpmnModel model = {0};
    BpmnFaults faults = {0};
    bpmn_compile_all(a, STR("fuzz.bpmn"), input, &model, &faults);
    arena_close(a);
}

static void run_form(Str input)
{
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    Form *form = NULL;
    Err err = {0};
    if (form_compile(a, input, STR("fuzz.form.json"), &form, &err)) {
        FormFaults faults = {0};
        Value v = value_null();
        json_parse(a, input, &v, NULL);
        form_check(form, v, FORM_SUBMIT, (Instant){0}, a, &faults);
    }
    arena_close(a);
}

static void run_schema(Str input)
{
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    Schema *schema = NULL;
    Err err = {0};
    if (schema_compile(a, input, STR("fuzz.json"), NULL, &schema, &err)) {
        Value v = value_null();
        json_parse(a, input, &v, NULL);
        schema_validate(schema, a, v, &err);
        schema_close(schema);
    }
    arena_close(a);
}

static void run_definitions(Str input)
{
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    Thing *thing = NULL;
    Calendar *calendar = NULL;
    Registry registry = {0};
    Err err = {0};
    thing_compile(a, input, STR("fuzz.json"), &thing, &err);
    err_clear(&err);
    calendar_compile(a, input, STR("fuzz.json"), &calendar, &err);
    err_clear(&err);
    registry_describe(a, STR("fuzz"), input, STR("fuzz.json"), &registry, &err);
    arena_close(a);
}

const FuzzTarget fuzz_targets[] = {
    {"json", run_json, "tests/cases/json packs/xiangyang/forms"},
    {"xml", run_xml, "tests/cases/xml packs/xiangyang/decisions"},
    {"csv", run_csv, "packs/xiangyang/data"},
    {"identifier", run_identifier, ""},
    {"feel", run_feel, ""},
    {"feel_unary", run_feel_unary, ""},
    {"regex", run_regex, ""},
    {"dmn", run_dmn, "packs/xiangyang/decisions"},
    {"bpmn", run_bpmn, "packs/xiangyang/processes tests/cases/bpmn"},
    {"form", run_form, "packs/xiangyang/forms"},
    {"schema", run_schema, "packs/xiangyang/registries packs/hubei/registries"},
    {"definitions", run_definitions, "packs/xiangyang/things packs/hubei/calendars"},
    {0},
};
