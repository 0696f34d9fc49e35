/* Core, command by command on the caller's thread and a virtual clock: what is recorded, what is
 * answered again, what follows, what timers do, what is erased. Every test ends with a replay
 * that must find no difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "core_toy.h"

typedef struct Fixture {
    Arena *arena;
    Clock *clock;
    Entropy *entropy;
    Core *core;
    Toy *toy;
    StoreConn *conn;
    bool forbid; /* what permit says */
} Fixture;

static const Instant morning = {1664416800000000}; /* 2022-09-29 10:00 in China */

static void must(bool ok, const Err *err)
{
    if (ok)
        return;
    Arena *a = arena_open(65536);
    Buf text = buf_new(a, 100);
    err_show(err, LANG_EN, &text);
    fail_msg("%s", buf_cstr(&text));
}

static bool permit(void *context, const Actor *actor, Str kind, Value body, Err *err)
{
    const Fixture *f = context;
    (void)body;
    return !f->forbid ? true : err_set(err, &fault_not_permitted, actor->id, kind);
}

static int setup(void **state)
{
    Fixture *f = test_calloc(1, sizeof *f);
    f->arena = arena_open(256u << 20);
    f->clock = clock_virtual_open(morning);
    f->entropy = entropy_seeded_open(7);
    f->toy = toy_open();
    const Module *modules[] = {toy_module(f->toy)};
    CoreOptions options = {.node = 420600, .location = STR(":memory:"), .clock = f->clock,
                           .entropy = f->entropy, .modules = modules, .module_count = 1,
                           .permit = permit, .permit_context = f};
    Err err = {0};
    must(core_open(&options, &f->core, &err), &err);
    must(store_connect_reader(core_store(f->core), &f->conn, &err), &err);
    *state = f;
    return 0;
}

static VerifyResult verify(Fixture *f)
{
    VerifyResult result;
    Err err = {0};
    must(core_verify(f->core, LANG_EN, f->arena, &result, &err), &err);
    return result;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    VerifyResult result = verify(f);
    if (result.differences > 0)
        print_error("%.*s\n", STR_ARG(result.report));
    int bad = result.differences > 0;
    store_disconnect(f->conn);
    core_close(f->core);
    clock_close(f->clock);
    entropy_close(f->entropy);
    arena_close(f->arena);
    test_free(f);
    return bad;
}

static Id key(const char *name)
{
    return core_command_id(STR("zhang"), str_from(name));
}

static Reply run(Fixture *f, Id id, const char *kind, Value body)
{
    Command c = toy_command(STR("zhang"), str_from(kind), body);
    c.id = id;
    Reply reply;
    Err err = {0};
    must(core_run(f->core, &c, f->arena, &reply, &err), &err);
    return reply;
}

static Reply run_as_system(Fixture *f, const char *kind, Value body)
{
    Command c = toy_command(STR("system"), str_from(kind), body);
    Reply reply;
    Err err = {0};
    must(core_run(f->core, &c, f->arena, &reply, &err), &err);
    return reply;
}

static Value body(Fixture *f, const char *account, int64_t amount, const char *name)
{
    return toy_body(f->arena, str_from(account), amount, str_from(name));
}

static int64_t sum_in(Reply reply)
{
    assert_true(reply.accepted);
    return value_get_int(reply.body, STR("sum"), -1);
}

/* ---- Commands and their answers. */

static void a_command_is_recorded(void **state)
{
    Fixture *f = *state;
    Reply r = run(f, ID_NONE, "toy.add", body(f, "a", 5, "张三"));
    assert_int_equal(sum_in(r), 5);
    assert_int_equal(r.seq, 1);
    assert_false(r.repeated);
    assert_int_equal(toy_sum(f->conn, STR("a")), 5);
    assert_true(str_equal(toy_name(f->conn, STR("a"), f->arena), STR("张三")));
    assert_int_equal(toy_cached(f->toy), 5);
    r = run(f, ID_NONE, "toy.add", body(f, "a", 6, ""));
    assert_int_equal(r.seq, 2);
    assert_int_equal(sum_in(r), 11);
}

