/* ledger.c - durable ledger moves a second, through core, without HTTP.
 *
 *     bench_ledger FILE [SECONDS]
 *
 * A move takes a random amount of 1 to 100 from one random account to another of 10,000, all of
 * which begin with 10^9. A move is counted when the reply of its command has left, that is after
 * COMMIT with fsync; each command has an id (idempotent), is fingerprinted and copied on the
 * submitter's thread, journaled and hashed. Printed for each kind of work: moves/s, and the
 * latency of a command at the 50th and 99th hundredth, and the CPU time of the whole process
 * (making the bodies, copying, judging, writing, checkpoints), which does not depend on how busy
 * the machine is with other things.
 *
 *     alone            one transfer a command, one command in flight
 *     256 clients      one transfer a command, 256 in flight
 *     batches          8,000 transfers a command, 4 in flight
 *     holds            4,000 holds and 4,000 posts of the holds before a command, 1 in flight
 *     hot account      as batches, but everything goes to or comes from one account
 *     purposes         as batches, every transfer with one of 8 earmarks
 *
 * In the end every invariant is judged over the whole history, and how long that takes. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "codec/json.h"
#include "domain/ledger/ledger.h"

#define NODE 420600
#define ACCOUNTS 10000
#define BATCH 8000
#define IN_FLIGHT_MAX 256
#define SAMPLES_MAX 1000000

static const char book_text[] =
    "{\"id\": \"bench\", \"title\": {\"zh\": \"基准\", \"en\": \"Bench\"}, \"units\": [{\"id\": "
    "\"fen\", \"title\": {\"zh\": \"分\", \"en\": \"fen\"}, \"scale\": 2}], \"purposes\": [{\"id\": "
    "\"p\", \"title\": {\"zh\": \"用途\", \"en\": \"purpose\"}}], \"kinds\": [{\"id\": \"mint\", "
    "\"title\": {\"zh\": \"源\", \"en\": \"mint\"}, \"unit\": \"fen\", \"open\": \"single\", "
    "\"floor\": null}, {\"id\": \"purse\", \"title\": {\"zh\": \"账户\", \"en\": \"purse\"}, "
    "\"unit\": \"fen\", \"open\": \"automatic\"}], \"flows\": [{\"from\": \"mint\", \"to\": "
    "\"purse\"}, {\"from\": \"purse\", \"to\": \"purse\"}]}";

typedef enum Work { ALONE, CLIENTS, BATCHES, HOLDS, HOT, PURPOSES, WORK_COUNT } Work;
static const struct {
    const char *name;
    int per_command, in_flight;
} works[WORK_COUNT] = {{"alone", 1, 1},        {"256 clients", 1, 256},
                       {"batches of 8,000", BATCH, 4}, {"holds and posts", BATCH, 1},
                       {"hot account", BATCH, 4}, {"with purposes", BATCH, 4}};

static Core *core;
static uint64_t seed = 88172645463325252ull;
static int64_t next_hold; /* number of the first move of the next batch of holds */

static uint64_t random_next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* ---- Bodies. */

static Str purse(Arena *a, uint64_t n)
{
    return arena_printf(a, "purse/%05llu", (unsigned long long)(n % ACCOUNTS));
}

static Value transfer(Arena *a, Work work)
{
    uint64_t from = random_next() % ACCOUNTS, to = random_next() % ACCOUNTS;
    ContextBuilder b = context_builder(a);
    if (work == HOT)
        *(random_next() % 2 ? &from : &to) = 0;
    if (from == to)
        to = (to + 1) % ACCOUNTS;
    if (work == HOLDS)
        context_put_text(&b, "do", value_string(STR("hold")));
    context_put_text(&b, "from", value_string(purse(a, from)));
    context_put_text(&b, "to", value_string(purse(a, to)));
    context_put_text(&b, "amount", value_int((int64_t)(random_next() % 100) + 1));
    if (work == PURPOSES)
        context_put_text(&b, "earmark", value_string(arena_printf(
                                            a, "p/%llu", (unsigned long long)(random_next() % 8))));
    return value_context(&b);
}

static Value post(Arena *a, int64_t hold)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "do", value_string(STR("post")));
    context_put_text(&b, "hold", value_int(hold));
    return value_context(&b);
}

