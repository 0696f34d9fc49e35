/* registry_module.c - registries as a module of a core: definitions, versions, purposes, looks,
 * identifiers, erasure, and the same rows after a replay. */
#include "codec/identifier.h"
#include "codec/json.h"
#include "domain/registry/registry.h"
#include "lang/schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NODE 420600
#define LIN "11010519491231002X"
#define FIRM "91110000101623741K"

typedef struct Bench {
    Arena *arena;
    Clock *clock;
    Core *core;
    const Module *modules[2];
    StoreConn *reader;
    Value told; /* what a follow-up replied */
} Bench;

static Bench b;

/* ---- A module that asks others, as process does. */

static bool decide_ask(void *state, const Command *command, Decision *d)
{
    ContextBuilder reply = context_builder(decision_arena(d));
    (void)state;
    decision_follow(d, value_get_string(command->body, STR("kind")),
                    value_field(command->body, "body"), STR("probe.told"), value_context(&reply));
    return true;
}

static bool decide_told(void *state, const Command *command, Decision *d)
{
    (void)state;
    (void)d;
    b.told = value_copy(b.arena, command->body);
    return true;
}

static const CommandKind probe_commands[] = {{"probe.ask", decide_ask, COMMAND_INTERNAL},
                                             {"probe.told", decide_told, COMMAND_INTERNAL},
                                             {0}};
static const EventKind no_events[] = {{0}};
static const char *const no_tables[] = {NULL};
static const Module probe = {.name = "probe", .tables = no_tables, .commands = probe_commands,
                             .events = no_events};

/* ---- Small parts. */

static void show(const Err *err)
{
    Buf text = buf_new(b.arena, 100);
    err_show(err, LANG_EN, &text);
    fail_msg("%s", buf_cstr(&text));
}

static Value json(const char *text)
{
    Value v = value_null();
    Err err = {0};
    if (!json_parse(b.arena, str_from(text), &v, &err))
        show(&err);
    return v;
}

static Reply run_as(Actor actor, const char *kind, Value body)
{
    Reply reply = {0};
    Err err = {0};
    Command c = {.kind = str_from(kind), .actor = actor, .body = body};
    if (!core_run(b.core, &c, b.arena, &reply, &err))
        show(&err);
    return reply;
}

static const Actor system_actor = {.id = {"system", 6}};

static Value well(const char *kind, const char *body)
{
    Reply reply = run_as(system_actor, kind, json(body));
    if (!reply.accepted)
        show(&reply.err);
    return reply.body;
}

static void refused(const char *kind, const char *body, const Fault *fault)
{
    Reply reply = run_as(system_actor, kind, json(body));
    assert_false(reply.accepted);
    if (reply.err.fault != fault)
        show(&reply.err);
}

/* A command as a follow-up; its reply. */
static Value asked(const char *kind, const char *body)
{
    b.told = value_null();
    Str ask = arena_printf(b.arena, "{\"kind\": \"%s\", \"body\": %s}", kind, body);
    Reply reply = run_as(system_actor, "probe.ask", json(arena_copy(b.arena, ask).ptr));
    if (!reply.accepted)
        show(&reply.err);
    return b.told;
}

static Str source_file(const char *name)
{
    const char *source = getenv("TONGBAN_SOURCE");
    Str text = STR_NONE;
    Err err = {0};
    if (!file_read(b.arena, arena_printf(b.arena, "%s/%s", source ? source : ".", name), 1u << 24,
                   &text, &err))
        show(&err);
    return text;
}

static const char city_road[] =
    "{\"x-tongban\": {\"key\": \"code\", \"title\": {\"zh\": \"城市道路库\", \"en\": \"City roads\"},"
    "\"source\": \"420600-cgj\", \"share\": \"unconditional\","
    "\"numbering\": {\"format\": \"serial\", \"prefix\": \"R\", \"digits\": 2, \"yearly\": true}},"
    "\"type\": \"object\", \"required\": [\"code\"], \"additionalProperties\": false,"
    "\"properties\": {\"code\": {\"type\": \"string\", \"title\": \"道路编码\"},"
    "\"lanes\": {\"type\": \"integer\", \"minimum\": 1},"
    "\"keeper\": {\"type\": \"object\", \"properties\": {\"office\": {\"type\": \"string\"}}}}}";

static const char secret[] =
    "{\"x-tongban\": {\"key\": \"code\", \"title\": {\"zh\": \"内部库\", \"en\": \"Internal\"},"
    "\"source\": \"x\", \"share\": \"none\"}, \"type\": \"object\", \"required\": [\"code\"],"
    "\"properties\": {\"code\": {\"type\": \"string\", \"x-tongban-level\": 3}}}";

static void add_definition(Buf *out, const char *id, Str text)
{
    buf_printf(out, "%s{\"kind\": \"registry\", \"id\": \"%s\", \"path\": \"%s.json\", \"text\": ",
               out->ptr[out->len - 1] == '[' ? "" : ",", id, id);
    json_write_string(text, out);
    buf_add_char(out, '}');
}

