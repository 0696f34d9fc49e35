/* process_node.c - see process_node.h. */
#include "process_node.h"

#include <stdio.h>

#include "base/check.h"
#include "codec/json.h"

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

TestNode *test_node_open(Str location)
{
    static Module test_module; /* one node at a time */
    Arena *a = arena_open((size_t)1 << 30);
    TestNode *n = arena_new(a, TestNode);
    Instant start;
    Err err = {0};
    n->a = a;
    n->marks = buf_new(a, 256);
    check(instant_parse(STR("2026-11-23T09:00:00+08:00"), &start));
    check(seal_init(&err));
    n->clock = clock_virtual_open(start);
    n->entropy = entropy_seeded_open(7);
    test_module = (Module){.name = "test", .tables = no_tables, .commands = commands,
                           .events = no_events, .faults = test_faults, .state = n};
    const Module **modules = arena_new_array(a, const Module *, 2);
    modules[0] = process_open();
    modules[1] = &test_module;
    CoreOptions options = {.node = TEST_NODE, .location = location, .clock = n->clock,
                           .entropy = n->entropy, .modules = modules, .module_count = 2};
    if (!core_open(&options, &n->core, &err) ||
        !store_connect_reader(core_store(n->core), &n->reader, &err)) {
        Buf text = buf_new(a, 200);
        err_show(&err, LANG_EN, &text);
        printf("# %s\n", buf_cstr(&text));
        check(!"the node opens");
    }
    return n;
}

void test_node_close(TestNode *n)
{
    store_disconnect(n->reader);
    core_close(n->core);
    clock_close(n->clock);
    entropy_close(n->entropy);
    arena_close(n->a);
}

Reply test_node_run(TestNode *n, const char *kind, Value body, const Actor *actor)
{
    Command command = {.kind = str_from(kind), .actor = *actor, .body = body};
    Reply reply;
    Err err = {0};
    check(core_run(n->core, &command, n->a, &reply, &err));
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
    Err err = {0};
    for (;;) {
        Instant next = core_next_due(n->core);
        size_t ran = 0;
        if (instant_is_none(next) || next.us > to.us) {
            break;
        }
        if (next.us > clock_now(n->clock).us) {
            check(clock_set(n->clock, next));
        }
        check(core_run_due(n->core, &ran, &err));
        if (ran == 0) {
            break;
        }
    }
    if (to.us > clock_now(n->clock).us) {
        check(clock_set(n->clock, to));
    }
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
