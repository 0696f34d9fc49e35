/* access_account.c - accounts, tokens and roles, driven through core on a virtual clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/json.h"
#include "domain/access/access.h"

#define NODE 420600


static const Instant start = {1664409600ll * US_PER_SECOND}; /* 2022-09-29T08:00:00+08:00 */

typedef struct World {
    Access *access;
    Clock *clock;
    Core *core;
    Arena *a;
    StoreConn *conn;
    Entropy *entropy;
} World;

static const char clerk_role[] =
    "{\"name\":\"clerk\",\"title\":{\"zh\":\"经办人\",\"en\":\"Clerk\"},"
    "\"may\":[\"process.*\",\"case.submit\"],\"reads\":[\"tasks\",\"cases_office\"]}";
static const char citizen_role[] =
    "{\"name\":\"citizen\",\"may\":[\"case.submit\"],\"reads\":[\"cases_own\"]}";

static Reply run(World *w, const char *kind, const char *body)
{
    Reply reply;
    Err err = {0};
    Command command = {.kind = str_from(kind), .actor = {.id = STR("system"), .name = STR("system")}};
    assert_true(json_parse(w->a, str_from(body), &command.body, &err));
    assert_true(core_run(w->core, &command, w->a, &reply, &err));
    return reply;
}

static void refused(World *w, const char *kind, const char *body, const Fault *fault)
{
    Reply reply = run(w, kind, body);
    assert_false(reply.accepted);
    if (reply.err.fault != fault) {
        Buf text = buf_new(w->a, 0);
        err_show(&reply.err, LANG_EN, &text);
        print_error("%s\n", buf_cstr(&text));
    }
    assert_ptr_equal(reply.err.fault, fault);
}

static Reply install(World *w, const char *kind, const char *id, const char *text)
{
    Buf body = buf_new(w->a, 0);
    buf_printf(&body,
               "{\"pack\":\"test\",\"version\":\"1\",\"definitions\":[{\"kind\":\"%s\","
               "\"id\":\"%s\",\"path\":\"%s.json\",\"text\":",
               kind, id, id);
    json_write_string(str_from(text), &body);
    buf_add_text(&body, "}]}");
    return run(w, "core.install", buf_cstr(&body));
}

static int set_up(void **state)
{
    static World w;
    Err err = {0};
    assert_true(seal_init(&err));
    w = (World){.access = access_open(), .clock = clock_virtual_open(start),
                .entropy = entropy_seeded_open(7), .a = arena_open(64 << 20)};
    const Module *modules[] = {access_module(w.access)};
    CoreOptions options = {.node = NODE, .location = STR(":memory:"), .clock = w.clock,
                           .entropy = w.entropy, .modules = modules, .module_count = 1};
    if (!core_open(&options, &w.core, &err)) {
        Buf text = buf_new(w.a, 0);
        err_show(&err, LANG_EN, &text);
        fail_msg("%s", buf_cstr(&text));
    }
    assert_true(store_connect_reader(core_store(w.core), &w.conn, &err));
    assert_true(install(&w, "role", "clerk", clerk_role).accepted);
    assert_true(install(&w, "role", "citizen", citizen_role).accepted);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    World *w = *state;
    VerifyResult verify;
    Err err = {0};
    assert_true(core_verify(w->core, LANG_EN, w->a, &verify, &err));
    if (verify.differences)
        print_error("%.*s\n", STR_ARG(verify.report));
    assert_int_equal(verify.differences, 0);
    store_disconnect(w->conn);
    core_close(w->core);
    clock_close(w->clock);
    entropy_close(w->entropy);
    arena_close(w->a);
    return 0;
}