static void install(void)
{
    Buf body = buf_new(b.arena, 20000);
    buf_add_text(&body, "{\"pack\": \"hubei\", \"version\": \"1\", \"definitions\": [");
    add_definition(&body, "legal_person",
                   source_file("packs/hubei/registries/legal_person.schema.json"));
    add_definition(&body, "population",
                   source_file("packs/hubei/registries/population.schema.json"));
    add_definition(&body, "city_road", str_from(city_road));
    add_definition(&body, "secret", str_from(secret));
    buf_add_text(&body, "]}");
    well("core.install", buf_cstr(&body));
}

static int set_up(void **state)
{
    Err err = {0};
    Instant start = INSTANT_NONE;
    (void)state;
    assert_true(seal_init(&err));
    assert_true(instant_parse(STR("2026-11-25T09:00:00+08:00"), &start));
    b = (Bench){.arena = arena_open(256u << 20), .clock = clock_virtual_open(start)};
    b.modules[0] = registry_module_new(b.arena);
    b.modules[1] = &probe;
    CoreOptions options = {.node = NODE, .location = STR(":memory:"), .clock = b.clock,
                           .modules = b.modules, .module_count = 2};
    if (!core_open(&options, &b.core, &err))
        show(&err);
    assert_true(store_connect_reader(core_store(b.core), &b.reader, &err));
    install();
    return 0;
}

static void verified(void)
{
    VerifyResult result;
    Err err = {0};
    if (!core_verify(b.core, LANG_EN, b.arena, &result, &err))
        show(&err);
    if (result.differences)
        fail_msg("%.*s", STR_ARG(result.report));
}

static int tear_down(void **state)
{
    (void)state;
    verified();
    store_disconnect(b.reader);
    core_close(b.core);
    clock_close(b.clock);
    arena_close(b.arena);
    return 0;
}

static bool read_as(Actor actor, RegistryPurpose purpose, const char *registry, const char *key,
                    RegistryRecord *out, Err *err)
{
    *err = (Err){0};
    assert_true(store_begin(b.reader, err));
    bool good = registry_read(b.reader, NODE, &actor, &purpose, b.arena, str_from(registry),
                              str_from(key), out, err);
    store_end(b.reader);
    return good;
}

#define PERSON(more) \
    "{\"registry\": \"population\", \"record\": {\"id_number\": \"" LIN "\", \"name\": \"林一\"," \
    "\"status\": \"registered\", \"mobile\": \"13800000000\"" more "}}"

/* ---- Definitions. */

static void what_a_registry_is(void **state)
{
    Err err = {0};
    const Registry *list;
    size_t count;
    Registry registry;
    const RegistryProperty *p;
    (void)state;
    assert_true(store_begin(b.reader, &err));
    assert_true(registry_list(b.reader, NODE, b.arena, &list, &count, &err));
    assert_int_equal(count, 4);
    assert_true(str_equal(list[0].name, STR("city_road")));
    assert_false(list[0].personal);
    assert_true(list[2].personal);
    assert_true(registry_has_datum(b.reader, NODE, STR("legal_person.name"), b.arena, &registry,
                                   &p));
    assert_true(str_equal(registry.title_zh, STR("法人库")));
    assert_true(registry.numbered);
    assert_int_equal(registry.version, 1);
    assert_true(str_equal(p->title_zh, STR("名称")));
    assert_true(p->required);
    assert_int_equal(p->level, 1);
    assert_true(registry_has_datum(b.reader, NODE, STR("legal_person.legal_representative_id"),
                                   b.arena, NULL, &p));
    assert_int_equal(p->level, 4);
    assert_true(str_equal(p->source, STR("420000-gat")));
    assert_true(registry_has_datum(b.reader, NODE, STR("city_road.keeper.office"), b.arena, NULL,
                                   NULL));
    assert_false(registry_has_datum(b.reader, NODE, STR("legal_person.colour"), b.arena, NULL,
                                    NULL));
    assert_false(registry_has_datum(b.reader, NODE, STR("nobody.name"), b.arena, NULL, NULL));
    assert_false(registry_has_datum(b.reader, NODE, STR("nobody"), b.arena, NULL, NULL));
    store_end(b.reader);
}

static void wrong_definition(const char *annotation, const char *expected)
{
    Registry r;
    Err err = {0};
    Str text = arena_printf(b.arena,
                            "{\"x-tongban\": %s, \"type\": \"object\", \"required\": [\"a\"],"
                            "\"properties\": {\"a\": {\"type\": \"string\"}, \"b\": {}}}",
                            annotation);
    assert_false(registry_describe(b.arena, STR("r"), text, STR("r.json"), &r, &err));
    Buf out = buf_new(b.arena, 100);
    err_text(&err, LANG_EN, &out);
    if (!strstr(buf_cstr(&out), expected))
        fail_msg("%s", buf_cstr(&out));
}

#define GOOD "\"title\": {\"zh\": \"甲\", \"en\": \"A\"}, \"source\": \"o\", "

