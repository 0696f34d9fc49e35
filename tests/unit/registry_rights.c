/* registry_rights.c - whose records a role may look at, which fields whole and which masked, which
 * grades count, on a registry that declares rights. */
#include "codec/json.h"
#include "domain/registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NODE 420600

static Arena *arena;
static Core *core;
static Clock *virtual_clock;
static StoreConn *reader;

static const char definition[] =
    "{\"x-tongban\":{\"key\":\"id\",\"title\":{\"zh\":\"库\",\"en\":\"R\"},\"source\":\"o\",\"share\":\"conditional\","
    "\"rights\":[{\"role\":\"clerk\",\"level\":3,\"rows\":\"region\"},{\"role\":\"chief\",\"level\":4}]},"
    "\"type\":\"object\",\"required\":[\"id\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"x-tongban-level\":4,\"x-tongban-mask\":\"number\"},"
    "\"name\":{\"type\":\"string\",\"x-tongban-level\":3,\"x-tongban-mask\":\"name\"},"
    "\"region\":{\"type\":\"string\",\"x-tongban-level\":2},"
    "\"wage\":{\"type\":\"integer\",\"x-tongban-level\":4},"
    "\"home\":{\"type\":\"object\",\"x-tongban-level\":2,\"properties\":{"
    "\"street\":{\"type\":\"string\",\"x-tongban-level\":3,\"x-tongban-mask\":\"address\"},"
    "\"rooms\":{\"type\":\"integer\"}}}}}";

static void show(const Err *err)
{
    Buf text = buf_new(arena, 100);
    err_show(err, LANG_EN, &text);
    fail_msg("%s", buf_cstr(&text));
}

static Value json(const char *text)
{
    Value v = value_null();
    Err err = {0};
    if (!json_parse(arena, str_from(text), &v, &err))
        show(&err);
    return v;
}

static Reply run(Actor actor, const char *kind, const char *body)
{
    Reply reply = {0};
    Err err = {0};
    Command c = {.kind = str_from(kind), .actor = actor, .body = json(body)};
    if (!core_run(core, &c, arena, &reply, &err))
        show(&err);
    return reply;
}

static const Actor system_actor = {.id = {"system", 6}};

static void well(const char *kind, const char *body)
{
    Reply reply = run(system_actor, kind, body);
    if (!reply.accepted)
        show(&reply.err);
}

static int set_up(void **state)
{
    Err err = {0};
    Instant start = INSTANT_NONE;
    static const Module *modules[1];
    (void)state;
    arena = arena_open(64u << 20);
    assert_true(seal_init(&err));
    assert_true(instant_parse(STR("2026-11-25T09:00:00+08:00"), &start));
    virtual_clock = clock_virtual_open(start);
    modules[0] = registry_module_new(arena);
    CoreOptions options = {.node = NODE, .location = STR(":memory:"), .clock = virtual_clock,
                           .modules = modules, .module_count = 1};
    if (!core_open(&options, &core, &err))
        show(&err);
    assert_true(store_connect_reader(core_store(core), &reader, &err));
    Buf body = buf_new(arena, 4000);
    buf_add_text(&body, "{\"pack\":\"h\",\"version\":\"1\",\"definitions\":[{\"kind\":\"registry\",\"id\":\"r\","
                        "\"path\":\"r\",\"text\":");
    json_write_string(str_from(definition), &body);
    buf_add_text(&body, "}]}");
    well("core.install", buf_cstr(&body));
    well("registry.put", "{\"registry\":\"r\",\"records\":["
                         "{\"id\":\"420602199001011234\",\"name\":\"王小明\",\"region\":\"420602\",\"wage\":5,"
                         "\"home\":{\"street\":\"襄阳市襄城区北街 1 号\",\"rooms\":3}},"
                         "{\"id\":\"420106199001011234\",\"name\":\"李\",\"region\":\"420106\"}]}");
    return 0;
}

static int tear_down(void **state)
{
    VerifyResult result;
    Err err = {0};
    (void)state;
    if (!core_verify(core, LANG_EN, arena, &result, &err))
        show(&err);
    if (result.differences)
        fail_msg("%.*s", STR_ARG(result.report));
    store_disconnect(reader);
    core_close(core);
    clock_close(virtual_clock);
    arena_close(arena);
    return 0;
}

static Actor office_clerk(const char *role, const char *office)
{
    Actor actor = {.id = STR("zhang"), .office = str_from(office)};
    actor.roles[actor.role_count++] = str_from(role);
    return actor;
}

#define WANG "420602199001011234"
#define LOOK(key, fields) \
    "{\"registry\":\"r\",\"key\":\"" key "\"," fields "\"purpose\":{\"thing\":\"t\",\"basis\":\"b\"}}"

static void refused(Actor actor, const char *look, const Fault *fault)
{
    Reply reply = run(actor, "registry.look", look);
    assert_false(reply.accepted);
    if (reply.err.fault != fault)
        show(&reply.err);
}