static void the_same_command_has_the_same_answer(void **state)
{
    Fixture *f = *state;
    Reply first = run(f, key("k"), "toy.add", body(f, "a", 5, "张三"));
    run(f, ID_NONE, "toy.add", body(f, "a", 1, ""));
    Reply again = run(f, key("k"), "toy.add", body(f, "a", 5, "张三"));
    assert_true(again.repeated && again.accepted);
    assert_int_equal(again.seq, first.seq);
    assert_true(value_same(again.body, first.body));
    assert_int_equal(toy_sum(f->conn, STR("a")), 6); /* one effect */
}

static void the_same_key_with_another_body_is_refused(void **state)
{
    Fixture *f = *state;
    run(f, key("k"), "toy.add", body(f, "a", 5, ""));
    Reply r = run(f, key("k"), "toy.add", body(f, "a", 6, ""));
    assert_false(r.accepted);
    assert_true(err_is(&r.err, &fault_idempotency_mismatch));
    assert_int_equal(r.err.fault->http_status, 422);
    Command other = toy_command(STR("li"), STR("toy.add"), body(f, "a", 5, ""));
    other.id = key("k"); /* another person with that id learns nothing */
    Err err = {0};
    must(core_run(f->core, &other, f->arena, &r, &err), &err);
    assert_true(err_is(&r.err, &fault_idempotency_mismatch));
    assert_int_equal(toy_sum(f->conn, STR("a")), 5);
}

static void a_final_refusal_is_kept(void **state)
{
    Fixture *f = *state;
    Reply first = run(f, key("k"), "toy.add", body(f, "a", -5, ""));
    assert_false(first.accepted);
    assert_true(err_is(&first.err, &fault_toy_poor));
    assert_int_equal(first.seq, 1);
    run(f, ID_NONE, "toy.add", body(f, "a", 100, "")); /* now it could be done */
    Reply again = run(f, key("k"), "toy.add", body(f, "a", -5, ""));
    assert_false(again.accepted);
    assert_true(again.repeated);
    assert_true(err_is(&again.err, &fault_toy_poor));
    assert_true(str_equal(err_arg(&again.err, 0), STR("a")));
    assert_true(str_equal(err_arg(&again.err, 1), STR("0")));
}

static void a_refusal_for_now_is_not_kept(void **state)
{
    Fixture *f = *state;
    Reply r = run(f, key("k"), "toy.add", body(f, "a", 5, "later"));
    assert_true(err_is(&r.err, &fault_toy_later));
    assert_int_equal(r.seq, 0);
    r = run(f, key("k"), "toy.add", body(f, "a", 5, ""));
    assert_true(r.accepted); /* the key is free */
    r = run(f, ID_NONE, "toy.add", body(f, "a", -50, ""));
    assert_false(r.accepted);
    assert_int_equal(r.seq, 0); /* without an id nobody can ask again */
}

static void who_may_not_may_not(void **state)
{
    Fixture *f = *state;
    Reply r = run(f, key("1"), "toy.hidden", body(f, "a", 5, ""));
    assert_true(err_is(&r.err, &fault_not_permitted));
    r = run(f, key("1"), "toy.nothing", body(f, "a", 5, ""));
    assert_true(err_is(&r.err, &fault_command_unknown));
    r = run(f, key("1"), "core.erase", body(f, "a", 5, ""));
    assert_true(err_is(&r.err, &fault_not_permitted));
    f->forbid = true;
    r = run(f, key("1"), "toy.add", body(f, "a", 5, ""));
    assert_true(err_is(&r.err, &fault_not_permitted));
    assert_true(run_as_system(f, "toy.hidden", body(f, "a", 7, "")).accepted);
    f->forbid = false;
    r = run(f, key("1"), "toy.add", body(f, "a", 5, "")); /* it was not recorded */
    assert_int_equal(sum_in(r), 12);
}

