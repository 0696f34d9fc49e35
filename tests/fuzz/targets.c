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
#include "lang/dmn/dmn.h"
#include "lang/feel/feel.h"
#include "lang/form/form.h"
#include "lang/schema/schema.h"
#include "seal/seal.h"

#define FUZZ_ARENA_BYTES (64u << 20)
#define FUZZ_FUEL 200000

void fuzz_init(void)
{
    Err err = {0};
    if (!seal_init(&err)) __builtin_trap();
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

static void run_feel_text(Str input, bool unary)
{
    Arena *a = arena_open(FUZZ_ARENA_BYTES);
    FeelScope scope = {.open = true};
    const FeelProgram *program = NULL;
    Err err = {0};
    FeelPlace place = {0};
    bool ok = unary ? feel_compile_unary(a, input, place, &scope, &program, &err)
                    : feel_compile(a, input, place, &scope, &program, &err);
    if (ok) {
        Value *slots = arena_new_array(a, Value, feel_slot_count(program) + 1);
        FeelRun run = feel_run_new(a, (Instant){0});
        Value out = value_null();
        run.fuel = FUZZ_FUEL;
        if (!unary && slots && feel_run(program, slots, &run, &out)) {
            (void)feel_string(a, out);
            (void)feel_to_plain(a, out);
        }
    }
    arena_close(a);
}

static void run_feel(Str input) { run_feel_text(input, false); }
static void run_feel_unary(Str input) { run_feel_text(input, true); }

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
    {"dmn", run_dmn, "packs/xiangyang/decisions"},
    {"bpmn", run_bpmn, "packs/xiangyang/processes tests/cases/bpmn"},
    {"form", run_form, "packs/xiangyang/forms"},
    {"schema", run_schema, "packs/xiangyang/registries packs/hubei/registries"},
    {"definitions", run_definitions, "packs/xiangyang/things packs/hubei/calendars"},
    {0},
};
