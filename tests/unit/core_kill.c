/* kill -9 at random moments. A child runs a node on a file: many threads submit commands, timers
 * fire, and each accepted command is told to the parent through a pipe, after its reply. The
 * parent kills the child, opens the file and demands: every command that was told is there,
 * verify finds no difference, and every command given again has its effect once. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core_toy.h"

#define ROUNDS 12
#define LANES 8
#define PER_ROUND 100000 /* numbers of one round; more than a child can reach */

static char path[64];

typedef struct Told {
    int32_t lane, number;
} Told;

static bool open_core(Core **core, Err *err)
{
    Toy *toy = toy_open();
    const Module *modules[] = {toy_module(toy)};
    CoreOptions options = {.node = 420600, .location = str_from(path), .modules = modules,
                           .module_count = 1};
    return core_open(&options, core, err);
}

static Command command(Arena *a, int lane, int number)
{
    Str account = arena_printf(a, "lane %d", lane);
    Command c = toy_command(STR("zhang"), STR("toy.add"), toy_body(a, account, 1, STR("name")));
    c.id = core_command_id(STR("zhang"), arena_printf(a, "%d %d", lane, number));
    return c;
}

/* ---- The child. */

typedef struct Lane {
    Core *core;
    int lane, first, out;
} Lane;

static void lane_main(void *context)
{
    Lane *lane = context;
    Arena *a = arena_open(4u << 20);
    for (int i = lane->first;; i++) {
        arena_reset(a);
        Command c = command(a, lane->lane, i);
        Reply reply;
        Err err = {0};
        if (!core_submit_wait(lane->core, &c, a, &reply, &err) || !reply.accepted)
            _exit(4);
        Told told = {lane->lane, i};
        if (write(lane->out, &told, sizeof told) != sizeof told)
            _exit(5);
    }
}

static int child(int round, int out)
{
    Core *core;
    Err err = {0};
    if (!open_core(&core, &err))
        return 3;
    core_start(core);
    Lane lanes[LANES];
    Thread *threads[LANES];
    for (int i = 0; i < LANES; i++) {
        lanes[i] = (Lane){core, i, round * PER_ROUND, out};
        threads[i] = thread_start("lane", lane_main, &lanes[i]);
    }
    for (int i = 0; i < LANES; i++)
        thread_join(threads[i]);
    return 0;
}

/* ---- The parent. */

static void sleep_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

/* Read what was told; the last number a lane is enough, since each lane goes in order. */
static void read_told(int in, int last[LANES])
{
    Told told;
    while (read(in, &told, sizeof told) == sizeof told)
        last[told.lane] = told.number;
}

static int64_t total;

static void check_round(int round, const int last[LANES])
{
    Core *core;
    Err err = {0};
    Arena *a = arena_open(64u << 20);
    assert_true(open_core(&core, &err));
    VerifyResult result;
    assert_true(core_verify(core, LANG_EN, a, &result, &err));
    assert_int_equal(result.differences, 0);
    for (int lane = 0; lane < LANES; lane++) {
        bool repeated = true;
        int number = round * PER_ROUND;
        for (; repeated; number++) {
            Reply reply;
            ArenaMark mark = arena_mark(a);
            Command c = command(a, lane, number);
            assert_true(core_run(core, &c, a, &reply, &err));
            assert_true(reply.accepted);
            repeated = reply.repeated;
            arena_reset_to(a, mark);
        }
        assert_true(number - 1 > last[lane]); /* all that was told was there */
        total += number - round * PER_ROUND;
    }
    StoreConn *conn;
    assert_true(store_connect_reader(core_store(core), &conn, &err));
    int64_t sum = 0;
    for (int lane = 0; lane < LANES; lane++)
        sum += toy_sum(conn, arena_printf(a, "lane %d", lane));
    assert_int_equal(sum, total); /* each once */
    store_disconnect(conn);
    core_close(core);
    arena_close(a);
}

static void killed_at_any_moment(void **state)
{
    (void)state;
    srand(42);
    int reached = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2], last[LANES];
        for (int i = 0; i < LANES; i++)
            last[i] = -1;
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        if (pid == 0)
            _exit(child(round, ends[1]));
        close(ends[1]);
        sleep_us(20000 + rand() % 150000);
        kill(pid, SIGKILL);
        int status;
        waitpid(pid, &status, 0);
        assert_true(WIFSIGNALED(status));
        read_told(ends[0], last);
        close(ends[0]);
        check_round(round, last);
        for (int i = 0; i < LANES; i++)
            reached += last[i] >= 0;
    }
    assert_true(reached > 0); /* otherwise the test has shown nothing */
}

static void remove_files(void)
{
    const char *endings[] = {"", "-wal", "-shm", ".lock"};
    for (int i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/core-kill-%d.db", (int)getpid());
    remove_files();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_files();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_at_any_moment)};
    return cmocka_run_group_tests_name("core_kill", tests, setup, teardown);
}
