/* core_commands.c - durable commands a second through core, without HTTP.
 *
 *     bench_core FILE [SECONDS]
 *
 * A command here has an id (idempotent), a body of five fields, two events, and six row writes:
 * journal, command, a case, a task, a counter, a timeline entry. For 1, 64 and 256 commands in
 * flight it prints commands/s and the latency at the 50th and 99th hundredth, from submission to
 * the reply after COMMIT. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "core/core.h"

#define NODE 420600
#define IN_FLIGHT_MAX 256

/* ---- The module: each command opens a case with a task. */

static const Migration migrations[] = {
    {1, "CREATE TABLE bench_case (node BIGINT NOT NULL, id BLOB NOT NULL, number TEXT NOT NULL,"
        " state TEXT NOT NULL, data TEXT, at BIGINT NOT NULL, PRIMARY KEY (node, id))"
        " WITHOUT ROWID;"
        "CREATE TABLE bench_task (node BIGINT NOT NULL, id BLOB NOT NULL, case_id BLOB NOT NULL,"
        " name TEXT NOT NULL, PRIMARY KEY (node, id)) WITHOUT ROWID;"
        "CREATE TABLE bench_count (node BIGINT NOT NULL, name TEXT NOT NULL,"
        " count BIGINT NOT NULL, PRIMARY KEY (node, name)) WITHOUT ROWID;"
        "CREATE TABLE bench_line (node BIGINT NOT NULL, case_id BLOB NOT NULL,"
        " seq BIGINT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (node, case_id, seq))"
        " WITHOUT ROWID"}};
static const char *const tables[] = {"bench_case", "bench_task", "bench_count", "bench_line",
                                     NULL};
static const Sql sql_case = {"INSERT INTO bench_case VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
static const Sql sql_task = {"INSERT INTO bench_task VALUES (?1, ?2, ?3, ?4)"};
static const Sql sql_count = {
    "INSERT INTO bench_count VALUES (?1, ?2, 1) ON CONFLICT (node, name) "
    "DO UPDATE SET count = bench_count.count + 1"};
static const Sql sql_line = {"INSERT INTO bench_line VALUES (?1, ?2, ?3, ?4)"};

static bool decide_file(void *state, const Command *c, Decision *d)
{
    (void)state;
    Arena *a = decision_arena(d);
    Id id = decision_id(d), task = decision_id(d);
    Value case_id = value_id(a, id);
    ContextBuilder filed = context_builder(a);
    context_put_text(&filed, "case", case_id);
    context_put_text(&filed, "number", value_field(c->body, "number"));
    decision_emit(d, STR("bench.filed"), value_get_string(c->body, STR("applicant")),
                  value_context(&filed), c->body);
    ContextBuilder opened = context_builder(a);
    context_put_text(&opened, "case", case_id);
    context_put_text(&opened, "task", value_id(a, task));
    context_put_text(&opened, "name", value_string(STR("review")));
    decision_emit(d, STR("bench.opened"), STR_NONE, value_context(&opened), value_null());
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "case", case_id);
    decision_reply(d, value_context(&reply));
    return true;
}

static void apply_filed(void *state, StoreConn *conn, const Event *e)
{
    (void)state;
    Id id = value_get_id(e->open, STR("case"));
    store_write(conn, &sql_case,
                PARAMS(p_int(NODE), p_id(&id), p_text(value_get_string(e->open, STR("number"))),
                       p_text(STR("open")),
                       p_text_or_null(value_get_string(e->closed, STR("place"))),
                       p_instant(e->at)));
    store_write(conn, &sql_count, PARAMS(p_int(NODE), p_text(STR("filed"))));
    store_write(conn, &sql_line,
                PARAMS(p_int(NODE), p_id(&id), p_int(e->seq), p_text(STR("filed"))));
}

static void apply_opened(void *state, StoreConn *conn, const Event *e)
{
    (void)state;
    Id id = value_get_id(e->open, STR("case")), task = value_get_id(e->open, STR("task"));
    store_write(conn, &sql_task,
                PARAMS(p_int(NODE), p_id(&task), p_id(&id),
                       p_text(value_get_string(e->open, STR("name")))));
}

static const CommandKind commands[] = {{"bench.file", decide_file, COMMAND_PUBLIC}, {0}};
static const EventKind events[] = {
    {"bench.filed", apply_filed}, {"bench.opened", apply_opened}, {0}};
static const Module module = {.name = "bench", .migrations = migrations, .migration_count = 1,
                              .tables = tables, .commands = commands, .events = events};

/* ---- The load: a closed loop of `width` commands in flight. */

