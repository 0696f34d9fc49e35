/* process_complex.c - the complex gateway as a join: N of M, with a reset.
 *
 * A token that comes waits with the flow it came by (TOKEN_JOIN). Two phases follow each other in
 * each scope (BPMN 2.0.2, 13.4.5):
 *
 *   waiting for start   on every arrival the activation condition is asked. It sees
 *                       activationCount, how many tokens wait here, and waitingForStart = true.
 *                       When it holds, one token of each flow that has one is merged and goes on.
 *   waiting for reset   a marker token (TOKEN_RESET) stays, which knows the flows of the first
 *                       phase. What comes by other flows waits to be consumed; what comes again by
 *                       a flow of the first phase waits for the next start: this is what makes a
 *                       discriminator blocking. When nothing can come any more by a flow that is
 *                       missing (the question of the inclusive join, process_gateway.c), the
 *                       gateway is reset: the late tokens are consumed, the marker goes, and the
 *                       activation condition is asked of what is left.
 *
 * In the second phase only those flows get a token whose condition names waitingForStart and
 * holds with waitingForStart = false. The standard would also take flows without such a
 * condition a second time, so that every N-of-M join would go on twice; nobody who draws one
 * means that. A gateway without an activation condition joins as an inclusive one does. */
#include "domain/process/process_int.h"

static bool waits_here(const Token *other, const Token *t)
{
    return !other->gone && other->scope == t->scope && other->index == t->index &&
           (other->flags & TOKEN_JOIN);
}

static Value phase(Game *g, bool start, int64_t count)
{
    ContextBuilder b = context_builder(g->a);
    context_put_text(&b, "waitingForStart", value_boolean(start));
    context_put_text(&b, "activationCount", value_int(count));
    return value_context(&b);
}

static int64_t count_waiting(const Game *g, const Token *t)
{
    int64_t count = 0;
    for (size_t i = 0; i < g->in.token_count; i++) {
        count += waits_here(g->in.tokens[i], t);
    }
    return count;
}

static Token *marker_at(Game *g, const Token *t)
{
    for (size_t i = 0; i < g->in.token_count; i++) {
        Token *other = g->in.tokens[i];
        if (!other->gone && other->scope == t->scope && other->index == t->index &&
            (other->flags & TOKEN_RESET)) {
            return other;
        }
    }
    return NULL;
}

void complex_phase(Game *g, const Token *t, const BpmnElement *e)
{
    g->seen = e->type == BPMN_COMPLEX_GATEWAY
                  ? phase(g, !(t->flags & TOKEN_RESET), count_waiting(g, t)) : value_null();
}

/* Ask the condition at the waiting token t; pass when it holds. */
static bool try_start(Game *g, Token *t, const BpmnElement *e)
{
    bool starts = false;
    int64_t scope = t->scope, first[BPMN_JOIN_MAX];
    uint32_t index = t->index;
    complex_phase(g, t, e);
    bool ok = variable_evaluate_boolean(g, &e->activation, t->key, &starts);
    g->seen = value_null();
    if (!ok || !starts) {
        return ok;
    }
    uint64_t arrived = gateway_arrivals(g, t, e, first);
    gateway_merge(g, e, arrived, first);
    if (arrived != gateway_all_flows(e) || e->resets) {
        int64_t key = change_enter(g, index, scope, STR_NONE, TOKEN_RESET);
        ContextBuilder b = context_builder(g->a);
        context_put_text(&b, "a", value_string(arena_printf(g->a, "%llx",
                                                            (unsigned long long)arrived)));
        change_set(g, instance_token(&g->in, key), TOKEN_RESET, 0, value_context(&b));
    }
    return true;
}

bool complex_arrive(Game *g, Token *t, const BpmnElement *e)
{
    return marker_at(g, t) || try_start(g, t, e);
}

uint64_t complex_consumed(const Token *marker)
{
    uint64_t bits = 0;
    Str text = value_get_string(marker->data, STR("a"));
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bits = bits << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return bits;
}

static bool choose_late(Game *g, const Token *marker, const BpmnElement *e, uint32_t *flows,
                        uint32_t *count)
{
    *count = 0;
    for (uint32_t i = 0; e->resets && i < e->outgoing_count; i++) {
        const BpmnFlow *f = &g->program->flows[e->outgoing[i]];
        bool taken = false;
        if (!bpmn_has(f->condition) ||
            str_find(f->condition.text, STR("waitingForStart")) < 0) {
            continue;
        }
        complex_phase(g, marker, e);
        bool ok = variable_evaluate_boolean(g, &f->condition, marker->key, &taken);
        g->seen = value_null();
        if (!ok) {
            return false;
        }
        if (taken) {
            flows[(*count)++] = e->outgoing[i];
        }
    }
    return true;
}

/* The oldest token that still waits at the gateway. */
static Token *next_waiting(Game *g, const Token *t)
{
    for (size_t i = 0; i < g->in.token_count; i++) {
        if (waits_here(g->in.tokens[i], t)) {
            return g->in.tokens[i];
        }
    }
    return NULL;
}

bool complex_reset(Game *g, Token *marker, const BpmnElement *e)
{
    int64_t first[BPMN_JOIN_MAX], scope = marker->scope;
    uint32_t count, *flows = arena_new_array(g->a, uint32_t, e->outgoing_count + 1);
    uint64_t late = gateway_arrivals(g, marker, e, first) & ~complex_consumed(marker);
    if (!flows || !choose_late(g, marker, e, flows, &count)) {
        return false;
    }
    for (uint32_t i = 0; i < e->incoming_count; i++) {
        if (late & (1ull << i)) {
            game_leave(g, first[i], LEAVE_MERGED, value_null());
        }
    }
    game_leave(g, marker->key, LEAVE_MERGED, value_null());
    Token *left = next_waiting(g, marker);
    if (left && !try_start(g, left, e)) {
        game_incident(g, left, TOKEN_FAILED_ENTER, &g->fail);
        err_clear(&g->fail);
    }
    game_take_flows(g, flows, count, scope);
    return true;
}
