/* The inclusive join against an oracle, on random models.
 *
 * The engine decides with bit sets made once by walking backwards from the join. The oracle knows
 * only elements and flows; it walks forwards from every token, anew for every question, and finds
 * which joins may pass by trying every set of joins:
 *
 *     a set of waiting joins is stuck when whatever holds back a join of the set is a token that
 *     waits at a join of the set; a join may pass when it stands in a stuck set that has no
 *     smaller stuck set inside (a join that nothing holds back is such a set alone)
 *
 * The tokens are those of the journal: the changes of every step, one after the other. Wherever an
 * inclusive join merges, the oracle must let it; where a step is over, it must hold back every join
 * that still waits. So the engine neither passes too early nor forgets a join. Every play must
 * also come to its end, leave no rows, and replay to the same rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../process_random.h"
#include "base/check.h"
#include "lang/bpmn/bpmn.h"

#define SEEDS 400
#define JOIN_FLAG 1 /* of a token's flags: it waits at a join */
#define TOKENS_MAX 4096
#define JOINS_MAX 12

typedef struct Seen {
    int64_t key, scope, flags;
    uint32_t element;
    Str flow;
    bool alive;
} Seen;

typedef struct Oracle {
    Arena *a;
    const BpmnModel *model;
    const BpmnProcess *process;
    int64_t instance;
    Seen tokens[TOKENS_MAX];
    size_t count;
    uint32_t merging;     /* element of the join that is merging, or BPMN_NONE */
    int64_t merging_scope;
    size_t questions;     /* merges judged */
    size_t held;          /* of them and of rests: joins held back */
    const char *fault;
} Oracle;

static Seen *seen(Oracle *o, int64_t key)
{
    for (size_t i = 0; i < o->count; i++) {
        if (o->tokens[i].key == key && o->tokens[i].alive) {
            return &o->tokens[i];
        }
    }
    return NULL;
}

static bool waits_at_inclusive(const Oracle *o, const Seen *t)
{
    return t->alive && (t->flags & JOIN_FLAG) &&
           o->process->elements[t->element].type == BPMN_INCLUSIVE_GATEWAY;
}

/* ---- Walking forwards. */

static void walk(const BpmnProcess *p, uint32_t at, uint32_t without, bool *visited,
                 bool *flows)
{
    if (at == without || visited[at]) {
        return;
    }
    visited[at] = true;
    const BpmnElement *e = &p->elements[at];
    for (uint32_t i = 0; i < e->outgoing_count; i++) {
        flows[e->outgoing[i]] = true;
        walk(p, p->flows[e->outgoing[i]].target, without, visited, flows);
    }
    for (uint32_t i = 0; i < p->element_count; i++) {
        if (p->elements[i].attached == at) {
            walk(p, i, without, visited, flows);
        }
    }
    if (e->link != BPMN_NONE) {
        walk(p, e->link, without, visited, flows);
    }
}

/* Does a token at `other` hold back the join at which t waits? */
static bool holds(Oracle *o, const Seen *other, const Seen *t)
{
    const BpmnProcess *p = o->process;
    if (!other->alive || other->scope != t->scope || other->element == t->element) {
        return false;
    }
    bool *visited = calloc(p->element_count, sizeof *visited);
    bool *flows = calloc(p->flow_count + 1, sizeof *flows);
    check(visited && flows);
    walk(p, other->element, t->element, visited, flows);
    bool missing = false, present = false;
    const BpmnElement *join = &p->elements[t->element];
    for (uint32_t i = 0; i < join->incoming_count; i++) {
        bool arrived = false;
        for (size_t k = 0; k < o->count; k++) {
            const Seen *w = &o->tokens[k];
            arrived |= w->alive && (w->flags & JOIN_FLAG) && w->element == t->element &&
                       w->scope == t->scope && str_equal(w->flow, p->flows[join->incoming[i]].id);
        }
        if (flows[join->incoming[i]]) {
            missing |= !arrived;
            present |= arrived;
        }
    }
    free(visited);
    free(flows);
    return missing && !present;
}

