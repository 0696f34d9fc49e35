/* process_million.c - durable steps with many instances waiting: process_million [WAITING] [ROUND].
 *
 * A data file, the writer's thread, group commit with fsync. Three measurements, twice: with an
 * empty file, and after WAITING instances (default 1,000,000) were started and stand at a job that
 * nobody takes:
 *
 *     workers    instances of a process of five outside jobs and a parallel gateway, from start to
 *                end: four workers fetch jobs in hundreds and complete each by a command
 *     built in   the same process with tasks of the node itself
 *     latency    one command at a time from 8 threads: p50 and p99 of core_submit_wait
 *
 * A step is one command that moves an instance. Resident memory and the size of the file are
 * printed beside. Everything but HTTP is in it. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "codec/json.h"
#include "../tests/unit/process_node.h"

#define FLIGHT_MAX 1024
#define LANES 8
#define WORKERS 4

static TestNode *node;
static _Atomic int64_t in_flight, refused;

/* ---- Models. */

static void task(Buf *b, const char *id, const char *type)
{
    buf_printf(b, "<bpmn:serviceTask id=\"%s\"><bpmn:extensionElements><zeebe:taskDefinition"
                  " type=\"%s\"/></bpmn:extensionElements></bpmn:serviceTask>", id, type);
}

static void flow(Buf *b, const char *from, const char *to)
{
    buf_printf(b, "<bpmn:sequenceFlow id=\"%s_%s\" sourceRef=\"%s\" targetRef=\"%s\"/>", from, to,
               from, to);
}

static void install(const char *id, const char *type, bool one)
{
    static const char *const flows[][2] = {
        {"s", "f"}, {"f", "a"}, {"f", "c"}, {"a", "b"}, {"c", "d"}, {"b", "j"}, {"d", "j"},
        {"j", "e"}, {"e", "end"}};
    Buf b = buf_new(node->a, 8192);
    Err err = {0};
    buf_printf(&b, "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\""
                   " xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" id=\"definitions\""
                   " targetNamespace=\"urn:b\"><bpmn:process id=\"%s\" isExecutable=\"true\">"
                   "<bpmn:startEvent id=\"s\"/><bpmn:endEvent id=\"end\"/>", id);
    if (one) {
        task(&b, "a", type);
        flow(&b, "s", "a");
        flow(&b, "a", "end");
    } else {
        static const char *const names[] = {"a", "b", "c", "d", "e"};
        buf_add_text(&b, "<bpmn:parallelGateway id=\"f\"/><bpmn:parallelGateway id=\"j\"/>");
        for (size_t i = 0; i < 5; i++) {
            task(&b, names[i], type);
        }
        for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
            flow(&b, flows[i][0], flows[i][1]);
        }
    }
    buf_add_text(&b, "</bpmn:process></bpmn:definitions>");
    bool installed =
        test_node_install(node, "process", str_from(id), str_from(id), buf_text(&b), &err);
    if (!installed) {
        Buf show = buf_new(node->a, 200);
        err_show(&err, LANG_EN, &show);
        fprintf(stderr, "%s\n", buf_cstr(&show));
    }
    check(installed);
}

/* ---- Commands. */

static Value start_body(Arena *a, const char *process)
{
    ContextBuilder b = context_builder(a), v = context_builder(a);
    context_put_text(&v, "applicant", value_string(STR("p1")));
    context_put_text(&v, "number", value_string(STR("420600-2026-000001")));
    context_put_text(&v, "area", value_int(1250));
    context_put_text(&b, "process", value_string(str_from(process)));
    context_put_text(&b, "variables", value_context(&v));
    return value_context(&b);
}

static void done(void *context, const Reply *reply)
{
    (void)context;
    refused += !reply->accepted;
    in_flight--;
}

static void submit(const char *kind, Value body)
{
    Command command = {.kind = str_from(kind), .actor = test_system, .body = body};
    Err err = {0};
    while (in_flight >= FLIGHT_MAX) {
        usleep(50);
    }
    in_flight++;
    while (!core_submit(node->core, &command, done, NULL, &err)) {
        err_clear(&err);
        usleep(200);
    }
}

static void settle(void)
{
    while (in_flight > 0) {
        usleep(50);
    }
}

static void start_many(const char *process, int64_t count)
{
    ArenaMark mark = arena_mark(node->a);
    for (int64_t i = 0; i < count; i++) {
        submit("process.start", start_body(node->a, process));
        arena_reset_to(node->a, mark);
    }
    settle();
}

/* Fetch a hundred jobs and complete them; how many there were. */
static size_t work_once(Arena *a)
{
    arena_reset(a);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "type", value_string(STR("work")));
    context_put_text(&b, "worker", value_string(STR("w")));
    context_put_text(&b, "max", value_int(100));
    context_put_text(&b, "timeout_s", value_int(3600));
    Command fetch = {.kind = STR("process.job_activate"), .actor = test_system,
                     .body = value_context(&b)};
    Reply reply;
    Err err = {0};
    check(core_submit_wait(node->core, &fetch, a, &reply, &err) && reply.accepted);
    Value jobs = value_field(reply.body, "jobs");
    size_t count = value_count(jobs);
    for (size_t i = 0; i < count; i++) {
        ContextBuilder j = context_builder(a), v = context_builder(a);
        context_put_text(&v, "result", value_int((int64_t)i));
        context_put_text(&j, "job", value_item(jobs, i));
        context_put_text(&j, "variables", value_context(&v));
        submit("process.job_complete", value_context(&j));
    }
    return count;
}

