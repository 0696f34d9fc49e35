/* process_gateway.c - splits, joins, and which flows leave an element that is done.
 *
 * Joins. A token that comes to a joining gateway waits there (TOKEN_JOIN) with the flow it came by.
 *
 *   parallel   passes when every incoming flow has a token; one of each flow is merged, what came
 *              twice waits for the next round.
 *   inclusive  process_join.c
 *   complex    process_complex.c
 *
 * Splits. Exclusive: the first flow whose condition is true. Inclusive, activities and events: all
 * flows whose condition is true, and those without one. The default flow when none was true. */
#include "domain/process/process_int.h"

static int flow_place(const Game *g, const BpmnElement *e, Str flow)
{
    for (uint32_t i = 0; i < e->incoming_count; i++) {
        if (str_equal(g->program->flows[e->incoming[i]].id, flow)) {
            return (int)i;
        }
    }
    return -1;
}

bool gateway_waits_with(const Token *other, const Token *t)
{
    return !other->gone && other->scope == t->scope && other->index == t->index &&
           (other->flags & TOKEN_JOIN);
}

uint64_t gateway_arrivals(const Game *g, const Token *t, const BpmnElement *e,
                          int64_t first[BPMN_JOIN_MAX])
{
    uint64_t arrived = 0;
    for (size_t i = 0; i < g->in.token_count; i++) {
        const Token *other = g->in.tokens[i];
        int place = gateway_waits_with(other, t) ? flow_place(g, e, other->flow) : -1;
        if (place >= 0 && !(arrived & (1ull << place))) {
            arrived |= 1ull << place;
            first[place] = other->key;
        }
    }
    return arrived;
}

/* The oldest of the merged tokens goes on. */
void gateway_merge(Game *g, const BpmnElement *e, uint64_t arrived,
                   const int64_t first[BPMN_JOIN_MAX])
{
    int64_t survivor = 0;
    for (uint32_t i = 0; i < e->incoming_count; i++) {
        if ((arrived & (1ull << i)) && (survivor == 0 || first[i] < survivor)) {
            survivor = first[i];
        }
    }
    for (uint32_t i = 0; i < e->incoming_count; i++) {
        if ((arrived & (1ull << i)) && first[i] != survivor) {
            game_leave(g, first[i], LEAVE_MERGED, value_null());
        }
    }
    Token *t = instance_token(&g->in, survivor);
    change_set(g, t, t->flags & ~TOKEN_JOIN, t->ref, t->data);
    game_push(g, MOVE_PASS, survivor, value_null());
}

uint64_t gateway_all_flows(const BpmnElement *e)
{
    check(e->incoming_count <= BPMN_JOIN_MAX);
    return e->incoming_count == 64 ? ~0ull : (1ull << e->incoming_count) - 1;
}

bool gateway_enter(Game *g, Token *t, const BpmnElement *e)
{
    bool joins = e->incoming_count > 1 &&
                 (e->type == BPMN_PARALLEL_GATEWAY || e->type == BPMN_INCLUSIVE_GATEWAY ||
                  e->type == BPMN_COMPLEX_GATEWAY);
    if (e->type == BPMN_EVENT_GATEWAY) {
        return watch_open(g, t, e);
    }
    if (!joins) {
        return gateway_pass(g, t, e);
    }
    change_set(g, t, t->flags | TOKEN_JOIN, t->ref, t->data);
    if (e->type == BPMN_PARALLEL_GATEWAY) {
        int64_t first[BPMN_JOIN_MAX];
        uint64_t arrived = gateway_arrivals(g, t, e, first);
        if (arrived == gateway_all_flows(e)) {
            gateway_merge(g, e, arrived, first);
        }
    }
    return !bpmn_has(e->activation) || complex_arrive(g, t, e);
}

bool gateway_pass(Game *g, Token *t, const BpmnElement *e)
{
    if (t->flags & TOKEN_RESET) {
        return complex_reset(g, t, e);
    }
    int64_t scope = t->scope;
    uint32_t *flows = arena_new_array(g->a, uint32_t, e->outgoing_count + 1);
    uint32_t count = 0;
    if (!flows || !gateway_choose(g, e, t->key, flows, &count)) {
        return false;
    }
    game_leave(g, t->key, LEAVE_COMPLETED, value_null());
    game_take_flows(g, flows, count, scope);
    return true;
}

bool gateway_gather(Game *g, Token *t, const BpmnElement *e)
{
    change_set(g, t, t->flags | TOKEN_JOIN, t->ref, t->data);
    uint32_t waiting = 0;
    for (size_t i = 0; i < g->in.token_count; i++) {
        waiting += gateway_waits_with(g->in.tokens[i], t);
    }
    if (waiting < e->start_quantity) {
        return false;
    }
    for (size_t i = 0, left = e->start_quantity - 1; i < g->in.token_count && left > 0; i++) {
        if (g->in.tokens[i] != t && gateway_waits_with(g->in.tokens[i], t)) {
            game_leave(g, g->in.tokens[i]->key, LEAVE_MERGED, value_null());
            left--;
        }
    }
    change_set(g, t, (t->flags & ~TOKEN_JOIN) | TOKEN_GATHERED, t->ref, t->data);
    return true;
}

/* ---- Choosing flows. */

static bool holds(Game *g, const BpmnFlow *f, int64_t token, bool *out)
{
    *out = true;
    return !bpmn_has(f->condition) || variable_evaluate_boolean(g, &f->condition, token, out);
}

bool gateway_choose(Game *g, const BpmnElement *e, int64_t token, uint32_t *flows,
                    uint32_t *count)
{
    bool exclusive = e->type == BPMN_EXCLUSIVE_GATEWAY;
    bool parallel = e->type == BPMN_PARALLEL_GATEWAY;
    uint32_t conditional = 0;
    *count = 0;
    complex_phase(g, instance_token(&g->in, token), e);
    for (uint32_t i = 0; i < e->outgoing_count; i++) {
        const BpmnFlow *f = &g->program->flows[e->outgoing[i]];
        bool taken = parallel;
        if (e->outgoing[i] == e->default_flow) {
            continue;
        }
        if (!parallel && !holds(g, f, token, &taken)) {
            g->seen = value_null();
            return false;
        }
        if (taken) {
            flows[(*count)++] = e->outgoing[i];
            conditional += bpmn_has(f->condition);
        }
        if (taken && exclusive) {
            return true;
        }
    }
    g->seen = value_null();
    bool plain = !exclusive && e->type != BPMN_INCLUSIVE_GATEWAY;
    if (e->default_flow != BPMN_NONE && (plain ? conditional == 0 : *count == 0)) {
        flows[(*count)++] = e->default_flow;
    }
    if (*count == 0 && e->outgoing_count > 0) {
        return game_fail(g, &fault_no_flow_taken, e->id);
    }
    return true;
}
