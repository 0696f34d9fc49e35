/* command_bench.c - `tongban bench`: load on a running node through HTTP, measured.
 *
 * Many kept connections, one request under way on each, all driven by one thread with poll: a
 * closed loop. What is sent is a scenario:
 *
 *   drafts   PUT of a draft's data with If-Match: one durable command a request
 *   cases    POST of an application whose process of five built-in tasks runs to its end in the
 *            same command: one finished instance a request (pack bench/packs/bench)
 *   jobs     outside workers over /v2: instances of five jobs with a parallel gateway are begun,
 *            jobs are taken in batches and completed one by one (bench_jobs.c)
 *   tasks    an application with five user tasks side by side: submit, list the tasks, complete
 *            the five: one finished instance in seven requests
 *
 * Every command is answered only after COMMIT with fsync. The figures: answers a second, p50 and
 * p99 of the time from sending to the whole answer, answers that were no success. One line of
 * JSON, so that tools/bench can make its table. */
#include "app/arguments.h"
#include "app/bench_jobs.h"
#include "codec/json.h"
#include "net/http_client.h"
#include "os/os.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define BENCH_CLIENTS_MAX 1024u
#define BENCH_SAMPLES_MAX 8000000u
#define BENCH_TASKS 5u
#define BENCH_CLIENT_ARENA (8u << 20)

typedef enum Scenario { BENCH_DRAFTS, BENCH_CASES, BENCH_TASKS_FIVE, BENCH_JOBS } Scenario;

typedef struct Client {
    HttpClient *http;
    Arena *arena;   /* of the answer under way */
    Str token;      /* of the applicant */
    size_t number;
    char draft[40]; /* BENCH_DRAFTS */
    int64_t version;
    char case_id[40]; /* BENCH_TASKS_FIVE */
    char tasks[BENCH_TASKS][24];
    size_t task_count, task_next;
    bool listing;
    JobsClient jobs; /* BENCH_JOBS */
    int64_t sent_ns, sent_count;
    int64_t run; /* tells the keys of one run from another's */
} Client;

typedef struct Bench {
    Arena *arena;
    Scenario scenario;
    Str applicants[3], clerk, worker; /* tokens */
    JobsShared jobs;
    Client *clients;
    size_t client_count;
    uint32_t *samples_us;
    size_t sample_count;
    int64_t answers, commands, instances, failures;
    int last_failure;
} Bench;

static const Option options[] = {
    {"address", "HOST:PORT", "the node (127.0.0.1:8420)", "节点地址（127.0.0.1:8420）"},
    {"accounts", "FILE", "accounts that `serve --demo FILE` wrote", "`serve --demo FILE` 写出的账户文件"},
    {"clients", "N", "connections (64)", "连接数（64）"},
    {"seconds", "N", "how long (10)", "持续秒数（10）"},
    {"scenario", "drafts|cases|jobs|tasks", "what is sent (drafts)", "压测内容（drafts）"},
};
static const OptionTable table = {"", 0, 0, options, sizeof options / sizeof *options};

#define DRAFT_BODY "{\"data\":{\"note\":\"the form of a client, saved while it is filled in\"}}"
#define START_BODY(thing) "{\"thing\":\"" thing "\",\"data\":{\"note\":\"an application\"}}"

/* ---- One request. */

/* Every command has an idempotency key of its own, as a careful client's has. */
static bool send_request(Client *c, HttpCall *call, Err *err)
{
    char key[64];
    int length = snprintf(key, sizeof key, "bench-%lld-%zu-%lld", (long long)c->run, c->number,
                          (long long)c->sent_count++);
    if (call->has_body) call->idempotency_key = (Str){key, (size_t)length};
    c->sent_ns = clock_monotonic_ns();
    return http_client_send(c->http, call, err);
}

static bool send_post(Client *c, Str token, Str target, Str body, Err *err)
{
    HttpCall call = {.method = STR("POST"), .target = target, .token = token, .body = body,
                     .has_body = body.len > 0};
    return send_request(c, &call, err);
}

static bool send_draft(Client *c, Err *err)
{
    char target[80], tag[32];
    int length = snprintf(target, sizeof target, "/v1/drafts/%s", c->draft);
    int tag_length = snprintf(tag, sizeof tag, "\"%lld\"", (long long)c->version);
    HttpCall call = {.method = STR("PUT"), .target = {target, (size_t)length}, .token = c->token,
                     .if_match = {tag, (size_t)tag_length}, .body = STR(DRAFT_BODY),
                     .has_body = true};
    return send_request(c, &call, err);
}

