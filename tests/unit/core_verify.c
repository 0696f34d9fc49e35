/* Verify must find what is wrong: each test spoils one thing in the data file behind core's back
 * and looks for it in the report. Also: a node opened again goes on where it stood, and tools
 * that only read may look at it meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core_toy.h"

typedef struct Fixture {
    char path[64];
    Arena *arena;
    Clock *clock;
    Core *core;
    Toy *toy;
} Fixture;

static void must(bool ok, const Err *err)
{
    if (ok)
        return;
    Arena *a = arena_open(65536);
    Buf text = buf_new(a, 100);
    err_show(err, LANG_EN, &text);
    fail_msg("%s", buf_cstr(&text));
}

static bool without_faults;

static bool open_core(Fixture *f, bool read_only, Core **out, Toy **toy, Err *err)
{
    *toy = toy_open();
    Module module = *toy_module(*toy), *copy = arena_new(f->arena, Module);
    if (without_faults)
        module.faults = NULL;
    memcpy(copy, &module, sizeof module);
    const Module *modules[] = {copy};
    CoreOptions options = {.node = 420600, .location = str_from(f->path), .clock = f->clock,
                           .modules = modules, .module_count = 1, .read_only = read_only};
    return core_open(&options, out, err);
}

static void reopen(Fixture *f)
{
    Err err = {0};
    core_close(f->core);
    must(open_core(f, false, &f->core, &f->toy, &err), &err);
}

static Reply run(Fixture *f, const char *kind, const char *account, int64_t amount,
                 const char *name)
{
    Command c = toy_command(STR("zhang"), str_from(kind),
                            toy_body(f->arena, str_from(account), amount, str_from(name)));
    c.id = core_command_id(STR("zhang"), str_from(account));
    Reply reply;
    Err err = {0};
    must(core_run(f->core, &c, f->arena, &reply, &err), &err);
    return reply;
}

static int setup(void **state)
{
    Fixture *f = test_calloc(1, sizeof *f);
    f->arena = arena_open(64u << 20);
    f->clock = clock_virtual_open((Instant){1664416800000000});
    snprintf(f->path, sizeof f->path, "/tmp/core-verify-%d.db", (int)getpid());
    Err err = {0};
    must(open_core(f, false, &f->core, &f->toy, &err), &err);
    run(f, "toy.add", "a", 1, "张三");
    run(f, "toy.add", "b", 2, "李四");
    run(f, "toy.add", "c", 3, "");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    core_close(f->core);
    clock_close(f->clock);
    const char *endings[] = {"", "-wal", "-shm", ".lock"};
    for (int i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", f->path, endings[i]);
        unlink(name);
    }
    arena_close(f->arena);
    test_free(f);
    return 0;
}

static VerifyResult verify(Fixture *f)
{
    VerifyResult result;
    Err err = {0};
    must(core_verify(f->core, LANG_EN, f->arena, &result, &err), &err);
    return result;
}

/* Change the file while core is closed. */
static void spoil(Fixture *f, const char *sql)
{
    Store *store;
    StoreConn *conn;
    Err err = {0};
    core_close(f->core);
    must(store_open(str_from(f->path), &store, &err), &err);
    must(store_connect_writer(store, &conn, &err), &err);
    must(store_begin(conn, &err), &err);
    store_write(conn, store_sql(conn, str_from(sql)), NO_PARAMS);
    must(store_commit(conn, &err), &err);
    store_disconnect(conn);
    store_close(store);
    must(open_core(f, false, &f->core, &f->toy, &err), &err);
}

static void reports(Fixture *f, int64_t differences, const char *text)
{
    VerifyResult result = verify(f);
    assert_int_equal(result.differences, differences);
    if (str_find(result.report, str_from(text)) < 0)
        fail_msg("%.*s", STR_ARG(result.report));
}

static void an_honest_file_has_no_difference(void **state)
{
    Fixture *f = *state;
    VerifyResult result = verify(f);
    assert_int_equal(result.differences, 0);
    assert_int_equal(result.records, 3);
    assert_int_equal(result.rows, 6); /* three accounts, three commands */
    assert_int_equal(result.report.len, 0);
}