static RegistryRecord looked(Actor actor, const char *look, const char *grade)
{
    RegistryRecord r;
    Err err = {0};
    Reply reply = run(actor, "registry.look", look);
    if (!reply.accepted)
        show(&reply.err);
    RegistryPurpose p = {.thing = STR("t"), .basis = STR("b"),
                         .look = value_get_id(reply.body, STR("look")), .grade = str_from(grade)};
    assert_true(store_begin(reader, &err));
    bool good = registry_read(reader, NODE, &actor, &p, arena, STR("r"), STR(WANG), &r, &err);
    store_end(reader);
    if (!good)
        show(&err);
    return r;
}

static void assert_record(const RegistryRecord *r, const char *expected)
{
    if (!value_same(r->record, json(expected)))
        fail_msg("%.*s", STR_ARG(json_copy_text(arena, r->record)));
}

static void rows_of_ones_region(void **state)
{
    (void)state;
    refused(office_clerk("clerk", "420100-x"), LOOK(WANG, ""), &fault_registry_not_yours);
    refused(office_clerk("guest", "420602-x"), LOOK(WANG, ""), &fault_registry_not_yours);
    refused(office_clerk("clerk", ""), LOOK(WANG, ""), &fault_registry_not_yours);
    /* Whether somebody else's record exists is not told either. */
    refused(office_clerk("clerk", "420602-x"), LOOK("nobody", ""), &fault_registry_not_yours);
    assert_true(looked(office_clerk("clerk", "420602-x"), LOOK(WANG, ""), "").found);
    assert_true(looked(office_clerk("clerk", "420600-x"), LOOK(WANG, ""), "").found);
    assert_true(looked(office_clerk("clerk", "420000-x"), LOOK(WANG, ""), "").found);
    assert_true(looked(office_clerk("chief", "420100-x"), LOOK(WANG, ""), "").found);
}

static void masks_by_level(void **state)
{
    (void)state;
    RegistryRecord r = looked(office_clerk("chief", "420602-x"), LOOK(WANG, ""), "");
    assert_record(&r, "{\"id\":\"4206****1234\",\"name\":\"王**\",\"region\":\"420602\",\"wage\":\"****\","
                      "\"home\":{\"street\":\"襄阳市襄城区****\",\"rooms\":3}}");
    assert_int_equal(value_count(r.masked), 4);
    /* What is named is whole, up to the level of the role. */
    r = looked(office_clerk("clerk", "420602-x"), LOOK(WANG, "\"fields\":[\"name\",\"home\"],"), "");
    assert_record(&r, "{\"name\":\"王小明\",\"home\":{\"street\":\"襄阳市襄城区北街 1 号\",\"rooms\":3}}");
    assert_int_equal(value_count(r.masked), 0);
    refused(office_clerk("clerk", "420602-x"), LOOK(WANG, "\"fields\":[\"wage\"],"),
            &fault_registry_field_not_yours);
    r = looked(office_clerk("chief", "420602-x"), LOOK(WANG, "\"fields\":[\"wage\"],"), "");
    assert_record(&r, "{\"wage\":5}");
}

/* A right is judged again when the record is read: it may have moved away since. */
static void rights_are_judged_again(void **state)
{
    Err err = {0};
    RegistryRecord r;
    (void)state;
    Actor clerk = office_clerk("clerk", "420602-x");
    Reply reply = run(clerk, "registry.look", LOOK(WANG, "\"fields\":[\"name\"],"));
    RegistryPurpose p = {.thing = STR("t"), .basis = STR("b"),
                         .look = value_get_id(reply.body, STR("look"))};
    clerk.office = STR("420100-x");
    assert_true(store_begin(reader, &err));
    assert_false(registry_read(reader, NODE, &clerk, &p, arena, STR("r"), STR(WANG), &r, &err));
    store_end(reader);
    assert_true(err_is(&err, &fault_registry_not_yours));
}

static void grades_that_count(void **state)
{
    (void)state;
    well("registry.put", "{\"registry\":\"r\",\"grade\":\"declared\",\"source\":\"person\",\"record\":"
                         "{\"id\":\"" WANG "\",\"name\":\"王小明\",\"region\":\"420602\",\"wage\":9,"
                         "\"home\":{\"street\":\"襄阳市襄城区北街 1 号\",\"rooms\":3}}}");
    RegistryRecord r = looked(office_clerk("chief", "420602-x"),
                              LOOK(WANG, "\"fields\":[\"name\",\"wage\"],"), "verified");
    assert_record(&r, "{\"name\":\"王小明\"}");
    assert_true(value_same(r.insufficient, json("[\"wage\"]")));
    r = looked(office_clerk("chief", "420602-x"), LOOK(WANG, "\"fields\":[\"name\",\"wage\"],"), "");
    assert_record(&r, "{\"name\":\"王小明\",\"wage\":9}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_of_ones_region, set_up, tear_down),
        cmocka_unit_test_setup_teardown(masks_by_level, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rights_are_judged_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(grades_that_count, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
