/* The queue and the writer's thread, with many submitters, readers and a verify at once. Run it
 * under -Db_sanitize=thread too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_toy.h"

#define SUBMITTERS 6
#define COMMANDS 150

typedef struct Fixture {
    Arena *arena;
    Clock *clock;
    Core *core;
    Toy *toy;
    StoreConn *conn;
    /* permit waits here while it is closed */
    Signal *door;
    bool door_closed, at_door;
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

static bool permit(void *context, const Actor *actor, Str kind, Value body, Err *err)
{
    Fixture *f = context;
    (void)actor, (void)kind, (void)body, (void)err;
    signal_lock(f->door);
    f->at_door = true;
    signal_wake(f->door);
    while (f->door_closed)
        signal_wait(f->door, -1);
    signal_unlock(f->door);
    return true;
}

static int setup_on(void **state, Clock *clock)
{
    Fixture *f = test_calloc(1, sizeof *f);
    f->arena = arena_open(256u << 20);
    f->clock = clock;
    f->toy = toy_open();
    f->door = signal_open();
    const Module *modules[] = {toy_module(f->toy)};
    CoreOptions options = {.node = 420600, .location = STR(":memory:"), .clock = clock,
                           .modules = modules, .module_count = 1, .permit = permit,
                           .permit_context = f};
    Err err = {0};
    must(core_open(&options, &f->core, &err), &err);
    must(store_connect_reader(core_store(f->core), &f->conn, &err), &err);
    core_start(f->core);
    *state = f;
    return 0;
}

static int setup(void **state)
{
    return setup_on(state, NULL);
}

static int setup_virtual(void **state)
{
    return setup_on(state, clock_virtual_open((Instant){1664416800000000}));
}

static int teardown(void **state)
{
    Fixture *f = *state;
    VerifyResult result;
    Err err = {0};
    core_stop(f->core);
    must(core_verify(f->core, LANG_EN, f->arena, &result, &err), &err);
    int bad = result.differences != 0;
    store_disconnect(f->conn);
    core_close(f->core);
    if (f->clock)
        clock_close(f->clock);
    signal_close(f->door);
    arena_close(f->arena);
    test_free(f);
    return bad;
}

/* ---- Many submitters. */

typedef struct Submitter {
    Fixture *f;
    int number;
    atomic_int *accepted, *repeated;
} Submitter;

/* All submitters give commands 0..COMMANDS-1 under the same keys, to shared accounts: each
 * command takes effect once, and everybody gets its answer. */
static void submit_all(void *context)
{
    Submitter *s = context;
    Arena *a = arena_open(16u << 20);
    for (int i = 0; i < COMMANDS; i++) {
        arena_reset(a);
        Str account = arena_printf(a, "%d", i % 10);
        Command c = toy_command(STR("zhang"), STR("toy.add"), toy_body(a, account, 1, STR("name")));
        c.id = core_command_id(STR("zhang"), arena_printf(a, "%d", i));
        Reply reply;
        Err err = {0};
        if (!core_submit_wait(s->f->core, &c, a, &reply, &err) || !reply.accepted)
            continue;
        atomic_fetch_add(s->accepted, 1);
        if (reply.repeated)
            atomic_fetch_add(s->repeated, 1);
    }
    arena_close(a);
}

typedef struct Watcher {
    Fixture *f;
    atomic_bool stop, failed;
} Watcher;

static void verify_meanwhile(void *context)
{
    Watcher *w = context;
    Arena *a = arena_open(64u << 20);
    while (!atomic_load(&w->stop)) {
        arena_reset(a);
        VerifyResult result;
        Err err = {0};
        if (!core_verify(w->f->core, LANG_EN, a, &result, &err) || result.differences != 0)
            atomic_store(&w->failed, true);
    }
    arena_close(a);
}

static void many_submitters_one_effect(void **state)
{
    Fixture *f = *state;
    atomic_int accepted = 0, repeated = 0;
    Submitter submitters[SUBMITTERS];
    Thread *threads[SUBMITTERS];
    Watcher watcher = {.f = f};
    Thread *watching = thread_start("watcher", verify_meanwhile, &watcher);
    for (int i = 0; i < SUBMITTERS; i++) {
        submitters[i] = (Submitter){f, i, &accepted, &repeated};
        threads[i] = thread_start("submitter", submit_all, &submitters[i]);
    }
    for (int i = 0; i < SUBMITTERS; i++)
        thread_join(threads[i]);
    atomic_store(&watcher.stop, true);
    thread_join(watching);
    assert_false(atomic_load(&watcher.failed));
    assert_int_equal(atomic_load(&accepted), SUBMITTERS * COMMANDS);
    assert_int_equal(atomic_load(&repeated), (SUBMITTERS - 1) * COMMANDS);
    int64_t total = 0;
    for (int i = 0; i < 10; i++)
        total += toy_sum(f->conn, arena_printf(f->arena, "%d", i));
    assert_int_equal(total, COMMANDS);
}

/* ---- A full queue. */

static atomic_int replies;

static void count_reply(void *context, const Reply *reply)
{
    (void)context;
    if (reply->accepted)
        atomic_fetch_add(&replies, 1);
}

static Command simple(Fixture *f)
{
    return toy_command(STR("zhang"), STR("toy.add"), toy_body(f->arena, STR("q"), 1, STR_NONE));
}