/* The body of an account with the token whose text is given. */
static const char *account(World *w, const char *id, const char *role, const char *token)
{
    char hex[64];
    Sm3 hash = sm3(str_from(token));
    sm3_text(&hash, hex);
    return arena_printf(w->a,
                        "{\"id\":\"%s\",\"name\":\"王小明\",\"roles\":[\"%s\"],"
                        "\"office\":\"420600-cgj\",\"subject\":\"91420600MA9T00018D\","
                        "\"token_sm3\":\"%.64s\"}",
                        id, role, hex)
        .ptr;
}

static bool actor(World *w, const char *token, Instant now, Actor *out, Err *err)
{
    *err = (Err){0};
    return access_actor_by_token(w->conn, NODE, str_from(token), now, w->a, out, err);
}

static void token_names_its_account(void **state)
{
    World *w = *state;
    Actor a;
    Err err;
    assert_true(run(w, "access.account_open", account(w, "li", "clerk", "secret-1")).accepted);
    assert_true(actor(w, "secret-1", start, &a, &err));
    assert_true(str_equal(a.id, STR("li")) && str_equal(a.name, STR("王小明")));
    assert_true(str_equal(a.office, STR("420600-cgj")));
    assert_true(str_equal(a.subject, STR("91420600MA9T00018D")));
    assert_int_equal(a.role_count, 1);
    assert_true(actor_has_role(&a, STR("clerk")));
    bool found = false;
    assert_true(access_actor_by_id(w->conn, NODE, STR("li"), w->a, &a, &found, &err));
    assert_true(found);
    assert_true(access_actor_by_id(w->conn, NODE, STR("nobody"), w->a, &a, &found, &err));
    assert_false(found);
}

static void wrong_tokens_are_refused_alike(void **state)
{
    World *w = *state;
    Actor a;
    Err err;
    char longer[ACCESS_TOKEN_MAX + 2];
    assert_true(run(w, "access.account_open", account(w, "li", "clerk", "secret-1")).accepted);
    assert_false(actor(w, "", start, &a, &err));
    assert_ptr_equal(err.fault, &fault_token_missing);
    assert_false(actor(w, "secret-2", start, &a, &err));
    assert_ptr_equal(err.fault, &fault_token_invalid);
    assert_int_equal(err.fault->http_status, 401);
    for (size_t i = 0; i < sizeof longer - 1; i++)
        longer[i] = 'x';
    longer[sizeof longer - 1] = '\0';
    assert_false(actor(w, longer, start, &a, &err));
    assert_ptr_equal(err.fault, &fault_token_invalid);
    /* The default expiry. */
    Instant last = {start.us + ACCESS_EXPIRY_DAYS * US_PER_DAY};
    assert_true(actor(w, "secret-1", (Instant){last.us - 1}, &a, &err));
    assert_false(actor(w, "secret-1", last, &a, &err));
    assert_ptr_equal(err.fault, &fault_token_invalid);
}

static const char *token_body(World *w, const char *account_id, const char *token,
                              const char *more)
{
    char hex[64];
    Sm3 hash = sm3(str_from(token));
    sm3_text(&hash, hex);
    if (!account_id)
        return arena_printf(w->a, "{\"token_sm3\":\"%.64s\"}", hex).ptr;
    return arena_printf(w->a, "{\"account\":\"%s\",\"token_sm3\":\"%.64s\"%s}", account_id, hex,
                        more)
        .ptr;
}

