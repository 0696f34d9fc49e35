/* bpmn_check.c - the rules of BPMN 2.0 that a diagram must keep, and what the engine runs.
 *
 * Three groups, each element against each rule that concerns its type:
 *   flows      where flows may begin and end, conditions and defaults (BPMN 2.0, 8.3.13, 10.6)
 *   events     which definition may stand in which event (table 10.93 and its neighbours)
 *   parts      what a task needs to be run; event sub-processes, gateways, links, compensation
 * What passes here is run as drawn. */
#include "lang/bpmn/bpmn_int.h"

static Str type_text(const BpmnElement *e)
{
    return str_from(bpmn_type_name((BpmnType)e->type));
}

static Str event_text(unsigned kind)
{
    static const char *const names[] = {
#define ROW(name, text) text,
        BPMN_EVENTS(ROW)
#undef ROW
    };
    return str_from(names[kind]);
}

static bool has_event(const BpmnElement *e, BpmnEventKind kind)
{
    for (uint32_t i = 0; i < e->event_count; i++) {
        if (e->events[i].kind == kind) {
            return true;
        }
    }
    return false;
}

static bool is_gateway(const BpmnElement *e)
{
    return e->type >= BPMN_EXCLUSIVE_GATEWAY;
}

/* ---- Flows. */

static void check_flow_ends(Reader *r, const Draft *d, const BpmnElement *e, const XmlNode *n)
{
    bool link_catch = e->type == BPMN_CATCH_EVENT && has_event(e, BPMN_ON_LINK);
    bool link_throw = e->type == BPMN_THROW_EVENT && has_event(e, BPMN_ON_LINK);
    bool no_in = e->type == BPMN_START_EVENT || e->type == BPMN_BOUNDARY_EVENT || link_catch;
    bool compensates = e->type == BPMN_BOUNDARY_EVENT && has_event(e, BPMN_ON_COMPENSATE);
    bool no_out = e->type == BPMN_END_EVENT || compensates || link_throw;
    if (e->type == BPMN_EVENT_SUB_PROCESS && e->incoming_count + e->outgoing_count > 0) {
        bpmn_fault(r, n, &fault_bpmn_event_subprocess_flow);
    } else if (e->compensation && e->incoming_count + e->outgoing_count > 0) {
        bpmn_fault(r, n, &fault_bpmn_compensation_flow);
    } else if (no_in && e->incoming_count > 0) {
        bpmn_fault(r, n, &fault_bpmn_flow_into, type_text(e));
    } else if (no_out && e->outgoing_count > 0) {
        bpmn_fault(r, n, &fault_bpmn_flow_from, type_text(e));
    }
    (void)d;
}

/* In a scope with start or end events everything else hangs on flows (10.5.2, 10.5.4). */
static void check_flow_needed(Reader *r, const Draft *d, uint32_t index)
{
    const BpmnElement *e = &d->elements[index];
    const BpmnElement *scope = &d->elements[e->scope];
    bool starts = false, ends = false;
    for (uint32_t i = 0; i < scope->child_count; i++) {
        starts |= d->elements[scope->children[i]].type == BPMN_START_EVENT;
        ends |= d->elements[scope->children[i]].type == BPMN_END_EVENT;
    }
    bool floats = e->compensation || e->type == BPMN_EVENT_SUB_PROCESS || e->instantiate ||
                  scope->type == BPMN_AD_HOC;
    bool link = has_event(e, BPMN_ON_LINK);
    bool compensates = e->type == BPMN_BOUNDARY_EVENT && has_event(e, BPMN_ON_COMPENSATE);
    if (floats) {
        return;
    }
    bool between = e->type == BPMN_CATCH_EVENT || e->type == BPMN_THROW_EVENT;
    starts |= between; /* an intermediate event stands between flows in any scope (10.5.4) */
    ends |= between;
    bool needs_in = starts && e->type != BPMN_START_EVENT && e->type != BPMN_BOUNDARY_EVENT &&
                    !(link && e->type == BPMN_CATCH_EVENT);
    bool needs_out = (ends && e->type != BPMN_END_EVENT && !compensates &&
                      !(link && e->type == BPMN_THROW_EVENT)) || e->type == BPMN_START_EVENT;
    if ((needs_in || e->type == BPMN_END_EVENT) && e->incoming_count == 0) {
        bpmn_fault(r, d->nodes[index], &fault_bpmn_flow_needed_in, type_text(e));
    }
    if (needs_out && e->outgoing_count == 0) {
        bpmn_fault(r, d->nodes[index], &fault_bpmn_flow_needed_out, type_text(e));
    }
}