static Command make_command(Arena *a, Work work)
{
    static uint64_t counter;
    ContextBuilder body = context_builder(a);
    Str key = arena_printf(a, "%d-%llu-%llu", (int)work, (unsigned long long)seed,
                           (unsigned long long)++counter);
    Command c = {.id = core_command_id(STR("bench"), key), .kind = STR("ledger.transfer"),
                 .actor = {.id = STR("bench")}};
    if (works[work].per_command == 1) {
        Value one = transfer(a, work);
        body = context_builder_from(a, one);
    } else {
        ListBuilder list = list_builder(a);
        int holds = work == HOLDS ? BATCH / 2 : 0;
        for (int i = 0; i < BATCH - holds; i++)
            list_add(&list, transfer(a, work));
        for (int i = 0; i < holds; i++)
            list_add(&list, post(a, next_hold + i));
        context_put_text(&body, "list", value_list(&list));
        if (work == HOLDS)
            c.kind = STR("ledger.transact");
    }
    context_put_text(&body, "book", value_string(STR("bench")));
    c.body = value_context(&body);
    return c;
}

/* ---- One kind of work. */

typedef struct Flight {
    atomic_bool free;
    int64_t started_ns;
    struct Run *run;
} Flight;

typedef struct Run {
    Work work;
    Signal *signal;
    Flight flights[IN_FLIGHT_MAX];
    int64_t *samples; /* writer's thread */
    size_t sample_count;
} Run;

static void done(void *context, const Reply *reply)
{
    Flight *f = context;
    Run *r = f->run;
    if (!reply->accepted) {
        Arena *a = arena_open(1u << 20);
        Buf text = buf_new(a, 100);
        err_show(&reply->err, LANG_EN, &text);
        fprintf(stderr, "bench_ledger: %s\n", buf_cstr(&text));
        exit(1);
    }
    if (r->sample_count < SAMPLES_MAX)
        r->samples[r->sample_count++] = clock_monotonic_ns() - f->started_ns;
    /* The posts of the next batch are for the holds of this one. */
    if (r->work == HOLDS)
        str_to_int64(value_item(value_field(reply->body, "moves"), 0).as.string, &next_hold);
    signal_lock(r->signal);
    atomic_store(&f->free, true);
    signal_wake(r->signal);
    signal_unlock(r->signal);
}

static Flight *free_flight(Run *r)
{
    for (int i = 0; i < works[r->work].in_flight; i++)
        if (atomic_load(&r->flights[i].free))
            return &r->flights[i];
    return NULL;
}

static Flight *wait_for_flight(Run *r)
{
    Flight *f;
    signal_lock(r->signal);
    while (!(f = free_flight(r)))
        signal_wait(r->signal, -1);
    atomic_store(&f->free, false);
    signal_unlock(r->signal);
    return f;
}

