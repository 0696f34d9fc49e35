/* bpmn_collaboration.c - rules of the file as a whole: pools, message flows, interfaces, calls.
 *
 * Message flows are drawn for people; what runs is the name and the key of a message. But a
 * message flow that cannot be is a diagram that says something else than what would run:
 *
 *     it leads from one pool to another              (BPMN 2.0, 9.4)
 *     from a pool, an activity, or a throwing message event
 *     to a pool, an activity, or a catching message event
 *
 * An operation names messages and errors; a process that is executed is not a public one; a call
 * activity that names a process of the same file needs one that can begin without a trigger. */
#include "lang/bpmn/bpmn_int.h"

static Str local_part(Str qname)
{
    qname = str_trim(qname);
    ptrdiff_t colon = str_find(qname, STR(":"));
    return colon < 0 ? qname : str_slice(qname, (size_t)colon + 1, qname.len);
}

/* The participant's process, or the process around a node, as an id; empty for a pool that shows
 * nothing of its inside. */
static Str process_of(const XmlNode *node)
{
    if (str_equal(node->name, STR("participant"))) {
        return local_part(xml_attribute(node, STR("processRef")));
    }
    for (; node; node = node->parent) {
        if (str_equal(node->name, STR("process"))) {
            return xml_attribute(node, STR("id"));
        }
    }
    return STR_NONE;
}

/* Does an event definition (or a reference to one) say message? */
static bool has_message(const Reader *r, const XmlNode *node)
{
    for (const XmlNode *n = node->first_child; n; n = n->next) {
        const XmlNode *definition = n;
        if (str_equal(n->name, STR("eventDefinitionRef"))) {
            definition = map_get(&r->roots, local_part(n->text));
        }
        if (definition && str_equal(definition->name, STR("messageEventDefinition"))) {
            return true;
        }
    }
    return false;
}

static bool may_be_end(const Reader *r, const XmlNode *node, bool source)
{
    static const char *const throwing[] = {"endEvent", "intermediateThrowEvent"};
    static const char *const catching[] = {"startEvent", "intermediateCatchEvent",
                                           "boundaryEvent"};
    if (!str_ends(node->name, STR("Event"))) {
        return !str_ends(node->name, STR("Gateway"));
    }
    for (size_t i = 0; i < (source ? 2 : 3); i++) {
        if (str_equal(node->name, str_from(source ? throwing[i] : catching[i]))) {
            return has_message(r, node);
        }
    }
    return false;
}

static void check_message_flow(Reader *r, const XmlNode *flow)
{
    const XmlNode *ends[2] = {NULL, NULL};
    static const char *const names[2] = {"sourceRef", "targetRef"};
    for (int i = 0; i < 2; i++) {
        Str id = local_part(xml_attribute(flow, str_from(names[i])));
        ends[i] = map_get(&r->ids, id);
        if (!ends[i]) {
            bpmn_fault(r, flow, &fault_bpmn_reference, str_from(names[i]), id);
            return;
        }
        if (!may_be_end(r, ends[i], i == 0)) {
            bpmn_fault(r, flow, &fault_bpmn_message_flow_end, str_from(names[i]), id);
        }
    }
    Str from = process_of(ends[0]), to = process_of(ends[1]);
    if (ends[0] == ends[1] || (from.len && str_equal(from, to))) {
        bpmn_fault(r, flow, &fault_bpmn_message_flow_inside);
    }
}

static void check_operation(Reader *r, const XmlNode *operation)
{
    static const char *const names[][2] = {
        {"inMessageRef", "message"}, {"outMessageRef", "message"}, {"errorRef", "error"}};
    for (const XmlNode *n = operation->first_child; n; n = n->next) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            Str id = local_part(n->text);
            const XmlNode *named = map_get(&r->roots, id);
            if (!str_equal(n->name, str_from(names[i][0]))) {
                continue;
            }
            if (!named) {
                bpmn_fault(r, n, &fault_bpmn_reference, n->name, id);
            } else if (!str_equal(named->name, str_from(names[i][1]))) {
                bpmn_fault(r, n, &fault_bpmn_reference_kind, n->name, id, named->name);
            }
        }
    }
}

/* A fixed call into this file. */
static void check_call(Reader *r, const BpmnElement *e, const XmlNode *definitions)
{
    Str id = e->task->process.program ? STR_NONE : e->task->process.text;
    for (uint32_t i = 0; i < r->process_count; i++) {
        const BpmnProcess *p = &r->processes[i];
        if (str_equal(p->id, id) && p->element_count > 0 && p->elements[0].entry_count == 0) {
            const XmlNode *node = map_get(&r->ids, e->id);
            bpmn_fault(r, node ? node : definitions, &fault_bpmn_call_start, id);
        }
    }
}

void bpmn_check_file(Reader *r, const XmlNode *definitions)
{
    for (const XmlNode *n = definitions->first_child; n; n = n->next) {
        for (const XmlNode *part = n->first_child; part; part = part->next) {
            if (str_equal(n->name, STR("collaboration")) &&
                str_equal(part->name, STR("messageFlow"))) {
                check_message_flow(r, part);
            } else if (str_equal(n->name, STR("interface")) &&
                       str_equal(part->name, STR("operation"))) {
                check_operation(r, part);
            }
        }
        if (str_equal(n->name, STR("process")) &&
            str_equal(xml_attribute(n, STR("processType")), STR("Public")) &&
            bpmn_read_flag(r, n, STR("isExecutable"), false)) {
            bpmn_fault(r, n, &fault_bpmn_value, STR("processType"), STR("Public"),
                       STR("Private / None"));
        }
    }
    for (uint32_t i = 0; i < r->process_count; i++) {
        for (uint32_t k = 0; k < r->processes[i].element_count; k++) {
            const BpmnElement *e = &r->processes[i].elements[k];
            if (e->type == BPMN_CALL_ACTIVITY && e->task && bpmn_has(e->task->process)) {
                check_call(r, e, definitions);
            }
        }
    }
}
