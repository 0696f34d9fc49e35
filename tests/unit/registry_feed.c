/* registry_feed.c - many records at a time: subscriptions and what they bring, exports, equal people by
 * rule, merged and split records; the person concerned sees all of it, and a replay ends the same. */
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
    "\"rights\":[{\"role\":\"clerk\",\"level\":3,\"rows\":\"region\"},{\"role\":\"chief\",\"level\":3}],"
    "\"duplicates\":[[\"name\",\"region\"]]},\"type\":\"object\",\"required\":[\"id\"],\"properties\":{"
    "\"id\":{\"type\":\"string\",\"x-tongban-level\":3},"
    "\"name\":{\"type\":\"string\",\"x-tongban-level\":3},"
    "\"region\":{\"type\":\"string\",\"x-tongban-level\":2},"
    "\"wage\":{\"type\":\"integer\",\"x-tongban-level\":4}}}";

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

static void put(const char *record)
{
    Str body = arena_printf(arena, "{\"registry\":\"r\",\"record\":%s}", record);
    well("registry.put", arena_copy(arena, body).ptr);
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
    put("{\"id\":\"a\",\"name\":\"王\",\"region\":\"420602\",\"wage\":5}");
    put("{\"id\":\"b\",\"name\":\"李\",\"region\":\"420602\"}");
    put("{\"id\":\"c\",\"name\":\"王\",\"region\":\"420602\"}");
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

static Actor chief(const char *id)
{
    Actor actor = {.id = str_from(id), .office = STR("420600-x")};
    actor.roles[actor.role_count++] = STR("chief");
    return actor;
}

#define PURPOSE "\"purpose\":{\"thing\":\"t\",\"basis\":\"法\"}"
#define SUBSCRIBE(fields) "{\"subscription\":\"s\",\"registry\":\"r\",\"fields\":" fields "," PURPOSE "}"

static Value good(Actor actor, const char *kind, const char *body)
{
    Reply reply = run(actor, kind, body);
    if (!reply.accepted)
        show(&reply.err);
    return reply.body;
}

static void refused(Actor actor, const char *kind, const char *body, const Fault *fault)
{
    Reply reply = run(actor, kind, body);
    assert_false(reply.accepted);
    if (reply.err.fault != fault)
        show(&reply.err);
}

static RegistryChanges handed(Actor actor, Value reply)
{
    RegistryChanges out;
    Err err = {0};
    assert_true(store_begin(reader, &err));
    bool ok = registry_handed(reader, NODE, &actor, value_get_id(reply, STR("handout")), 0, 100, arena, &out,
                              &err);
    store_end(reader);
    if (!ok)
        show(&err);
    return out;
}

static size_t looks_of(const char *subject, RegistryLook **list)
{
    size_t count;
    Err err = {0};
    Actor own = {.id = STR("x"), .subject = str_from(subject)};
    assert_true(store_begin(reader, &err));
    bool ok = registry_looks(reader, NODE, &own, own.subject, arena, list, &count, &err);
    store_end(reader);
    if (!ok)
        show(&err);
    return count;
}

/* A subscriber gets what is there, then every correction, once each; the person sees it. */
static void corrections_reach_subscribers(void **state)
{
    RegistryLook *looks;
    (void)state;
    good(chief("li"), "registry.subscribe", SUBSCRIBE("[\"name\"]"));
    Value reply = good(chief("li"), "registry.fetch", "{\"subscription\":\"s\",\"limit\":2}");
    assert_true(value_get_boolean(reply, STR("more"), false));
    RegistryChanges c = handed(chief("li"), reply);
    assert_int_equal(c.count, 2);
    assert_true(value_same(c.list[0].record, json("{\"id\":\"a\",\"name\":\"王\"}")));
    assert_false(id_is_none(c.list[0].subject));
    assert_int_equal(looks_of("a", &looks), 1);
    assert_int_equal(looks_of("c", &looks), 0);
    put("{\"id\":\"a\",\"name\":\"王二\",\"region\":\"420602\",\"wage\":5}");
    reply = good(chief("li"), "registry.fetch", "{\"subscription\":\"s\"}");
    assert_false(value_get_boolean(reply, STR("more"), true));
    c = handed(chief("li"), reply);
    assert_int_equal(c.count, 2);
    assert_true(str_equal(c.list[0].key, STR("c")));
    assert_int_equal(c.list[1].version, 2);
    assert_true(str_equal(value_get_string(c.list[1].record, STR("name")), STR("王二")));
    assert_int_equal(looks_of("a", &looks), 2);
    assert_true(str_equal(looks[0].basis, STR("法")));
    assert_true(str_equal(looks[0].reader, STR("li")));
    /* The same handout again; not by another, and nothing new is nothing. */
    assert_int_equal(handed(chief("li"), reply).count, 2);
    Err err = {0};
    Actor other = chief("zhao");
    assert_true(store_begin(reader, &err));
    assert_false(registry_handed(reader, NODE, &other, value_get_id(reply, STR("handout")), 0, 1, arena, &c,
                                 &err));
    store_end(reader);
    reply = good(chief("li"), "registry.fetch", "{\"subscription\":\"s\"}");
    assert_int_equal(handed(chief("li"), reply).count, 0);
    good(chief("li"), "registry.unsubscribe", "{\"subscription\":\"s\"}");
    refused(chief("li"), "registry.fetch", "{\"subscription\":\"s\"}", &fault_registry_subscription_unknown);
}

/* What is erased at the source is told to those who have it. */
static void erasures_reach_subscribers(void **state)
{
    (void)state;
    good(chief("li"), "registry.subscribe", SUBSCRIBE("[\"name\"]"));
    RegistryChanges c = handed(chief("li"), good(chief("li"), "registry.fetch", "{\"subscription\":\"s\"}"));
    Id subject = c.list[1].subject;
    Str id = id_copy_text(arena, subject);
    well("core.erase", arena_printf(arena, "{\"subject\":\"%.*s\"}", STR_ARG(id)).ptr);
    c = handed(chief("li"), good(chief("li"), "registry.fetch", "{\"subscription\":\"s\"}"));
    assert_int_equal(c.count, 0);
    assert_int_equal(c.erased_count, 1);
    assert_true(id_equal(c.erased[0], subject));
}

static void who_may_subscribe(void **state)
{
    (void)state;
    Actor clerk = chief("zhang"), guest = chief("guest");
    clerk.roles[0] = STR("clerk");
    guest.role_count = 0;
    refused(guest, "registry.subscribe", SUBSCRIBE("[\"name\"]"), &fault_registry_not_yours);
    /* A right to the rows of a region is none to all of them. */
    refused(clerk, "registry.subscribe", SUBSCRIBE("[\"name\"]"), &fault_registry_not_yours);
    refused(chief("li"), "registry.subscribe", SUBSCRIBE("[\"wage\"]"), &fault_registry_field_not_yours);
    refused(chief("li"), "registry.subscribe", SUBSCRIBE("[\"colour\"]"), &fault_registry_field_unknown);
    refused(chief("li"), "registry.subscribe", SUBSCRIBE("[]"), &fault_registry_fields_missing);
    refused(chief("li"), "registry.subscribe",
            "{\"subscription\":\"s\",\"registry\":\"r\",\"fields\":[\"name\"]}", &fault_registry_purpose_missing);
    good(chief("li"), "registry.subscribe", SUBSCRIBE("[\"name\"]"));
    refused(chief("zhao"), "registry.subscribe", SUBSCRIBE("[\"name\"]"), &fault_registry_subscription_taken);
    refused(chief("zhao"), "registry.fetch", "{\"subscription\":\"s\"}", &fault_registry_subscription_unknown);
    refused(chief("zhao"), "registry.unsubscribe", "{\"subscription\":\"s\"}",
            &fault_registry_subscription_unknown);
}

#define EXPORT "{\"registry\":\"r\",\"fields\":[\"name\"]," PURPOSE "}"

/* Equal people are found by rule in an export, merged, and taken apart again. */
static void equal_people(void **state)
{
    RegistryTwins *twins;
    RegistryLink *links;
    RegistryLook *looks;
    RegistryRecord r;
    size_t count;
    Err err = {0};
    (void)state;
    put("{\"id\":\"a\",\"name\":\"王\",\"region\":\"420602\",\"wage\":6}");
    Actor li = chief("li"), person = {.id = STR("x"), .subject = STR("c")};
    RegistryPurpose own = {.look = ID_NONE};
    Value reply = good(li, "registry.export", EXPORT);
    RegistryChanges c = handed(li, reply);
    assert_int_equal(c.count, 3); /* the newest of each key */
    Id handout = value_get_id(reply, STR("handout"));
    assert_true(store_begin(reader, &err));
    assert_true(registry_duplicates(reader, NODE, &li, handout, 0, STR_NONE, 10, arena, &twins, &count, &err));
    assert_int_equal(count, 1);
    assert_true(str_equal(twins[0].first, STR("a")) && str_equal(twins[0].last, STR("c")));
    assert_false(registry_duplicates(reader, NODE, &li, handout, 1, STR_NONE, 10, arena, &twins, &count, &err));
    store_end(reader);
    /* c is not yet a's. */
    assert_true(store_begin(reader, &err));
    assert_false(registry_read(reader, NODE, &person, &own, arena, STR("r"), STR("a"), &r, &err));
    store_end(reader);
    Value merged = good(system_actor, "registry.merge",
                        "{\"registry\":\"r\",\"from\":\"a\",\"into\":\"c\",\"reason\":\"same person\"}");
    assert_true(store_begin(reader, &err));
    assert_true(registry_read(reader, NODE, &person, &own, arena, STR("r"), STR("a"), &r, &err));
    assert_int_equal(r.version, 2); /* both histories are there */
    assert_true(registry_links(reader, NODE, &person, &own, arena, STR("r"), STR("c"), &links, &count, &err));
    assert_int_equal(count, 1);
    assert_true(str_equal(links[0].from, STR("a")) && str_equal(links[0].kind, STR("merge")));
    assert_true(registry_duplicates(reader, NODE, &li, handout, 0, STR_NONE, 10, arena, &twins, &count, &err));
    assert_int_equal(count, 0);
    store_end(reader);
    assert_int_equal(looks_of("c", &looks), 2); /* the export gave away a and c */
    refused(system_actor, "registry.merge",
            "{\"registry\":\"r\",\"from\":\"a\",\"into\":\"b\",\"reason\":\"x\"}", &fault_registry_link_end);
    refused(system_actor, "registry.merge",
            "{\"registry\":\"r\",\"from\":\"b\",\"into\":\"b\",\"reason\":\"x\"}", &fault_registry_link_end);
    refused(system_actor, "registry.merge",
            "{\"registry\":\"r\",\"from\":\"b\",\"into\":\"nobody\",\"reason\":\"x\"}", &fault_registry_link_end);
    Str id = id_copy_text(arena, value_get_id(merged, STR("link")));
    Str unlink = arena_printf(arena, "{\"link\":\"%.*s\",\"reason\":\"two people\"}", STR_ARG(id));
    good(system_actor, "registry.unlink", arena_copy(arena, unlink).ptr);
    refused(system_actor, "registry.unlink", arena_copy(arena, unlink).ptr, &fault_registry_link_end);
    err = (Err){0};
    assert_true(store_begin(reader, &err));
    assert_false(registry_read(reader, NODE, &person, &own, arena, STR("r"), STR("a"), &r, &err));
    store_end(reader);
    /* A split remembers where a record came from; erasing one end leaves the other. */
    good(system_actor, "registry.split",
         "{\"registry\":\"r\",\"from\":\"b\",\"into\":\"c\",\"reason\":\"division\"}");
    Str body = arena_printf(arena, "{\"subject\":\"%.*s\"}",
                            STR_ARG(id_copy_text(arena, c.list[0].subject)));
    assert_true(str_equal(c.list[0].key, STR("b")));
    good(system_actor, "core.erase", arena_copy(arena, body).ptr);
    err = (Err){0};
    assert_true(store_begin(reader, &err));
    assert_true(registry_links(reader, NODE, &person, &own, arena, STR("r"), STR("c"), &links, &count, &err));
    store_end(reader);
    assert_int_equal(count, 2);
    size_t split = str_equal(links[0].kind, STR("split")) ? 0 : 1; /* both of the same instant */
    assert_true(str_equal(links[split].kind, STR("split")));
    assert_int_equal(links[split].from.len, 0);
    assert_true(str_equal(links[split].into, STR("c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(corrections_reach_subscribers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(erasures_reach_subscribers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_may_subscribe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(equal_people, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
