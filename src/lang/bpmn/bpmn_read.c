/* bpmn_read.c - one process of the XML tree becomes a flat array of elements and one of flows.
 *
 * Elements are numbered in document order, a scope before what stands in it:
 *
 *     process 0 ─ start 1 ─ subProcess 2 { start 3, task 4, end 5 } ─ end 6
 *
 * Names are still names here: which flow leads where is found by bpmn_link.c from the XML nodes
 * that are kept beside the elements. What has no meaning for running (lanes, texts, groups, data
 * shapes of the diagram) is passed over; a BPMN element that is not in any of the lists below is
 * refused, so that nothing is dropped in silence. */
#include "lang/bpmn/bpmn_int.h"

/* Children of scopes and nodes that do not change what runs. */
static const char *const passed_over[] = {
    "documentation", "extensionElements", "incoming", "outgoing", "laneSet", "textAnnotation",
    "group", "dataObject", "dataObjectReference", "dataStoreReference", "property", "auditing",
    "monitoring", "ioSpecification", "ioBinding", "dataInputAssociation",
    "dataOutputAssociation", "dataInput", "dataOutput", "inputSet", "outputSet", "script",
    "eventDefinitionRef", "supportedInterfaceRef", "supports", "correlationSubscription",
    "categoryValueRef",
};

static bool is_passed_over(Str name)
{
    for (size_t i = 0; i < sizeof passed_over / sizeof *passed_over; i++) {
        if (str_equal(name, str_from(passed_over[i]))) {
            return true;
        }
    }
    return str_ends(name, STR("EventDefinition"));
}

static int type_of(Str name)
{
    for (int i = BPMN_SUB_PROCESS; i < BPMN_TYPE_COUNT; i++) {
        if (i != BPMN_EVENT_SUB_PROCESS && str_equal(name, str_from(bpmn_type_name((BpmnType)i)))) {
            return i;
        }
    }
    return -1;
}

/* How many elements, flows and associations stand below: the bound of the arrays. */
static uint32_t count_nodes(const XmlNode *node)
{
    uint32_t count = 0;
    for (const XmlNode *n = node->first_child; n; n = n->next) {
        bool counts = type_of(n->name) >= 0 || str_equal(n->name, STR("sequenceFlow")) ||
                      str_equal(n->name, STR("association"));
        count += counts + count_nodes(n);
    }
    return count;
}

static uint32_t read_quantity(Reader *r, const XmlNode *node, Str name)
{
    Str text = xml_attribute(node, name);
    int64_t n = 1;
    if (xml_has_attribute(node, name) && (!str_to_int64(str_trim(text), &n) || n < 1 || n > 1000)) {
        bpmn_fault(r, node, &fault_bpmn_value, name, text, STR("1..1000"));
        n = 1;
    }
    return (uint32_t)n;
}

static uint32_t new_element(Reader *r, Draft *d, BpmnType type, const XmlNode *node, uint32_t scope)
{
    check(d->count < d->capacity);
    uint32_t index = d->count++;
    BpmnElement *e = &d->elements[index];
    d->nodes[index] = node;
    e->id = bpmn_kept(r, node, STR("id"));
    e->name = bpmn_kept(r, node, STR("name"));
    e->type = (uint8_t)type;
    e->line = node->line;
    e->scope = scope;
    e->attached = e->handler = e->link = e->default_flow = BPMN_NONE;
    e->compensation = bpmn_read_flag(r, node, STR("isForCompensation"), false);
    e->instantiate = bpmn_read_flag(r, node, STR("instantiate"), false);
    e->start_quantity = read_quantity(r, node, STR("startQuantity"));
    e->completion_quantity = read_quantity(r, node, STR("completionQuantity"));
    if (!e->id.len) {
        bpmn_fault(r, node, &fault_bpmn_no_id, node->name);
    } else {
        map_put(&d->names->map, e->id, (void *)(uintptr_t)(index + 1));
    }
    return index;
}

