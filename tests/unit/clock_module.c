/* clock_module.c - the clock as a module of a core: started, paused, resumed, stopped, rung, read
 * at any instant, and the same after a replay. */
#include "codec/json.h"
#include "domain/clock/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct Bench {
    Arena *arena;
    Clock *clock;
    Core *core;
    const Module *modules[1];
    StoreConn *reader;
} Bench;

static Bench b;

#define SUBJECT "0192f0c1-0000-7000-8000-000000000001"
#define OTHER "0192f0c1-0000-7000-8000-000000000002"

static Instant at(const char *text)
{
    Instant t = INSTANT_NONE;
    if (!instant_parse(str_from(text), &t))
        fail_msg("not an instant: %s", text);
    return t;
}

static void show(const Err *err)
{
    Buf text = buf_new(b.arena, 100);
    err_show(err, LANG_EN, &text);
    fail_msg("%s", buf_cstr(&text));
}

/* A command of the system with a body in JSON. */
static Reply run(const char *kind, const char *body)
{
    Reply reply = {0};
    Err err = {0};
    Command c = {.kind = str_from(kind), .actor = {.id = STR("system")}};
    assert_true(json_parse(b.arena, str_from(body), &c.body, NULL));
    if (!core_run(b.core, &c, b.arena, &reply, &err))
        show(&err);
    return reply;
}

static Value run_well(const char *kind, const char *body)
{
    Reply reply = run(kind, body);
    if (!reply.accepted)
        show(&reply.err);
    return reply.body;
}

static void refused(const char *kind, const char *body, const Fault *fault)
{
    Reply reply = run(kind, body);
    assert_false(reply.accepted);
    assert_ptr_equal(reply.err.fault, fault);
}

static void move(const char *instant)
{
    size_t ran = 0;
    Err err = {0};
    Instant now = at(instant);
    /* As the writer does: what is due runs at its own time. */
    for (Instant due = core_next_due(b.core); !instant_is_none(due) && due.us <= now.us;
         due = core_next_due(b.core)) {
        assert_true(clock_set(b.clock, due));
        assert_true(core_run_due(b.core, &ran, &err));
    }
    assert_true(clock_set(b.clock, now));
}

static ClockState state_at(const char *subject, const char *instant)
{
    ClockState s;
    Err err = {0};
    Id id;
    assert_true(id_parse(str_from(subject), &id));
    assert_true(store_begin(b.reader, &err));
    if (!clock_read(b.reader, 420600, id, at(instant), b.arena, &s, &err))
        show(&err);
    store_end(b.reader);
    return s;
}

static void install_calendar(void)
{
    const char *source = getenv("TONGBAN_SOURCE");
    Str text = STR_NONE;
    Err err = {0};
    assert_true(file_read(b.arena,
                          arena_printf(b.arena, "%s/packs/hubei/calendars/hubei.json",
                                       source ? source : "."),
                          1u << 24, &text, &err));
    Buf body = buf_new(b.arena, text.len + 100);
    buf_add_text(&body, "{\"pack\": \"hubei\", \"version\": \"1\", \"definitions\": [{\"kind\": "
                        "\"calendar\", \"id\": \"hubei\", \"path\": \"c.json\", \"text\": ");
    json_write_string(text, &body);
    buf_add_text(&body, "}]}");
    run_well("core.install", buf_cstr(&body));
}

static int set_up(void **state)
{
    Err err = {0};
    (void)state;
    assert_true(seal_init(&err));
    b.arena = arena_open(256u << 20);
    b.clock = clock_virtual_open(at("2022-09-19T09:00:00+08:00"));
    b.modules[0] = clock_module_new(b.arena);
    CoreOptions options = {.node = 420600, .location = STR(":memory:"), .clock = b.clock,
                           .modules = b.modules, .module_count = 1};
    if (!core_open(&options, &b.core, &err))
        show(&err);
    assert_true(store_connect_reader(core_store(b.core), &b.reader, &err));
    install_calendar();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    VerifyResult result;
    Err err = {0};
    if (!core_verify(b.core, LANG_EN, b.arena, &result, &err))
        show(&err);
    if (result.differences)
        fail_msg("%.*s", STR_ARG(result.report));
    store_disconnect(b.reader);
    core_close(b.core);
    clock_close(b.clock);
    arena_close(b.arena);
    return 0;
}

#define START(amount, unit) \
    "{\"subject\": \"" SUBJECT "\", \"label\": \"道路挖掘\", \"calendar\": \"hubei\"," \
    "\"limit\": {\"amount\": " amount ", \"unit\": \"" unit "\"}}"
#define PAUSE(reason) "{\"subject\": \"" SUBJECT "\", \"reason\": \"" reason "\"}"
#define BARE "{\"subject\": \"" SUBJECT "\"}"

