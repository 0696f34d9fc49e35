/* process_random.c - see process_random.h. */
#include "process_random.h"

#include <stdio.h>

#include "base/check.h"
#include "codec/json.h"

/* ---- Dice. */

Dice dice_seeded(uint64_t seed)
{
    return (Dice){.state = seed * 0x9e3779b97f4a7c15ull + 1};
}

Dice dice_of(Str bytes)
{
    uint64_t hash = 14695981039346656037ull;
    for (size_t i = 0; i < bytes.len; i++) {
        hash = (hash ^ (uint8_t)bytes.ptr[i]) * 1099511628211ull;
    }
    return (Dice){.bytes = bytes, .state = hash | 1};
}

unsigned dice_roll(Dice *d, unsigned sides)
{
    if (d->bytes.len) {
        unsigned got = (uint8_t)d->bytes.ptr[0];
        d->bytes = str_slice(d->bytes, 1, d->bytes.len);
        return got % sides;
    }
    d->state ^= d->state << 13;
    d->state ^= d->state >> 7;
    d->state ^= d->state << 17;
    return (unsigned)(d->state >> 33) % sides;
}

/* ---- The maker. */

typedef struct Maker {
    Arena *a;
    Dice *d;
    Buf out;
    unsigned next;  /* number of the next element or flow */
    unsigned left;  /* parts that may still be made */
    bool only_knots;
    bool activity; /* the newest leaf is one */
} Maker;

#define ASSIGN "<bpmn:extensionElements><zeebe:assignmentDefinition candidateGroups=\"g\"/>" \
               "</bpmn:extensionElements>"
#define WORK "<bpmn:extensionElements><zeebe:taskDefinition type=\"work\" retries=\"2\"/>" \
             "</bpmn:extensionElements>"
#define ECHO "<bpmn:extensionElements><zeebe:taskDefinition type=\"tongban.test.echo\"/>" \
             "</bpmn:extensionElements>"

static unsigned element(Maker *m, const char *tag, const char *attributes, const char *inner)
{
    unsigned id = m->next++;
    buf_printf(&m->out, "<bpmn:%s id=\"n%u\"%s>%s</bpmn:%s>\n", tag, id, attributes, inner, tag);
    return id;
}

static void flow_if(Maker *m, unsigned from, unsigned to, const char *condition)
{
    unsigned id = m->next++;
    buf_printf(&m->out, "<bpmn:sequenceFlow id=\"n%u\" sourceRef=\"n%u\" targetRef=\"n%u\">", id,
               from, to);
    if (condition) {
        buf_printf(&m->out, "<bpmn:conditionExpression>=%s</bpmn:conditionExpression>",
                   condition);
    }
    buf_add_text(&m->out, "</bpmn:sequenceFlow>\n");
}

static void flow(Maker *m, unsigned from, unsigned to)
{
    flow_if(m, from, to, NULL);
}

static const char *condition(Maker *m)
{
    static const char *const names[] = {"c0", "c1", "c2", "c3", "not(c0)", "c1 and c2"};
    return names[dice_roll(m->d, 6)];
}

/* A gateway with a default flow has its id before it is written: it is the next number. */
static unsigned splitter(Maker *m, const char *tag, unsigned default_flow)
{
    char attributes[64] = "";
    if (default_flow) {
        snprintf(attributes, sizeof attributes, " default=\"n%u\"", default_flow);
    }
    return element(m, tag, attributes, "");
}

/* ---- Leaves. */

typedef struct Ends {
    unsigned in, out;
} Ends;

