/* bpmn_event.c - event definitions: what an event waits for or throws.
 *
 * A definition stands inside its event or at the root of the file (eventDefinitionRef). What it
 * names (message, signal, error, escalation) is a root element; here the name or code is copied
 * into the event, because at run time only names and codes meet:
 *
 *     message      name and correlation key       signal      name
 *     error        code; absent in a catch: any   escalation  code; absent in a catch: any
 *     timer        date, duration or cycle        conditional condition
 *     compensate   one activity, or all           link        name inside one scope
 *     cancel, terminate: nothing more
 *
 * Fixed timer texts are checked here against ISO 8601; a text that starts with "=" is FEEL and
 * judged when the timer is set. */
#include "lang/bpmn/bpmn_int.h"
#include "lang/feel/feel.h"

static const char *const event_names[] = {
#define ROW(name, text) text,
    BPMN_EVENTS(ROW)
#undef ROW
};

/* "prefix:local" without its prefix: ids of other files are not reachable. */
static Str local_part(Str qname)
{
    qname = str_trim(qname);
    ptrdiff_t colon = str_find(qname, STR(":"));
    return colon < 0 ? qname : str_slice(qname, (size_t)colon + 1, qname.len);
}

/* The root element that an attribute names; NULL (with a fault when it names nothing). */
static const XmlNode *root_of(Reader *r, const XmlNode *node, Str attribute, Str kind)
{
    if (!xml_has_attribute(node, attribute)) {
        return NULL;
    }
    Str id = local_part(xml_attribute(node, attribute));
    const XmlNode *root = map_get(&r->roots, id);
    if (!root) {
        bpmn_fault(r, node, &fault_bpmn_reference, attribute, id);
    } else if (!str_equal(root->name, kind)) {
        bpmn_fault(r, node, &fault_bpmn_reference_kind, attribute, id, root->name);
        root = NULL;
    }
    return root;
}

static void read_message(Reader *r, const XmlNode *node, bool catches, BpmnEvent *out)
{
    const XmlNode *message = root_of(r, node, STR("messageRef"), STR("message"));
    if (!message) {
        if (catches && !xml_has_attribute(node, STR("messageRef"))) {
            bpmn_fault(r, node, &fault_bpmn_missing, STR("messageRef"));
        }
        return;
    }
    Str name = xml_attribute(message, STR("name"));
    if (!name.len) {
        name = xml_attribute(message, STR("id"));
    }
    bpmn_read_value(r, message, name, &out->name);
    const XmlNode *extensions = xml_child(message, BPMN_SPACE, STR("extensionElements"));
    const XmlNode *subscription =
        extensions ? xml_child(extensions, ZEEBE_SPACE, STR("subscription")) : NULL;
    if (subscription) {
        bpmn_read_value(r, subscription, xml_attribute(subscription, STR("correlationKey")),
                        &out->correlation);
    }
}

static bool is_duration(Str text)
{
    Value v;
    return feel_parse_temporal(text, &v) &&
           (value_is(v, VALUE_TIME_DURATION) || value_is(v, VALUE_MONTHS_DURATION));
}

/* R[n]/[start/]duration, or a cron expression */
static bool is_cycle(Str text)
{
    Str rest = text;
    Str head = str_split(&rest, '/');
    int64_t n;
    BpmnCron cron;
    if (bpmn_cron_parse(text, &cron)) {
        return true;
    }
    if (!head.len || head.ptr[0] != 'R' ||
        (head.len > 1 && (!str_to_int64(str_slice(head, 1, head.len), &n) || n < 0))) {
        return false;
    }
    Str middle = str_split(&rest, '/');
    Instant start;
    return rest.ptr ? instant_parse(middle, &start) && is_duration(rest) : is_duration(middle);
}

