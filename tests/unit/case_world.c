/* case_world.c - the node of the case tests: definitions, actors, and the double. */
#include "case_world.h"

#include "seal/seal.h"

static const Instant start = {1664409600ll * US_PER_SECOND}; /* 2022-09-29T08:00:00+08:00 */

const Actor firm = {.id = STR("firm"), .name = STR("襄阳示例建设有限公司"),
                    .subject = STR("91420600MA9T00018D"), .roles = {STR("applicant")},
                    .role_count = 1};
const Actor other_firm = {.id = STR("other"), .name = STR("另一家"),
                          .roles = {STR("applicant")}, .role_count = 1};
const Actor planning = {.id = STR("li"), .name = STR("李"), .office = STR("planning-office"),
                        .roles = {STR("clerk")}, .role_count = 1};
const Actor traffic = {.id = STR("wu"), .name = STR("吴"), .office = STR("traffic-office"),
                       .roles = {STR("clerk")}, .role_count = 1};
const Actor supervisor = {.id = STR("sun"), .name = STR("孙"), .roles = {STR("supervisor")},
                          .role_count = 1};
const Actor auditor = {.id = STR("audit"), .name = STR("审"),
                       .roles = {STR("supervisor"), STR("auditor")}, .role_count = 2};
const Actor nobody = {.id = STR("nobody"), .name = STR("无"), .roles = {STR("ghost")},
                      .role_count = 1};
static const Actor system_actor = {.id = STR("system"), .name = STR("system")};

/* ---- The double. */

static const Fault fault_double = {"double_refuses", FAULT_INPUT, 422, false, "The double refuses.",
                                   "替身拒绝。"};

static void heard(World *w, Str kind, Str subject, Str more)
{
    if (w->log.len)
        buf_add_text(&w->log, "; ");
    buf_add(&w->log, kind);
    Id id;
    Str shown = subject;
    if (id_parse(subject, &id)) {
        shown = STR("case");
        Rows *rows = store_query(w->conn,
                                 store_sql(w->conn, STR("SELECT matter FROM case_part"
                                                        " WHERE node = ?1 AND id = ?2")),
                                 PARAMS(p_int(NODE), p_id(&id)));
        if (rows_next(rows))
            shown = rows_copy(rows, 0, w->a);
        rows_close(rows);
    }
    buf_printf(&w->log, " %.*s", STR_ARG(shown));
    if (more.len)
        buf_printf(&w->log, " %.*s", STR_ARG(more));
}

static World *world_of_double;

static bool double_start(void *state, const Command *command, Decision *d)
{
    World *w = world_of_double;
    (void)state;
    heard(w, STR("start"), value_get_string(command->body, STR("process")), STR_NONE);
    if (w->refuse_start)
        return decision_refuse_with(d, &fault_double);
    ContextBuilder reply = context_builder(decision_arena(d));
    context_put_text(&reply, "instance", value_string(STR("7")));
    decision_reply(d, value_context(&reply));
    return true;
}

static bool double_note(void *state, const Command *command, Decision *d)
{
    Value b = command->body;
    Str subject = value_get_string(b, STR("subject"));
    (void)state;
    (void)d;
    if (subject.len == 0)
        subject = value_get_string(b, STR("instance"));
    if (subject.len == 0)
        subject = value_get_string(b, STR("task"));
    heard(world_of_double, command->kind, subject, value_get_string(b, STR("reason")));
    return true;
}

static bool double_clock(void *state, const Command *command, Decision *d)
{
    World *w = world_of_double;
    Arena *a = decision_arena(d);
    Value limit = value_field(command->body, "limit");
    (void)state;
    heard(w, command->kind, value_get_string(command->body, STR("subject")),
          value_is_null(limit) ? STR_NONE
                               : arena_printf(w->a, "%lld",
                                              (long long)value_get_int(limit, STR("amount"), 0)));
    if (w->refuse_clock)
        return decision_refuse_with(d, &fault_double);
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "due", value_instant(a, (Instant){command->now.us + US_PER_DAY}));
    decision_reply(d, value_context(&reply));
    return true;
}

