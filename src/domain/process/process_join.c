/* process_join.c - when an inclusive join passes.
 *
 * BPMN 2.0, 13.4.3, in the words of reach (bpmn_link.c): with A the set of incoming flows that have
 * a token, a token elsewhere in the same scope with reach R holds the join back when R has a flow
 * outside A and none inside A:
 *
 *     held back  =  some token has (R & ~A) != 0 and (R & A) == 0
 *
 * A token that can reach both kinds does not hold it back: that is what lets loops around the join
 * end. A join that nothing holds back passes. The question is asked for every waiting join
 * whenever the queue of a step is empty, in every scope in which a token came, went or changed
 * since it was asked last; so after every arrival and every death, wherever the token died, and
 * nothing is counted. (The answer depends on the tokens of the scope alone.)
 *
 * Read only so, joins that can reach each other may wait for ever. Among the joins of a scope, let
 * i wait for k when a token that waits at k holds i back:
 *
 *     J1 ──▶ J2 ◀──▶ J3          J1 waits for J2, J2 and J3 for each other
 *
 * A join that is held back by a token that can move, or waits, over any number of others, for one
 * that is, is left alone: something will happen by itself. Of the rest, those that wait for nobody
 * but their own circle (J2, J3) are stuck, and the one with the oldest token passes; who waits
 * for a
 * circle from outside (J1) goes on waiting, because the circle's tokens may come to it. A join
 * that waits for nobody is the smallest circle. One passes at a time; then its scope is asked
 * again.
 *
 * The marker of a complex gateway that waits for its reset (process_complex.c) is asked the same
 * question, with the flows of its first phase added to A. */
#include <string.h>

#include "domain/process/process_int.h"

/* A waiting join: one entry for each gateway of a scope. */
typedef struct Join {
    const Token *t; /* the oldest token that waits there, or the marker */
    const BpmnElement *e;
    uint64_t arrived;
    bool moves;   /* in the end something that can still move holds it back */
    bool ahead;   /* it waits for the join in question */
    bool behind;  /* the join in question waits for it */
} Join;

/* The waiting joins and the living tokens of one scope. */
typedef struct JoinSpace {
    Join *items; /* oldest token first */
    size_t count;
    const Token **tokens;
    size_t token_count;
    size_t capacity; /* of both */
    bool *waits;     /* [i * count + k]: i waits for k */
    size_t waits_capacity;
} Joins;

/* Is it asked of this token whether it goes on? */
static bool is_asked(const Game *g, const Token *t)
{
    if (t->gone || (t->flags & (TOKEN_FAILED | TOKEN_RESETS))) {
        return false;
    }
    const BpmnElement *e = game_element(g, t);
    return (t->flags & TOKEN_RESET) ||
           ((t->flags & TOKEN_JOIN) &&
            (e->type == BPMN_INCLUSIVE_GATEWAY ||
             (e->type == BPMN_COMPLEX_GATEWAY && !bpmn_has(e->activation))));
}

static int join_of(const Joins *j, const Token *t)
{
    for (size_t i = 0; i < j->count && (t->flags & (TOKEN_JOIN | TOKEN_RESET)); i++) {
        if (j->items[i].t == t || gateway_waits_with(t, j->items[i].t)) {
            return (int)i;
        }
    }
    return -1;
}

/* False: memory is short, and the step will be refused. */
static bool make_room(Game *g, Joins *j)
{
    if (j->capacity < g->in.token_count) {
        j->capacity = g->in.token_count * 2;
        j->items = arena_new_array(g->a, Join, j->capacity);
        j->tokens = arena_new_array(g->a, const Token *, j->capacity);
    }
    j->count = j->token_count = 0;
    return j->items && j->tokens;
}

static void collect(Game *g, int64_t scope, Joins *j)
{
    for (size_t i = 0; i < g->in.token_count; i++) {
        const Token *t = g->in.tokens[i];
        if (t->gone || t->scope != scope) {
            continue;
        }
        j->tokens[j->token_count++] = t;
        if (is_asked(g, t) && join_of(j, t) < 0) {
            int64_t first[BPMN_JOIN_MAX];
            const BpmnElement *e = game_element(g, t);
            uint64_t arrived = gateway_arrivals(g, t, e, first);
            arrived |= t->flags & TOKEN_RESET ? complex_consumed(t) : 0;
            j->items[j->count++] = (Join){.t = t, .e = e, .arrived = arrived};
        }
    }
}

