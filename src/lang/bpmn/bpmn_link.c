/* bpmn_link.c - names become indexes.
 *
 * After this pass every flow knows its two elements, every element its flows, its boundary
 * events, its children, its entries, its default flow, its link partner and its compensation
 * handler; and every inclusive or complex join knows from where a token can still come:
 *
 *     reach[e] bit i  ⇔  from element e a path of flows ends with incoming flow i of the join
 *                        and does not pass the join on its way
 *
 * A path may leave an activity through its flows or through its boundary events, and jump from a
 * link throw to its catch. It is found by walking backwards from each incoming flow; a token
 * inside a sub-process counts as standing at the sub-process. docs/process.md says how the join
 * decides with it. */
#include "lang/bpmn/bpmn_int.h"

static Str local_part(Str qname)
{
    qname = str_trim(qname);
    ptrdiff_t colon = str_find(qname, STR(":"));
    return colon < 0 ? qname : str_slice(qname, (size_t)colon + 1, qname.len);
}

static uint32_t find(const Draft *d, Str id)
{
    void *found = map_get(&d->names->map, id);
    return found ? (uint32_t)((uintptr_t)found - 1) : BPMN_NONE;
}

/* The element an attribute names; a fault when there is none. */
static uint32_t named(Reader *r, const Draft *d, const XmlNode *node, Str attribute)
{
    Str id = local_part(xml_attribute(node, attribute));
    if (!id.len) {
        bpmn_fault(r, node, &fault_bpmn_missing, attribute);
        return BPMN_NONE;
    }
    uint32_t index = find(d, id);
    if (index == BPMN_NONE) {
        bpmn_fault(r, node, &fault_bpmn_reference, attribute, id);
    }
    return index;
}

/* ---- Flows. */

static void link_flow_ends(Reader *r, Draft *d)
{
    for (uint32_t i = 0; i < d->flow_count; i++) {
        BpmnFlow *f = &d->flows[i];
        f->source = named(r, d, d->flow_nodes[i], STR("sourceRef"));
        f->target = named(r, d, d->flow_nodes[i], STR("targetRef"));
        if (f->source == BPMN_NONE || f->target == BPMN_NONE) {
            f->source = f->target = BPMN_NONE;
            continue;
        }
        uint32_t scope = d->flow_scopes[i];
        if (d->elements[f->source].scope != scope || d->elements[f->target].scope != scope) {
            bpmn_fault(r, d->flow_nodes[i], &fault_bpmn_flow_crosses);
        }
        d->elements[f->source].outgoing_count++;
        d->elements[f->target].incoming_count++;
    }
}

static void link_flow_lists(Reader *r, Draft *d)
{
    for (uint32_t i = 0; i < d->count; i++) {
        BpmnElement *e = &d->elements[i];
        e->incoming = arena_new_array(r->a, uint32_t, e->incoming_count);
        e->outgoing = arena_new_array(r->a, uint32_t, e->outgoing_count);
        e->incoming_count = e->outgoing_count = 0;
    }
    for (uint32_t i = 0; i < d->flow_count && !arena_failed(r->a); i++) {
        BpmnFlow *f = &d->flows[i];
        if (f->source != BPMN_NONE) {
            BpmnElement *from = &d->elements[f->source], *to = &d->elements[f->target];
            ((uint32_t *)(uintptr_t)from->outgoing)[from->outgoing_count++] = i;
            ((uint32_t *)(uintptr_t)to->incoming)[to->incoming_count++] = i;
        }
    }
}

static void link_default(Reader *r, Draft *d, uint32_t index)
{
    BpmnElement *e = &d->elements[index];
    const XmlNode *node = d->nodes[index];
    if (!xml_has_attribute(node, STR("default"))) {
        return;
    }
    Str id = local_part(xml_attribute(node, STR("default")));
    for (uint32_t i = 0; i < e->outgoing_count; i++) {
        if (str_equal(d->flows[e->outgoing[i]].id, id)) {
            e->default_flow = e->outgoing[i];
        }
    }
    if (e->default_flow == BPMN_NONE) {
        bpmn_fault(r, node, &fault_bpmn_reference, STR("default"), id);
    }
}

/* ---- Scopes and attachments. */