/* incoming and outgoing repeat what the flows say; they may be left out, but not say otherwise. */
static void check_listed(Reader *r, const Draft *d, const BpmnElement *e, const XmlNode *n)
{
    for (const XmlNode *c = n->first_child; c; c = c->next) {
        bool in = str_equal(c->name, STR("incoming"));
        if ((!in && !str_equal(c->name, STR("outgoing"))) || !str_equal(c->space, BPMN_SPACE)) {
            continue;
        }
        const uint32_t *flows = in ? e->incoming : e->outgoing;
        uint32_t count = in ? e->incoming_count : e->outgoing_count;
        Str id = str_trim(c->text);
        ptrdiff_t colon = str_find(id, STR(":"));
        id = colon < 0 ? id : str_slice(id, (size_t)colon + 1, id.len);
        bool found = false;
        for (uint32_t i = 0; i < count; i++) {
            found |= str_equal(d->flows[flows[i]].id, id);
        }
        if (!found) {
            bpmn_fault(r, c, &fault_bpmn_flow_listed, c->name, id);
        }
    }
}

static void check_conditions(Reader *r, const Draft *d, const BpmnElement *e, const XmlNode *n)
{
    uint32_t conditions = 0;
    for (uint32_t i = 0; i < e->outgoing_count; i++) {
        const BpmnFlow *f = &d->flows[e->outgoing[i]];
        bool may = bpmn_is_activity(e) || e->type == BPMN_EXCLUSIVE_GATEWAY ||
                   e->type == BPMN_INCLUSIVE_GATEWAY || e->type == BPMN_COMPLEX_GATEWAY;
        conditions += bpmn_has(f->condition);
        if (bpmn_has(f->condition) && !may) {
            bpmn_fault(r, d->flow_nodes[e->outgoing[i]], &fault_bpmn_condition_not_here,
                       type_text(e));
        }
        if (bpmn_has(f->condition) && e->default_flow == e->outgoing[i]) {
            bpmn_fault(r, d->flow_nodes[e->outgoing[i]], &fault_bpmn_default_condition);
        }
    }
    if (bpmn_is_activity(e) && conditions == 1 && e->outgoing_count == 1) {
        bpmn_fault(r, n, &fault_bpmn_condition_alone);
    }
    bool judges = e->type == BPMN_EXCLUSIVE_GATEWAY || e->type == BPMN_INCLUSIVE_GATEWAY;
    uint32_t needed = e->outgoing_count - (e->default_flow != BPMN_NONE);
    if (judges && e->outgoing_count > 1 && conditions < needed) {
        bpmn_fault(r, n, &fault_bpmn_condition_needed, e->id);
    }
}

/* ---- Events: which definitions may stand where, as a bit a kind. */

#define BIT(kind) (1u << BPMN_ON_##kind)

static unsigned allowed_events(const Draft *d, const BpmnElement *e)
{
    unsigned common = BIT(MESSAGE) | BIT(TIMER) | BIT(SIGNAL) | BIT(CONDITIONAL);
    switch ((BpmnType)e->type) {
    case BPMN_START_EVENT:
        switch ((BpmnType)d->elements[e->scope].type) {
        case BPMN_PROCESS:
            return common;
        case BPMN_EVENT_SUB_PROCESS:
            return e->interrupting ? common | BIT(ERROR) | BIT(ESCALATION) | BIT(COMPENSATE)
                                   : common | BIT(ESCALATION);
        default:
            return 0;
        }
    case BPMN_CATCH_EVENT:
        return common | BIT(LINK);
    case BPMN_BOUNDARY_EVENT:
        return common | BIT(ESCALATION) | BIT(ERROR) | BIT(CANCEL) | BIT(COMPENSATE);
    case BPMN_THROW_EVENT:
        return BIT(MESSAGE) | BIT(SIGNAL) | BIT(ESCALATION) | BIT(COMPENSATE) | BIT(LINK);
    case BPMN_END_EVENT:
        return BIT(MESSAGE) | BIT(SIGNAL) | BIT(ESCALATION) | BIT(COMPENSATE) | BIT(ERROR) |
               BIT(CANCEL) | BIT(TERMINATE);
    default:
        return ~0u;
    }
}

/* A message is thrown by its name, or by a job that sends it. */
static void check_thrown_message(Reader *r, const BpmnElement *e, const XmlNode *n)
{
    bool job = e->task && bpmn_has(e->task->job_type);
    for (uint32_t i = 0; i < e->event_count; i++) {
        if (e->events[i].kind == BPMN_ON_MESSAGE && !bpmn_has(e->events[i].name) && !job) {
            bpmn_fault(r, n, &fault_bpmn_missing, STR("messageRef / zeebe:taskDefinition"));
        }
    }
    if (job && (e->event_count != 1 || e->events[0].kind != BPMN_ON_MESSAGE)) {
        bpmn_fault(r, n, &fault_bpmn_unknown, STR("zeebe:taskDefinition"));
    }
}