/* The next request of a client's scenario. */
static bool send_next(Bench *b, Client *c, Err *err)
{
    char target[120];
    int length;
    if (b->scenario == BENCH_DRAFTS) return send_draft(c, err);
    if (b->scenario == BENCH_JOBS) {
        HttpCall call;
        jobs_next(&b->jobs, &c->jobs, b->worker, &call);
        c->sent_ns = clock_monotonic_ns();
        return http_client_send(c->http, &call, err);
    }
    if (b->scenario == BENCH_CASES) {
        return send_post(c, c->token, STR("/v1/cases"), STR(START_BODY("bench-straight")), err);
    }
    if (c->task_next < c->task_count) {
        length = snprintf(target, sizeof target, "/v1/tasks/%s/completion", c->tasks[c->task_next++]);
        return send_post(c, b->clerk, (Str){target, (size_t)length}, STR("{\"variables\":{}}"), err);
    }
    if (c->case_id[0]) {
        length = snprintf(target, sizeof target, "/v1/tasks?case=%s&limit=5", c->case_id);
        Str path = {target, (size_t)length};
        HttpCall call = {.method = STR("GET"), .target = path, .token = b->clerk};
        c->listing = true;
        return send_request(c, &call, err);
    }
    return send_post(c, c->token, STR("/v1/cases"), STR(START_BODY("bench-tasks")), err);
}

static void copy_text(char *out, size_t size, Str s)
{
    snprintf(out, size, "%.*s", STR_ARG(s));
}

/* What the answer means for the client's next request. */
static void take_answer(Bench *b, Client *c, const HttpAnswer *answer)
{
    Value v = value_null();
    if (b->scenario == BENCH_DRAFTS) c->version++;
    if (b->scenario != BENCH_TASKS_FIVE) return;
    if (c->listing) {
        Value items;
        c->listing = false;
        c->case_id[0] = 0;
        c->task_next = c->task_count = 0;
        if (!json_parse(c->arena, answer->body, &v, NULL)) return;
        items = value_field(v, "items");
        for (size_t i = 0; i < value_count(items) && i < BENCH_TASKS; i++) {
            copy_text(c->tasks[c->task_count++], sizeof c->tasks[0],
                      value_get_string(value_item(items, i), STR("key")));
        }
    } else if (c->task_next == 0 || c->task_next > c->task_count || !c->task_count) {
        if (!json_parse(c->arena, answer->body, &v, NULL)) return;
        copy_text(c->case_id, sizeof c->case_id, value_get_string(v, STR("case")));
        c->task_count = c->task_next = 0;
    } else if (c->task_next == c->task_count) {
        b->instances++;
        c->task_count = c->task_next = 0;
    }
}

static bool receive(Bench *b, Client *c, Err *err)
{
    HttpAnswer answer;
    arena_reset(c->arena);
    bool was_listing = c->listing;
    if (!http_client_receive(c->http, c->arena, &answer, err)) return false;
    int64_t us = (clock_monotonic_ns() - c->sent_ns) / 1000;
    if (b->sample_count < BENCH_SAMPLES_MAX) b->samples_us[b->sample_count++] = (uint32_t)us;
    b->answers++;
    if (answer.status >= 300) {
        b->failures++;
        b->last_failure = answer.status;
        return true;
    }
    if (!was_listing) b->commands++;
    if (b->scenario == BENCH_CASES) b->instances++;
    if (b->scenario == BENCH_JOBS) {
        jobs_take(&b->jobs, &c->jobs, c->arena, &answer);
        b->instances = b->jobs.finished;
    }
    take_answer(b, c, &answer);
    return true;
}

/* ---- Set-up. */

static Str token_of(Value accounts, const char *id)
{
    for (size_t i = 0; i < value_count(accounts); i++) {
        Value v = value_item(accounts, i);
        if (str_equal(value_get_string(v, STR("id")), str_from(id))) {
            return value_get_string(v, STR("token"));
        }
    }
    return STR_NONE;
}

static bool accounts_read(Bench *b, Str path, Err *err)
{
    static const char *const names[] = {"bench-applicant-1", "bench-applicant-2", "bench-applicant-3"};
    Str text;
    Value v;
    if (!file_read(b->arena, path, 1u << 20, &text, err) || !json_parse(b->arena, text, &v, err)) {
        return false;
    }
    Value accounts = value_is(v, VALUE_LIST) ? v : value_field(v, "accounts");
    for (size_t i = 0; i < 3; i++) b->applicants[i] = token_of(accounts, names[i]);
    b->clerk = token_of(accounts, "bench-clerk");
    b->worker = token_of(accounts, "bench-worker");
    return true;
}

static bool client_open(Bench *b, Client *c, Str address, Err *err)
{
    c->token = b->applicants[c->number % 3];
    c->arena = arena_open(BENCH_CLIENT_ARENA);
    if (!http_client_open(address, &c->http, err)) return false;
    c->jobs.number = c->number;
    if (b->scenario != BENCH_DRAFTS) return true;
    HttpCall call = {.method = STR("POST"), .target = STR("/v1/drafts"), .token = c->token,
                     .body = STR(START_BODY("bench-straight")), .has_body = true};
    HttpAnswer answer;
    Value v;
    if (!http_client_call(c->http, c->arena, &call, &answer, err)) return false;
    if (!json_parse(c->arena, answer.body, &v, err)) return false;
    copy_text(c->draft, sizeof c->draft, value_get_string(v, STR("draft")));
    c->version = value_get_int(v, STR("version"), 1);
    return true;
}

