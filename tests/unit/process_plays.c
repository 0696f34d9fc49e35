/* Plays: a model, commands in order, and what stands where after each.
 *
 * tests/cases/process/<name>.json:
 *   {"models": ["x.bpmn", "y.dmn", "z.form.json"], "steps": [...]}
 * Steps, with "refused": "<fault>" where a refusal is expected:
 *   {"start": "process", "variables": {}, "case": true}     {"advance_s": 60}
 *   {"complete"|"claim"|"release": "element", "as": {...}, "variables": {}}
 *   {"message": "name", "key": "k", "ttl_s": 0, "variables": {}}    {"signal": "name"}
 *   {"jobs": "type", "do": "complete"|"fail"|"throw", ...}  {"retry": "element"}
 *   {"cancel": true}   {"arm": true}   {"erase": "subject"}   {"instance": 2}: go on with the 2nd
 *   {"install": "other.bpmn"}: a new version     {"run": "process.modify_instance", "body": {...}}: the
 *   key of the current instance is put into the body
 *   {"expect": {"state", "active": [...], "done": {"element": n}, "variables": {}, "tasks": [...],
 *               "incidents": ["element fault"], "marks": [...]}}
 * Each play ends with a replay of the journal, which must give the same rows, and is played three
 * times: in memory, restarted after every commit, and killed after every commit; the traces
 * (every event in order) must be equal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/check.h"
#include "codec/json.h"
#include "process_node.h"

#define FOLDER "tests/cases/process/"

typedef struct Play {
    TestNode *n;
    const char *name;
    size_t step;
    int64_t instances[64];
    size_t instance_count;
    int64_t instance; /* the current one */
    bool failed;
} Play;

static void complain(Play *p, const char *what, Str wanted, Str got)
{
    printf("# %s step %zu: %s\n#   wanted %.*s\n#   got    %.*s\n", p->name, p->step + 1, what,
           STR_ARG(wanted), STR_ARG(got));
    p->failed = true;
}

static Str text_of(Play *p, Value v)
{
    return json_copy_text(p->n->a, v);
}

static void compare(Play *p, Str what, Value wanted, Value got)
{
    if (!value_same(wanted, got)) {
        complain(p, arena_copy(p->n->a, what).ptr, text_of(p, wanted), text_of(p, got));
    }
}

static Str read_text(TestNode *n, Str name)
{
    Str text = STR_NONE;
    Err err = {0};
    Str path = arena_printf(n->a, FOLDER "%.*s", STR_ARG(name));
    if (!file_read(n->a, path, 16u << 20, &text, &err)) {
        printf("# %.*s cannot be read\n", STR_ARG(path));
        check(!"file");
    }
    return text;
}

/* ---- Models. Every process of a file is installed under its id. */

static void install_bpmn(Play *p, Str name, Str text)
{
    Str rest = text;
    for (;;) {
        ptrdiff_t at = str_find(rest, STR(":process id=\""));
        if (at < 0) {
            return;
        }
        rest = str_slice(rest, (size_t)at + 13, rest.len);
        Str id = str_slice(rest, 0, (size_t)str_find(rest, STR("\"")));
        Err err = {0};
        if (!test_node_install(p->n, "process", id, name, text, &err)) {
            Buf show = buf_new(p->n->a, 200);
            err_show(&err, LANG_EN, &show);
            complain(p, "install", id, buf_text(&show));
        }
    }
}

static void install(Play *p, Str name)
{
    Str text = read_text(p->n, name);
    Err err = {0};
    bool ok = true;
    if (str_ends(name, STR(".bpmn"))) {
        install_bpmn(p, name, text);
    } else if (str_ends(name, STR(".dmn"))) {
        ok = test_node_install(p->n, "decision", name, name, text, &err);
    } else {
        ok = test_node_install(p->n, "form", str_slice(name, 0, name.len - 10), name, text, &err);
    }
    if (!ok) {
        Buf show = buf_new(p->n->a, 200);
        err_show(&err, LANG_EN, &show);
        complain(p, "install", name, buf_text(&show));
    }
}