static Ends leaf(Maker *m)
{
    static const char *const loops[] = {
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>=2"
        "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>",
        "<bpmn:multiInstanceLoopCharacteristics isSequential=\"true\"><bpmn:loopCardinality>=3"
        "</bpmn:loopCardinality><bpmn:completionCondition>=numberOfCompletedInstances = 2"
        "</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>",
        "<bpmn:standardLoopCharacteristics loopMaximum=\"2\"/>",
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>=0"
        "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>",
    };
    char inner[600];
    unsigned id, kind = dice_roll(m->d, m->only_knots ? 3 : 9);
    m->activity = kind != 4 && kind != 7;
    switch (kind) {
    case 0:
        id = element(m, "task", "", "");
        break;
    case 1:
        id = element(m, "serviceTask", "", WORK);
        break;
    case 2:
        id = element(m, "userTask", "", ASSIGN);
        break;
    case 3:
        id = element(m, "serviceTask", "", ECHO);
        break;
    case 4:
        id = element(m, "intermediateCatchEvent", "",
                     "<bpmn:timerEventDefinition><bpmn:timeDuration>PT5M</bpmn:timeDuration>"
                     "</bpmn:timerEventDefinition>");
        break;
    case 5:
        id = element(m, "receiveTask", " messageRef=\"msg\"", "");
        break;
    case 6:
        id = element(m, "callActivity", " calledElement=\"called\"", "");
        break;
    case 7:
        id = element(m, "intermediateThrowEvent", "", "<bpmn:escalationEventDefinition"
                                                      " escalationRef=\"esc\"/>");
        break;
    default:
        snprintf(inner, sizeof inner, "%s%s", ASSIGN, loops[dice_roll(m->d, 4)]);
        id = element(m, "userTask", "", inner);
        break;
    }
    return (Ends){id, id};
}

static Ends block(Maker *m, unsigned depth);

/* ---- Pairs of gateways. */

static Ends branches(Maker *m, unsigned depth)
{
    static const char *const splits[] = {"parallelGateway", "inclusiveGateway",
                                         "exclusiveGateway", "parallelGateway"};
    unsigned kind = dice_roll(m->d, m->only_knots ? 3 : 4), count = 2 + dice_roll(m->d, 2);
    unsigned fall = kind == 1 || kind == 2 ? m->next++ : 0;
    unsigned split = splitter(m, splits[kind], fall), join;
    if (kind == 3) {
        join = element(m, "complexGateway", "", "<bpmn:activationCondition>=activationCount &gt;= 1"
                                                "</bpmn:activationCondition>");
    } else {
        join = splitter(m, kind == 1 && dice_roll(m->d, 4) == 0 ? "complexGateway" : splits[kind], 0);
    }
    for (unsigned i = 0; i < count; i++) {
        Ends b = block(m, depth + 1);
        bool last = i + 1 == count;
        if (fall && last) {
            buf_printf(&m->out, "<bpmn:sequenceFlow id=\"n%u\" sourceRef=\"n%u\" targetRef=\"n%u\"/>\n",
                       fall, split, b.in);
        } else {
            flow_if(m, split, b.in, fall ? condition(m) : NULL);
        }
        flow(m, b.out, join);
    }
    return (Ends){split, join};
}

static Ends loop_back(Maker *m, unsigned depth)
{
    unsigned merge = splitter(m, "exclusiveGateway", 0);
    Ends b = block(m, depth + 1);
    unsigned fall = m->next++, again = splitter(m, "exclusiveGateway", fall);
    unsigned rest = element(m, "userTask", "", ASSIGN), out = element(m, "task", "", "");
    flow(m, merge, b.in);
    flow(m, b.out, again);
    flow_if(m, again, rest, "again");
    flow(m, rest, merge);
    buf_printf(&m->out, "<bpmn:sequenceFlow id=\"n%u\" sourceRef=\"n%u\" targetRef=\"n%u\"/>\n", fall,
               again, out);
    return (Ends){merge, out};
}

static Ends event_choice(Maker *m)
{
    unsigned gate = element(m, "eventBasedGateway", "", "");
    unsigned message = element(m, "intermediateCatchEvent", "",
                               "<bpmn:messageEventDefinition messageRef=\"msg\"/>");
    unsigned late = element(m, "intermediateCatchEvent", "",
                            "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1H"
                            "</bpmn:timeDuration></bpmn:timerEventDefinition>");
    unsigned merge = splitter(m, "exclusiveGateway", 0);
    flow(m, gate, message);
    flow(m, gate, late);
    flow(m, message, merge);
    flow(m, late, merge);
    return (Ends){gate, merge};
}

/* ---- Knots: nodes in a row, ways only forward, and some back through a task. */

#define KNOT_MAX 12