/* ---- Which joins may pass: every set is tried. */

typedef struct Joins {
    const Seen *at[JOINS_MAX];
    size_t count;
    uint32_t by_movers;              /* bit a join: something that can move holds it back */
    uint32_t by_join[JOINS_MAX];     /* bits: the joins whose tokens hold it back */
} Joins;

static int join_index(const Joins *j, const Seen *t)
{
    for (size_t i = 0; i < j->count; i++) {
        if (j->at[i]->element == t->element && j->at[i]->scope == t->scope) {
            return (int)i;
        }
    }
    return -1;
}

static bool collect(Oracle *o, Joins *j)
{
    *j = (Joins){0};
    for (size_t i = 0; i < o->count; i++) {
        if (waits_at_inclusive(o, &o->tokens[i]) && join_index(j, &o->tokens[i]) < 0) {
            if (j->count == JOINS_MAX) {
                return false; /* too many to try all sets: not judged */
            }
            j->at[j->count++] = &o->tokens[i];
        }
    }
    for (size_t i = 0; i < j->count; i++) {
        for (size_t k = 0; k < o->count; k++) {
            if (holds(o, &o->tokens[k], j->at[i])) {
                int by = waits_at_inclusive(o, &o->tokens[k]) ? join_index(j, &o->tokens[k]) : -1;
                if (by < 0) {
                    j->by_movers |= 1u << i;
                } else {
                    j->by_join[i] |= 1u << by;
                }
            }
        }
    }
    return true;
}

static bool is_stuck(const Joins *j, uint32_t set)
{
    for (size_t i = 0; i < j->count; i++) {
        if ((set & (1u << i)) && ((j->by_movers & (1u << i)) || (j->by_join[i] & ~set))) {
            return false;
        }
    }
    return set != 0;
}

/* The joins that may pass. */
static uint32_t may_pass(const Joins *j)
{
    uint32_t all = 0;
    for (uint32_t set = 1; set < 1u << j->count; set++) {
        bool smallest = is_stuck(j, set);
        for (uint32_t inside = (set - 1) & set; inside && smallest; inside = (inside - 1) & set) {
            smallest = !is_stuck(j, inside);
        }
        all |= smallest ? set : 0;
    }
    return all;
}

static void judge_merge(Oracle *o, const Seen *t)
{
    Joins j;
    if (o->merging == t->element && o->merging_scope == t->scope) {
        return; /* the same merge goes on */
    }
    o->merging = t->element;
    o->merging_scope = t->scope;
    if (collect(o, &j)) {
        o->questions++;
        if (!(may_pass(&j) & (1u << join_index(&j, t)))) {
            o->fault = "a join passed that is held back";
        }
    }
}

static void judge_rest(Oracle *o)
{
    Joins j;
    if (collect(o, &j)) {
        o->held += j.count;
        if (may_pass(&j)) {
            o->fault = "a join waits that nothing holds back";
        }
    }
}

/* ---- Changes of the journal. */

static int64_t number(Value list, size_t i)
{
    int64_t n = 0;
    dec_to_int64(value_item(list, i).as.number, &n);
    return n;
}

static void fold(Oracle *o, Value c)
{
    Str name = value_item(c, 0).as.string;
    if (str_equal(name, STR("enter"))) {
        check(o->count < TOKENS_MAX);
        uint32_t index = bpmn_element(o->process, value_item(c, 2).as.string);
        check(index != BPMN_NONE);
        o->tokens[o->count++] = (Seen){number(c, 1), number(c, 3), number(c, 5), index,
                                       arena_copy(o->a, value_item(c, 4).as.string), true};
        o->merging = BPMN_NONE;
    } else if (str_equal(name, STR("leave"))) {
        Seen *t = seen(o, number(c, 1));
        if (waits_at_inclusive(o, t) && str_equal(value_item(c, 2).as.string, STR("merged"))) {
            judge_merge(o, t);
        }
        t->alive = false;
    } else if (str_equal(name, STR("set"))) {
        Seen *t = seen(o, number(c, 1));
        int64_t flags = number(c, 2);
        if (waits_at_inclusive(o, t) && !(flags & JOIN_FLAG)) {
            judge_merge(o, t);
            o->merging = BPMN_NONE;
        }
        t->flags = flags;
    }
}