static void check_events(Reader *r, const Draft *d, const BpmnElement *e, const XmlNode *n)
{
    if (e->type < BPMN_START_EVENT || e->type > BPMN_BOUNDARY_EVENT) {
        return;
    }
    if (e->type == BPMN_THROW_EVENT || e->type == BPMN_END_EVENT) {
        check_thrown_message(r, e, n);
    }
    unsigned allowed = allowed_events(d, e);
    for (uint32_t i = 0; i < e->event_count; i++) {
        if (!(allowed & (1u << e->events[i].kind))) {
            bpmn_fault(r, n, &fault_bpmn_event_trigger, type_text(e),
                       event_text(e->events[i].kind));
        }
    }
    if ((e->type == BPMN_CATCH_EVENT || e->type == BPMN_BOUNDARY_EVENT) && e->event_count == 0) {
        bpmn_fault(r, n, &fault_bpmn_event_needed, type_text(e));
    }
    bool cancel = has_event(e, BPMN_ON_CANCEL);
    if (e->type == BPMN_END_EVENT && cancel && d->elements[e->scope].type != BPMN_TRANSACTION) {
        bpmn_fault(r, n, &fault_bpmn_cancel_place);
    }
    if (e->type != BPMN_BOUNDARY_EVENT) {
        return;
    }
    if (cancel && d->elements[e->attached].type != BPMN_TRANSACTION) {
        bpmn_fault(r, n, &fault_bpmn_cancel_place);
    }
    for (uint32_t i = 0; i < e->event_count; i++) {
        unsigned kind = e->events[i].kind;
        if (!e->interrupting && (kind == BPMN_ON_ERROR || kind == BPMN_ON_CANCEL ||
                                 kind == BPMN_ON_COMPENSATE)) {
            bpmn_fault(r, n, &fault_bpmn_boundary_interrupts, event_text(kind));
        }
    }
    if (has_event(e, BPMN_ON_COMPENSATE) && e->handler == BPMN_NONE) {
        bpmn_fault(r, n, &fault_bpmn_compensation_handler);
    }
}

/* ---- Parts. */

static void check_scope(Reader *r, const Draft *d, const BpmnElement *scope, const XmlNode *n)
{
    uint32_t starts = 0, plain = 0, ends = 0, activities = 0;
    bool instantiates = false;
    for (uint32_t i = 0; i < scope->child_count; i++) {
        const BpmnElement *e = &d->elements[scope->children[i]];
        ends += e->type == BPMN_END_EVENT;
        activities += bpmn_is_activity(e);
        instantiates |= e->instantiate;
        starts += e->type == BPMN_START_EVENT;
        plain += e->type == BPMN_START_EVENT && e->event_count == 0;
    }
    if (scope->type == BPMN_EVENT_SUB_PROCESS) {
        if (starts != 1 || plain != 0) {
            bpmn_fault(r, n, &fault_bpmn_event_subprocess_start);
        }
    } else if (plain > 1) {
        bpmn_fault(r, n, &fault_bpmn_start_count);
    }
    if (ends > 0 && starts == 0 && !instantiates && scope->type != BPMN_AD_HOC) {
        bpmn_fault(r, n, &fault_bpmn_start_needed, type_text(scope));
    }
    if (starts > 0 && ends == 0) {
        bpmn_fault(r, n, &fault_bpmn_end_needed, type_text(scope));
    }
    if (scope->type == BPMN_AD_HOC && (activities == 0 || starts + ends > 0)) {
        bpmn_fault(r, n, &fault_bpmn_adhoc_content);
    }
    if (scope->one_by_one && scope->task && bpmn_has(scope->task->active)) {
        bpmn_fault(r, n, &fault_bpmn_unsupported,
                   STR("activeElementsCollection with ordering=\"Sequential\""));
    }
    if (scope->type == BPMN_PROCESS && scope->child_count == 0) {
        bpmn_fault(r, n, &fault_bpmn_missing, STR("startEvent"));
    }
}