typedef struct Knot {
    unsigned count, ways_in[KNOT_MAX], ways_out[KNOT_MAX];
    bool way[KNOT_MAX][KNOT_MAX];
    bool back[KNOT_MAX]; /* a way back from here, to a node before it */
    unsigned back_to[KNOT_MAX];
    unsigned id[KNOT_MAX];
    bool plain[KNOT_MAX]; /* its ways have no conditions */
    bool host[KNOT_MAX];  /* an activity: boundary events may hang on it */
} Knot;

static void add_way(Knot *k, unsigned from, unsigned to)
{
    if (!k->way[from][to]) {
        k->way[from][to] = true;
        k->ways_out[from]++;
        k->ways_in[to]++;
    }
}

static void tie(Maker *m, Knot *k)
{
    k->count = 4 + dice_roll(m->d, KNOT_MAX - 4);
    for (unsigned i = 0; i + 1 < k->count; i++) {
        add_way(k, i, i + 1 + dice_roll(m->d, k->count - 1 - i > 3 ? 3 : k->count - 1 - i));
    }
    for (unsigned i = 1; i < k->count; i++) {
        if (k->ways_in[i] == 0) {
            add_way(k, dice_roll(m->d, i), i);
        }
    }
    for (unsigned extra = dice_roll(m->d, k->count); extra > 0; extra--) {
        unsigned from = dice_roll(m->d, k->count - 1);
        add_way(k, from, from + 1 + dice_roll(m->d, k->count - 1 - from));
    }
    for (unsigned i = 2; i + 1 < k->count; i++) {
        unsigned to = 1 + dice_roll(m->d, i - 1);
        /* Only from where nothing is split and to a gateway. */
        k->back[i] = dice_roll(m->d, 4) == 0 && k->ways_in[to] > 1 && k->ways_out[i] == 1 &&
                     k->ways_in[i] == 1;
        k->back_to[i] = to;
    }
}

static unsigned knot_node(Maker *m, Knot *k, unsigned i, unsigned *fall)
{
    static const char *const joins[] = {"inclusiveGateway", "inclusiveGateway",
                                        "exclusiveGateway"};
    *fall = 0;
    if (k->back[i]) {
        *fall = m->next++;
        return splitter(m, "exclusiveGateway", *fall);
    }
    if (k->ways_in[i] > 1) {
        *fall = k->ways_out[i] > 1 ? m->next++ : 0;
        return splitter(m, joins[dice_roll(m->d, 3)], *fall);
    }
    if (k->ways_out[i] > 1) {
        unsigned kind = dice_roll(m->d, 3);
        *fall = kind ? m->next++ : 0;
        k->plain[i] = kind == 0;
        return splitter(m, kind == 0   ? "parallelGateway"
                           : kind == 1 ? "inclusiveGateway" : "exclusiveGateway", *fall);
    }
    Ends one = leaf(m);
    k->host[i] = m->activity;
    return one.in;
}

/* A job may leave by an error to a later gateway. */
static void knot_boundary(Maker *m, const Knot *k, unsigned i)
{
    char attributes[64];
    for (unsigned to = i + 1; to < k->count; to++) {
        if (k->host[i] && k->ways_in[to] > 1 && dice_roll(m->d, 3) == 0) {
            unsigned host = k->id[i];
            snprintf(attributes, sizeof attributes, " attachedToRef=\"n%u\"", host);
            unsigned b = element(m, "boundaryEvent", attributes,
                                 dice_roll(m->d, 2) ? "<bpmn:errorEventDefinition errorRef=\"err\"/>"
                                                    : "<bpmn:timerEventDefinition><bpmn:timeDuration>"
                                                      "PT2M</bpmn:timeDuration>"
                                                      "</bpmn:timerEventDefinition>");
            flow(m, b, k->id[to]);
            return;
        }
    }
}