/* ---- Follow-ups. */

static void follow_ups_run_in_the_same_record(void **state)
{
    Fixture *f = *state;
    Reply r = run(f, ID_NONE, "toy.many", body(f, "a", 10, ""));
    assert_true(r.accepted);
    assert_int_equal(toy_sum(f->conn, STR("a")), 10);
    assert_int_equal(verify(f).records, 1);
}

static void the_asker_is_told(void **state)
{
    Fixture *f = *state;
    run(f, ID_NONE, "toy.ask", body(f, "a", 4, ""));
    assert_true(str_equal(toy_note(f->conn, STR("a"), f->arena), STR("sum 4")));
    run(f, ID_NONE, "toy.ask", body(f, "a", -9, ""));
    assert_true(str_equal(toy_note(f->conn, STR("a"), f->arena), STR("a has only 4.")));
    assert_int_equal(toy_sum(f->conn, STR("a")), 4);
}

static void too_many_follow_ups_go_on_later(void **state)
{
    Fixture *f = *state;
    int64_t many = CORE_FOLLOW_MAX * 2 + 10;
    assert_true(run(f, key("k"), "toy.many", body(f, "a", many, "")).accepted);
    assert_int_equal(toy_sum(f->conn, STR("a")), CORE_FOLLOW_MAX);
    VerifyResult half = verify(f); /* while the rest waits in a timer */
    assert_int_equal(half.differences, 0);
    size_t ran;
    Err err = {0};
    must(core_run_due(f->core, &ran, &err), &err);
    assert_int_equal(ran, 2);
    assert_int_equal(toy_sum(f->conn, STR("a")), many);
    assert_true(instant_is_none(core_next_due(f->core)));
}

/* ---- Limits. */

static void a_hungry_command_is_refused(void **state)
{
    Fixture *f = *state;
    run(f, ID_NONE, "toy.add", body(f, "a", 5, ""));
    Reply r = run(f, key("k"), "toy.eat", body(f, "a", 0, ""));
    assert_true(err_is(&r.err, &fault_out_of_memory));
    assert_int_equal(toy_sum(f->conn, STR("a")), 5);
}

/* The first half was applied already: all of it is undone, caches too. */
static void a_hungry_follow_up_undoes_all(void **state)
{
    Fixture *f = *state;
    run(f, ID_NONE, "toy.add", body(f, "a", 5, ""));
    int loads = toy_loads(f->toy);
    Reply r = run(f, key("k"), "toy.split", body(f, "a", 0, "张三"));
    assert_true(err_is(&r.err, &fault_out_of_memory));
    assert_int_equal(toy_sum(f->conn, STR("a")), 5);
    assert_int_equal(toy_cached(f->toy), 5);
    assert_int_equal(toy_loads(f->toy), loads + 1);
    assert_int_equal(sum_in(run(f, key("k"), "toy.add", body(f, "a", 1, ""))), 6);
}

/* Nothing is decided on caches that are not right; when they can be read again, the node goes on. */
static void caches_that_cannot_be_read_stop_decisions(void **state)
{
    Fixture *f = *state;
    Command c = toy_command(STR("zhang"), STR("toy.add"), body(f, "a", 5, ""));
    Command bad = toy_command(STR("zhang"), STR("toy.split"), body(f, "a", 5, ""));
    Reply reply;
    Err err = {0};
    toy_refuse_loads(f->toy, true);
    assert_false(core_run(f->core, &bad, f->arena, &reply, &err) && reply.accepted);
    err_clear(&err);
    assert_false(core_run(f->core, &c, f->arena, &reply, &err));
    assert_true(err_is(&err, &fault_system_failure));
    toy_refuse_loads(f->toy, false);
    err_clear(&err);
    must(core_run(f->core, &c, f->arena, &reply, &err), &err);
    assert_int_equal(sum_in(reply), 5);
    assert_int_equal(toy_cached(f->toy), 5);
}