/* ---- Steps. */

static void judge(Play *p, Value step, const Reply *reply)
{
    Str refused = value_get_string(step, STR("refused"));
    Str got = reply->accepted ? STR_NONE : str_from(reply->err.fault->name);
    if (!str_equal(refused, got)) {
        complain(p, "refusal", refused, got);
    }
}

static Reply run(Play *p, Value step, const char *kind, ContextBuilder *body, const Actor *actor)
{
    Reply reply = test_node_run(p->n, kind, value_context(body), actor);
    judge(p, step, &reply);
    return reply;
}

/* New instances, also those that started by themselves. */
static void see_instances(Play *p)
{
    static const Sql sql = {"SELECT key FROM process_instance ORDER BY key"};
    p->instance_count = 0;
    Rows *r = store_query(p->n->reader, &sql, NO_PARAMS);
    while (rows_next(r) && p->instance_count < 64) {
        p->instances[p->instance_count++] = rows_int(r, 0);
    }
    rows_close(r);
}

static Value key_value(Play *p, int64_t key)
{
    return value_string(arena_printf(p->n->a, "%lld", (long long)key));
}

static void do_start(Play *p, Value step)
{
    ContextBuilder b = context_builder(p->n->a);
    context_put_text(&b, "process", value_field(step, "start"));
    context_put_text(&b, "variables", value_field(step, "variables"));
    if (value_get_boolean(step, STR("case"), false)) {
        context_put_text(&b, "case", value_string(STR("0192f0c1-0000-7000-8000-000000000001")));
    }
    Reply reply = run(p, step, "process.start", &b, &test_system);
    Str key = value_get_string(reply.body, STR("instance"));
    str_to_int64(key, &p->instance);
}

static Actor actor_of(Value as)
{
    Actor actor = test_system;
    if (value_is(as, VALUE_CONTEXT)) {
        Value roles = value_field(as, "roles");
        actor.id = value_get_string(as, STR("id"));
        actor.office = value_get_string(as, STR("office"));
        for (size_t i = 0; i < value_count(roles); i++) {
            actor.roles[actor.role_count++] = value_item(roles, i).as.string;
        }
    }
    return actor;
}

static ProcessTaskPage open_tasks(Play *p, bool with_ended)
{
    ProcessTaskQuery query = {.everyone = true, .instance = p->instance, .with_ended = with_ended};
    ProcessTaskPage page;
    Err err = {0};
    check(process_task_list(p->n->reader, TEST_NODE, &test_system, &query, p->n->a, &page, &err));
    return page;
}

static void do_task(Play *p, Value step, const char *verb)
{
    Str element = value_get_string(step, str_from(verb));
    bool ended = value_get_boolean(step, STR("ended"), false);
    ProcessTaskPage page = open_tasks(p, ended);
    for (size_t i = 0; i < page.count; i++) {
        if (str_equal(page.tasks[i].element, element)) {
            ContextBuilder b = context_builder(p->n->a);
            Actor actor = actor_of(value_field(step, "as"));
            context_put_text(&b, "task", key_value(p, page.tasks[i].key));
            context_put_text(&b, "variables", value_field(step, "variables"));
            run(p, step, arena_printf(p->n->a, "process.task_%s", verb).ptr, &b, &actor);
            return;
        }
    }
    complain(p, "open task", element, STR("none"));
}

static void do_message(Play *p, Value step)
{
    ContextBuilder b = context_builder(p->n->a);
    context_put_text(&b, "name", value_field(step, "message"));
    context_put_text(&b, "correlation_key", value_field(step, "key"));
    context_put_text(&b, "time_to_live_s", value_int(value_get_int(step, STR("ttl_s"), 0)));
    context_put_text(&b, "variables", value_field(step, "variables"));
    Reply reply = run(p, step, "process.message", &b, &test_system);
    int64_t wanted = value_get_int(step, STR("correlated"), -1);
    int64_t got = value_get_int(reply.body, STR("correlated"), 0);
    if (wanted >= 0 && wanted != got) {
        complain(p, "correlated", text_of(p, value_int(wanted)), text_of(p, value_int(got)));
    }
}