static const CommandKind double_commands[] = {
    {"process.start", double_start, COMMAND_INTERNAL},
    {"process.cancel", double_note, COMMAND_INTERNAL},
    {"process.task_complete", double_note, COMMAND_PUBLIC},
    {"clock.start", double_clock, COMMAND_INTERNAL},
    {"clock.pause", double_note, COMMAND_INTERNAL},
    {"clock.resume", double_clock, COMMAND_INTERNAL},
    {"clock.stop", double_note, COMMAND_INTERNAL},
    {0},
};
static const EventKind double_events[] = {{0}};
static const char *const double_tables[] = {NULL};

static const Module double_module = {.name = "double",
                                     .tables = double_tables,
                                     .commands = double_commands,
                                     .events = double_events};

/* ---- Definitions. */

static const char form_text[] =
    "{\"type\":\"default\",\"id\":\"dig\",\"components\":["
    "{\"type\":\"textfield\",\"key\":\"road\",\"label\":\"道路\","
    "\"validate\":{\"required\":true,\"maxLength\":50}},"
    "{\"type\":\"number\",\"key\":\"length\",\"label\":\"长度\",\"validate\":{\"min\":1}}]}";

static const char thing_text[] =
    "{\"id\":\"dig\",\"title\":{\"zh\":\"道路挖掘\",\"en\":\"Digging\"},"
    "\"stage\":\"business_permit\",\"audience\":\"firm\",\"region\":\"420600\","
    "\"form\":\"dig\",\"process\":\"dig\",\"calendar\":\"hubei\",\"lead_matter\":\"plan\","
    "\"matters\":["
    "{\"id\":\"plan\",\"title\":{\"zh\":\"规划审查\",\"en\":\"Planning review\"},"
    "\"office\":\"planning-office\",\"item_code\":\"11440232MB2D06811W4000117051000\","
    "\"promised\":{\"amount\":3,\"unit\":\"working_day\"}},"
    "{\"id\":\"road\",\"title\":{\"zh\":\"交通审查\",\"en\":\"Traffic review\"},"
    "\"office\":\"traffic-office\",\"item_code\":\"11440232MB2D06811W4000117051001\"},"
    "{\"id\":\"green\",\"title\":{\"zh\":\"绿化审查\",\"en\":\"Green review\"},"
    "\"office\":\"planning-office\",\"item_code\":\"11440232MB2D06811W4000117051002\"}],"
    "\"limits\":{\"promised\":{\"amount\":4,\"unit\":\"working_day\"}},"
    "\"fee_fen\":0,\"visits\":0,\"guide\":{\"zh\":\"说明\",\"en\":\"Guide\"},"
    "\"when_part_refused\":\"%s\"}";

Reply world_install(World *w, const char *kind, const char *id, const char *text)
{
    Buf body = buf_new(w->a, 0);
    buf_printf(&body,
               "{\"pack\":\"test\",\"version\":\"1\",\"definitions\":[{\"kind\":\"%s\","
               "\"id\":\"%s\",\"path\":\"%s.json\",\"text\":",
               kind, id, id);
    json_write_string(str_from(text), &body);
    buf_add_text(&body, "}]}");
    return world_run(w, &system_actor, "core.install", world_json(w, buf_cstr(&body)));
}