static Ends knot(Maker *m)
{
    Knot *k = arena_new(m->a, Knot);
    unsigned fall[KNOT_MAX];
    tie(m, k);
    for (unsigned i = 0; i < k->count; i++) {
        k->id[i] = knot_node(m, k, i, &fall[i]);
    }
    for (unsigned i = 0; i < k->count; i++) {
        for (unsigned to = 0; to < k->count; to++) {
            if (k->way[i][to] && fall[i]) {
                buf_printf(&m->out, "<bpmn:sequenceFlow id=\"n%u\" sourceRef=\"n%u\""
                                    " targetRef=\"n%u\"/>\n", fall[i], k->id[i], k->id[to]);
                fall[i] = 0;
            } else if (k->way[i][to]) {
                bool plain = k->ways_out[i] == 1 || k->back[i] || k->plain[i];
                flow_if(m, k->id[i], k->id[to], plain ? NULL : condition(m));
            }
        }
        if (k->back[i]) {
            unsigned rest = element(m, "userTask", "", ASSIGN);
            flow_if(m, k->id[i], rest, "again");
            flow(m, rest, k->id[k->back_to[i]]);
        } else {
            knot_boundary(m, k, i);
        }
    }
    return (Ends){k->id[0], k->id[k->count - 1]};
}

/* ---- Sub-processes. */

static unsigned open_scope(Maker *m)
{
    unsigned id = m->next++;
    buf_printf(&m->out, "<bpmn:subProcess id=\"n%u\">\n", id);
    return id;
}

static void fill_scope(Maker *m, Ends inside, const char *end)
{
    unsigned s = element(m, "startEvent", "", ""), e = element(m, "endEvent", "", end);
    flow(m, s, inside.in);
    flow(m, inside.out, e);
}

static Ends sub_process(Maker *m, unsigned depth)
{
    static const char *const ends[] = {"", "<bpmn:errorEventDefinition errorRef=\"err\"/>",
                                       "<bpmn:escalationEventDefinition escalationRef=\"esc\"/>",
                                       "<bpmn:terminateEventDefinition/>"};
    static const char *const events[] = {
        ("<bpmn:timerEventDefinition><bpmn:timeDuration>PT30M</bpmn:timeDuration>"
         "</bpmn:timerEventDefinition>"),
        "<bpmn:errorEventDefinition errorRef=\"err\"/>",
        "<bpmn:escalationEventDefinition escalationRef=\"esc\"/>"};
    unsigned end = m->only_knots ? 0 : dice_roll(m->d, 4), event = dice_roll(m->d, 3);
    unsigned id = open_scope(m);
    fill_scope(m, dice_roll(m->d, 2) ? knot(m) : block(m, depth + 1), ends[end]);
    buf_add_text(&m->out, "</bpmn:subProcess>\n");
    if (end == 1) {
        event = 1; /* its error is caught */
    }
    if (end != 1 && dice_roll(m->d, 2)) {
        return (Ends){id, id};
    }
    char attributes[96];
    bool goes_on = event != 1 && dice_roll(m->d, 2);
    snprintf(attributes, sizeof attributes, " attachedToRef=\"n%u\"%s", id,
             goes_on ? " cancelActivity=\"false\"" : "");
    unsigned b = element(m, "boundaryEvent", attributes, events[event]);
    if (goes_on) {
        Ends beside = block(m, depth + 2);
        unsigned e = element(m, "endEvent", "", "");
        flow(m, b, beside.in);
        flow(m, beside.out, e);
        return (Ends){id, id};
    }
    unsigned merge = splitter(m, "exclusiveGateway", 0);
    flow(m, id, merge);
    flow(m, b, merge);
    return (Ends){id, merge};
}

/* ---- Blocks in a row. */

static Ends one_block(Maker *m, unsigned depth)
{
    if (m->left == 0 || depth > 4) {
        return leaf(m);
    }
    m->left--;
    switch (dice_roll(m->d, m->only_knots ? 5 : 8)) {
    case 0:
    case 1:
        return branches(m, depth);
    case 2:
        return sub_process(m, depth);
    case 3: { /* in a scope of its own: what leaves a knot may be several tokens */
        unsigned id = open_scope(m);
        fill_scope(m, knot(m), "");
        buf_add_text(&m->out, "</bpmn:subProcess>\n");
        return (Ends){id, id};
    }
    case 4:
        return loop_back(m, depth);
    case 5:
        return event_choice(m);
    default:
        return leaf(m);
    }
}