static void wrong_definitions(void **state)
{
    (void)state;
    wrong_definition("3", "it is missing");
    wrong_definition("{}", "\"title\" needs zh and en");
    wrong_definition("{\"title\": {\"zh\": \"甲\", \"en\": \"A\"}}", "must name an office");
    wrong_definition("{" GOOD "\"key\": \"a\"}", "\"share\" is one of");
    wrong_definition("{" GOOD "\"share\": \"none\", \"key\": \"z\"}", "must name a property");
    wrong_definition("{" GOOD "\"share\": \"none\", \"key\": \"b\"}", "a required property");
    wrong_definition("{" GOOD "\"share\": \"none\", \"key\": \"a\", \"numbering\": {\"format\": "
                     "\"luck\"}}", "uscc or serial");
    wrong_definition("{" GOOD "\"share\": \"none\", \"key\": \"a\", \"numbering\": {\"format\": "
                     "\"uscc\", \"kind\": \"91\", \"region\": \"x\"}}", "region of 6 digits");
    refused("core.install",
            "{\"pack\": \"p\", \"version\": \"1\", \"definitions\": [{\"kind\": \"registry\", "
            "\"id\": \"r\", \"path\": \"r.json\", \"text\": \"{\\\"typ\\\": 1}\"}]}",
            &fault_schema_keyword_unknown);
}

/* ---- Writing. */

static void versions_are_kept(void **state)
{
    RegistryRecord r, *all;
    Err err;
    size_t count;
    Actor lin = {.id = STR("lin"), .subject = STR(LIN)};
    RegistryPurpose own = {.look = ID_NONE};
    (void)state;
    Value reply = well("registry.put", PERSON(""));
    assert_int_equal(value_get_int(reply, STR("changed"), 0), 1);
    reply = well("registry.put", PERSON("")); /* the same again */
    assert_int_equal(value_get_int(reply, STR("changed"), 1), 0);
    assert_true(clock_set(b.clock, (Instant){clock_now(b.clock).us + US_PER_DAY}));
    well("registry.put", PERSON(", \"address\": \"襄城区\""));
    assert_true(read_as(lin, own, "population", LIN, &r, &err));
    assert_true(r.found);
    assert_int_equal(r.version, 2);
    assert_true(str_equal(value_get_string(r.record, STR("address")), STR("襄城区")));
    assert_true(str_equal(r.source, STR("420000-gat")));
    assert_true(str_equal(r.grade, STR("issued")));
    assert_int_equal(r.valid_from.us, clock_now(b.clock).us);
    assert_true(store_begin(b.reader, &err));
    assert_true(registry_history(b.reader, NODE, &lin, &own, b.arena, STR("population"), STR(LIN),
                                 &all, &count, &err));
    store_end(b.reader);
    assert_int_equal(count, 2);
    assert_int_equal(all[1].version, 1);
    assert_true(value_is_null(value_field(all[1].record, "address")));
}

static void expected_versions(void **state)
{
    (void)state;
    Value told = asked("registry.write", "{\"registry\": \"city_road\", \"record\": {\"code\": "
                                         "\"R1\"}, \"expected_version\": 0}");
    assert_true(value_get_boolean(told, STR("accepted"), false));
    told = asked("registry.write", "{\"registry\": \"city_road\", \"record\": {\"code\": \"R1\", "
                                   "\"lanes\": 2}, \"expected_version\": 0}");
    assert_false(value_get_boolean(told, STR("accepted"), true));
    assert_true(str_equal(value_get_string(value_field(told, "refusal"), STR("fault")),
                          STR("registry_version_changed")));
    told = asked("registry.write", "{\"registry\": \"city_road\", \"record\": {\"code\": \"R1\", "
                                   "\"lanes\": 2}, \"expected_version\": 1}");
    assert_int_equal(value_get_int(value_field(told, "result"), STR("version"), 0), 2);
}

static void wrong_records(void **state)
{
    (void)state;
    refused("registry.put", "{\"registry\": \"nobody\", \"record\": {}}", &fault_registry_unknown);
    refused("registry.put", "{\"registry\": \"city_road\", \"record\": 3}",
            &fault_registry_record_missing);
    refused("registry.put", "{\"registry\": \"city_road\", \"record\": {}}",
            &fault_value_required);
    refused("registry.put", "{\"registry\": \"city_road\", \"record\": {\"code\": \"\"}}",
            &fault_registry_key_invalid);
    refused("registry.put",
            "{\"registry\": \"city_road\", \"records\": [{\"code\": \"a\"}, {\"code\": \"a\"}]}",
            &fault_command_invalid);
    refused("registry.put",
            "{\"registry\": \"city_road\", \"record\": {\"code\": \"a\"}, \"valid_from\": "
            "\"2027-01-01T00:00:00+08:00\"}",
            &fault_registry_valid_from);
    Reply reply = run_as(system_actor, "registry.put",
                         json("{\"registry\": \"city_road\", \"records\": [{\"code\": \"a\"}, "
                              "{\"code\": \"b\", \"lanes\": 0}]}"));
    assert_false(reply.accepted);
    Buf text = buf_new(b.arena, 100);
    err_show(&reply.err, LANG_EN, &text);
    assert_string_equal(buf_cstr(&text),
                        "city_road: /records/1/lanes: The number must be at least 1.");
    /* All or nothing: the first record of the refused command was not written either. */
    RegistryRecord r;
    Err err;
    assert_true(read_as((Actor){.id = STR("x")}, (RegistryPurpose){.look = ID_NONE}, "city_road",
                        "a", &r, &err));
    assert_false(r.found);
}