static void link_attached(Reader *r, Draft *d)
{
    for (uint32_t i = 0; i < d->count; i++) {
        BpmnElement *e = &d->elements[i];
        if (e->type != BPMN_BOUNDARY_EVENT) {
            continue;
        }
        uint32_t host = named(r, d, d->nodes[i], STR("attachedToRef"));
        if (host == BPMN_NONE) {
            continue;
        }
        if (!bpmn_is_activity(&d->elements[host]) || d->elements[host].scope != e->scope) {
            bpmn_fault(r, d->nodes[i], &fault_bpmn_boundary_host);
            continue;
        }
        e->attached = host;
        d->elements[host].boundary_count++;
    }
}

static void link_children(Reader *r, Draft *d)
{
    for (uint32_t i = 1; i < d->count; i++) {
        d->elements[d->elements[i].scope].child_count++;
    }
    for (uint32_t i = 0; i < d->count; i++) {
        BpmnElement *e = &d->elements[i];
        e->children = arena_new_array(r->a, uint32_t, e->child_count);
        e->boundaries = arena_new_array(r->a, uint32_t, e->boundary_count);
        e->child_count = e->boundary_count = 0;
    }
    for (uint32_t i = 1; i < d->count && !arena_failed(r->a); i++) {
        BpmnElement *scope = &d->elements[d->elements[i].scope];
        ((uint32_t *)(uintptr_t)scope->children)[scope->child_count++] = i;
        if (d->elements[i].attached != BPMN_NONE) {
            BpmnElement *host = &d->elements[d->elements[i].attached];
            ((uint32_t *)(uintptr_t)host->boundaries)[host->boundary_count++] = i;
        }
    }
}

/* May this element begin its scope when there is no start event? */
static bool is_implicit_entry(const BpmnElement *e)
{
    return e->incoming_count == 0 && !e->compensation && !e->instantiate &&
           e->type != BPMN_START_EVENT && e->type != BPMN_BOUNDARY_EVENT &&
           e->type != BPMN_EVENT_SUB_PROCESS &&
           !(e->type == BPMN_CATCH_EVENT && e->event_count == 1 &&
             e->events[0].kind == BPMN_ON_LINK);
}

static void link_entries(Reader *r, Draft *d, uint32_t index)
{
    BpmnElement *scope = &d->elements[index];
    uint32_t *entries = arena_new_array(r->a, uint32_t, scope->child_count + 1);
    bool any_start = false;
    for (uint32_t i = 0; i < scope->child_count && entries; i++) {
        const BpmnElement *e = &d->elements[scope->children[i]];
        any_start |= e->type == BPMN_START_EVENT || e->instantiate;
        if (e->type == BPMN_START_EVENT &&
            (e->event_count == 0 || scope->type == BPMN_EVENT_SUB_PROCESS)) {
            entries[scope->entry_count++] = scope->children[i];
        }
    }
    for (uint32_t i = 0; i < scope->child_count && entries && !any_start; i++) {
        if (is_implicit_entry(&d->elements[scope->children[i]])) {
            entries[scope->entry_count++] = scope->children[i];
        }
    }
    scope->entries = entries;
}

/* ---- Links and compensation. */

static bool is_link(const BpmnElement *e, BpmnType type)
{
    return e->type == type && e->event_count == 1 && e->events[0].kind == BPMN_ON_LINK;
}

static void link_links(Reader *r, Draft *d)
{
    for (uint32_t i = 0; i < d->count; i++) {
        BpmnElement *e = &d->elements[i];
        unsigned matches = 0;
        for (uint32_t j = 0; j < d->count && is_link(e, BPMN_THROW_EVENT); j++) {
            const BpmnElement *c = &d->elements[j];
            if (is_link(c, BPMN_CATCH_EVENT) && c->scope == e->scope &&
                str_equal(c->events[0].name.text, e->events[0].name.text)) {
                e->link = j;
                matches++;
            }
        }
        if (is_link(e, BPMN_THROW_EVENT) && matches != 1) {
            bpmn_fault(r, d->nodes[i], &fault_bpmn_link_target, e->events[0].name.text);
        }
    }
    for (uint32_t i = 0; i < d->count; i++) {
        bool led_to = !is_link(&d->elements[i], BPMN_CATCH_EVENT);
        for (uint32_t j = 0; j < d->count && !led_to; j++) {
            led_to = d->elements[j].link == i;
        }
        if (!led_to) {
            bpmn_fault(r, d->nodes[i], &fault_bpmn_link_source, d->elements[i].events[0].name.text);
        }
    }
}