static bool holds_back(const Game *g, const Token *other, const Join *join)
{
    if (other->index == join->t->index) {
        return false;
    }
    if ((other->flags & TOKEN_RESET) && !game_element(g, other)->resets) {
        return false; /* nothing comes out of it any more */
    }
    uint64_t reach = join->e->reach[other->index];
    return (reach & ~join->arrived) && !(reach & join->arrived);
}

/* Who waits for whom, and who is held back by something that can move. */
static bool relate(Game *g, Joins *j)
{
    if (j->waits_capacity < j->count * j->count) {
        j->waits_capacity = j->count * j->count * 2;
        j->waits = arena_new_array(g->a, bool, j->waits_capacity);
    }
    if (!j->waits) {
        return false;
    }
    memset(j->waits, 0, j->count * j->count * sizeof *j->waits);
    for (size_t i = 0; i < j->count; i++) {
        for (size_t k = 0; k < j->token_count; k++) {
            if (holds_back(g, j->tokens[k], &j->items[i])) {
                int by = join_of(j, j->tokens[k]);
                j->items[i].moves |= by < 0;
                if (by >= 0) {
                    j->waits[i * j->count + (size_t)by] = true;
                }
            }
        }
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < j->count * j->count; i++) {
            Join *join = &j->items[i / j->count];
            if (j->waits[i] && !join->moves && j->items[i % j->count].moves) {
                join->moves = changed = true;
            }
        }
    }
    return true;
}

/* Mark what waits for `from` (ahead) and what it waits for (behind), over any number of others. */
static void mark_circle(Joins *j, size_t from)
{
    for (size_t i = 0; i < j->count; i++) {
        j->items[i].ahead = j->items[i].behind = i == from;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < j->count * j->count; i++) {
            Join *a = &j->items[i / j->count], *b = &j->items[i % j->count];
            if (j->waits[i] && a->behind && !b->behind) {
                b->behind = changed = true;
            }
            if (j->waits[i] && b->ahead && !a->ahead) {
                a->ahead = changed = true;
            }
        }
    }
}

/* The join that passes, or NULL. Each round goes to something the former waits for and that does
 * not wait for it, so that the rounds end. */
static const Join *choose(Joins *j)
{
    size_t at = 0;
    while (at < j->count && j->items[at].moves) {
        at++;
    }
    if (at == j->count) {
        return NULL;
    }
    for (;;) {
        size_t next = j->count;
        mark_circle(j, at);
        for (size_t i = j->count; i-- > 0;) {
            next = j->items[i].behind && !j->items[i].ahead ? i : next;
        }
        if (next == j->count) {
            break;
        }
        at = next;
    }
    for (size_t i = 0;; i++) {
        if (j->items[i].behind) {
            return &j->items[i];
        }
    }
}

static void pass(Game *g, const Join *join)
{
    int64_t first[BPMN_JOIN_MAX];
    if (join->t->flags & TOKEN_RESET) {
        Token *marker = instance_token(&g->in, join->t->key);
        change_set(g, marker, marker->flags | TOKEN_RESETS, 0, marker->data);
        game_push(g, MOVE_PASS, marker->key, value_null());
        return;
    }
    gateway_merge(g, join->e, gateway_arrivals(g, join->t, join->e, first), first);
}

void join_note(Game *g, int64_t scope)
{
    if (g->changed_tail > g->changed_head && g->changed[g->changed_tail - 1] == scope) {
        return;
    }
    if (g->changed_tail == g->changed_capacity) {
        size_t waiting = g->changed_tail - g->changed_head;
        size_t capacity = waiting < 32 ? 64 : waiting * 2;
        int64_t *grown = capacity <= g->changed_capacity
                             ? g->changed : arena_new_array(g->a, int64_t, capacity);
        check(grown != NULL);
        memmove(grown, g->changed ? g->changed + g->changed_head : grown,
                waiting * sizeof *grown);
        g->changed = grown;
        g->changed_capacity = capacity > g->changed_capacity ? capacity : g->changed_capacity;
        g->changed_head = 0;
        g->changed_tail = waiting;
    }
    g->changed[g->changed_tail++] = scope;
}

bool join_examine(Game *g)
{
    if (!g->join_space) {
        g->join_space = arena_new(g->a, Joins);
    }
    Joins *j = g->join_space;
    while (g->changed_head < g->changed_tail && j && make_room(g, j)) {
        collect(g, g->changed[g->changed_head++], j);
        const Join *join = j->count && relate(g, j) ? choose(j) : NULL;
        if (join) {
            pass(g, join);
            return true;
        }
    }
    return false;
}