static Ends block(Maker *m, unsigned depth)
{
    Ends all = one_block(m, depth);
    for (unsigned more = dice_roll(m->d, 3); more > 0; more--) {
        Ends next = one_block(m, depth);
        flow(m, all.out, next.in);
        all.out = next.out;
    }
    return all;
}

Str random_model(Arena *a, Dice *d, RandomOptions options)
{
    Maker m = {.a = a, .d = d, .out = buf_new(a, 16384), .next = 1, .only_knots = options.only_knots,
               .left = options.parts ? options.parts : 12};
    buf_add_text(&m.out,
                 "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\""
                 " xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" id=\"defs\""
                 " targetNamespace=\"urn:random\">\n<bpmn:error id=\"err\" errorCode=\"bad\"/>\n"
                 "<bpmn:escalation id=\"esc\" escalationCode=\"look\"/>\n"
                 "<bpmn:message id=\"msg\" name=\"msg\"><bpmn:extensionElements>"
                 "<zeebe:subscription correlationKey=\"=key\"/></bpmn:extensionElements>"
                 "</bpmn:message>\n<bpmn:process id=\"m\" isExecutable=\"true\">\n");
    fill_scope(&m, options.only_knots && dice_roll(d, 3) ? knot(&m) : block(&m, 0), "");
    buf_add_text(&m.out, "</bpmn:process>\n<bpmn:process id=\"called\" isExecutable=\"true\">\n");
    m.only_knots = true; /* a plain task: nothing that calls again */
    fill_scope(&m, leaf(&m), "");
    buf_add_text(&m.out, "</bpmn:process>\n</bpmn:definitions>\n");
    return buf_text(&m.out);
}

/* ---- Plays. */

static size_t find_keys(TestNode *n, const Sql *sql, int64_t *keys, size_t limit)
{
    size_t count = 0;
    Rows *r = store_query(n->reader, sql, NO_PARAMS);
    while (count < limit && rows_next(r)) {
        keys[count++] = rows_int(r, 0);
    }
    rows_close(r);
    return count;
}

static const Sql OPEN_TASKS = {"SELECT key FROM process_task WHERE ended_at IS NULL ORDER BY key"};
static const Sql OPEN_JOBS = {"SELECT key FROM process_job ORDER BY key"};
static const Sql WATCHES = {"SELECT token FROM process_watch WHERE kind = 'message'"};
static const Sql INCIDENTS = {
    "SELECT key FROM process_incident WHERE resolved_at IS NULL ORDER BY key"};
static const Sql RUNNING = {"SELECT key FROM process_instance WHERE ended_at IS NULL"};
static const Sql LEFT = {
    "SELECT task FROM process_candidate UNION ALL SELECT token FROM process_watch UNION ALL"
    " SELECT key FROM process_job UNION ALL SELECT key FROM process_task WHERE ended_at IS NULL"};

static Value key_of(TestNode *n, int64_t key)
{
    return value_string(arena_printf(n->a, "%lld", (long long)key));
}

static Value answers(TestNode *n, Dice *d, bool last)
{
    static const char *const names[] = {"c0", "c1", "c2", "c3"};
    ContextBuilder b = context_builder(n->a);
    for (size_t i = 0; i < 4; i++) {
        context_put(&b, str_from(names[i]), value_boolean(dice_roll(d, 2)));
    }
    context_put_text(&b, "again", value_boolean(!last && dice_roll(d, 3) == 0));
    return value_context(&b);
}

static void give(TestNode *n, const char *kind, const char *name, Value key, Value variables,
                 const char *code)
{
    ContextBuilder b = context_builder(n->a);
    context_put(&b, str_from(name), key);
    context_put_text(&b, "variables", variables);
    if (code) {
        context_put_text(&b, "code", value_string(str_from(code)));
    }
    (void)test_node_run(n, kind, value_context(&b), &test_system);
}