static void read_flow(Reader *r, Draft *d, const XmlNode *node, uint32_t scope)
{
    check(d->flow_count < d->flow_capacity);
    uint32_t index = d->flow_count++;
    d->flow_nodes[index] = node;
    d->flow_scopes[index] = scope;
    BpmnFlow *f = &d->flows[index];
    f->id = bpmn_kept(r, node, STR("id"));
    f->name = bpmn_kept(r, node, STR("name"));
    f->source = f->target = BPMN_NONE;
    if (!f->id.len) {
        bpmn_fault(r, node, &fault_bpmn_no_id, node->name);
    }
    if (!bpmn_read_flag(r, node, STR("isImmediate"), true)) {
        bpmn_fault(r, node, &fault_bpmn_immediate);
    }
    const XmlNode *condition = xml_child(node, BPMN_SPACE, STR("conditionExpression"));
    if (condition) {
        bpmn_read_formal(r, condition, &f->condition);
    }
}

/* A call of a global task of this file is that task, drawn elsewhere: its type, or -1. */
static int global_type(const XmlNode *global)
{
    static const struct {
        const char *name;
        BpmnType type;
    } names[] = {{"globalTask", BPMN_TASK}, {"globalManualTask", BPMN_MANUAL_TASK},
                 {"globalUserTask", BPMN_USER_TASK}, {"globalScriptTask", BPMN_SCRIPT_TASK},
                 {"globalBusinessRuleTask", BPMN_BUSINESS_RULE_TASK}};
    for (size_t i = 0; global && i < sizeof names / sizeof *names; i++) {
        if (str_equal(global->name, str_from(names[i].name))) {
            return (int)names[i].type;
        }
    }
    return -1;
}

static const XmlNode *called_global(const Reader *r, const XmlNode *node)
{
    Str called = str_trim(xml_attribute(node, STR("calledElement")));
    ptrdiff_t colon = str_find(called, STR(":"));
    if (colon >= 0) {
        called = str_slice(called, (size_t)colon + 1, called.len);
    }
    const XmlNode *global = map_get(&r->roots, called);
    return global_type(global) >= 0 ? global : NULL;
}

static void read_scope(Reader *r, Draft *d, uint32_t index, unsigned depth);

static void read_node(Reader *r, Draft *d, BpmnType type, const XmlNode *node, uint32_t scope,
                      unsigned depth)
{
    if (type == BPMN_SUB_PROCESS && bpmn_read_flag(r, node, STR("triggeredByEvent"), false)) {
        type = BPMN_EVENT_SUB_PROCESS;
    }
    const XmlNode *global = type == BPMN_CALL_ACTIVITY ? called_global(r, node) : NULL;
    type = global ? (BpmnType)global_type(global) : type;
    uint32_t index = new_element(r, d, type, node, scope);
    if (type >= BPMN_START_EVENT && type <= BPMN_BOUNDARY_EVENT) {
        bpmn_read_events(r, d, index);
    }
    if (global) {
        d->nodes[index] = global;
        bpmn_read_extensions(r, d, index);
        d->nodes[index] = node;
    }
    bpmn_read_extensions(r, d, index);
    if (type == BPMN_EVENT_GATEWAY) {
        d->elements[index].parallel =
            str_equal(xml_attribute(node, STR("eventGatewayType")), STR("Parallel"));
    }
    if (type == BPMN_AD_HOC) {
        BpmnElement *e = &d->elements[index];
        e->one_by_one = str_equal(xml_attribute(node, STR("ordering")), STR("Sequential"));
        e->cancel_remaining = bpmn_read_flag(r, node, STR("cancelRemainingInstances"), true);
    }
    if (bpmn_is_scope(&d->elements[index])) {
        read_scope(r, d, index, depth + 1);
        return;
    }
    for (const XmlNode *n = node->first_child; n; n = n->next) {
        if (!str_equal(n->space, BPMN_SPACE) || is_passed_over(n->name)) {
            continue;
        }
        if (str_ends(n->name, STR("LoopCharacteristics"))) {
            bpmn_read_loop(r, d, index, n);
        } else if (type == BPMN_COMPLEX_GATEWAY && str_equal(n->name, STR("activationCondition"))) {
            bpmn_read_formal(r, n, &d->elements[index].activation);
        } else {
            bpmn_fault(r, n, &fault_bpmn_unsupported, n->name);
        }
    }
}