static void a_changed_column_is_found(void **state)
{
    Fixture *f = *state;
    spoil(f, "UPDATE toy_account SET amount = 100 WHERE id = 'b'");
    reports(f, 1, "toy_account \"b\": amount 100 / 2\n");
}

static void a_lost_row_is_found(void **state)
{
    Fixture *f = *state;
    spoil(f, "DELETE FROM toy_account WHERE id = 'a'");
    reports(f, 1, "toy_account \"a\": only in the replay\n");
}

static void a_row_too_many_is_found(void **state)
{
    Fixture *f = *state;
    spoil(f, "INSERT INTO toy_account VALUES (420600, 'aa', 1, NULL, 1)");
    reports(f, 1, "toy_account \"aa\": not in the replay\n");
}

static void a_lost_command_is_found(void **state)
{
    Fixture *f = *state;
    spoil(f, "DELETE FROM core_command WHERE seq = 2");
    reports(f, 1, "core_command ");
}

static void a_table_too_many_is_found(void **state)
{
    Fixture *f = *state;
    spoil(f, "CREATE TABLE toy_note_more (node BIGINT, id TEXT, PRIMARY KEY (node, id))");
    reports(f, 1, "toy_note_more: table is missing\n");
}

static void another_nodes_rows_do_not_matter(void **state)
{
    Fixture *f = *state;
    spoil(f, "INSERT INTO toy_account VALUES (420700, 'a', 1, NULL, 1)");
    assert_int_equal(verify(f).differences, 0);
}

static void a_forged_record_breaks_the_chain(void **state)
{
    Fixture *f = *state;
    spoil(f, "UPDATE core_journal SET record = replace(record, '\"amount\":2', '\"amount\":9') "
             "WHERE seq = 2");
    reports(f, 2, "core_journal 2: the hash");
    reports(f, 2, "toy_account \"b\": amount 2 / 9\n");
}

static void a_forged_hash_breaks_the_chain_twice(void **state)
{
    Fixture *f = *state;
    spoil(f, "UPDATE core_journal SET hash = zeroblob(32) WHERE seq = 2");
    reports(f, 2, "core_journal 3: the hash");
}

static void a_lost_record_breaks_the_chain(void **state)
{
    Fixture *f = *state;
    spoil(f, "DELETE FROM core_journal WHERE seq = 1");
    reports(f, 3, "core_journal 2: the hash");
}

static void forged_sealed_bytes_break_the_chain(void **state)
{
    Fixture *f = *state;
    spoil(f, "UPDATE core_journal SET sealed = zeroblob(length(sealed)) WHERE seq = 1");
    VerifyResult result;
    Err err = {0};
    assert_false(core_verify(f->core, LANG_EN, f->arena, &result, &err));
    assert_true(err_is(&err, &fault_journal_broken));
    assert_int_equal(result.differences, 1);
}

static void a_record_that_is_not_json_is_a_fault(void **state)
{
    Fixture *f = *state;
    spoil(f, "UPDATE core_journal SET record = '{\"v\":1' WHERE seq = 2");
    VerifyResult result;
    Err err = {0};
    assert_false(core_verify(f->core, LANG_ZH, f->arena, &result, &err));
    assert_true(err_is(&err, &fault_journal_broken));
    assert_true(str_equal(err_arg(&err, 0), STR("2")));
    Reply r = run(f, "toy.add", "b", 2, "李四"); /* its answer is lost with it: a clear fault */
    assert_false(r.accepted);
    assert_true(err_is(&r.err, &fault_journal_broken));
    assert_true(run(f, "toy.add", "d", 1, "").accepted); /* the node lives */
}

/* ---- Opening again. */

static void a_node_goes_on_where_it_stood(void **state)
{
    Fixture *f = *state;
    Sm3 head = verify(f).head;
    reopen(f);
    assert_int_equal(toy_cached(f->toy), 6);
    Sm3 again = verify(f).head;
    assert_true(sm3_equal(&head, &again));
    Reply r = run(f, "toy.add", "a", 1, "张三");
    assert_true(r.repeated && r.accepted);
    assert_int_equal(r.seq, 1);
    r = run(f, "toy.add", "d", 4, "");
    assert_int_equal(r.seq, 4);
    assert_int_equal(verify(f).differences, 0);
}