static void legacy_codes_of_firms(void **state)
{
    (void)state;
    /* A real code whose check digit fails is accepted where the schema says so. */
    well("registry.put", "{\"registry\": \"legal_person\", \"record\": {\"uscc\": "
                         "\"91350211M0000XUF46\", \"name\": \"某公司\", \"type\": \"有限责任公司\", "
                         "\"status\": \"active\"}}");
    refused("registry.put", "{\"registry\": \"legal_person\", \"record\": {\"uscc\": "
                            "\"91350211M0000XUF4\", \"name\": \"某公司\", \"type\": \"有限责任公司\", "
                            "\"status\": \"active\"}}",
            &fault_value_format);
    refused("registry.put", "{\"registry\": \"population\", \"record\": {\"id_number\": "
                            "\"110105194912310021\", \"name\": \"林一\", \"status\": "
                            "\"registered\"}}",
            &fault_value_format);
}

/* ---- Reading. */

static void no_read_without_purpose(void **state)
{
    RegistryRecord r;
    Err err;
    Actor clerk = {.id = STR("clerk"), .office = STR("420600-cgj")};
    (void)state;
    well("registry.put", PERSON(""));
    well("registry.put", "{\"registry\": \"secret\", \"record\": {\"code\": \"s\"}}");
    /* Outside of a case. */
    RegistryPurpose none = {.look = ID_NONE};
    assert_false(read_as(clerk, none, "population", LIN, &r, &err));
    assert_true(err_is(&err, &fault_registry_purpose_missing));
    RegistryPurpose claimed = {.thing = STR("t"), .basis = STR("行政许可法"), .look = ID_NONE};
    assert_false(read_as(clerk, claimed, "population", LIN, &r, &err));
    assert_true(err_is(&err, &fault_registry_read_unrecorded));
    claimed.look = (Id){{1, 2, 3}};
    assert_false(read_as(clerk, claimed, "population", LIN, &r, &err));
    assert_true(err_is(&err, &fault_registry_read_unrecorded));
    assert_false(read_as(clerk, claimed, "secret", "s", &r, &err));
    assert_true(err_is(&err, &fault_registry_not_shared));
    /* An empty subject is nobody's. */
    assert_false(read_as((Actor){.id = STR("x")}, none, "population", "", &r, &err));
    /* Inside of a case: the context must say which. */
    Value told = asked("registry.read", "{\"registry\": \"population\", \"key\": \"" LIN "\"}");
    assert_true(str_equal(value_get_string(value_field(told, "refusal"), STR("fault")),
                          STR("registry_purpose_missing")));
    told = asked("registry.read", "{\"registry\": \"secret\", \"key\": \"s\", \"context\": "
                                  "{\"thing\": \"t\", \"number\": \"1\"}}");
    assert_true(str_equal(value_get_string(value_field(told, "refusal"), STR("fault")),
                          STR("registry_not_shared")));
    refused("registry.look", "{\"registry\": \"population\", \"key\": \"" LIN "\", \"purpose\": "
                             "{\"thing\": \"t\"}}",
            &fault_registry_purpose_missing);
    refused("registry.look", "{\"registry\": \"population\", \"key\": \"" LIN "\", \"fields\": "
                             "[\"colour\"], \"purpose\": {\"thing\": \"t\", \"basis\": \"b\"}}",
            &fault_registry_field_unknown);
}

/* Every built-in task of the module, asked without a purpose, tells nothing of the record. */
static void no_task_without_purpose(void **state)
{
    size_t tried = 0;
    (void)state;
    well("registry.put", PERSON(""));
    for (const CommandKind *k = b.modules[0]->commands; k->kind; k++) {
        if (!(k->flags & COMMAND_TASK))
            continue;
        Value told = asked(k->kind, "{\"registry\": \"population\", \"key\": \"" LIN "\", \"from\": \"" LIN
                                    "\", \"into\": \"" LIN "\", \"reason\": \"r\", \"fields\": [\"name\"], "
                                    "\"grade\": \"declared\"}");
        Str text = json_copy_text(b.arena, told);
        if (str_find(text, STR("林一")) >= 0 || str_find(text, STR("13800000000")) >= 0)
            fail_msg("%s tells: %.*s", k->kind, STR_ARG(text));
        tried++;
    }
    assert_true(tried >= 6);
}