static bool all_free(Run *r)
{
    for (int i = 0; i < works[r->work].in_flight; i++)
        if (!atomic_load(&r->flights[i].free))
            return false;
    return true;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void work_for(Work work, int seconds, int64_t *samples)
{
    Run r = {.work = work, .signal = signal_open(), .samples = samples};
    Arena *a = arena_open(64u << 20);
    Err err = {0};
    for (int i = 0; i < IN_FLIGHT_MAX; i++) {
        r.flights[i].run = &r;
        atomic_init(&r.flights[i].free, true);
    }
    clock_t cpu = clock();
    int64_t start = clock_monotonic_ns(), end = start + (int64_t)seconds * 1000000000;
    while (clock_monotonic_ns() < end) {
        Flight *f = wait_for_flight(&r);
        arena_reset(a);
        Command c = make_command(a, work);
        f->started_ns = clock_monotonic_ns();
        check(core_submit(core, &c, done, f, &err));
    }
    signal_lock(r.signal);
    while (!all_free(&r))
        signal_wait(r.signal, -1);
    signal_unlock(r.signal);
    double took = (double)(clock_monotonic_ns() - start) / 1e9;
    qsort(samples, r.sample_count, sizeof *samples, by_size);
    double moves = (double)r.sample_count * works[work].per_command;
    printf("%-18s %10.0f moves/s   p50 %8.3f ms   p99 %8.3f ms   %6.2f us of CPU a move\n",
           works[work].name, moves / took, (double)samples[r.sample_count / 2] / 1e6,
           (double)samples[r.sample_count * 99 / 100] / 1e6,
           (double)(clock() - cpu) * 1e6 / CLOCKS_PER_SEC / moves);
    fflush(stdout);
    signal_close(r.signal);
    arena_close(a);
}

/* ---- The book and what the accounts begin with. */

static void run_well(Arena *a, const char *kind, Value body)
{
    Command c = {.kind = str_from(kind), .actor = {.id = STR("system")}, .body = body};
    Reply reply = {0};
    Err err = {0};
    if (!core_run(core, &c, a, &reply, &err) || !reply.accepted) {
        Buf text = buf_new(a, 100);
        err_show(err.fault ? &err : &reply.err, LANG_EN, &text);
        fprintf(stderr, "bench_ledger: %s: %s\n", kind, buf_cstr(&text));
        exit(1);
    }
    Value moves = value_field(reply.body, "moves");
    if (value_count(moves))
        str_to_int64(value_item(moves, 0).as.string, &next_hold);
}

static void install(Arena *a)
{
    Buf body = buf_new(a, 4096);
    Value v = value_null();
    buf_add_text(&body, "{\"pack\": \"bench\", \"version\": \"1\", \"definitions\": [{\"kind\": "
                        "\"ledger\", \"id\": \"bench\", \"path\": \"l.json\", \"text\": ");
    json_write_string(str_from(book_text), &body);
    buf_add_text(&body, "}]}");
    check(json_parse(a, buf_text(&body), &v, NULL));
    run_well(a, "core.install", v);
}

static void give(Arena *a, Str earmark)
{
    for (int first = 0; first < ACCOUNTS; first += BATCH) {
        ListBuilder list = list_builder(a);
        for (int i = first; i < ACCOUNTS && i < first + BATCH; i++) {
            ContextBuilder b = context_builder(a);
            context_put_text(&b, "from", value_string(STR("mint")));
            context_put_text(&b, "to", value_string(purse(a, (uint64_t)i)));
            context_put_text(&b, "amount", value_int(1000000000));
            if (earmark.len)
                context_put_text(&b, "earmark", value_string(earmark));
            list_add(&list, value_context(&b));
        }
        ContextBuilder body = context_builder(a);
        context_put_text(&body, "book", value_string(STR("bench")));
        context_put_text(&body, "list", value_list(&list));
        run_well(a, "ledger.transfer", value_context(&body));
    }
}

/* Holds for the first batch to post. */
static void first_holds(Arena *a)
{
    ListBuilder list = list_builder(a);
    ContextBuilder body = context_builder(a);
    for (int i = 0; i < BATCH / 2; i++)
        list_add(&list, transfer(a, HOLDS));
    context_put_text(&body, "book", value_string(STR("bench")));
    context_put_text(&body, "list", value_list(&list));
    run_well(a, "ledger.transact", value_context(&body));
}

static void judge(void)
{
    StoreConn *conn;
    LedgerJudgement judgement;
    Err err = {0};
    Arena *a = arena_open(1u << 20);
    check(store_connect_reader(core_store(core), &conn, &err));
    int64_t start = clock_monotonic_ns();
    check(ledger_invariants(conn, NODE, LANG_EN, a, &judgement, &err));
    double took = (double)(clock_monotonic_ns() - start) / 1e9;
    printf("invariants         %10.0f moves/s   %lld moves, %lld accounts, %lld faults\n",
           (double)judgement.moves / took, (long long)judgement.moves,
           (long long)judgement.accounts, (long long)judgement.faults);
    store_disconnect(conn);
    arena_close(a);
    if (judgement.faults)
        exit(1);
}

int main(int argc, char **argv)
{
    int seconds = argc > 2 ? atoi(argv[2]) : 5;
    Err err = {0};
    if (argc < 2 || seconds < 1) {
        fprintf(stderr, "bench_ledger FILE [SECONDS]\n");
        return 2;
    }
    check(seal_init(&err));
    Arena *server = arena_open(1u << 20), *a = arena_open(256u << 20);
    const Module *modules[] = {ledger_module_new(server)};
    CoreOptions options = {.node = NODE, .location = str_from(argv[1]), .modules = modules,
                           .module_count = 1};
    if (!core_open(&options, &core, &err)) {
        Buf text = buf_new(a, 100);
        err_show(&err, LANG_EN, &text);
        fprintf(stderr, "bench_ledger: %s\n", buf_cstr(&text));
        return 2;
    }
    install(a);
    give(a, STR_NONE);
    for (int i = 0; i < 8; i++)
        give(a, arena_printf(a, "p/%d", i));
    first_holds(a);
    int64_t *samples = malloc(SAMPLES_MAX * sizeof *samples);
    check(samples != NULL);
    printf("%d accounts, %d s each; a move is counted after COMMIT with fsync\n", ACCOUNTS,
           seconds);
    core_start(core);
    for (int work = ALONE; work < WORK_COUNT; work++)
        work_for((Work)work, seconds, samples);
    core_stop(core);
    judge();
    free(samples);
    core_close(core);
    arena_close(a);
    arena_close(server);
    return 0;
}
