/* process_node.c - see process_node.h. */
#include "process_node.h"

#include <stdio.h>

#include "base/check.h"
#include "codec/json.h"
#include "../process_killed.h"

#define TEST_FAULTS(X) \
    X(test_refused, REFUSAL, 409, false, "The test refused {1}.", "测试拒绝了 {1}。")
FAULT_DECLARE(TEST_FAULTS)
FAULT_DEFINE(TEST_FAULTS)
static FAULT_TABLE(test_faults, TEST_FAULTS)

const Actor test_system = {.id = {"system", 6}, .name = {"system", 6}, .lang = LANG_EN};

static bool decide_echo(void *state, const Command *c, Decision *d)
{
    (void)state;
    ContextBuilder b = context_builder(decision_arena(d));
    for (size_t i = 0; i < c->body.as.context.count; i++) {
        const ValueEntry *e = &c->body.as.context.entries[i];
        if (!str_equal(e->key, STR("context"))) {
            context_put(&b, e->key, e->value);
        }
    }
    decision_reply(d, value_context(&b));
    return true;
}

static bool decide_context(void *state, const Command *c, Decision *d)
{
    (void)state;
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "context", value_field(c->body, "context"));
    decision_reply(d, value_context(&b));
    return true;
}

static bool decide_refuse(void *state, const Command *c, Decision *d)
{
    (void)state;
    return decision_refuse_with(d, &fault_test_refused, value_get_string(c->body, STR("what")));
}

static bool decide_mark(void *state, const Command *c, Decision *d)
{
    TestNode *n = state;
    (void)d;
    buf_printf(&n->marks, "%.*s %.*s", STR_ARG(value_get_string(c->body, STR("event"))),
               STR_ARG(value_get_string(c->body, STR("element"))));
    Str parts[] = {value_get_string(c->body, STR("group")),
                   value_get_string(value_field(c->body, "properties"), STR("matter")),
                   value_get_string(value_field(c->body, "variables"), STR("outcome"))};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].len) {
            buf_printf(&n->marks, " %.*s", STR_ARG(parts[i]));
        }
    }
    buf_add_text(&n->marks, "\n");
    return true;
}

static bool decide_ended(void *state, const Command *c, Decision *d)
{
    TestNode *n = state;
    (void)d;
    buf_printf(&n->marks, "ended %.*s\n", STR_ARG(value_get_string(c->body, STR("state"))));
    return true;
}

static const CommandKind commands[] = {
    {"test.echo", decide_echo, COMMAND_INTERNAL | COMMAND_TASK},
    {"test.context", decide_context, COMMAND_INTERNAL | COMMAND_TASK},
    {"test.refuse", decide_refuse, COMMAND_INTERNAL | COMMAND_TASK},
    {"case.mark", decide_mark, COMMAND_INTERNAL},
    {"case.ended", decide_ended, COMMAND_INTERNAL},
    {0},
};
static const EventKind no_events[] = {{0}};
static const char *const no_tables[] = {NULL};

/* ---- Opening. */

static void open_core(TestNode *n)
{
    Err err = {0};
    n->test_module = (Module){.name = "test", .tables = no_tables, .commands = commands,
                              .events = no_events, .faults = test_faults, .state = n};
    n->modules[0] = process_open();
    n->modules[1] = &n->test_module;
    CoreOptions options = {.node = TEST_NODE, .location = n->location, .clock = n->clock,
                           .entropy = n->entropy, .modules = n->modules, .module_count = 2};
    if (!core_open(&options, &n->core, &err) ||
        !store_connect_reader(core_store(n->core), &n->reader, &err)) {
        Buf text = buf_new(n->a, 200);
        err_show(&err, LANG_EN, &text);
        printf("# %s\n", buf_cstr(&text));
        check(!"the node opens");
    }
}

static void close_core(TestNode *n)
{
    store_disconnect(n->reader);
    core_close(n->core);
}

TestNode *test_node_open_as(Str location, TestLife life)
{
    Arena *a = arena_open((size_t)1 << 30);
    TestNode *n = arena_new(a, TestNode);
    Instant start;
    Err err = {0};
    n->a = a;
    n->marks = buf_new(a, 256);
    n->location = arena_copy(a, location);
    n->life = life;
    check(instant_parse(STR("2026-11-23T09:00:00+08:00"), &start));
    check(seal_init(&err));
    n->clock = clock_virtual_open(start);
    n->entropy = entropy_seeded_open(7);
    open_core(n);
    return n;
}

TestNode *test_node_open(Str location)
{
    return test_node_open_as(location, TEST_STAYS);
}

void test_node_reopen(TestNode *n, Instant to)
{
    close_core(n);
    if (!instant_is_none(to)) {
        clock_close(n->clock);
        n->clock = clock_virtual_open(to);
    }
    open_core(n);
}

void test_node_close(TestNode *n)
{
    close_core(n);
    clock_close(n->clock);
    entropy_close(n->entropy);
    arena_close(n->a);
}

void test_node_remove(Str location)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[256];
        snprintf(path, sizeof path, "%.*s%s", STR_ARG(location), endings[i]);
        remove(path);
    }
}

/* ---- Commands and timers, here or in a child that dies. */

typedef struct Work {
    TestNode *n;
    const Command *command; /* NULL: what is due */
} Work;