static void a_task_reads_for_its_case(void **state)
{
    (void)state;
    well("registry.put", PERSON(""));
    Value told = asked("registry.read",
                       "{\"registry\": \"population\", \"key\": \"" LIN "\", \"context\": "
                       "{\"thing\": \"road-dig\", \"number\": \"2026-1\", \"matter\": \"m1\"}}");
    Value result = value_field(told, "result");
    assert_true(value_get_boolean(result, STR("found"), false));
    assert_true(str_equal(value_get_string(value_field(result, "record"), STR("name")),
                          STR("林一")));
    told = asked("registry.read",
                 "{\"registry\": \"population\", \"key\": \"nobody\", \"context\": "
                 "{\"thing\": \"road-dig\", \"number\": \"2026-1\"}}");
    assert_false(value_get_boolean(value_field(told, "result"), STR("found"), true));
    told = asked("registry.read",
                 "{\"registry\": \"population\", \"key\": \"" LIN "\", \"fields\": [\"status\"], "
                 "\"context\": {\"thing\": \"road-dig\", \"number\": \"2026-1\"}}");
    Value part = value_field(value_field(told, "result"), "record");
    assert_int_equal(value_count(part), 1);
    /* As a root command, whose reply stands in the journal, the record is left out. */
    Value reply = well("registry.read",
                       "{\"registry\": \"population\", \"key\": \"" LIN "\", \"context\": "
                       "{\"thing\": \"road-dig\", \"number\": \"2026-1\"}}");
    assert_true(value_is_null(value_field(reply, "record")));
    /* The person sees who looked, and why. */
    RegistryLook *looks;
    size_t count;
    Err err = {0};
    Actor lin = {.id = STR("lin"), .subject = STR(LIN)};
    assert_true(store_begin(b.reader, &err));
    assert_true(registry_looks(b.reader, NODE, &lin, STR(LIN), b.arena, &looks, &count, &err));
    assert_int_equal(count, 3);
    assert_true(str_equal(looks[2].case_number, STR("2026-1")));
    assert_true(str_equal(looks[2].thing, STR("road-dig")));
    assert_true(str_equal(looks[2].matter, STR("m1")));
    assert_int_equal(value_count(looks[1].fields), 1);
    Actor other = {.id = STR("wang"), .subject = STR("x")};
    assert_false(registry_looks(b.reader, NODE, &other, STR(LIN), b.arena, &looks, &count, &err));
    assert_true(err_is(&err, &fault_registry_looks_not_yours));
    store_end(b.reader);
}

static void a_look_opens_what_it_names(void **state)
{
    RegistryRecord r;
    Err err;
    Actor clerk = {.id = STR("clerk"), .office = STR("420600-cgj")};
    RegistryPurpose purpose = {.thing = STR("road-dig"), .basis = STR("行政许可法")};
    (void)state;
    well("registry.put", PERSON(""));
    Reply reply = run_as(clerk, "registry.look",
                         json("{\"registry\": \"population\", \"key\": \"" LIN "\", \"fields\": "
                              "[\"name\", \"mobile\"], \"purpose\": {\"thing\": \"road-dig\", "
                              "\"basis\": \"行政许可法\"}}"));
    assert_true(reply.accepted);
    purpose.look = value_get_id(reply.body, STR("look"));
    assert_true(read_as(clerk, purpose, "population", LIN, &r, &err));
    assert_int_equal(value_count(r.record), 2);
    assert_true(str_equal(value_get_string(r.record, STR("mobile")), STR("13800000000")));
    /* Not another reader, not another key, not another thing. */
    Actor other = {.id = STR("other")};
    assert_false(read_as(other, purpose, "population", LIN, &r, &err));
    assert_false(read_as(clerk, purpose, "population", "440524188001010014", &r, &err));
    purpose.thing = STR("other");
    assert_false(read_as(clerk, purpose, "population", LIN, &r, &err));
    purpose.thing = STR("road-dig");
    /* And not a version that came later. */
    well("registry.put", PERSON(", \"residence\": \"樊城区\""));
    assert_false(read_as(clerk, purpose, "population", LIN, &r, &err));
    assert_true(err_is(&err, &fault_registry_read_unrecorded));
}

static void open_registries(void **state)
{
    RegistryRecord r;
    Err err;
    (void)state;
    well("registry.put", "{\"registry\": \"city_road\", \"record\": {\"code\": \"R1\", \"keeper\": "
                         "{\"office\": \"市政\"}}}");
    assert_true(read_as((Actor){.id = STR("x")}, (RegistryPurpose){.look = ID_NONE}, "city_road",
                        "R1", &r, &err));
    assert_true(r.found);
    assert_true(str_equal(value_get_string(value_field(r.record, "keeper"), STR("office")),
                          STR("市政")));
    assert_false(read_as((Actor){.id = STR("x")}, (RegistryPurpose){.look = ID_NONE}, "nobody",
                         "R1", &r, &err));
    assert_true(err_is(&err, &fault_registry_unknown));
}

/* ---- Typed tables. */

static void install_text(const char *id, const char *text)
{
    Buf body = buf_new(b.arena, 2000);
    buf_add_text(&body, "{\"pack\": \"more\", \"version\": \"1\", \"definitions\": [");
    add_definition(&body, id, str_from(text));
    buf_add_text(&body, "]}");
    well("core.install", buf_cstr(&body));
}

#define TYPED(key, properties)                                                               \
    "{\"x-tongban\": {\"key\": \"" key "\", \"title\": {\"zh\": \"库\", \"en\": \"R\"}, \"source\": \"o\"," \
    "\"share\": \"unconditional\"}, \"type\": \"object\", \"required\": [\"" key "\", \"end\"]," \
    "\"properties\": {\"" key "\": {\"type\": \"string\"}, " properties "}}"