static void read_timer(Reader *r, const XmlNode *node, BpmnEvent *out)
{
    static const char *const names[] = {"timeDate", "timeDuration", "timeCycle"};
    static const char *const kinds[] = {"date and time / 日期时间", "duration / 时长",
                                        "repeating interval / 重复间隔"};
    unsigned found = 0;
    for (unsigned i = 0; i < 3; i++) {
        const XmlNode *n = xml_child(node, BPMN_SPACE, str_from(names[i]));
        if (!n) {
            continue;
        }
        found++;
        out->timer = (uint8_t)i;
        bpmn_read_value(r, n, n->text, &out->expression);
        Str text = out->expression.text;
        Instant at;
        bool fixed = text.len && text.ptr[0] != '=' && text.ptr[0] != '$';
        bool good = i == 0 ? instant_parse(text, &at) : i == 1 ? is_duration(text) : is_cycle(text);
        if (!text.len || (fixed && !good)) {
            bpmn_fault(r, n, &fault_bpmn_timer_text, text, str_from(kinds[i]));
        }
    }
    if (found != 1) {
        bpmn_fault(r, node, &fault_bpmn_timer_one);
    }
}

/* Error and escalation: the code of what is named. A throw must have one. */
static void read_code(Reader *r, const XmlNode *node, bool catches, bool error, BpmnEvent *out)
{
    Str attribute = error ? STR("errorRef") : STR("escalationRef");
    Str kind = error ? STR("error") : STR("escalation");
    Str code_name = error ? STR("errorCode") : STR("escalationCode");
    const XmlNode *root = root_of(r, node, attribute, kind);
    if (root) {
        Str code = xml_attribute(root, code_name);
        bpmn_read_value(r, root, code.len ? code : xml_attribute(root, STR("id")), &out->code);
    } else if (!catches && !xml_has_attribute(node, attribute)) {
        bpmn_fault(r, node, &fault_bpmn_missing, attribute);
    }
}

static void read_condition(Reader *r, const XmlNode *node, BpmnEvent *out)
{
    const XmlNode *condition = xml_child(node, BPMN_SPACE, STR("condition"));
    if (!condition) {
        bpmn_fault(r, node, &fault_bpmn_missing, STR("condition"));
        return;
    }
    bpmn_read_formal(r, condition, &out->expression);
}

static void read_definition(Reader *r, const XmlNode *node, bool catches, BpmnEvent *out)
{
    out->activity = BPMN_NONE;
    switch ((BpmnEventKind)out->kind) {
    case BPMN_ON_MESSAGE:
        read_message(r, node, catches, out);
        break;
    case BPMN_ON_TIMER:
        read_timer(r, node, out);
        break;
    case BPMN_ON_ERROR:
    case BPMN_ON_ESCALATION:
        read_code(r, node, catches, out->kind == BPMN_ON_ERROR, out);
        break;
    case BPMN_ON_SIGNAL: {
        const XmlNode *signal = root_of(r, node, STR("signalRef"), STR("signal"));
        if (signal) {
            Str name = xml_attribute(signal, STR("name"));
            bpmn_read_value(r, signal, name.len ? name : xml_attribute(signal, STR("id")),
                            &out->name);
        } else if (!xml_has_attribute(node, STR("signalRef"))) {
            bpmn_fault(r, node, &fault_bpmn_missing, STR("signalRef"));
        }
        break;
    }
    case BPMN_ON_CONDITIONAL:
        read_condition(r, node, out);
        break;
    case BPMN_ON_LINK:
        bpmn_read_value(r, node, xml_attribute(node, STR("name")), &out->name);
        if (!bpmn_has(out->name)) {
            bpmn_fault(r, node, &fault_bpmn_missing, STR("name"));
        }
        break;
    case BPMN_ON_COMPENSATE: /* activityRef becomes an index in bpmn_link.c */
    case BPMN_ON_CANCEL:
    case BPMN_ON_TERMINATE:
    case BPMN_ON_COUNT:
        break;
    }
}