static void install_all(World *w)
{
    static const char *const definitions[][3] = {
        {"form", "dig", form_text},
        {"process", "dig", "<process/>"},
        {"calendar", "hubei", "{}"},
        {"office", "planning-office",
         "{\"code\":\"planning-office\",\"title\":{\"zh\":\"规划局\",\"en\":\"Planning Bureau\"}}"},
        {"office", "traffic-office",
         "{\"code\":\"traffic-office\",\"title\":{\"zh\":\"交警支队\",\"en\":\"Traffic Police\"}}"},
        {"role", "applicant", "{\"name\":\"applicant\",\"reads\":[\"cases_own\"]}"},
        {"role", "clerk", "{\"name\":\"clerk\",\"reads\":[\"cases_office\"]}"},
        {"role", "supervisor", "{\"name\":\"supervisor\",\"reads\":[\"cases_all\"]}"},
        {"role", "auditor", "{\"name\":\"auditor\",\"reads\":[\"case_data\"]}"},
    };
    for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++)
        assert_true(
            world_install(w, definitions[i][0], definitions[i][1], definitions[i][2]).accepted);
    static const char *const rules[] = {"refuse_case", "continue"};
    for (size_t i = 0; i < 2; i++) {
        Buf text = buf_new(w->a, 0);
        Str whole = str_from(thing_text);
        ptrdiff_t at = str_find(whole, STR("%s"));
        buf_add(&text, str_slice(whole, 0, (size_t)at));
        buf_add(&text, str_from(rules[i]));
        buf_add(&text, str_slice(whole, (size_t)at + 2, whole.len));
        if (i == 0) {
            assert_true(world_install(w, "thing", "dig", buf_cstr(&text)).accepted);
            continue;
        }
        /* The same thing under another id, whose parts go on when one is refused. */
        Buf other = buf_new(w->a, 0);
        buf_add_text(&other, "{\"id\":\"dig-on\"");
        buf_add(&other, str_slice(buf_text(&text), sizeof "{\"id\":\"dig\"" - 1, text.len));
        assert_true(world_install(w, "thing", "dig-on", buf_cstr(&other)).accepted);
    }
}

/* ---- Life. */

int world_set_up(void **state)
{
    static World w;
    Err err = {0};
    assert_true(seal_init(&err));
    w = (World){.cases = cases_open(), .clock = clock_virtual_open(start),
                .entropy = entropy_seeded_open(11), .a = arena_open(256 << 20)};
    world_of_double = &w;
    w.log = buf_new(w.a, 0);
    const Module *modules[] = {cases_module(w.cases), &double_module};
    CoreOptions options = {.node = NODE, .location = STR(":memory:"), .clock = w.clock,
                           .entropy = w.entropy, .modules = modules, .module_count = 2};
    if (!core_open(&options, &w.core, &err)) {
        Buf text = buf_new(w.a, 0);
        err_show(&err, LANG_EN, &text);
        fail_msg("%s", buf_cstr(&text));
    }
    assert_true(store_connect_reader(core_store(w.core), &w.conn, &err));
    install_all(&w);
    *state = &w;
    return 0;
}

static void check_cases(World *w)
{
    static const Sql all = {"SELECT id FROM case_case WHERE node = ?1"};
    Id ids[1000];
    size_t count = 0;
    Err err = {0};
    Rows *rows = store_query(w->conn, &all, PARAMS(p_int(NODE)));
    while (count < 1000 && rows_next(rows))
        ids[count++] = rows_id(rows, 0);
    rows_close(rows);
    for (size_t i = 0; i < count; i++)
        if (!case_invariants(w->conn, NODE, ids[i], w->a, &err)) {
            Buf text = buf_new(w->a, 0);
            err_show(&err, LANG_EN, &text);
            fail_msg("%s", buf_cstr(&text));
        }
}

int world_tear_down(void **state)
{
    World *w = *state;
    VerifyResult verify;
    Err err = {0};
    check_cases(w);
    assert_true(core_verify(w->core, LANG_EN, w->a, &verify, &err));
    if (verify.differences)
        print_error("%.*s\n", STR_ARG(verify.report));
    assert_int_equal(verify.differences, 0);
    assert_false(arena_failed(w->a));
    store_disconnect(w->conn);
    core_close(w->core);
    clock_close(w->clock);
    entropy_close(w->entropy);
    arena_close(w->a);
    return 0;
}