/* It could not be read back from the journal, so it must not get there. */
static void text_that_is_not_utf8_is_not_journaled(void **state)
{
    Fixture *f = *state;
    Reply r = run(f, key("k"), "toy.add", body(f, "a", 1, "cut"));
    assert_true(err_is(&r.err, &fault_system_failure));
    assert_int_equal(toy_sum(f->conn, STR("a")), -1);
    assert_int_equal(verify(f).records, 0);
}

/* ---- Timers. */

static Value reminder(Fixture *f, const char *account, int64_t after_s)
{
    ContextBuilder b = context_builder_from(f->arena, body(f, account, 1, ""));
    Instant due = {clock_now(f->clock).us + after_s * US_PER_SECOND};
    context_put_text(&b, "due", value_instant(f->arena, due));
    return value_context(&b);
}

static void pass(Fixture *f, int64_t seconds, size_t expected)
{
    size_t ran;
    Err err = {0};
    clock_set(f->clock, (Instant){clock_now(f->clock).us + seconds * US_PER_SECOND});
    must(core_run_due(f->core, &ran, &err), &err);
    assert_int_equal(ran, expected);
}

static void timers_fire_when_they_are_due(void **state)
{
    Fixture *f = *state;
    assert_true(instant_is_none(core_next_due(f->core)));
    run(f, ID_NONE, "toy.remind", reminder(f, "b", 100));
    run(f, ID_NONE, "toy.remind", reminder(f, "a", 50));
    assert_int_equal(core_next_due(f->core).us, morning.us + 50 * US_PER_SECOND);
    pass(f, 49, 0);
    pass(f, 2, 1);
    assert_int_equal(toy_sum(f->conn, STR("a")), 1);
    assert_int_equal(toy_sum(f->conn, STR("b")), -1);
    assert_int_equal(core_next_due(f->core).us, morning.us + 100 * US_PER_SECOND);
    pass(f, 3600, 1); /* late, on a virtual clock: it still runs at its own instant */
    assert_true(str_equal(toy_note(f->conn, STR("b"), f->arena),
                          STR("2022-09-29T10:01:40+08:00")));
    pass(f, 3600, 0);
}

static void timers_move_and_are_cancelled(void **state)
{
    Fixture *f = *state;
    run(f, ID_NONE, "toy.remind", reminder(f, "a", 50));
    run(f, ID_NONE, "toy.remind", reminder(f, "a", 200)); /* moves it */
    assert_int_equal(core_next_due(f->core).us, morning.us + 200 * US_PER_SECOND);
    pass(f, 100, 0);
    ContextBuilder cancel = context_builder_from(f->arena, body(f, "a", 0, ""));
    context_put_text(&cancel, "cancel", value_boolean(true));
    run(f, ID_NONE, "toy.remind", value_context(&cancel));
    run(f, ID_NONE, "toy.remind", value_context(&cancel)); /* unknown: nothing */
    assert_true(instant_is_none(core_next_due(f->core)));
    pass(f, 1000, 0);
    assert_int_equal(toy_sum(f->conn, STR("a")), -1);
}

static void a_timer_refused_for_now_comes_again(void **state)
{
    Fixture *f = *state;
    run(f, ID_NONE, "toy.remind", reminder(f, "busy", 10));
    pass(f, 20, 1);
    assert_int_equal(core_next_due(f->core).us,
                     morning.us + (10 + CORE_TIMER_RETRY_S) * US_PER_SECOND);
    pass(f, 1, 0);
    pass(f, CORE_TIMER_RETRY_S, 1);
}

/* ---- Definitions. */

static Value definition(Fixture *f, const char *id, const char *text)
{
    ContextBuilder b = context_builder(f->arena);
    context_put_text(&b, "kind", value_string(STR("toy")));
    context_put_text(&b, "id", value_string(str_from(id)));
    context_put_text(&b, "path", value_string(STR("toys/a.toy")));
    context_put_text(&b, "text", value_string(str_from(text)));
    return value_context(&b);
}