static void do_job(TestNode *n, Dice *d, int64_t key, bool last)
{
    unsigned how = last ? 0 : dice_roll(d, 6);
    if (how == 1) {
        give(n, "process.job_throw", "job", key_of(n, key), value_null(), "bad");
    } else if (how == 2) {
        give(n, "process.job_fail", "job", key_of(n, key), value_null(), NULL);
    } else {
        give(n, "process.job_complete", "job", key_of(n, key), answers(n, d, last), NULL);
    }
}

static void do_message(TestNode *n, Dice *d, bool last)
{
    ContextBuilder b = context_builder(n->a);
    context_put_text(&b, "name", value_string(STR("msg")));
    context_put_text(&b, "correlation_key", value_string(STR("k")));
    context_put_text(&b, "variables", answers(n, d, last));
    (void)test_node_run(n, "process.message", value_context(&b), &test_system);
}

static void do_clock(TestNode *n)
{
    int64_t us = core_next_due(n->core).us - clock_now(n->clock).us;
    test_node_advance(n, us > 0 ? (us + US_PER_SECOND - 1) / US_PER_SECOND : 0);
}

/* One action on what waits; false: nothing does. */
static bool act(TestNode *n, Dice *d, bool last)
{
    int64_t keys[4][64];
    size_t counts[5] = {find_keys(n, &OPEN_TASKS, keys[0], 64),
                        find_keys(n, &OPEN_JOBS, keys[1], 64),
                        find_keys(n, &WATCHES, keys[2], 64), find_keys(n, &INCIDENTS, keys[3], 64),
                        !instant_is_none(core_next_due(n->core))};
    unsigned from = dice_roll(d, 5);
    for (unsigned i = 0; i < 5; i++) {
        unsigned what = (from + i) % 5;
        if (counts[what] == 0) {
            continue;
        }
        int64_t key = what < 4 ? keys[what][dice_roll(d, (unsigned)counts[what])] : 0;
        if (what == 0) {
            give(n, "process.task_complete", "task", key_of(n, key), answers(n, d, last), NULL);
        } else if (what == 1) {
            do_job(n, d, key, last);
        } else if (what == 2) {
            do_message(n, d, last);
        } else if (what == 3) {
            give(n, "process.incident_retry", "incident", key_of(n, key), value_null(), NULL);
        } else {
            do_clock(n);
        }
        return true;
    }
    return false;
}

static bool install_and_start(TestNode *n, Dice *d, Str model)
{
    Err err = {0};
    if (!test_node_install(n, "process", STR("called"), STR("random.bpmn"), model, &err) ||
        !test_node_install(n, "process", STR("m"), STR("random.bpmn"), model, &err)) {
        Buf show = buf_new(n->a, 200);
        err_show(&err, LANG_EN, &show);
        printf("# %s\n", buf_cstr(&show));
        return false;
    }
    ContextBuilder b = context_builder(n->a), v = context_builder_from(n->a, answers(n, d, false));
    context_put_text(&v, "key", value_string(STR("k")));
    context_put_text(&b, "process", value_string(STR("m")));
    context_put_text(&b, "variables", value_context(&v));
    return test_node_run(n, "process.start", value_context(&b), &test_system).accepted;
}

/* Where the tokens stand that nothing will move. */
static void show_running(TestNode *n)
{
    static const Sql sql = {"SELECT tokens FROM process_instance WHERE ended_at IS NULL"};
    Rows *r = store_query(n->reader, &sql, NO_PARAMS);
    while (rows_next(r)) {
        printf("# %.*s\n", STR_ARG(rows_bytes(r, 0)));
    }
    rows_close(r);
}

const char *random_play(TestNode *n, Dice *d, Str model, unsigned actions)
{
    int64_t key;
    if (!install_and_start(n, d, model)) {
        return "the model was refused";
    }
    bool waits = true;
    for (unsigned i = 0; i < actions * 20 && waits; i++) {
        waits = act(n, d, i >= actions);
    }
    if (waits) {
        return "it does not come to an end";
    }
    if (find_keys(n, &RUNNING, &key, 1)) {
        show_running(n);
        return "a token is lost: an instance runs and nothing waits";
    }
    if (find_keys(n, &LEFT, &key, 1)) {
        return "rows of ended tokens are left";
    }
    return test_node_verify(n) ? NULL : "the replay differs";
}