static void link_handlers(Reader *r, Draft *d)
{
    for (uint32_t i = 0; i < d->association_count; i++) {
        const XmlNode *n = d->associations[i];
        uint32_t from = find(d, local_part(xml_attribute(n, STR("sourceRef"))));
        uint32_t to = find(d, local_part(xml_attribute(n, STR("targetRef"))));
        if (from == BPMN_NONE || to == BPMN_NONE) {
            continue; /* to a text or a data object: no meaning for running */
        }
        BpmnElement *e = &d->elements[from];
        if (e->type == BPMN_BOUNDARY_EVENT && e->event_count == 1 &&
            e->events[0].kind == BPMN_ON_COMPENSATE) {
            if (!d->elements[to].compensation || e->handler != BPMN_NONE) {
                bpmn_fault(r, n, &fault_bpmn_compensation_handler);
            }
            e->handler = to;
        }
    }
}

static const XmlNode *compensate_node(const XmlNode *node)
{
    return xml_child(node, BPMN_SPACE, STR("compensateEventDefinition"));
}

static void link_compensated(Reader *r, Draft *d, uint32_t index)
{
    BpmnElement *e = &d->elements[index];
    const XmlNode *node = compensate_node(d->nodes[index]);
    if (node && xml_has_attribute(node, STR("activityRef"))) {
        uint32_t activity = named(r, d, node, STR("activityRef"));
        for (uint32_t i = 0; i < e->event_count; i++) {
            if (e->events[i].kind == BPMN_ON_COMPENSATE) {
                ((BpmnEvent *)(uintptr_t)e->events)[i].activity = activity;
            }
        }
    }
}

/* ---- Reach of joins. */

typedef struct Walk {
    const Draft *d;
    uint32_t join;
    uint64_t *reach;
    uint32_t *stack;
    uint32_t depth;
    uint64_t bit;
} Walk;

static void walk_to(Walk *w, uint32_t element)
{
    if (element != w->join && !(w->reach[element] & w->bit)) {
        w->reach[element] |= w->bit;
        w->stack[w->depth++] = element;
    }
}

static void walk_back(Walk *w)
{
    while (w->depth > 0) {
        uint32_t at = w->stack[--w->depth];
        const BpmnElement *e = &w->d->elements[at];
        for (uint32_t i = 0; i < e->incoming_count; i++) {
            walk_to(w, w->d->flows[e->incoming[i]].source);
        }
        if (e->attached != BPMN_NONE) {
            walk_to(w, e->attached);
        }
        for (uint32_t i = 0; is_link(e, BPMN_CATCH_EVENT) && i < w->d->count; i++) {
            if (w->d->elements[i].link == at) {
                walk_to(w, i);
            }
        }
    }
}

static void link_reach(Reader *r, Draft *d, uint32_t index)
{
    BpmnElement *e = &d->elements[index];
    if (e->incoming_count > BPMN_JOIN_MAX) {
        bpmn_fault(r, d->nodes[index], &fault_bpmn_limit, STR("BPMN_JOIN_MAX"));
        return;
    }
    Walk w = {.d = d, .join = index};
    w.reach = arena_new_array(r->a, uint64_t, d->count);
    w.stack = arena_new_array(r->scratch, uint32_t, d->count);
    for (uint32_t i = 0; i < e->incoming_count && w.stack && w.reach; i++) {
        w.bit = 1ull << i;
        walk_to(&w, d->flows[e->incoming[i]].source);
        walk_back(&w);
    }
    e->reach = w.reach;
}

void bpmn_link(Reader *r, Draft *d)
{
    size_t before = r->faults->count;
    link_flow_ends(r, d);
    link_flow_lists(r, d);
    link_attached(r, d);
    link_children(r, d);
    link_links(r, d);
    link_handlers(r, d);
    for (uint32_t i = 0; i < d->count; i++) {
        link_default(r, d, i);
        link_compensated(r, d, i);
        if (bpmn_is_scope(&d->elements[i])) {
            link_entries(r, d, i);
        }
    }
    for (uint32_t i = 0; i < d->count && r->faults->count == before; i++) {
        BpmnType type = (BpmnType)d->elements[i].type;
        if (type == BPMN_INCLUSIVE_GATEWAY || type == BPMN_COMPLEX_GATEWAY ||
            type == BPMN_PARALLEL_GATEWAY) {
            link_reach(r, d, i);
        }
    }
}