static void tokens_come_and_go(void **state)
{
    World *w = *state;
    Actor a;
    Err err;
    assert_true(run(w, "access.account_open", account(w, "li", "clerk", "secret-1")).accepted);
    const char *later = ",\"expires\":\"2022-09-30T08:00:00+08:00\"";
    assert_true(run(w, "access.token_add", token_body(w, "li", "secret-2", later)).accepted);
    assert_true(actor(w, "secret-2", start, &a, &err));
    assert_false(actor(w, "secret-2", (Instant){start.us + US_PER_DAY}, &a, &err));
    assert_true(run(w, "access.token_revoke", token_body(w, NULL, "secret-1", "")).accepted);
    assert_true(run(w, "access.token_revoke", token_body(w, NULL, "secret-1", "")).accepted);
    assert_false(actor(w, "secret-1", start, &a, &err));
    refused(w, "access.token_revoke", token_body(w, NULL, "secret-9", ""),
            &fault_access_token_unknown);
    refused(w, "access.token_add", token_body(w, "li", "secret-1", ""), &fault_token_exists);
    refused(w, "access.token_add", token_body(w, "nobody", "secret-3", ""),
            &fault_account_unknown);
    refused(w, "access.token_add",
            token_body(w, "li", "secret-3", ",\"expires\":\"2022-09-29T08:00:00+08:00\""),
            &fault_account_field);
    refused(w, "access.token_add", token_body(w, "li", "secret-3", ",\"expries\":1"),
            &fault_account_field);
    for (unsigned i = 0; i < ACCESS_TOKENS_MAX - 1; i++) {
        char name[32];
        snprintf(name, sizeof name, "more-%u", i);
        assert_true(run(w, "access.token_add", token_body(w, "li", name, "")).accepted);
    }
    refused(w, "access.token_add", token_body(w, "li", "one-too-many", ""), &fault_token_limit);
}

static void accounts_are_judged(void **state)
{
    World *w = *state;
    const char *hash = "\"token_sm3\":"
                       "\"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\"";
    struct {
        const char *body;
        const Fault *fault;
    } cases[] = {
        {"{\"id\":\"\",\"name\":\"x\",\"roles\":[\"clerk\"],%s}", &fault_account_field},
        {"{\"id\":7,\"name\":\"x\",\"roles\":[\"clerk\"],%s}", &fault_account_field},
        {"{\"id\":\"x\",\"name\":\"a\\nb\",\"roles\":[\"clerk\"],%s}", &fault_account_field},
        {"{\"id\":\"x\",\"name\":\"x\",\"roles\":[],%s}", &fault_account_field},
        {"{\"id\":\"x\",\"name\":\"x\",\"roles\":\"clerk\",%s}", &fault_account_field},
        {"{\"id\":\"x\",\"name\":\"x\",\"roles\":[\"king\"],%s}", &fault_account_role},
        {"{\"id\":\"x\",\"name\":\"x\",\"roles\":[\"clerk\"],\"rolls\":1,%s}",
         &fault_account_field},
        {"{\"id\":\"system\",\"name\":\"x\",\"roles\":[\"clerk\"],%s}", &fault_account_reserved},
        {"{\"id\":\"clock\",\"name\":\"x\",\"roles\":[\"clerk\"],%s}", &fault_account_reserved},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(body, sizeof body, cases[i].body, hash);
#pragma GCC diagnostic pop
        refused(w, "access.account_open", body, cases[i].fault);
    }
    refused(w, "access.account_open",
            "{\"id\":\"x\",\"name\":\"x\",\"roles\":[\"clerk\"],\"token_sm3\":\"abc\"}",
            &fault_account_field);
    assert_true(run(w, "access.account_open", account(w, "li", "clerk", "s")).accepted);
    refused(w, "access.account_open", account(w, "li", "clerk", "t"), &fault_account_exists);
    refused(w, "access.account_open", account(w, "wu", "clerk", "s"), &fault_token_exists);
}

static Actor holder(const char *role)
{
    Actor a = {.id = STR("someone"), .office = STR("420600-cgj")};
    a.roles[a.role_count++] = str_from(role);
    return a;
}