static Value reply_value(TestNode *n, const Reply *reply, size_t ran)
{
    ContextBuilder b = context_builder(n->a);
    context_put_text(&b, "accepted", value_boolean(reply->accepted));
    context_put_text(&b, "body", reply->body);
    context_put_text(&b, "fault", value_string(reply->err.fault ? str_from(reply->err.fault->name)
                                                                : STR_NONE));
    context_put_text(&b, "ran", value_int((int64_t)ran));
    context_put_text(&b, "marks", value_string(buf_text(&n->marks)));
    return value_context(&b);
}

static void child_work(void *context, Buf *out)
{
    Work *w = context;
    TestNode *n = w->n;
    Reply reply = {0};
    size_t ran = 0;
    Err err = {0};
    open_core(n);
    buf_clear(&n->marks);
    check(w->command ? core_run(n->core, w->command, n->a, &reply, &err)
                     : core_run_due(n->core, &ran, &err));
    json_write(reply_value(n, &reply, ran), 0, out);
}

/* Of a refusal only its name comes out of a child. */
static const Fault *fault_named(TestNode *n, Str name)
{
    Fault *fault = arena_new(n->a, Fault);
    *fault = (Fault){.name = arena_printf(n->a, "%.*s", STR_ARG(name)).ptr, .en = "", .zh = ""};
    return name.len ? fault : NULL;
}

static Reply killed(TestNode *n, const Command *command, size_t *ran)
{
    Work work = {n, command};
    Value told;
    Err err = {0};
    close_core(n);
    check(json_parse(n->a, killed_run(child_work, &work, n->a), &told, &err));
    open_core(n);
    buf_add(&n->marks, value_get_string(told, STR("marks")));
    *ran = (size_t)value_get_int(told, STR("ran"), 0);
    Reply reply = {.accepted = value_get_boolean(told, STR("accepted"), false),
                   .body = value_field(told, "body")};
    reply.err.fault = fault_named(n, value_get_string(told, STR("fault")));
    return reply;
}

static size_t run_due(TestNode *n)
{
    Err err = {0};
    size_t ran = 0;
    if (n->life == TEST_IS_KILLED) {
        killed(n, NULL, &ran);
        return ran;
    }
    check(core_run_due(n->core, &ran, &err));
    if (n->life == TEST_REOPENS) {
        test_node_reopen(n, INSTANT_NONE);
    }
    return ran;
}

Reply test_node_run(TestNode *n, const char *kind, Value body, const Actor *actor)
{
    Command command = {.kind = str_from(kind), .actor = *actor, .body = body};
    Reply reply;
    Err err = {0};
    size_t ran;
    if (n->life == TEST_IS_KILLED) {
        return killed(n, &command, &ran);
    }
    check(core_run(n->core, &command, n->a, &reply, &err));
    if (n->life == TEST_REOPENS) {
        test_node_reopen(n, INSTANT_NONE);
    }
    return reply;
}

bool test_node_install(TestNode *n, const char *kind, Str id, Str path, Str text, Err *err)
{
    ContextBuilder d = context_builder(n->a), b = context_builder(n->a);
    context_put_text(&d, "kind", value_string(str_from(kind)));
    context_put_text(&d, "id", value_string(id));
    context_put_text(&d, "path", value_string(path));
    context_put_text(&d, "text", value_string(text));
    Value definition = value_context(&d);
    context_put_text(&b, "pack", value_string(arena_printf(n->a, "test-%s-%.*s", kind, STR_ARG(id))));
    context_put_text(&b, "version", value_string(STR("1")));
    context_put_text(&b, "definitions", value_list_of(n->a, &definition, 1));
    Reply reply = test_node_run(n, "core.install", value_context(&b), &test_system);
    if (!reply.accepted && err) {
        *err = reply.err;
    }
    return reply.accepted;
}

void test_node_advance(TestNode *n, int64_t seconds)
{
    Instant to = {clock_now(n->clock).us + seconds * US_PER_SECOND};
    for (;;) {
        Instant next = core_next_due(n->core);
        if (instant_is_none(next) || next.us > to.us) {
            break;
        }
        if (next.us > clock_now(n->clock).us) {
            check(clock_set(n->clock, next));
        }
        if (run_due(n) == 0) {
            break;
        }
    }
    if (to.us > clock_now(n->clock).us) {
        check(clock_set(n->clock, to));
    }
}

/* ---- What happened. */

typedef struct Tracing {
    TestNode *n;
    Buf out;
} Tracing;

static bool trace_record(void *context, const JournalRecord *record)
{
    Tracing *t = context;
    buf_printf(&t->out, "%lld %lld %.*s %.*s ", (long long)record->seq, (long long)record->at.us,
               STR_ARG(record->kind), STR_ARG(record->actor));
    json_write(record->events, 0, &t->out);
    buf_add_text(&t->out, "\n");
    return true;
}

Str test_node_trace(TestNode *n)
{
    Tracing t = {n, buf_new(n->a, 4096)};
    Err err = {0};
    check(core_journal_read(n->core, n->reader, 1, trace_record, &t, &err));
    return buf_text(&t.out);
}

bool test_node_verify(TestNode *n)
{
    VerifyResult result;
    Err err = {0};
    check(core_verify(n->core, LANG_EN, n->a, &result, &err));
    if (result.differences) {
        printf("# %.*s\n", STR_ARG(result.report));
    }
    return result.differences == 0;
}