typedef struct Load {
    Core *core;
    Entropy *entropy;
    Arena *arena;
    int64_t until_ns;
    atomic_int in_flight;
    atomic_long finished;
    int64_t *latency_ns; /* one a finished command */
    size_t latency_room;
    Signal *signal;
} Load;

typedef struct Lane {
    Load *load;
    Arena *arena;
    int64_t started_ns;
    long number;
} Lane;

static void lane_next(Lane *lane);

static void lane_done(void *context, const Reply *reply)
{
    Lane *lane = context;
    check(reply->accepted);
    int64_t now = clock_monotonic_ns();
    size_t i = (size_t)atomic_fetch_add(&lane->load->finished, 1);
    if (i < lane->load->latency_room)
        lane->load->latency_ns[i] = now - lane->started_ns;
    if (now < lane->load->until_ns) {
        lane_next(lane);
        return;
    }
    signal_lock(lane->load->signal);
    atomic_fetch_sub(&lane->load->in_flight, 1);
    signal_wake(lane->load->signal);
    signal_unlock(lane->load->signal);
}

static void lane_next(Lane *lane)
{
    Arena *a = lane->arena;
    arena_reset(a);
    uint8_t random[10];
    entropy_fill(lane->load->entropy, random, sizeof random);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "number", value_string(arena_printf(a, "42060020261125%06ld",
                                                             lane->number++)));
    context_put_text(&b, "applicant", value_string(STR("account-1")));
    context_put_text(&b, "place", value_string(STR("襄阳市樊城区人民路 12 号至 48 号")));
    context_put_text(&b, "length", value_int(136));
    context_put_text(&b, "reason", value_string(STR("供水管道更新")));
    Command c = {.id = id_new(clock_now(clock_system()), random), .kind = STR("bench.file"),
                 .body = value_context(&b)};
    c.actor.id = STR("account-1");
    c.actor.roles[c.actor.role_count++] = STR("citizen");
    lane->started_ns = clock_monotonic_ns();
    Err err = {0};
    bool ok = core_submit(lane->load->core, &c, lane_done, lane, &err);
    check(ok);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void run(Core *core, int width, double seconds)
{
    Arena *a = arena_open(1u << 30);
    Load load = {.core = core, .entropy = entropy_system(), .arena = a,
                 .latency_room = 4000000, .signal = signal_open()};
    load.latency_ns = arena_new_array(a, int64_t, load.latency_room);
    check(load.latency_ns != NULL);
    Lane lanes[IN_FLIGHT_MAX];
    int64_t started = clock_monotonic_ns();
    load.until_ns = started + (int64_t)(seconds * 1e9);
    atomic_store(&load.in_flight, width);
    for (int i = 0; i < width; i++) {
        lanes[i] = (Lane){&load, arena_open(1u << 20), 0, i * 1000000l};
        lane_next(&lanes[i]);
    }
    signal_lock(load.signal);
    while (atomic_load(&load.in_flight) > 0)
        signal_wait(load.signal, -1);
    signal_unlock(load.signal);
    double took = (double)(clock_monotonic_ns() - started) / 1e9;
    size_t n = (size_t)atomic_load(&load.finished);
    qsort(load.latency_ns, n < load.latency_room ? n : load.latency_room, sizeof(int64_t),
          by_value);
    printf("%3d in flight: %8.0f commands/s   p50 %7.3f ms   p99 %7.3f ms   (%zu in %.1f s)\n",
           width, (double)n / took, (double)load.latency_ns[n / 2] / 1e6,
           (double)load.latency_ns[n * 99 / 100] / 1e6, n, took);
    fflush(stdout);
    for (int i = 0; i < width; i++)
        arena_close(lanes[i].arena);
    signal_close(load.signal);
    arena_close(a);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_core FILE [SECONDS]\n");
        return 2;
    }
    const Module *modules[] = {&module};
    CoreOptions options = {.node = NODE, .location = str_from(argv[1]), .modules = modules,
                           .module_count = 1};
    Core *core;
    Err err = {0};
    if (!core_open(&options, &core, &err)) {
        Arena *a = arena_open(1u << 16);
        Buf text = buf_new(a, 100);
        err_show(&err, LANG_EN, &text);
        fprintf(stderr, "%s\n", buf_cstr(&text));
        return 1;
    }
    printf("Durable commands, 6 row writes each, journaled, chained and idempotent "
           "(SQLite WAL, synchronous=FULL).\n");
    double seconds = argc > 2 ? atof(argv[2]) : 3;
    core_start(core);
    run(core, 1, seconds);
    run(core, 64, seconds);
    run(core, 256, seconds);
    core_stop(core);
    core_close(core);
    return 0;
}