static void do_jobs(Play *p, Value step)
{
    ContextBuilder b = context_builder(p->n->a);
    context_put_text(&b, "type", value_field(step, "jobs"));
    context_put_text(&b, "worker", value_string(STR("w")));
    context_put_text(&b, "max", value_int(100));
    Reply reply = test_node_run(p->n, "process.job_activate", value_context(&b), &test_system);
    Value jobs = value_field(reply.body, "jobs");
    if ((int64_t)value_count(jobs) != value_get_int(step, STR("count"), (int64_t)value_count(jobs))) {
        complain(p, "jobs", text_of(p, value_field(step, "count")), text_of(p, jobs));
    }
    Str verb = value_get_string(step, STR("do"));
    for (size_t i = 0; verb.len && i < value_count(jobs); i++) {
        ContextBuilder j = context_builder_from(p->n->a, step);
        context_put_text(&j, "job", value_item(jobs, i));
        run(p, step, arena_printf(p->n->a, "process.job_%.*s", STR_ARG(verb)).ptr, &j,
            &test_system);
    }
}

static void do_retry(Play *p, Value step)
{
    ProcessIncident *list;
    size_t count;
    Err err = {0};
    check(process_incident_list(p->n->reader, TEST_NODE, p->instance, true, 0, 100, p->n->a,
                                &list, &count, &err));
    for (size_t i = 0; i < count; i++) {
        if (str_equal(list[i].element, value_get_string(step, STR("retry")))) {
            ContextBuilder b = context_builder(p->n->a);
            context_put_text(&b, "incident", key_value(p, list[i].key));
            run(p, step, "process.incident_retry", &b, &test_system);
            return;
        }
    }
    complain(p, "incident", value_get_string(step, STR("retry")), STR("none"));
}

/* ---- Expectations. */

static int by_text(const void *a, const void *b)
{
    return str_compare(((const Value *)a)->as.string, ((const Value *)b)->as.string);
}

static Value sorted(Play *p, const ListBuilder *list)
{
    Value *items = arena_new_array(p->n->a, Value, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        items[i] = list->items[i];
    }
    qsort(items, list->count, sizeof *items, by_text);
    return value_list_of(p->n->a, items, list->count);
}

static void expect_elements(Play *p, Value wanted, const ProcessInstance *in)
{
    ListBuilder active = list_builder(p->n->a);
    for (size_t i = 0; i < in->element_count; i++) {
        for (int64_t k = 0; k < in->elements[i].active; k++) {
            list_add(&active, value_string(in->elements[i].element));
        }
        Value count;
        if (value_find(value_field(wanted, "done"), in->elements[i].element, &count)) {
            compare(p, in->elements[i].element, count, value_int(in->elements[i].completed));
        }
    }
    Value list;
    if (value_find(wanted, STR("active"), &list)) {
        compare(p, STR("active"), list, sorted(p, &active));
    }
    Value done = value_field(wanted, "done");
    for (size_t i = 0; i < value_count(done); i++) {
        bool seen = false;
        for (size_t k = 0; k < in->element_count; k++) {
            seen |= str_equal(in->elements[k].element, done.as.context.entries[i].key);
        }
        if (!seen && !value_same(done.as.context.entries[i].value, value_int(0))) {
            complain(p, "never entered", done.as.context.entries[i].key, STR_NONE);
        }
    }
}