static void read_scope(Reader *r, Draft *d, uint32_t index, unsigned depth)
{
    const XmlNode *node = d->nodes[index];
    if (depth > BPMN_DEPTH_MAX) {
        bpmn_fault(r, node, &fault_bpmn_limit, STR("BPMN_DEPTH_MAX"));
        return;
    }
    for (const XmlNode *n = node->first_child; n; n = n->next) {
        int type = type_of(n->name);
        if (!str_equal(n->space, BPMN_SPACE) || is_passed_over(n->name)) {
            continue;
        }
        if (str_equal(n->name, STR("sequenceFlow"))) {
            read_flow(r, d, n, index);
        } else if (str_equal(n->name, STR("association"))) {
            d->associations[d->association_count++] = n;
        } else if (type >= 0) {
            read_node(r, d, (BpmnType)type, n, index, depth);
        } else if (str_ends(n->name, STR("LoopCharacteristics")) && index > 0) {
            bpmn_read_loop(r, d, index, n);
        } else if (d->elements[index].type == BPMN_AD_HOC &&
                   str_equal(n->name, STR("completionCondition"))) {
            bpmn_read_formal(r, n, &d->elements[index].activation);
        } else {
            bpmn_fault(r, n, &fault_bpmn_unsupported, n->name);
        }
    }
}

/* zeebe:versionTag of a process: a label that calls may name. */
static Str read_version_tag(Reader *r, const XmlNode *node)
{
    const XmlNode *extensions = xml_child(node, BPMN_SPACE, STR("extensionElements"));
    const XmlNode *tag =
        extensions ? xml_child(extensions, ZEEBE_SPACE, STR("versionTag")) : NULL;
    return tag ? bpmn_kept(r, tag, STR("value")) : STR_NONE;
}

void bpmn_read_process(Reader *r, const XmlNode *node, BpmnProcess *out)
{
    Draft d = {0};
    uint32_t bound = count_nodes(node) + 1;
    d.names = arena_new(r->a, struct BpmnNames);
    d.names->map = map_new(r->a);
    d.elements = arena_new_array(r->a, BpmnElement, bound);
    d.nodes = arena_new_array(r->scratch, const XmlNode *, bound);
    d.flows = arena_new_array(r->a, BpmnFlow, bound);
    d.flow_nodes = arena_new_array(r->scratch, const XmlNode *, bound);
    d.flow_scopes = arena_new_array(r->scratch, uint32_t, bound);
    d.associations = arena_new_array(r->scratch, const XmlNode *, bound);
    d.capacity = d.flow_capacity = d.association_capacity = bound;
    if (arena_failed(r->a)) {
        return;
    }
    new_element(r, &d, BPMN_PROCESS, node, BPMN_NONE);
    bpmn_read_extensions(r, &d, 0);
    read_scope(r, &d, 0, 0);
    if (d.count > BPMN_ELEMENTS_MAX || d.flow_count > BPMN_FLOWS_MAX) {
        bpmn_fault(r, node, &fault_bpmn_limit, STR("BPMN_ELEMENTS_MAX"));
        return;
    }
    size_t before = r->faults->count;
    bpmn_link(r, &d);
    if (r->faults->count == before) {
        bpmn_check(r, &d);
    }
    *out = (BpmnProcess){d.elements[0].id, d.elements[0].name, read_version_tag(r, node),
                         bpmn_read_flag(r, node, STR("isExecutable"), false),
                         d.elements, d.count, d.flows, d.flow_count, d.names};
}