Value world_json(World *w, const char *text)
{
    Value v = value_null();
    Err err = {0};
    if (!json_parse(w->a, str_from(text), &v, &err))
        fail_msg("not JSON: %s", text);
    return v;
}

Reply world_run(World *w, const Actor *actor, const char *kind, Value body)
{
    Reply reply;
    Err err = {0};
    Command command = {.kind = str_from(kind), .actor = *actor, .body = body};
    if (!core_run(w->core, &command, w->a, &reply, &err)) {
        Buf text = buf_new(w->a, 0);
        err_show(&err, LANG_EN, &text);
        fail_msg("%s: %s", kind, buf_cstr(&text));
    }
    return reply;
}

Reply world_do(World *w, const Actor *actor, const char *kind, const char *format, ...)
{
    char body[8192];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(body, sizeof body, format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof body);
    return world_run(w, actor, kind, world_json(w, body));
}

void world_refused(Reply reply, const Fault *fault)
{
    if (reply.accepted)
        fail_msg("accepted; expected %s", fault->name);
    if (reply.err.fault != fault)
        fail_msg("refused with %s; expected %s", reply.err.fault->name, fault->name);
}

Id world_submit(World *w)
{
    Reply reply = world_do(w, &firm, "case.submit",
                           "{\"thing\":\"dig\",\"data\":{\"road\":\"长虹路\",\"length\":12.5}}");
    assert_true(reply.accepted);
    w->last_case = value_get_id(reply.body, STR("case"));
    assert_false(id_is_none(w->last_case));
    buf_clear(&w->log);
    return w->last_case;
}

Str world_id(World *w, Id id)
{
    return id_copy_text(w->a, id);
}

void world_mark(World *w, const char *event, const char *element, const char *more)
{
    Str id = world_id(w, w->last_case);
    Reply reply = world_do(w, &system_actor, "case.mark",
                           "{\"case\":\"%.*s\",\"instance\":\"7\",\"event\":\"%s\","
                           "\"element\":\"%s\"%s}",
                           STR_ARG(id), event, element, more);
    if (!reply.accepted)
        fail_msg("case.mark: %s", reply.err.fault->name);
}

Reply world_task(World *w, const char *kind, const char *fields)
{
    Str id = world_id(w, w->last_case);
    return world_do(w, &system_actor, kind, "{\"context\":{\"case\":\"%.*s\"}%s%s}", STR_ARG(id),
                    fields[0] ? "," : "", fields);
}

Str world_heard(World *w)
{
    Str text = arena_copy(w->a, buf_text(&w->log));
    buf_clear(&w->log);
    return text;
}

CaseWhole world_read(World *w)
{
    CaseWhole whole;
    Err err = {0};
    if (!case_read(w->cases, w->conn, NODE, &system_actor, w->last_case, world_now(w), w->a,
                   &whole, &err))
        fail_msg("case_read: %s", err.fault->name);
    return whole;
}

CasePart *world_part(CaseWhole *whole, const char *matter)
{
    for (size_t i = 0; i < whole->part_count; i++)
        if (str_equal(whole->parts[i].matter, str_from(matter)))
            return &whole->parts[i];
    fail_msg("no part %s", matter);
    return NULL;
}

Str world_codes(World *w)
{
    TimelineEntry *entries;
    size_t count = 0;
    Err err = {0};
    Buf codes = buf_new(w->a, 0);
    assert_true(case_timeline(w->cases, w->conn, NODE, &system_actor, w->last_case, w->a,
                              &entries, &count, &err));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(entries[i].seq, i + 1);
        assert_true(entries[i].text.zh.len > 0 && entries[i].text.en.len > 0);
        buf_printf(&codes, "%s%.*s", i ? " " : "", STR_ARG(entries[i].code));
    }
    return buf_text(&codes);
}

Instant world_now(World *w)
{
    return clock_now(w->clock);
}

void world_wait(World *w, int64_t seconds)
{
    assert_true(clock_set(w->clock, (Instant){world_now(w).us + seconds * US_PER_SECOND}));
}