static void life_of_a_clock(void **state)
{
    (void)state;
    Value reply = run_well("clock.start", START("2", "working_day"));
    assert_true(str_equal(value_get_string(reply, STR("due")),
                          STR("2022-09-21T17:00:00+08:00")));
    ClockState s = state_at(SUBJECT, "2022-09-19T10:00:00+08:00");
    assert_true(s.found);
    assert_int_equal(s.light, CLOCK_NORMAL);
    assert_int_equal(s.remaining.units, 2);
    s = state_at(SUBJECT, "2022-09-21T09:00:00+08:00");
    assert_int_equal(s.light, CLOCK_NEAR);
    assert_int_equal(s.remaining.units, 1);
    assert_int_equal(state_at(SUBJECT, "2022-09-21T17:00:00+08:00").light, CLOCK_NEAR);
    s = state_at(SUBJECT, "2022-09-22T10:00:00+08:00");
    assert_int_equal(s.light, CLOCK_OVERDUE);
    assert_int_equal(s.remaining.over, 1);

    move("2022-09-20T14:00:00+08:00");
    run_well("clock.pause", PAUSE("补正"));
    s = state_at(SUBJECT, "2022-09-20T15:00:00+08:00");
    assert_true(s.paused);
    assert_true(str_equal(s.paused_why, STR("补正")));
    assert_int_equal(s.light, CLOCK_NORMAL);
    assert_int_equal(s.due.us, at("2022-09-22T17:00:00+08:00").us); /* if resumed now */
    s = state_at(SUBJECT, "2022-09-27T15:00:00+08:00");
    assert_int_equal(s.light, CLOCK_NORMAL); /* it stands */
    assert_int_equal(s.due.us, at("2022-09-29T17:00:00+08:00").us);

    move("2022-09-22T11:00:00+08:00");
    reply = run_well("clock.resume", BARE);
    assert_true(str_equal(value_get_string(reply, STR("due")),
                          STR("2022-09-26T17:00:00+08:00")));
    s = state_at(SUBJECT, "2022-09-22T11:00:00+08:00");
    assert_false(s.paused);
    assert_int_equal(s.pause_count, 1);
    assert_int_equal(s.paused_us, (3 + 8 + 2) * 3600 * US_PER_SECOND);
    assert_int_equal(s.remaining.units, 2);

    move("2022-09-23T16:00:00+08:00");
    reply = run_well("clock.stop", BARE);
    assert_true(str_equal(value_get_string(reply, STR("light")), STR("normal")));
    s = state_at(SUBJECT, "2022-12-31T16:00:00+08:00");
    assert_int_equal(s.light, CLOCK_NORMAL); /* for ever */
    assert_int_equal(s.stopped.us, at("2022-09-23T16:00:00+08:00").us);
    assert_false(state_at(OTHER, "2022-12-31T16:00:00+08:00").found);
}

static void two_reasons_at_once(void **state)
{
    (void)state;
    run_well("clock.start", START("4", "working_hour"));
    move("2022-09-19T10:00:00+08:00");
    run_well("clock.pause", PAUSE("补正"));
    move("2022-09-19T11:00:00+08:00");
    run_well("clock.pause", PAUSE("听证"));
    move("2022-09-19T12:00:00+08:00");
    Value reply = run_well("clock.resume", PAUSE("补正"));
    assert_true(value_get_boolean(reply, STR("paused"), false));
    ClockState s = state_at(SUBJECT, "2022-09-19T12:30:00+08:00");
    assert_true(s.paused);
    assert_true(str_equal(s.paused_why, STR("听证")));
    assert_int_equal(s.paused_since.us, at("2022-09-19T10:00:00+08:00").us);
    move("2022-09-19T13:00:00+08:00");
    reply = run_well("clock.resume", BARE);
    assert_false(value_get_boolean(reply, STR("paused"), true));
    s = state_at(SUBJECT, "2022-09-19T13:00:00+08:00");
    assert_int_equal(s.due.us, at("2022-09-19T16:00:00+08:00").us);
    assert_int_equal(s.paused_us, 3 * 3600 * US_PER_SECOND);
    refused("clock.resume", BARE, &fault_clock_not_paused);
}

static void stopped_while_paused(void **state)
{
    (void)state;
    run_well("clock.start", START("1", "working_day"));
    move("2022-09-20T10:00:00+08:00");
    run_well("clock.pause", PAUSE("补正"));
    move("2022-10-20T10:00:00+08:00"); /* the applicant never answers */
    Value reply = run_well("clock.stop", BARE);
    assert_true(str_equal(value_get_string(reply, STR("light")), STR("near")));
    ClockState s = state_at(SUBJECT, "2022-11-20T10:00:00+08:00");
    assert_false(s.paused);
    assert_int_equal(s.light, CLOCK_NEAR); /* it was paused on its last day, in time */
}