static void client_close(Bench *b, Client *c)
{
    if (c->http && b->scenario == BENCH_DRAFTS && c->draft[0]) {
        char target[80];
        int length = snprintf(target, sizeof target, "/v1/drafts/%s", c->draft);
        HttpCall call = {.method = STR("DELETE"), .target = {target, (size_t)length}, .token = c->token};
        HttpAnswer answer;
        http_client_call(c->http, c->arena, &call, &answer, NULL);
    }
    if (c->http) http_client_close(c->http);
    if (c->arena) arena_close(c->arena);
}

/* ---- The run. */

static bool run(Bench *b, int64_t seconds, Err *err)
{
    struct pollfd *polls = arena_new_array(b->arena, struct pollfd, b->client_count);
    int64_t end = clock_monotonic_ns() + seconds * 1000000000ll;
    for (size_t i = 0; i < b->client_count; i++) {
        polls[i] = (struct pollfd){http_client_descriptor(b->clients[i].http), POLLIN, 0};
        if (!send_next(b, &b->clients[i], err)) return false;
    }
    size_t waiting = b->client_count;
    while (waiting) {
        bool over = clock_monotonic_ns() >= end;
        if (poll(polls, b->client_count, 10000) <= 0) {
            return err_set(err, &fault_system_failure, STR("no answer within 10 seconds"));
        }
        for (size_t i = 0; i < b->client_count; i++) {
            if (!polls[i].revents) continue;
            if (!receive(b, &b->clients[i], err)) return false;
            if (over) {
                polls[i].fd = -1;
                polls[i].revents = 0;
                waiting--;
            } else if (!send_next(b, &b->clients[i], err)) {
                return false;
            }
        }
    }
    return true;
}

static int compare_us(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void print_result(Bench *b, double seconds)
{
    qsort(b->samples_us, b->sample_count, sizeof *b->samples_us, compare_us);
    uint32_t p50 = b->sample_count ? b->samples_us[b->sample_count / 2] : 0;
    uint32_t p99 = b->sample_count ? b->samples_us[b->sample_count * 99 / 100] : 0;
    printf("{\"clients\": %zu, \"seconds\": %.2f, \"answers_s\": %.0f, \"commands_s\": %.0f, "
           "\"instances_s\": %.0f, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"failures\": %lld, "
           "\"last_failure\": %d}\n",
           b->client_count, seconds, (double)b->answers / seconds, (double)b->commands / seconds,
           (double)b->instances / seconds, p50 / 1000.0, p99 / 1000.0, (long long)b->failures,
           b->last_failure);
}

static bool bench(Bench *b, Str address, int64_t seconds, Err *err)
{
    b->clients = arena_new_array(b->arena, Client, b->client_count);
    b->samples_us = malloc(BENCH_SAMPLES_MAX * sizeof *b->samples_us);
    bool ok = b->samples_us != NULL;
    int64_t from = clock_now(clock_system()).us;
    for (size_t i = 0; ok && i < b->client_count; i++) {
        b->clients[i].number = i;
        b->clients[i].run = from;
        ok = client_open(b, &b->clients[i], address, err);
    }
    from = clock_monotonic_ns();
    ok = ok && run(b, seconds, err);
    if (ok) print_result(b, (double)(clock_monotonic_ns() - from) / 1e9);
    for (size_t i = 0; i < b->client_count; i++) client_close(b, &b->clients[i]);
    free(b->samples_us);
    return ok;
}

static bool number_option(const Arguments *args, const char *name, int64_t fallback, int64_t max,
                          int64_t *out, Err *err)
{
    Str text = argument_text(args, name, STR_NONE);
    *out = fallback;
    if (!text.len) return true;
    if (str_to_int64(text, out) && *out >= 1 && *out <= max) return true;
    return err_set(err, &fault_argument_value_invalid, str_from(name), text, STR("1, 2, 3, ..."));
}

int command_bench(const CommandLine *line)
{
    Arguments args;
    int exit_code = EXIT_FINE;
    if (!arguments_read(line, &table, &args, &exit_code)) return exit_code;
    Bench b = {.arena = arena_open(64u << 20)};
    Err err = {0};
    int64_t clients = 64, seconds = 10;
    Str scenario = argument_text(&args, "scenario", STR("drafts"));
    b.scenario = str_equal(scenario, STR("cases")) ? BENCH_CASES
                 : str_equal(scenario, STR("tasks")) ? BENCH_TASKS_FIVE
                 : str_equal(scenario, STR("jobs")) ? BENCH_JOBS : BENCH_DRAFTS;
    bool ok = number_option(&args, "clients", 64, BENCH_CLIENTS_MAX, &clients, &err) &&
              number_option(&args, "seconds", 10, 3600, &seconds, &err) &&
              accounts_read(&b, argument_text(&args, "accounts", STR("data/demo.json")), &err);
    b.client_count = (size_t)clients;
    b.jobs.client_count = b.client_count;
    ok = ok && bench(&b, argument_text(&args, "address", STR("127.0.0.1:8420")), seconds, &err);
    exit_code = ok ? (b.failures ? EXIT_FAULTS : EXIT_FINE) : command_trouble(args.lang, &err);
    arena_close(b.arena);
    return exit_code;
}