static Value current(const char *registry, const char *key)
{
    RegistryRecord r;
    Err err;
    Actor own = {.id = STR("x"), .subject = str_from(key)}; /* sees also what no property names */
    if (!read_as(own, (RegistryPurpose){.look = ID_NONE}, registry, key, &r, &err))
        show(&err);
    assert_true(r.found);
    return r.record;
}

/* Every kind of value comes back as it went in, whatever its property is called. */
static void every_type_comes_back(void **state)
{
    (void)state;
    install_text("Types-\xe5\xba\x93",
                 TYPED("Key", "\"end\": {\"type\": [\"string\", \"null\"]}, \"n\": {\"type\": \"number\"},"
                              "\"N\": {\"type\": \"integer\"}, \"select\": {\"type\": \"boolean\"},"
                              "\"a\\\"b\": {\"enum\": [\"x\", \"y\"]}, \"list\": {\"type\": \"array\"},"
                              "\"any\": {}, \"two\": {\"type\": [\"string\", \"integer\"]}"));
    static const char *const records[] = {
        "{\"Key\": \"1\", \"end\": null, \"n\": 12.50, \"N\": 9223372036854775807, \"select\": false, "
        "\"a\\\"b\": \"x\", \"list\": [1, {\"p\": null}], \"any\": {}, \"two\": \"7\"}",
        "{\"Key\": \"2\", \"end\": \"\", \"n\": 1234567890123456789012345678.901234, \"N\": -3, "
        "\"select\": true, \"any\": \"12\", \"two\": 7, \"more\": {\"not\": \"named\"}}",
        "{\"Key\": \"3\", \"end\": null, \"any\": 0}",
    };
    for (size_t i = 0; i < 3; i++) {
        Str body = arena_printf(b.arena, "{\"registry\": \"Types-库\", \"record\": %s}", records[i]);
        well("registry.put", arena_copy(b.arena, body).ptr);
        Str key = arena_printf(b.arena, "%zu", i + 1);
        Str expected = json_copy_text(b.arena, json(records[i]));
        Value got = current("Types-库", arena_copy(b.arena, key).ptr);
        if (!value_same(got, json(records[i])))
            fail_msg("%.*s, not %.*s", STR_ARG(json_copy_text(b.arena, got)), STR_ARG(expected));
    }
    refused("registry.put", "{\"registry\": \"Types-库\", \"record\": {\"Key\": \"4\", \"end\": null, "
                            "\"N\": 9223372036854775808}}",
            &fault_registry_integer_range);
    /* A null that says what absence says is no change; a fraction of zero is none either. */
    Value reply = well("registry.put", "{\"registry\": \"Types-库\", \"record\": {\"Key\": \"3\", "
                                       "\"any\": 0, \"end\": null}}");
    assert_int_equal(value_get_int(reply, STR("changed"), -1), 0);
}

/* A property may change its type and others may come; old versions stay readable. */
static void definitions_change(void **state)
{
    RegistryRecord *all;
    size_t count;
    Err err = {0};
    Actor x = {.id = STR("x")};
    RegistryPurpose none = {.look = ID_NONE};
    (void)state;
    install_text("r", TYPED("k", "\"end\": {\"type\": [\"string\", \"null\"]}, \"v\": {\"type\": \"integer\"}"));
    well("registry.put", "{\"registry\": \"r\", \"record\": {\"k\": \"a\", \"end\": null, \"v\": 5}}");
    assert_int_equal(value_get_int(current("r", "a"), STR("v"), 0), 5);
    install_text("r", TYPED("k", "\"end\": {\"type\": [\"string\", \"null\"]}, \"v\": {\"type\": \"number\"},"
                                 "\"w\": {\"type\": \"string\"}"));
    assert_int_equal(value_get_int(current("r", "a"), STR("v"), 0), 5);
    well("registry.put", "{\"registry\": \"r\", \"record\": {\"k\": \"a\", \"end\": null, \"v\": 5.5, "
                         "\"w\": \"new\"}}");
    assert_true(store_begin(b.reader, &err));
    assert_true(registry_history(b.reader, NODE, &x, &none, b.arena, STR("r"), STR("a"), &all, &count,
                                 &err));
    store_end(b.reader);
    assert_int_equal(count, 2);
    assert_true(value_same(all[0].record, json("{\"k\": \"a\", \"end\": null, \"v\": 5.5, \"w\": \"new\"}")));
    assert_true(value_same(all[1].record, json("{\"k\": \"a\", \"end\": null, \"v\": 5}")));
}

static void install_refused(const char *id, const char *text, const char *expected)
{
    Buf body = buf_new(b.arena, 2000), said = buf_new(b.arena, 200);
    buf_add_text(&body, "{\"pack\": \"more\", \"version\": \"2\", \"definitions\": [");
    add_definition(&body, id, str_from(text));
    buf_add_text(&body, "]}");
    Reply reply = run_as(system_actor, "core.install", json(buf_cstr(&body)));
    assert_false(reply.accepted);
    err_text(&reply.err, LANG_EN, &said);
    assert_string_equal(buf_cstr(&said), expected);
}

#define END "\"end\": {\"type\": [\"string\", \"null\"]}"