static Value pack(Fixture *f, const char *version, Value one, Value two)
{
    ListBuilder list = list_builder(f->arena);
    list_add(&list, one);
    list_add(&list, two);
    ContextBuilder b = context_builder(f->arena);
    context_put_text(&b, "pack", value_string(STR("toys")));
    context_put_text(&b, "version", value_string(str_from(version)));
    context_put_text(&b, "definitions", value_list(&list));
    return value_context(&b);
}

static void definitions_have_versions(void **state)
{
    Fixture *f = *state;
    Value a1 = definition(f, "a", "1"), b1 = definition(f, "b", "20");
    assert_true(run_as_system(f, "core.install", pack(f, "1", a1, b1)).accepted);
    assert_int_equal(toy_defined(f->toy), 21);
    Reply r = run_as_system(f, "core.install", pack(f, "2", definition(f, "a", "300"), b1));
    Value list = value_field(r.body, "definitions");
    assert_int_equal(value_get_int(value_item(list, 0), STR("version"), 0), 2);
    assert_int_equal(value_get_int(value_item(list, 1), STR("version"), 0), 1);
    assert_int_equal(toy_defined(f->toy), 321);
    Definition d;
    assert_true(core_definition(f->conn, 420600, STR("toy"), STR("a"), 0, f->arena, &d));
    assert_int_equal(d.version, 2);
    assert_true(str_equal(d.text, STR("300")) && str_equal(d.pack, STR("toys")));
    assert_true(core_definition(f->conn, 420600, STR("toy"), STR("a"), 1, f->arena, &d));
    assert_true(str_equal(d.text, STR("1")));
    assert_false(core_definition(f->conn, 420600, STR("toy"), STR("z"), 0, f->arena, &d));
    r = run_as_system(f, "core.install", pack(f, "2", definition(f, "a", "300"), b1));
    assert_true(r.accepted);
    assert_int_equal(r.seq, 0); /* nothing new */
    assert_int_equal(toy_defined(f->toy), 321);
}

static void a_text_that_does_not_compile_refuses_all(void **state)
{
    Fixture *f = *state;
    Value good = definition(f, "a", "1"), bad = definition(f, "b", "two");
    Reply r = run_as_system(f, "core.install", pack(f, "1", good, bad));
    assert_false(r.accepted);
    assert_true(err_is(&r.err, &fault_toy_text));
    assert_string_equal(r.err.file, "toys/a.toy");
    assert_int_equal(toy_defined(f->toy), 0);
    Definition d;
    assert_false(core_definition(f->conn, 420600, STR("toy"), STR("a"), 0, f->arena, &d));
    r = run_as_system(f, "core.install", pack(f, "1", good, good));
    assert_true(err_is(&r.err, &fault_command_invalid)); /* stands twice */
    r = run_as_system(f, "core.install", value_null());
    assert_true(err_is(&r.err, &fault_command_invalid));
}

/* ---- Journal. */

typedef struct Found {
    int64_t records;
    int closed, nulls;
    Instant last;
    bool backwards;
} Found;

static bool visit(void *context, const JournalRecord *record)
{
    Found *found = context;
    found->records++;
    found->backwards = found->backwards || record->at.us < found->last.us;
    found->last = record->at;
    for (size_t i = 0; i < value_count(record->events); i++) {
        Value e = value_item(record->events, i), closed;
        if (value_find(e, STR("closed"), &closed))
            found->closed++;
        else
            found->nulls++;
    }
    return true;
}

static Found journal(Fixture *f)
{
    Found found = {0};
    Err err = {0};
    must(core_journal_read(f->core, f->conn, 1, visit, &found, &err), &err);
    return found;
}

static void the_journal_can_be_read(void **state)
{
    Fixture *f = *state;
    run(f, ID_NONE, "toy.add", body(f, "a", 1, "张三"));
    run(f, key("x"), "toy.add", body(f, "a", -9, "")); /* a kept refusal */
    run(f, ID_NONE, "toy.remind", reminder(f, "a", 10));
    pass(f, 100, 1);
    run(f, ID_NONE, "toy.add", body(f, "b", 2, "李四"));
    Found found = journal(f);
    assert_int_equal(found.records, 5);
    assert_int_equal(found.closed, 2);
    assert_int_equal(found.nulls, 4); /* timer set, fired, noted, added without a name */
    assert_false(found.backwards);
}