static bool visit(void *context, const JournalRecord *record)
{
    Oracle *o = context;
    for (size_t i = 0; i < value_count(record->events) && !o->fault; i++) {
        Value event = value_item(record->events, i), open = value_field(event, "open");
        if (!str_equal(value_get_string(event, STR("kind")), STR("process.stepped"))) {
            continue;
        }
        int64_t key = value_get_int(open, STR("instance"), 0);
        Str id = value_get_string(value_field(open, "start"), STR("process"));
        if (id.len && str_equal(id, STR("m"))) {
            o->instance = key;
            o->process = bpmn_process(o->model, id);
        }
        Value changes = value_field(open, "changes");
        for (size_t k = 0; key == o->instance && k < value_count(changes); k++) {
            fold(o, value_item(changes, k));
        }
        if (key == o->instance && !o->fault) {
            judge_rest(o);
        }
    }
    return !o->fault;
}

/* ---- Seeds. */

static const char *judge(TestNode *n, Str text, size_t *questions, size_t *held)
{
    Oracle *o = arena_new(n->a, Oracle);
    BpmnModel model;
    Err err = {0};
    *o = (Oracle){.a = n->a, .model = &model, .merging = BPMN_NONE};
    if (!bpmn_compile(n->a, STR("random.bpmn"), text, &model, &err)) {
        return "the model does not compile";
    }
    check(core_journal_read(n->core, n->reader, 1, visit, o, &err));
    *questions += o->questions;
    *held += o->held;
    return o->fault;
}

static const char *play_seed(uint64_t seed, bool only_knots, size_t *questions, size_t *held)
{
    Dice d = dice_seeded(seed);
    TestNode *n = test_node_open(STR(":memory:"));
    Str text = random_model(n->a, &d, (RandomOptions){.only_knots = only_knots});
    const char *fault = random_play(n, &d, text, 60);
    if (!fault && only_knots) {
        fault = judge(n, text, questions, held);
    }
    if (fault) {
        printf("# seed %llu: %s\n", (unsigned long long)seed, fault);
        if (getenv("SHOW")) {
            printf("%.*s\n%.*s\n", STR_ARG(text), STR_ARG(test_node_trace(n)));
        }
    }
    test_node_close(n);
    return fault;
}

static void run_seeds(bool only_knots, size_t *questions, size_t *held)
{
    const char *one = getenv("SEED"), *many = getenv("SEEDS");
    uint64_t from = one ? strtoull(one, NULL, 10) : 1;
    uint64_t count = one ? 1 : many ? strtoull(many, NULL, 10) : SEEDS;
    size_t faults = 0;
    for (uint64_t seed = from; seed < from + count; seed++) {
        faults += play_seed(seed, only_knots, questions, held) != NULL;
    }
    assert_int_equal(faults, 0);
}

static void inclusive_joins_decide_as_the_oracle(void **state)
{
    size_t questions = 0, held = 0;
    (void)state;
    run_seeds(true, &questions, &held);
    printf("# %zu merges judged, %zu times held back at rest\n", questions, held);
    assert_true(getenv("SEED") || questions > SEEDS / 4);
    assert_true(getenv("SEED") || held > SEEDS / 4);
}

static void random_processes_come_to_their_end(void **state)
{
    size_t questions = 0, held = 0;
    (void)state;
    run_seeds(false, &questions, &held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(inclusive_joins_decide_as_the_oracle),
                                       cmocka_unit_test(random_processes_come_to_their_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