static void a_full_queue_refuses(void **state)
{
    Fixture *f = *state;
    Err err = {0};
    Command c = simple(f);
    atomic_store(&replies, 0);
    signal_lock(f->door);
    f->door_closed = true;
    f->at_door = false;
    signal_unlock(f->door);
    assert_true(core_submit(f->core, &c, count_reply, NULL, &err));
    signal_lock(f->door); /* the writer stands at the door with the first command */
    while (!f->at_door)
        signal_wait(f->door, -1);
    signal_unlock(f->door);
    int taken = 1;
    while (core_submit(f->core, &c, count_reply, NULL, &err))
        taken++;
    assert_true(err_is(&err, &fault_core_busy));
    assert_int_equal(taken, CORE_QUEUE_MAX + 1);
    signal_lock(f->door);
    f->door_closed = false;
    signal_wake(f->door);
    signal_unlock(f->door);
    Reply reply;
    err_clear(&err);
    while (!core_submit_wait(f->core, &c, f->arena, &reply, &err))
        err_clear(&err);
    assert_int_equal(atomic_load(&replies), taken);
    assert_int_equal(value_get_int(reply.body, STR("sum"), 0), taken + 1);
}

/* Stopping finishes what is queued. */
static void stopping_finishes_the_queue(void **state)
{
    Fixture *f = *state;
    Err err = {0};
    Command c = simple(f);
    atomic_store(&replies, 0);
    for (int i = 0; i < 1000; i++)
        must(core_submit(f->core, &c, count_reply, NULL, &err), &err);
    core_stop(f->core);
    assert_int_equal(atomic_load(&replies), 1000);
    assert_int_equal(toy_sum(f->conn, STR("q")), 1000);
    assert_false(core_submit(f->core, &c, count_reply, NULL, &err));
    assert_true(err_is(&err, &fault_core_stopping));
    core_start(f->core); /* and it may be started again */
    Reply reply;
    err_clear(&err);
    must(core_submit_wait(f->core, &c, f->arena, &reply, &err), &err);
    assert_int_equal(toy_sum(f->conn, STR("q")), 1001);
}

/* A hungry command in a batch with others: only it is refused. */
static void a_poisoned_command_hurts_no_other(void **state)
{
    Fixture *f = *state;
    Err err = {0};
    Command c = simple(f);
    Command bad = toy_command(STR("zhang"), STR("toy.split"),
                              toy_body(f->arena, STR("q"), 0, STR_NONE));
    atomic_store(&replies, 0);
    for (int i = 0; i < 60; i++)
        must(core_submit(f->core, i % 20 == 10 ? &bad : &c, count_reply, NULL, &err), &err);
    Reply reply;
    must(core_submit_wait(f->core, &c, f->arena, &reply, &err), &err);
    assert_int_equal(atomic_load(&replies), 57);
    assert_int_equal(toy_sum(f->conn, STR("q")), 58);
}

/* ---- Timers. */

static void remind(Fixture *f, const char *account, Instant due)
{
    ContextBuilder b = context_builder_from(
        f->arena, toy_body(f->arena, str_from(account), 1, STR_NONE));
    context_put_text(&b, "due", value_instant(f->arena, due));
    Command c = toy_command(STR("zhang"), STR("toy.remind"), value_context(&b));
    Reply reply;
    Err err = {0};
    must(core_submit_wait(f->core, &c, f->arena, &reply, &err), &err);
    assert_true(reply.accepted);
}

static void wait_for(Fixture *f, const char *account, int64_t sum)
{
    for (int i = 0; i < 500 && toy_sum(f->conn, str_from(account)) != sum; i++) {
        Signal *pause = signal_open();
        signal_lock(pause);
        signal_wait(pause, 10000);
        signal_unlock(pause);
        signal_close(pause);
    }
    assert_int_equal(toy_sum(f->conn, str_from(account)), sum);
}

static void timers_fire_by_themselves(void **state)
{
    Fixture *f = *state;
    Instant now = clock_now(clock_system());
    remind(f, "later", (Instant){now.us + 3600 * US_PER_SECOND});
    remind(f, "soon", (Instant){now.us + 100000});
    remind(f, "past", (Instant){now.us - 100000});
    wait_for(f, "past", 1);
    wait_for(f, "soon", 1);
    assert_true(clock_now(clock_system()).us >= now.us + 100000);
    assert_int_equal(toy_sum(f->conn, STR("later")), -1);
}

static void timers_fire_when_a_virtual_clock_is_moved(void **state)
{
    Fixture *f = *state;
    Instant due = {clock_now(f->clock).us + 3600 * US_PER_SECOND};
    remind(f, "a", due);
    assert_int_equal(toy_sum(f->conn, STR("a")), -1);
    clock_set(f->clock, due);
    core_clock_moved(f->core);
    wait_for(f, "a", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_submitters_one_effect, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_queue_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(stopping_finishes_the_queue, setup, teardown),
        cmocka_unit_test_setup_teardown(a_poisoned_command_hurts_no_other, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_fire_by_themselves, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_fire_when_a_virtual_clock_is_moved,
                                        setup_virtual, teardown),
    };
    return cmocka_run_group_tests_name("core_writer", tests, NULL, NULL);
}