/* What rang, as "instant light" lines. */
static bool note_ring(void *context, const JournalRecord *record)
{
    Buf *out = context;
    for (size_t i = 0; i < value_count(record->events); i++) {
        Value e = value_item(record->events, i);
        if (!str_equal(value_get_string(e, STR("kind")), STR("clock.rang")))
            continue;
        instant_write(record->at, CHINA_OFFSET_S, out);
        buf_printf(out, " %.*s\n",
                   STR_ARG(value_get_string(value_field(e, "open"), STR("light"))));
    }
    return true;
}

static Str rings(void)
{
    Buf out = buf_new(b.arena, 200);
    Err err = {0};
    assert_true(store_begin(b.reader, &err));
    if (!core_journal_read(b.core, b.reader, 1, note_ring, &out, &err))
        show(&err);
    store_end(b.reader);
    return buf_text(&out);
}

static void it_rings(void **state)
{
    (void)state;
    run_well("clock.start", START("2", "working_day"));
    move("2022-10-20T10:00:00+08:00");
    Str rang = rings();
    assert_true(str_equal(rang, STR("2022-09-21T09:00:00+08:00 near\n"
                                    "2022-09-21T17:00:00.000001+08:00 overdue\n")));
    assert_true(instant_is_none(core_next_due(b.core)));
}

static void a_pause_moves_the_ring(void **state)
{
    (void)state;
    run_well("clock.start", START("2", "working_day"));
    move("2022-09-20T10:00:00+08:00");
    run_well("clock.pause", PAUSE("听证"));
    assert_true(instant_is_none(core_next_due(b.core)));
    move("2022-09-27T10:00:00+08:00");
    run_well("clock.resume", BARE);
    move("2022-09-29T10:00:00+08:00");
    assert_true(str_equal(rings(), STR("2022-09-29T09:00:00+08:00 near\n")));
    run_well("clock.stop", BARE);
    assert_true(instant_is_none(core_next_due(b.core)));
}

static void what_is_refused(void **state)
{
    (void)state;
    refused("clock.stop", BARE, &fault_clock_unknown);
    refused("clock.start", START("0", "working_day"), &fault_limit_invalid);
    refused("clock.start", START("1", "moon"), &fault_limit_invalid);
    refused("clock.start", "{\"subject\": 3}", &fault_command_invalid);
    refused("clock.start",
            "{\"subject\": \"" SUBJECT "\", \"label\": \"\", \"calendar\": \"mars\", \"limit\": "
            "{\"amount\": 1, \"unit\": \"working_day\"}}",
            &fault_calendar_unknown);
    refused("clock.start",
            "{\"subject\": \"" SUBJECT "\", \"label\": \"\", \"calendar\": \"hubei\", \"near\": 3, "
            "\"limit\": {\"amount\": 1, \"unit\": \"working_day\"}}",
            &fault_command_invalid);
    run_well("clock.start", START("1", "working_day"));
    refused("clock.start", START("1", "working_day"), &fault_clock_exists);
    refused("clock.pause", PAUSE("  "), &fault_clock_reason_missing);
    refused("clock.resume", BARE, &fault_clock_not_paused);
    run_well("clock.stop", BARE);
    refused("clock.stop", BARE, &fault_clock_over);
    refused("clock.pause", PAUSE("x"), &fault_clock_over);
}

static void many_at_once(void **state)
{
    Id ids[2];
    ClockState states[2];
    Err err = {0};
    (void)state;
    run_well("clock.start", START("1", "calendar_day"));
    assert_true(id_parse(STR(OTHER), &ids[0]) && id_parse(STR(SUBJECT), &ids[1]));
    assert_true(store_begin(b.reader, &err));
    assert_true(clock_read_many(b.reader, 420600, ids, 2, at("2022-09-19T10:00:00+08:00"),
                                b.arena, states, &err));
    store_end(b.reader);
    assert_false(states[0].found);
    assert_true(states[1].found);
    Value v = clock_value(b.arena, &states[1]);
    assert_true(str_equal(value_get_string(v, STR("light")), STR("normal")));
    assert_true(str_equal(value_get_string(v, STR("due_day")), STR("2022-09-20")));
    assert_true(value_is_null(clock_value(b.arena, &states[0])));
}

static void a_wrong_calendar_is_not_installed(void **state)
{
    (void)state;
    refused("core.install",
            "{\"pack\": \"p\", \"version\": \"1\", \"definitions\": [{\"kind\": \"calendar\", "
            "\"id\": \"other\", \"path\": \"c.json\", \"text\": \"{\\\"id\\\": \\\"x\\\", "
            "\\\"offset\\\": \\\"+08:00\\\", \\\"hours\\\": [[\\\"09:00\\\", \\\"17:00\\\"]], "
            "\\\"years\\\": {}}\"}]}",
            &fault_calendar_invalid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(life_of_a_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_reasons_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stopped_while_paused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_rings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pause_moves_the_ring, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_calendar_is_not_installed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