static int event_kind(Str name)
{
    for (int i = 0; i < BPMN_ON_COUNT; i++) {
        if (str_equal(name, str_from(event_names[i]))) {
            return i;
        }
    }
    return -1;
}

/* The definition that a child of an event node stands for: itself, or what it refers to. */
static const XmlNode *definition_of(Reader *r, const XmlNode *child)
{
    if (!str_equal(child->space, BPMN_SPACE)) {
        return NULL;
    }
    if (!str_equal(child->name, STR("eventDefinitionRef"))) {
        return event_kind(child->name) >= 0 ? child : NULL;
    }
    const XmlNode *root = map_get(&r->roots, local_part(child->text));
    if (!root || event_kind(root->name) < 0) {
        bpmn_fault(r, child, &fault_bpmn_reference, child->name, local_part(child->text));
        return NULL;
    }
    return root;
}

void bpmn_read_events(Reader *r, Draft *d, uint32_t index)
{
    BpmnElement *e = &d->elements[index];
    const XmlNode *node = d->nodes[index];
    bool catches = e->type == BPMN_START_EVENT || e->type == BPMN_CATCH_EVENT ||
                   e->type == BPMN_BOUNDARY_EVENT;
    BpmnEvent *events = arena_new_array(r->a, BpmnEvent, node->child_count + 1);
    if (!events) {
        return;
    }
    for (const XmlNode *n = node->first_child; n; n = n->next) {
        const XmlNode *definition = definition_of(r, n);
        if (definition) {
            BpmnEvent *event = &events[e->event_count++];
            event->kind = (uint8_t)event_kind(definition->name);
            read_definition(r, definition, catches, event);
        }
    }
    e->events = events;
    e->parallel = bpmn_read_flag(r, node, STR("parallelMultiple"), false);
    if (e->type == BPMN_START_EVENT) {
        e->interrupting = bpmn_read_flag(r, node, STR("isInterrupting"), true);
    } else if (e->type == BPMN_BOUNDARY_EVENT) {
        e->interrupting = bpmn_read_flag(r, node, STR("cancelActivity"), true);
    }
}

void bpmn_read_task_message(Reader *r, Draft *d, uint32_t index)
{
    BpmnElement *e = &d->elements[index];
    const XmlNode *node = d->nodes[index];
    if (e->type == BPMN_SEND_TASK && !xml_has_attribute(node, STR("messageRef"))) {
        return;
    }
    BpmnEvent *event = arena_new(r->a, BpmnEvent);
    event->kind = BPMN_ON_MESSAGE;
    event->activity = BPMN_NONE;
    read_message(r, node, e->type == BPMN_RECEIVE_TASK, event);
    e->events = event;
    e->event_count = 1;
}

static const BpmnEvent *thrown_of(Reader *r, const XmlNode *definition)
{
    BpmnEvent *event = arena_new(r->a, BpmnEvent);
    event->kind = (uint8_t)event_kind(definition->name);
    read_definition(r, definition, false, event);
    return event;
}

const BpmnEvent *bpmn_read_inner_thrown(Reader *r, const XmlNode *node)
{
    for (const XmlNode *n = node->first_child; n; n = n->next) {
        const XmlNode *definition = definition_of(r, n);
        if (definition) {
            return thrown_of(r, definition);
        }
    }
    bpmn_fault(r, node, &fault_bpmn_missing, STR("eventDefinition"));
    return NULL;
}

const BpmnEvent *bpmn_read_thrown(Reader *r, const XmlNode *node, Str attribute)
{
    if (!xml_has_attribute(node, attribute)) {
        bpmn_fault(r, node, &fault_bpmn_missing, attribute);
        return NULL;
    }
    Str id = local_part(xml_attribute(node, attribute));
    const XmlNode *definition = map_get(&r->ids, id);
    if (!definition || event_kind(definition->name) < 0) {
        bpmn_fault(r, node, &fault_bpmn_reference, attribute, id);
        return NULL;
    }
    return thrown_of(r, definition);
}