/* A definition that the records there are do not fit is refused, with how many and where. */
static void changes_that_do_not_fit(void **state)
{
    (void)state;
    install_text("r", TYPED("k", END ", \"v\": {\"type\": \"string\"}"));
    for (int i = 0; i < 3; i++) {
        Str body = arena_printf(b.arena, "{\"registry\": \"r\", \"record\": {\"k\": \"%d\", \"end\": null%s}}",
                                i, i ? ", \"v\": \"5\"" : "");
        well("registry.put", arena_copy(b.arena, body).ptr);
    }
    install_refused("r", TYPED("k", END ", \"v\": {\"type\": \"integer\"}"),
                    "2 of 3 records of r do not fit the new definition; the first at \"/v\" (value_type).");
    install_refused("r", TYPED("k", END ", \"v\": {\"type\": \"string\", \"x-tongban-level\": 3}"),
                    "The registry r holds records; its definition cannot change in this: from open to "
                    "personal or back.");
    install_refused("r", TYPED("end", "\"k\": {\"type\": \"string\"}"),
                    "The registry r holds records; its definition cannot change in this: the key.");
    /* Nothing was changed, and what all records fit is taken. */
    assert_true(str_equal(value_get_string(current("r", "1"), STR("v")), STR("5")));
    install_text("r", TYPED("k", END ", \"v\": {\"enum\": [\"5\", \"6\"]}, \"w\": {\"type\": \"integer\"}"));
    well("registry.put", "{\"registry\": \"r\", \"record\": {\"k\": \"1\", \"end\": null, \"v\": \"6\", \"w\": 1}}");
    assert_true(str_equal(value_get_string(current("r", "1"), STR("v")), STR("6")));
    /* Only what holds now counts: an older version may be what is no longer allowed. */
    well("registry.put", "{\"registry\": \"r\", \"record\": {\"k\": \"2\", \"end\": null, \"v\": \"6\"}}");
    install_text("r", TYPED("k", END ", \"v\": {\"enum\": [\"6\"]}, \"w\": {\"type\": \"integer\"}"));
}

/* ---- Grades. */

static const char graded[] =
    "{\"x-tongban\": {\"key\": \"k\", \"title\": {\"zh\": \"库\", \"en\": \"R\"}, \"source\": \"o\","
    "\"share\": \"unconditional\", \"grade\": \"declared\"}, \"type\": \"object\", \"required\": [\"k\"],"
    "\"properties\": {\"k\": {\"type\": \"string\"}, \"phone\": {\"type\": \"string\"},"
    "\"capital\": {\"type\": \"integer\", \"x-tongban-grade\": \"verified\"}}}";

static Str grade_of(const char *registry, const char *key, const char *property)
{
    RegistryRecord r;
    Err err;
    assert_true(read_as((Actor){.id = STR("x")}, (RegistryPurpose){.look = ID_NONE}, registry, key, &r,
                        &err));
    Value mark = value_get(r.marks, str_from(property));
    return value_is(mark, VALUE_CONTEXT) ? value_get_string(mark, STR("grade")) : r.grade;
}

static void a_declaration_lowers_nothing(void **state)
{
    (void)state;
    install_text("g", graded);
    well("registry.put", "{\"registry\": \"g\", \"record\": {\"k\": \"1\", \"phone\": \"a\", \"capital\": 5},"
                         "\"grade\": \"issued\"}");
    /* The person declares another phone: the capital stays as it was issued. */
    well("registry.put", "{\"registry\": \"g\", \"record\": {\"k\": \"1\", \"phone\": \"b\", \"capital\": 5},"
                         "\"grade\": \"declared\", \"source\": \"person\"}");
    assert_true(str_equal(grade_of("g", "1", "phone"), STR("declared")));
    assert_true(str_equal(grade_of("g", "1", "capital"), STR("issued")));
    /* The same by an office raises it; by nobody better it is nothing new. */
    Value reply = well("registry.put", "{\"registry\": \"g\", \"record\": {\"k\": \"1\", \"phone\": \"b\", "
                                       "\"capital\": 5}, \"grade\": \"verified\"}");
    assert_int_equal(value_get_int(reply, STR("changed"), 0), 1);
    assert_true(str_equal(grade_of("g", "1", "phone"), STR("verified")));
    assert_true(str_equal(grade_of("g", "1", "capital"), STR("issued")));
    reply = well("registry.put", "{\"registry\": \"g\", \"record\": {\"k\": \"1\", \"phone\": \"b\", "
                                 "\"capital\": 5}, \"grade\": \"uploaded\"}");
    assert_int_equal(value_get_int(reply, STR("changed"), 1), 0);
    refused("registry.put", "{\"registry\": \"g\", \"record\": {\"k\": \"1\", \"phone\": \"b\", \"capital\": 6}, "
                            "\"grade\": \"uploaded\"}",
            &fault_registry_grade_too_low);
    refused("registry.put", "{\"registry\": \"g\", \"record\": {\"k\": \"2\"}, \"grade\": \"rumour\"}",
            &fault_registry_grade_unknown);
}

/* ---- Issuing. */

static Str issued(const char *body)
{
    return value_get_string(well("registry.issue", body), STR("identifier"));
}