static void roles_permit_what_they_list(void **state)
{
    World *w = *state;
    Err err = {0};
    Actor clerk = holder("clerk"), citizen = holder("citizen"), ghost = holder("ghost");
    Actor system = {.id = STR("system")};
    Value none = value_null();
    assert_true(access_permit(w->access, &clerk, STR("process.task_claim"), none, &err));
    assert_true(access_permit(w->access, &clerk, STR("case.submit"), none, &err));
    assert_true(access_permit(w->access, &citizen, STR("case.submit"), none, &err));
    assert_true(access_permit(w->access, &system, STR("anything.at_all"), none, &err));
    assert_false(access_permit(w->access, &citizen, STR("process.task_claim"), none, &err));
    assert_ptr_equal(err.fault, &fault_not_permitted);
    err = (Err){0};
    assert_false(access_permit(w->access, &clerk, STR("case.submit_all"), none, &err));
    err = (Err){0};
    assert_false(access_permit(w->access, &clerk, STR("processes.start"), none, &err));
    err = (Err){0};
    assert_false(access_permit(w->access, &ghost, STR("case.submit"), none, &err));
    assert_true(access_may_read(w->access, &clerk, ACCESS_READ_TASKS));
    assert_true(access_may_read(w->access, &clerk, ACCESS_READ_CASES_OFFICE));
    assert_false(access_may_read(w->access, &clerk, ACCESS_READ_JOURNAL));
    assert_false(access_may_read(w->access, &ghost, ACCESS_READ_TASKS));
    assert_true(access_may_read(w->access, &system, ACCESS_READ_JOURNAL));
}

static void a_newer_role_replaces_the_older(void **state)
{
    World *w = *state;
    Err err = {0};
    Actor clerk = holder("clerk");
    assert_true(install(w, "role", "clerk", "{\"name\":\"clerk\",\"may\":[]}").accepted);
    assert_false(access_permit(w->access, &clerk, STR("case.submit"), value_null(), &err));
    assert_false(access_may_read(w->access, &clerk, ACCESS_READ_TASKS));
}

static void faulty_roles_are_not_installed(void **state)
{
    World *w = *state;
    static const char *const texts[] = {
        "{\"name\":\"other\",\"may\":[]}",
        "{\"may\":[]}",
        "{\"name\":\"r\"}",
        "{\"name\":\"r\",\"may\":[\"submit\"]}",
        "{\"name\":\"r\",\"may\":[7]}",
        "{\"name\":\"r\",\"may\":[\".x\"]}",
        "{\"name\":\"r\",\"may\":[],\"reads\":[\"everything\"]}",
        "{\"name\":\"r\",\"may\":[],\"reads\":\"tasks\"}",
        "{\"name\":\"r\",\"may\":[],\"rights\":[]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Reply reply = install(w, "role", "r", texts[i]);
        assert_false(reply.accepted);
        assert_ptr_equal(reply.err.fault, &fault_role_invalid);
    }
    assert_false(install(w, "role", "r", "{").accepted);
}

static void erasing_clears_names(void **state)
{
    World *w = *state;
    Actor a;
    Err err;
    assert_true(run(w, "access.account_open", account(w, "li", "clerk", "secret-1")).accepted);
    assert_true(run(w, "core.erase", "{\"subject\":\"li\"}").accepted);
    assert_true(actor(w, "secret-1", start, &a, &err));
    assert_int_equal(a.name.len, 0);
    assert_int_equal(a.subject.len, 0);
    /* tear_down verifies that a replay gives the same cleared rows. */
}

static void only_the_system_opens_accounts(void **state)
{
    World *w = *state;
    Reply reply;
    Err err = {0};
    Command command = {.kind = STR("access.account_open"), .actor = holder("clerk")};
    assert_true(json_parse(w->a, str_from(account(w, "li", "clerk", "s")), &command.body, &err));
    assert_true(core_run(w->core, &command, w->a, &reply, &err));
    assert_false(reply.accepted);
    assert_ptr_equal(reply.err.fault, &fault_not_permitted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(token_names_its_account),     TEST(wrong_tokens_are_refused_alike),
        TEST(tokens_come_and_go),          TEST(accounts_are_judged),
        TEST(roles_permit_what_they_list), TEST(a_newer_role_replaces_the_older),
        TEST(faulty_roles_are_not_installed), TEST(erasing_clears_names),
        TEST(only_the_system_opens_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