static void check_event_gateway(Reader *r, const Draft *d, const BpmnElement *e, const XmlNode *n)
{
    if (e->outgoing_count < 2) {
        bpmn_fault(r, n, &fault_bpmn_event_gateway_count);
    }
    if (e->instantiate && e->incoming_count > 0) {
        bpmn_fault(r, n, &fault_bpmn_instantiating_gateway);
    }
    for (uint32_t i = 0; i < e->outgoing_count; i++) {
        const BpmnElement *t = &d->elements[d->flows[e->outgoing[i]].target];
        if (e->instantiate && t->event_count > 0 && t->events[0].kind != BPMN_ON_MESSAGE &&
            t->events[0].kind != BPMN_ON_SIGNAL) {
            bpmn_fault(r, n, &fault_bpmn_instantiating_gateway);
        }
        bool good = t->type == BPMN_RECEIVE_TASK ||
                    (t->type == BPMN_CATCH_EVENT && !has_event(t, BPMN_ON_LINK));
        if (!good || t->incoming_count != 1 || t->boundary_count > 0) {
            bpmn_fault(r, n, &fault_bpmn_event_gateway_target);
        }
    }
}

/* What gatewayDirection says must be what is drawn (10.6.1). */
static void check_direction(Reader *r, const BpmnElement *e, const XmlNode *n)
{
    Str direction = xml_attribute(n, STR("gatewayDirection"));
    bool in = e->incoming_count > 1, out = e->outgoing_count > 1;
    bool good = !direction.len || str_equal(direction, STR("Unspecified")) ||
                (str_equal(direction, STR("Converging")) && in && !out) ||
                (str_equal(direction, STR("Diverging")) && !in && out) ||
                (str_equal(direction, STR("Mixed")) && in && out);
    if (!good) {
        bpmn_fault(r, n, &fault_bpmn_direction, direction,
                   arena_printf(r->scratch, "%u", e->incoming_count),
                   arena_printf(r->scratch, "%u", e->outgoing_count));
    }
}

static void check_gateway(Reader *r, const Draft *d, const BpmnElement *e, const XmlNode *n)
{
    if (e->incoming_count <= 1 && e->outgoing_count <= 1) {
        bpmn_fault(r, n, &fault_bpmn_gateway_useless);
    }
    check_direction(r, e, n);
    if (e->type == BPMN_EVENT_GATEWAY) {
        check_event_gateway(r, d, e, n);
    }
}

static void check_task(Reader *r, const BpmnElement *e, const XmlNode *n)
{
    bool job = e->task && bpmn_has(e->task->job_type);
    switch ((BpmnType)e->type) {
    case BPMN_SERVICE_TASK:
        if (!job) {
            bpmn_fault(r, n, &fault_bpmn_missing, STR("zeebe:taskDefinition"));
        }
        break;
    case BPMN_SEND_TASK:
        if (!job && e->event_count == 0) {
            bpmn_fault(r, n, &fault_bpmn_missing, STR("zeebe:taskDefinition / messageRef"));
        }
        break;
    case BPMN_BUSINESS_RULE_TASK:
        if (!job && !(e->task && bpmn_has(e->task->decision))) {
            bpmn_fault(r, n, &fault_bpmn_missing, STR("zeebe:calledDecision"));
        }
        break;
    case BPMN_SCRIPT_TASK:
        if (!job && !(e->task && bpmn_has(e->task->script))) {
            bpmn_fault(r, n, &fault_bpmn_missing, STR("zeebe:script"));
        }
        break;
    case BPMN_CALL_ACTIVITY:
        if (!(e->task && bpmn_has(e->task->process))) {
            bpmn_fault(r, n, &fault_bpmn_missing, STR("zeebe:calledElement"));
        }
        break;
    default:
        break;
    }
}

/* Does a flow's condition ask in which of its two phases a complex gateway is? */
static bool asks_for_phase(const BpmnFlow *f)
{
    return bpmn_has(f->condition) &&
           str_find(f->condition.text, STR("waitingForStart")) >= 0;
}

static void find_resets(const Draft *d, BpmnElement *e)
{
    for (uint32_t i = 0; e->type == BPMN_COMPLEX_GATEWAY && i < e->outgoing_count; i++) {
        e->resets |= asks_for_phase(&d->flows[e->outgoing[i]]);
    }
}

void bpmn_check(Reader *r, const Draft *d)
{
    for (uint32_t i = 0; i < d->count; i++) {
        const BpmnElement *e = &d->elements[i];
        const XmlNode *n = d->nodes[i];
        find_resets(d, &d->elements[i]);
        if (i > 0) {
            check_flow_ends(r, d, e, n);
            check_flow_needed(r, d, i);
            check_listed(r, d, e, n);
            check_conditions(r, d, e, n);
            check_events(r, d, e, n);
            check_task(r, e, n);
        }
        if (bpmn_is_scope(e)) {
            check_scope(r, d, e, n);
        }
        if (is_gateway(e)) {
            check_gateway(r, d, e, n);
        }
    }
}
