#include "ledger_desk.h"

#include "base/check.h"

Desk desk;

Instant desk_at(const char *text)
{
    Instant t = INSTANT_NONE;
    if (!instant_parse(str_from(text), &t))
        fail_msg("not an instant: %s", text);
    return t;
}

void desk_show(const Err *err)
{
    Buf text = buf_new(desk.arena, 100);
    err_show(err, LANG_EN, &text);
    fail_msg("%s", buf_cstr(&text));
}

Value desk_json(const char *text)
{
    Buf b = buf_new(desk.arena, 200);
    Value v = value_null();
    for (const char *c = text; *c; c++)
        buf_add_char(&b, *c == '\'' ? '"' : *c);
    if (!json_parse(desk.arena, buf_text(&b), &v, NULL))
        fail_msg("not JSON: %s", text);
    return v;
}

Reply desk_run(const char *kind, Value body)
{
    Reply reply = {0};
    Err err = {0};
    Command c = {.kind = str_from(kind), .actor = {.id = desk.actor}, .body = body};
    if (desk.role.len)
        c.actor.roles[c.actor.role_count++] = desk.role;
    if (!core_run(desk.core, &c, desk.arena, &reply, &err))
        desk_show(&err);
    return reply;
}

Reply desk_try(const char *kind, const char *body)
{
    return desk_run(kind, desk_json(body));
}

Value desk_do(const char *kind, const char *body)
{
    Reply reply = desk_try(kind, body);
    if (!reply.accepted)
        desk_show(&reply.err);
    return reply.body;
}

void desk_refused(const char *kind, const char *body, const Fault *fault)
{
    Reply reply = desk_try(kind, body);
    if (reply.accepted)
        fail_msg("accepted, but %s was expected: %s %s", fault->name, kind, body);
    if (reply.err.fault != fault)
        fail_msg("%s, but %s was expected: %s %s", reply.err.fault->name, fault->name, kind, body);
}

void desk_move_to(const char *instant)
{
    Err err = {0};
    Instant now = desk_at(instant);
    for (Instant due = core_next_due(desk.core); !instant_is_none(due) && due.us <= now.us;
         due = core_next_due(desk.core)) {
        size_t ran = 0;
        clock_set(desk.clock, due);
        if (!core_run_due(desk.core, &ran, &err))
            desk_show(&err);
        assert_true(ran > 0);
    }
    assert_true(clock_set(desk.clock, now));
}

Str desk_file(const char *path)
{
    const char *source = getenv("TONGBAN_SOURCE");
    Str text = STR_NONE;
    Err err = {0};
    if (!file_read(desk.arena,
                   arena_printf(desk.arena, "%s/tests/books/%s", source ? source : ".", path),
                   1u << 22, &text, &err))
        desk_show(&err);
    return text;
}

void desk_install(const char *path)
{
    Str text = desk_file(path);
    Value book = value_null();
    Err err = {0};
    if (!json_parse(desk.arena, text, &book, &err))
        desk_show(&err);
    Buf body = buf_new(desk.arena, text.len + 200);
    buf_add_text(&body, "{\"pack\": \"test\", \"version\": \"1\", \"definitions\": [{\"kind\": "
                        "\"ledger\", \"id\": ");
    json_write_string(value_get_string(book, STR("id")), &body);
    buf_add_text(&body, ", \"path\": \"l.json\", \"text\": ");
    json_write_string(text, &body);
    buf_add_text(&body, "}]}");
    Value v = value_null();
    assert_true(json_parse(desk.arena, buf_text(&body), &v, NULL));
    Str actor = desk.actor;
    desk.actor = STR("system");
    Reply reply = desk_run("core.install", v);
    desk.actor = actor;
    if (!reply.accepted)
        desk_show(&reply.err);
}

/* A private store; or, where LEDGER_DESK_DATA names a folder, a file of its own there for each
 * desk ("1.db", "2.db", ...), which another program can read afterwards. */
static Str location(void)
{
    static int opened;
    const char *folder = getenv("LEDGER_DESK_DATA");
    return folder ? arena_printf(desk.arena, "%s/%d.db", folder, ++opened) : STR(":memory:");
}

static void open_core(void)
{
    Err err = {0};
    desk.server = arena_open(1u << 20);
    desk.modules[0] = ledger_module_new(desk.server);
    CoreOptions options = {.node = DESK_NODE, .location = desk.location, .clock = desk.clock,
                           .modules = desk.modules, .module_count = 1};
    if (!core_open(&options, &desk.core, &err))
        desk_show(&err);
    assert_true(store_connect_reader(core_store(desk.core), &desk.reader, &err));
}

static void close_core(void)
{
    store_disconnect(desk.reader);
    core_close(desk.core);
    arena_close(desk.server);
}

void desk_reopen(void)
{
    assert_false(str_equal(desk.location, STR(":memory:")));
    close_core();
    open_core();
}

int desk_open(void **state)
{
    Err err = {0};
    (void)state;
    assert_true(seal_init(&err));
    desk = (Desk){.arena = arena_open(1024u << 20), .clock = clock_virtual_open((Instant){0}),
                  .actor = STR("system")};
    desk.location = location();
    assert_true(clock_set(desk.clock, desk_at(DESK_START)));
    open_core();
    desk_install("definitions/village.json");
    return 0;
}

void desk_judge(void)
{
    VerifyResult result;
    LedgerJudgement judgement;
    Err err = {0};
    if (!core_verify(desk.core, LANG_EN, desk.arena, &result, &err))
        desk_show(&err);
    if (result.differences)
        fail_msg("%.*s", STR_ARG(result.report));
    if (!ledger_invariants(desk.reader, DESK_NODE, LANG_EN, desk.arena, &judgement, &err))
        desk_show(&err);
    if (judgement.faults)
        fail_msg("%.*s", STR_ARG(judgement.report));
}

int desk_close(void **state)
{
    (void)state;
    desk_judge();
    close_core();
    clock_close(desk.clock);
    arena_close(desk.arena);
    return 0;
}

LedgerAccount desk_account(const char *name)
{
    LedgerAccount a;
    Err err = {0};
    assert_true(store_begin(desk.reader, &err));
    if (!ledger_account_read(desk.reader, DESK_NODE, STR("village"), str_from(name), desk.arena,
                             &a, &err))
        desk_show(&err);
    store_end(desk.reader);
    return a;
}

int64_t desk_balance(const char *account)
{
    return desk_account(account).posted;
}

int64_t desk_number(Value reply, const char *field)
{
    int64_t n = 0;
    assert_true(str_to_int64(value_get_string(reply, str_from(field)), &n));
    return n;
}

int64_t desk_transfer(const char *from, const char *to, int64_t amount)
{
    char body[400];
    snprintf(body, sizeof body,
             "{'book': 'village', 'from': '%s', 'to': '%s', 'amount': %lld}", from, to,
             (long long)amount);
    return desk_number(desk_do("ledger.transfer", body), "move");
}