static void expect_lists(Play *p, Value wanted)
{
    Value list;
    if (value_find(wanted, STR("tasks"), &list)) {
        ProcessTaskPage page = open_tasks(p, false);
        ListBuilder tasks = list_builder(p->n->a);
        for (size_t i = 0; i < page.count; i++) {
            list_add(&tasks, value_string(arena_printf(p->n->a, "%.*s %s%s%.*s",
                                                       STR_ARG(page.tasks[i].element),
                                                       process_task_state_name(page.tasks[i].state),
                                                       page.tasks[i].assignee.len ? " " : "",
                                                       STR_ARG(page.tasks[i].assignee))));
        }
        compare(p, STR("tasks"), list, sorted(p, &tasks));
    }
    if (value_find(wanted, STR("incidents"), &list)) {
        ProcessIncident *incidents;
        size_t count;
        Err err = {0};
        ListBuilder got = list_builder(p->n->a);
        check(process_incident_list(p->n->reader, TEST_NODE, p->instance, true, 0, 100, p->n->a,
                                    &incidents, &count, &err));
        for (size_t i = 0; i < count; i++) {
            list_add(&got, value_string(arena_printf(p->n->a, "%.*s %.*s",
                                                     STR_ARG(incidents[i].element),
                                                     STR_ARG(incidents[i].fault))));
        }
        compare(p, STR("incidents"), list, sorted(p, &got));
    }
    if (value_find(wanted, STR("marks"), &list)) {
        ListBuilder got = list_builder(p->n->a);
        for (Str rest = buf_text(&p->n->marks); rest.len;) {
            list_add(&got, value_string(arena_copy(p->n->a, str_split(&rest, '\n'))));
        }
        compare(p, STR("marks"), list, value_list(&got));
        buf_clear(&p->n->marks);
    }
}

static void do_expect(Play *p, Value wanted)
{
    ProcessInstance in;
    Err err = {0};
    see_instances(p);
    Value count;
    if (value_find(wanted, STR("instances"), &count)) {
        compare(p, STR("instances"), count, value_int((int64_t)p->instance_count));
    }
    if (p->instance == 0) {
        return;
    }
    if (!process_instance_read(p->n->reader, TEST_NODE, p->instance, p->n->a, &in, &err)) {
        if (p->instance_count > 0) {
            complain(p, "instance", STR("one"), STR("none"));
        }
        return;
    }
    static const char *const states[] = {"active", "completed", "cancelled", "failed",
                                         "suspended"};
    Value state;
    if (value_find(wanted, STR("version"), &state)) {
        compare(p, STR("version"), state, value_int(in.version));
    }
    if (value_find(wanted, STR("state"), &state)) {
        compare(p, STR("state"), state, value_string(str_from(states[in.state])));
    }
    expect_elements(p, wanted, &in);
    Value variables = value_field(wanted, "variables");
    for (size_t i = 0; i < value_count(variables); i++) {
        const ValueEntry *e = &variables.as.context.entries[i];
        compare(p, e->key, e->value, value_get(in.variables, e->key));
    }
    expect_lists(p, wanted);
}

static void do_simple(Play *p, Value step)
{
    ContextBuilder b = context_builder(p->n->a);
    Str kind = value_get_string(step, STR("run"));
    if (kind.len) {
        b = context_builder_from(p->n->a, value_field(step, "body"));
        context_put_text(&b, "instance", key_value(p, p->instance));
        context_put_text(&b, "scope", key_value(p, p->instance));
        run(p, step, arena_printf(p->n->a, "%.*s", STR_ARG(kind)).ptr, &b, &test_system);
    } else if (value_find(step, STR("install"), &(Value){0})) {
        install(p, value_get_string(step, STR("install")));
    } else if (value_find(step, STR("cancel"), &(Value){0})) {
        context_put_text(&b, "instance", key_value(p, p->instance));
        run(p, step, "process.cancel", &b, &test_system);
    } else if (value_find(step, STR("erase"), &(Value){0})) {
        context_put_text(&b, "subject", value_field(step, "erase"));
        run(p, step, "core.erase", &b, &test_system);
    } else if (value_find(step, STR("arm"), &(Value){0})) {
        run(p, step, "process.arm", &b, &test_system);
    } else if (value_find(step, STR("signal"), &(Value){0})) {
        context_put_text(&b, "name", value_field(step, "signal"));
        context_put_text(&b, "variables", value_field(step, "variables"));
        run(p, step, "process.signal", &b, &test_system);
    } else {
        complain(p, "a step", STR("known"), text_of(p, step));
    }
}