/* ---- Measurements. */

static double seconds_since(int64_t from)
{
    return (double)(clock_monotonic_ns() - from) / 1e9;
}

static _Atomic int64_t jobs_left;

static void *worker_main(void *context)
{
    Arena *a = arena_open(8u << 20);
    (void)context;
    while (jobs_left > 0) {
        int64_t got = (int64_t)work_once(a);
        jobs_left -= got;
        if (got == 0) {
            usleep(500);
        }
    }
    arena_close(a);
    return NULL;
}

/* Processor time of all threads. */
static double cpu_seconds(void)
{
    struct timespec t;
    check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure_workers(int64_t round)
{
    double cpu = cpu_seconds();
    pthread_t workers[WORKERS];
    int64_t from = clock_monotonic_ns();
    jobs_left = round * 5;
    for (int i = 0; i < WORKERS; i++) {
        check(pthread_create(&workers[i], NULL, worker_main, NULL) == 0);
    }
    start_many("workers", round);
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], NULL);
    }
    settle();
    double s = seconds_since(from);
    printf("  workers:  %.0f instances/s, %.0f steps/s, %.1f us of processor a step\n",
           (double)round / s, (double)round * 6 / s,
           (cpu_seconds() - cpu) * 1e6 / (double)(round * 6));
}

static void measure_built_in(int64_t round)
{
    int64_t from = clock_monotonic_ns();
    start_many("built_in", round);
    double s = seconds_since(from);
    printf("  built in: %.0f instances/s, %.0f steps/s\n", (double)round / s,
           (double)round * 6 / s);
}

typedef struct Lane {
    pthread_t thread;
    int64_t count;
    int64_t *ns;
} Lane;

static void *lane_main(void *context)
{
    Lane *lane = context;
    Arena *a = arena_open(8u << 20);
    for (int64_t i = 0; i < lane->count; i++) {
        arena_reset(a);
        Command command = {.kind = STR("process.start"), .actor = test_system,
                           .body = start_body(a, "built_in")};
        Reply reply;
        Err err = {0};
        int64_t from = clock_monotonic_ns();
        check(core_submit_wait(node->core, &command, a, &reply, &err) && reply.accepted);
        lane->ns[i] = clock_monotonic_ns() - from;
    }
    arena_close(a);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void measure_latency(int64_t round)
{
    int64_t each = round / LANES + 1, *all = malloc(sizeof *all * (size_t)(each * LANES));
    Lane lanes[LANES];
    check(all != NULL);
    for (int i = 0; i < LANES; i++) {
        lanes[i] = (Lane){.count = each, .ns = all + i * each};
        check(pthread_create(&lanes[i].thread, NULL, lane_main, &lanes[i]) == 0);
    }
    for (int i = 0; i < LANES; i++) {
        pthread_join(lanes[i].thread, NULL);
    }
    size_t count = (size_t)(each * LANES);
    qsort(all, count, sizeof *all, by_size);
    printf("  latency:  p50 %.2f ms, p99 %.2f ms (8 at a time)\n", (double)all[count / 2] / 1e6,
           (double)all[count * 99 / 100] / 1e6);
    free(all);
}

static void show_size(const char *path)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    struct stat st = {0};
    if (f) {
        check(fscanf(f, "%ld %ld", &pages, &resident) == 2);
        fclose(f);
    }
    stat(path, &st);
    printf("  resident %ld MB, file %.0f MB\n", resident * sysconf(_SC_PAGESIZE) >> 20,
           (double)st.st_size / 1e6);
}

static void measure(const char *path, const char *title, int64_t round)
{
    printf("%s\n", title);
    measure_workers(round);
    measure_built_in(round);
    measure_latency(round);
    show_size(path);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int64_t waiting = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;
    int64_t round = argc > 2 ? strtoll(argv[2], NULL, 10) : 3000;
    char path[128];
    snprintf(path, sizeof path, "/tmp/process-million-%d.db", (int)getpid());
    node = test_node_open(str_from(path));
    install("workers", "work", false);
    install("built_in", "tongban.test.echo", false);
    install("waits", "later", true);
    core_start(node->core);
    measure(path, "nothing waits", round);
    int64_t from = clock_monotonic_ns();
    start_many("waits", waiting);
    printf("%" PRId64 " instances started and waiting: %.0f starts/s\n", waiting,
           (double)waiting / seconds_since(from));
    measure(path, "with them waiting", round);
    check(refused == 0);
    core_stop(node->core);
    test_node_close(node);
    test_node_remove(str_from(path));
    return 0;
}