static void definitions_are_there_after_a_restart(void **state)
{
    Fixture *f = *state;
    ContextBuilder d = context_builder(f->arena);
    context_put_text(&d, "kind", value_string(STR("toy")));
    context_put_text(&d, "id", value_string(STR("a")));
    context_put_text(&d, "text", value_string(STR("7")));
    Value one = value_context(&d);
    ContextBuilder b = context_builder(f->arena);
    context_put_text(&b, "pack", value_string(STR("toys")));
    context_put_text(&b, "definitions", value_list_of(f->arena, &one, 1));
    Command c = toy_command(STR("system"), STR("core.install"), value_context(&b));
    Reply reply;
    Err err = {0};
    must(core_run(f->core, &c, f->arena, &reply, &err), &err);
    assert_true(reply.accepted);
    reopen(f);
    assert_int_equal(toy_defined(f->toy), 7);
    assert_int_equal(verify(f).differences, 0);
}

/* A later version of the program may no longer know the fault of an old refusal. */
static void an_unknown_fault_comes_back_by_name(void **state)
{
    Fixture *f = *state;
    Reply r = run(f, "toy.add", "poor", -5, "");
    assert_true(err_is(&r.err, &fault_toy_poor));
    without_faults = true;
    reopen(f);
    r = run(f, "toy.add", "poor", -5, "");
    without_faults = false;
    assert_true(r.repeated && !r.accepted);
    assert_string_equal(r.err.fault->name, "toy_poor");
    assert_int_equal(r.err.fault->http_status, 409);
    assert_false(r.err.fault->retryable);
}

static void time_does_not_run_back_over_a_restart(void **state)
{
    Fixture *f = *state;
    Clock *earlier = clock_virtual_open((Instant){1000000});
    Clock *later = f->clock;
    f->clock = earlier;
    reopen(f);
    run(f, "toy.add", "d", 4, ""); /* a check in the journal would fail */
    f->clock = later;
    reopen(f);
    clock_close(earlier);
    assert_int_equal(verify(f).differences, 0);
}

static void tools_read_meanwhile(void **state)
{
    Fixture *f = *state;
    Core *tool;
    Toy *toy;
    Err err = {0};
    must(open_core(f, true, &tool, &toy, &err), &err);
    run(f, "toy.add", "d", 4, "");
    VerifyResult result;
    must(core_verify(tool, LANG_ZH, f->arena, &result, &err), &err);
    assert_int_equal(result.differences, 0);
    assert_int_equal(result.records, 4);
    core_close(tool);
}

static void a_tool_makes_no_file(void **state)
{
    Fixture *f = *state;
    Fixture none = {.path = "/tmp/core-verify-none.db", .clock = f->clock, .arena = f->arena};
    Core *tool;
    Toy *toy;
    Err err = {0};
    assert_false(open_core(&none, true, &tool, &toy, &err));
    assert_true(err_is(&err, &fault_file_not_found));
    assert_false(file_exists(str_from(none.path)));
}

static void a_second_node_on_the_file_is_refused(void **state)
{
    Fixture *f = *state;
    Core *second;
    Toy *toy;
    Err err = {0};
    assert_false(open_core(f, false, &second, &toy, &err));
    assert_true(err_is(&err, &fault_store_locked));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_honest_file_has_no_difference),
        TEST(a_changed_column_is_found),
        TEST(a_lost_row_is_found),
        TEST(a_row_too_many_is_found),
        TEST(a_lost_command_is_found),
        TEST(a_table_too_many_is_found),
        TEST(another_nodes_rows_do_not_matter),
        TEST(a_forged_record_breaks_the_chain),
        TEST(a_forged_hash_breaks_the_chain_twice),
        TEST(a_lost_record_breaks_the_chain),
        TEST(forged_sealed_bytes_break_the_chain),
        TEST(a_record_that_is_not_json_is_a_fault),
        TEST(a_node_goes_on_where_it_stood),
        TEST(definitions_are_there_after_a_restart),
        TEST(an_unknown_fault_comes_back_by_name),
        TEST(time_does_not_run_back_over_a_restart),
        TEST(tools_read_meanwhile),
        TEST(a_tool_makes_no_file),
        TEST(a_second_node_on_the_file_is_refused),
    };
    return cmocka_run_group_tests_name("core_verify", tests, NULL, NULL);
}