static void codes_are_issued_once(void **state)
{
    (void)state;
    Str first = issued("{\"registry\": \"legal_person\"}");
    assert_true(str_starts(first, STR("91420600")));
    Str seen[60] = {first};
    for (size_t i = 1; i < 60; i++) {
        seen[i] = issued("{\"registry\": \"legal_person\"}");
        assert_int_equal(identifier_check(STR("uscc"), seen[i], NULL), IDENTIFIER_VALID);
        for (size_t k = 0; k < i; k++)
            assert_false(str_equal(seen[i], seen[k]));
    }
    Str sole = issued("{\"registry\": \"legal_person\", \"values\": {\"kind\": \"92\", \"region\": "
                      "\"420602\"}}");
    assert_true(str_starts(sole, STR("92420602")));
    assert_int_equal(identifier_check(STR("uscc"), sole, NULL), IDENTIFIER_VALID);
    refused("registry.issue", "{\"registry\": \"population\"}", &fault_registry_not_numbered);
    refused("registry.issue",
            "{\"registry\": \"legal_person\", \"values\": {\"kind\": \"9I\"}}",
            &fault_registry_numbers_exhausted);
}

static void numbers_in_use_are_stepped_over(void **state)
{
    (void)state;
    well("registry.put", "{\"registry\": \"city_road\", \"records\": [{\"code\": \"R202601\"}, "
                         "{\"code\": \"R202602\"}]}");
    assert_true(str_equal(issued("{\"registry\": \"city_road\"}"), STR("R202603")));
    assert_true(str_equal(issued("{\"registry\": \"city_road\"}"), STR("R202604")));
    assert_true(clock_set(b.clock, (Instant){clock_now(b.clock).us + 60 * US_PER_DAY}));
    assert_true(str_equal(issued("{\"registry\": \"city_road\"}"), STR("R202701")));
    for (int i = 2; i <= 99; i++)
        issued("{\"registry\": \"city_road\"}");
    refused("registry.issue", "{\"registry\": \"city_road\"}",
            &fault_registry_numbers_exhausted);
}

/* ---- Erasing. */

static void erased_for_ever(void **state)
{
    RegistryRecord r;
    Err err = {0};
    Actor lin = {.id = STR("lin"), .subject = STR(LIN)};
    RegistryPurpose own = {.look = ID_NONE};
    RegistryLook *looks;
    size_t count;
    (void)state;
    well("registry.put", PERSON(""));
    well("registry.put", PERSON(", \"address\": \"襄城区\""));
    asked("registry.read", "{\"registry\": \"population\", \"key\": \"" LIN "\", \"context\": "
                           "{\"thing\": \"t\", \"number\": \"1\"}}");
    assert_true(store_begin(b.reader, &err));
    Id subject = registry_subject(b.reader, NODE, STR(LIN));
    store_end(b.reader);
    assert_false(id_is_none(subject));
    Str body = arena_printf(b.arena, "{\"subject\": \"%.*s\"}",
                            STR_ARG(id_copy_text(b.arena, subject)));
    well("core.erase", arena_copy(b.arena, body).ptr);
    assert_true(read_as(lin, own, "population", LIN, &r, &err));
    assert_false(r.found);
    assert_true(store_begin(b.reader, &err));
    assert_true(registry_looks(b.reader, NODE, &lin, STR(LIN), b.arena, &looks, &count, &err));
    assert_int_equal(count, 0);
    assert_true(id_is_none(registry_subject(b.reader, NODE, STR(LIN))));
    store_end(b.reader);
    verified();
    /* A new record under the same key starts afresh. */
    well("registry.put", PERSON(""));
    assert_true(read_as(lin, own, "population", LIN, &r, &err));
    assert_int_equal(r.version, 1);
}

/* The identity number stands nowhere in the readable journal. */
static bool no_number(void *context, const JournalRecord *record)
{
    (void)context;
    for (size_t i = 0; i < value_count(record->events); i++) {
        Value e = value_item(record->events, i);
        Str open = json_copy_text(b.arena, value_field(e, "open"));
        assert_int_equal(str_find(open, STR(LIN)), -1);
        assert_int_equal(str_find(value_get_string(e, STR("subject")), STR(LIN)), -1);
    }
    assert_int_equal(str_find(json_copy_text(b.arena, record->reply), STR(LIN)), -1);
    return true;
}

static void nothing_personal_in_the_open(void **state)
{
    Err err = {0};
    (void)state;
    well("registry.put", PERSON(""));
    run_as((Actor){.id = STR("clerk")}, "registry.look",
           json("{\"registry\": \"population\", \"key\": \"" LIN "\", \"purpose\": {\"thing\": "
                "\"t\", \"basis\": \"b\"}}"));
    well("registry.write", PERSON(", \"residence\": \"樊城区\""));
    assert_true(store_begin(b.reader, &err));
    if (!core_journal_read(b.core, b.reader, 1, no_number, NULL, &err))
        show(&err);
    store_end(b.reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_registry_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_definitions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(versions_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(expected_versions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(legacy_codes_of_firms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_read_without_purpose, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_task_without_purpose, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_task_reads_for_its_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_look_opens_what_it_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(open_registries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_type_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(definitions_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_that_do_not_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_declaration_lowers_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(codes_are_issued_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_in_use_are_stepped_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(erased_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_personal_in_the_open, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