static void do_step(Play *p, Value step)
{
    static const char *const tasks[] = {"complete", "claim", "release"};
    Value v;
    for (size_t i = 0; i < 3; i++) {
        if (value_find(step, str_from(tasks[i]), &v)) {
            do_task(p, step, tasks[i]);
            return;
        }
    }
    if (value_find(step, STR("start"), &v)) {
        do_start(p, step);
    } else if (value_find(step, STR("message"), &v)) {
        do_message(p, step);
    } else if (value_find(step, STR("jobs"), &v)) {
        do_jobs(p, step);
    } else if (value_find(step, STR("retry"), &v)) {
        do_retry(p, step);
    } else if (value_find(step, STR("advance_s"), &v)) {
        test_node_advance(p->n, value_get_int(step, STR("advance_s"), 0));
    } else if (value_find(step, STR("instance"), &v)) {
        see_instances(p);
        int64_t place = value_get_int(step, STR("instance"), 1);
        assert_in_range(place, 1, p->instance_count);
        p->instance = p->instances[place - 1];
    } else if (value_find(step, STR("expect"), &v)) {
        do_expect(p, v);
    } else {
        do_simple(p, step);
    }
}

/* Play in one life; the trace, in the arena `keep`. */
static Str play_as(const char *name, Str location, TestLife life, Arena *keep)
{
    Play p = {.n = test_node_open_as(location, life), .name = name};
    Value script;
    Err err = {0};
    bool parsed = json_parse(p.n->a, read_text(p.n, str_from(p.name)), &script, &err);
    if (!parsed) {
        Buf show = buf_new(p.n->a, 100);
        err_show(&err, LANG_EN, &show);
        printf("# %s: %s\n", p.name, buf_cstr(&show));
    }
    assert_true(parsed);
    Value models = value_field(script, "models"), steps = value_field(script, "steps");
    for (size_t i = 0; i < value_count(models); i++) {
        install(&p, value_item(models, i).as.string);
    }
    for (p.step = 0; p.step < value_count(steps) && !p.failed; p.step++) {
        do_step(&p, value_item(steps, p.step));
    }
    bool same = test_node_verify(p.n);
    Str trace = arena_copy(keep, test_node_trace(p.n));
    test_node_close(p.n);
    assert_false(p.failed);
    assert_true(same);
    return trace;
}

/* The first line in which two traces differ. */
static void show_difference(Str a, Str b)
{
    while (a.len || b.len) {
        Str x = str_split(&a, '\n'), y = str_split(&b, '\n');
        if (!str_equal(x, y)) {
            printf("# stays:    %.*s\n# restarts: %.*s\n", STR_ARG(x), STR_ARG(y));
            return;
        }
    }
}

/* In memory; then on a file, closed and opened after every commit; then killed after every one. */
static void play(void **state)
{
    Arena *keep = arena_open((size_t)1 << 28);
    Str path = arena_printf(keep, "/tmp/process-plays-%d.db", (int)getpid());
    Str stays = play_as(*state, STR(":memory:"), TEST_STAYS, keep);
    for (TestLife life = TEST_REOPENS; life <= TEST_IS_KILLED; life++) {
        test_node_remove(path);
        Str trace = play_as(*state, path, life, keep);
        test_node_remove(path);
        if (!str_equal(stays, trace)) {
            show_difference(stays, trace);
        }
        assert_true(str_equal(stays, trace));
    }
    arena_close(keep);
}

int main(void)
{
    Arena *a = arena_open(1u << 20);
    Str *names;
    size_t count, plays = 0;
    Err err = {0};
    check(file_list(a, STR(FOLDER), &names, &count, &err));
    struct CMUnitTest *tests = arena_new_array(a, struct CMUnitTest, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (str_ends(names[i], STR(".json")) && !str_ends(names[i], STR(".form.json"))) {
            char *name = (char *)(uintptr_t)arena_copy(a, names[i]).ptr;
            tests[plays++] = (struct CMUnitTest){name, play, NULL, NULL, name};
        }
    }
    check(plays > 0);
    int failed = _cmocka_run_group_tests("process plays", tests, plays, NULL, NULL);
    arena_close(a);
    return failed;
}