static void erasing_destroys_the_key(void **state)
{
    Fixture *f = *state;
    run(f, ID_NONE, "toy.add", body(f, "a", 1, "张三"));
    run(f, ID_NONE, "toy.add", body(f, "b", 2, "李四"));
    Sm3 before = verify(f).head;
    ContextBuilder b = context_builder(f->arena);
    context_put_text(&b, "subject", value_string(STR("a")));
    assert_true(run_as_system(f, "core.erase", value_context(&b)).accepted);
    assert_int_equal(toy_name(f->conn, STR("a"), f->arena).len, 0);
    assert_int_equal(toy_name(f->conn, STR("b"), f->arena).len, 6);
    assert_int_equal(journal(f).closed, 1);
    VerifyResult after = verify(f);
    assert_int_equal(after.differences, 0);
    assert_false(sm3_equal(&before, &after.head)); /* one record more, the rest holds */
    run(f, ID_NONE, "toy.add", body(f, "a", 1, "王五")); /* a new key; old parts stay null */
    assert_int_equal(journal(f).closed, 2);
    assert_true(run_as_system(f, "core.erase", value_null()).err.fault == &fault_command_invalid);
}

static void an_erased_account_keeps_its_refusal(void **state)
{
    Fixture *f = *state;
    run(f, key("k"), "toy.add", body(f, "a", -5, ""));
    ContextBuilder b = context_builder(f->arena);
    context_put_text(&b, "subject", value_string(STR("zhang")));
    run_as_system(f, "core.erase", value_context(&b));
    Reply r = run(f, key("k"), "toy.add", body(f, "a", -5, ""));
    assert_true(err_is(&r.err, &fault_toy_poor));
    assert_int_equal(err_arg(&r.err, 0).len, 0);
}

/* ---- Ids. */

static void ids_differ_and_grow(void **state)
{
    Fixture *f = *state;
    Id last = ID_NONE;
    for (int i = 0; i < 100; i++) {
        clock_set(f->clock, (Instant){clock_now(f->clock).us + 2000});
        Reply r = run(f, ID_NONE, "toy.add", body(f, "a", 1, ""));
        Id id = value_get_id(r.body, STR("id"));
        assert_true(id_compare(id, last) > 0);
        last = id;
    }
    assert_true(id_equal(key("a"), key("a")));
    assert_false(id_equal(key("a"), key("b")));
    assert_false(id_equal(key("a"), core_command_id(STR("zhanga"), STR(""))));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_is_recorded),
        TEST(the_same_command_has_the_same_answer),
        TEST(the_same_key_with_another_body_is_refused),
        TEST(a_final_refusal_is_kept),
        TEST(a_refusal_for_now_is_not_kept),
        TEST(who_may_not_may_not),
        TEST(follow_ups_run_in_the_same_record),
        TEST(the_asker_is_told),
        TEST(too_many_follow_ups_go_on_later),
        TEST(a_hungry_command_is_refused),
        TEST(a_hungry_follow_up_undoes_all),
        TEST(caches_that_cannot_be_read_stop_decisions),
        TEST(text_that_is_not_utf8_is_not_journaled),
        TEST(timers_fire_when_they_are_due),
        TEST(timers_move_and_are_cancelled),
        TEST(a_timer_refused_for_now_comes_again),
        TEST(definitions_have_versions),
        TEST(a_text_that_does_not_compile_refuses_all),
        TEST(the_journal_can_be_read),
        TEST(erasing_destroys_the_key),
        TEST(an_erased_account_keeps_its_refusal),
        TEST(ids_differ_and_grow),
    };
    return cmocka_run_group_tests_name("core_run", tests, NULL, NULL);
}
