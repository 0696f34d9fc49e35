/* bpmn_model.c - the finished model: names of types, look-ups, and the outermost reading step.
 *
 * definitions ─┬─ message, signal, error, escalation, event definitions  -> Reader.roots by id
 *              ├─ process (each with its own flat arrays)                -> BpmnProcess
 *              └─ collaboration, itemDefinition, diagram, ...            -> no meaning for running
 *
 * Ids are unique over the whole file (xs:ID); that is checked here for every BPMN element, so
 * that the other parts may look up without doubt. */
#include "lang/bpmn/bpmn_int.h"

FAULT_DEFINE(BPMN_FAULTS)

static const char *const type_names[] = {
#define ROW(name, text) text,
    BPMN_TYPES(ROW)
#undef ROW
};

const char *bpmn_type_name(BpmnType type)
{
    check(type < BPMN_TYPE_COUNT);
    return type_names[type];
}

bool bpmn_is_scope(const BpmnElement *e)
{
    return e->type <= BPMN_AD_HOC;
}

bool bpmn_is_activity(const BpmnElement *e)
{
    return e->type >= BPMN_SUB_PROCESS && e->type <= BPMN_BUSINESS_RULE_TASK &&
           e->type != BPMN_EVENT_SUB_PROCESS;
}

const BpmnProcess *bpmn_process(const BpmnModel *model, Str id)
{
    for (uint32_t i = 0; i < model->process_count; i++) {
        if (str_equal(model->processes[i].id, id)) {
            return &model->processes[i];
        }
    }
    return NULL;
}

uint32_t bpmn_element(const BpmnProcess *process, Str id)
{
    void *found = map_get(&process->names->map, id);
    return found ? (uint32_t)((uintptr_t)found - 1) : BPMN_NONE;
}

Str bpmn_property(const BpmnElement *element, Str key)
{
    for (uint32_t i = 0; i < element->property_count; i++) {
        if (str_equal(element->properties[i].key, key)) {
            return element->properties[i].value;
        }
    }
    return STR_NONE;
}

BpmnTask *bpmn_task_of(Reader *r, BpmnElement *e)
{
    if (!e->task) {
        BpmnTask *task = arena_new(r->a, BpmnTask);
        task->propagate_all = true;
        task->propagate_parent = true;
        e->task = task;
    }
    return (BpmnTask *)(uintptr_t)e->task;
}

bool bpmn_fault_note(Reader *r, const XmlNode *node, const Fault *fault, const char *file,
                     int line, const Str *args, size_t count)
{
    if (r->faults->count == 1 && r->fault_capacity == 1) {
        Err *more = arena_new_array(r->a, Err, BPMN_FAULTS_LISTED);
        if (more) {
            more[0] = r->faults->items[0];
            r->faults->items = more;
            r->fault_capacity = BPMN_FAULTS_LISTED;
        }
    }
    if (r->faults->count == r->fault_capacity) {
        return false;
    }
    Err *err = &r->faults->items[r->faults->count++];
    err_clear(err);
    err_fill(err, fault, file, line, args, count);
    err_at(err, r->path, node ? node->line : 0, node ? node->column : 0);
    for (const XmlNode *n = node; n; n = n->parent) {
        Str id = xml_attribute(n, STR("id"));
        if (id.len && n->parent) {
            err_at_element(err, id);
            break;
        }
    }
    return false;
}

Str bpmn_kept(Reader *r, const XmlNode *node, Str name)
{
    Str text = str_trim(xml_attribute(node, name));
    return text.len ? arena_copy(r->a, text) : STR_NONE;
}

bool bpmn_read_flag(Reader *r, const XmlNode *node, Str name, bool fallback)
{
    Str text = str_trim(xml_attribute(node, name));
    if (str_equal(text, STR("true")) || str_equal(text, STR("1"))) {
        return true;
    }
    if (str_equal(text, STR("false")) || str_equal(text, STR("0"))) {
        return false;
    }
    if (text.len || xml_has_attribute(node, name)) {
        bpmn_fault(r, node, &fault_bpmn_value, name, text, STR("true / false"));
    }
    return fallback;
}

/* Every id of BPMN elements in document order, and the root elements that events name. */
static void collect_ids(Reader *r, XmlNode *node)
{
    for (XmlNode *n = node; n;) {
        Str id = xml_attribute(n, STR("id"));
        if (id.len && str_equal(n->space, BPMN_SPACE)) {
            const XmlNode *first = map_get(&r->ids, id);
            if (first) {
                bpmn_fault(r, n, &fault_bpmn_id_twice, id,
                           arena_printf(r->scratch, "%u", (unsigned)first->line));
            } else {
                map_put(&r->ids, id, n);
            }
        }
        if (n->first_child && str_equal(n->space, BPMN_SPACE)) {
            n = n->first_child;
            continue;
        }
        while (n != node && !n->next) {
            n = n->parent;
        }
        n = n == node ? NULL : n->next;
    }
}

static const char *const root_names[] = {
    "import", "interface", "itemDefinition", "message", "error", "escalation", "signal",
    "resource", "dataStore", "category", "collaboration", "process", "messageEventDefinition",
    "timerEventDefinition", "errorEventDefinition", "escalationEventDefinition",
    "signalEventDefinition", "conditionalEventDefinition", "compensateEventDefinition",
    "cancelEventDefinition", "linkEventDefinition", "terminateEventDefinition", "endPoint",
    "correlationProperty", "partnerEntity", "partnerRole", "documentation", "extensionElements",
    "extension", "relationship", "globalTask", "globalManualTask", "globalUserTask",
    "globalScriptTask", "globalBusinessRuleTask",
};

static bool is_root_name(Str name)
{
    for (size_t i = 0; i < sizeof root_names / sizeof *root_names; i++) {
        if (str_equal(name, str_from(root_names[i]))) {
            return true;
        }
    }
    return false;
}

/* Count the processes and put the other root elements into the look-up. */
static void read_roots(Reader *r, const XmlNode *definitions)
{
    for (XmlNode *n = definitions->first_child; n; n = n->next) {
        if (!str_equal(n->space, BPMN_SPACE)) {
            continue; /* diagram interchange and foreign parts */
        }
        if (!is_root_name(n->name)) {
            bpmn_fault(r, n, &fault_bpmn_unsupported, n->name);
            continue;
        }
        Str id = xml_attribute(n, STR("id"));
        if (str_equal(n->name, STR("process"))) {
            r->process_count++;
        } else if (id.len) {
            map_put(&r->roots, id, n);
        }
    }
}

static void read_file(Reader *r, Str text)
{
    XmlNode *root = NULL;
    Err err = {0};
    if (!xml_parse(r->scratch, text, &root, &err)) {
        bpmn_fault(r, NULL, &fault_bpmn_no_model);
        err_at(&err, r->path, 0, 0);
        r->faults->items[0] = err;
        return;
    }
    if (!xml_is(root, BPMN_SPACE, STR("definitions"))) {
        bpmn_fault(r, root, &fault_bpmn_no_model);
        return;
    }
    collect_ids(r, root);
    read_roots(r, root);
    r->processes = arena_new_array(r->a, BpmnProcess, r->process_count + 1);
    uint32_t index = 0;
    bool executable = false;
    for (XmlNode *n = root->first_child; n && r->processes; n = n->next) {
        if (xml_is(n, BPMN_SPACE, STR("process"))) {
            bpmn_read_process(r, n, &r->processes[index]);
            executable |= r->processes[index].executable;
            index++;
        }
    }
    if (!executable) {
        bpmn_fault(r, root, &fault_bpmn_no_process);
    }
    bpmn_check_file(r, root);
}

bool bpmn_compile_all(Arena *a, Str path, Str text, BpmnModel *out, BpmnFaults *faults)
{
    *out = (BpmnModel){0};
    *faults = (BpmnFaults){arena_new(a, Err), 0};
    Reader r = {.fault_capacity = 1, .a = a, .path = arena_copy(a, path), .faults = faults};
    r.scratch = arena_open(BPMN_SCRATCH_BYTES);
    r.roots = map_new(r.scratch);
    r.ids = map_new(r.scratch);
    read_file(&r, text);
    if (arena_failed(a) || arena_failed(r.scratch)) {
        faults->count = 0;
        bpmn_fault(&r, NULL, &fault_bpmn_limit, STR("memory"));
    }
    arena_close(r.scratch);
    if (faults->count == 0) {
        *out = (BpmnModel){r.processes, r.process_count};
    }
    return faults->count == 0;
}

bool bpmn_compile(Arena *a, Str path, Str text, BpmnModel *out, Err *err)
{
    BpmnFaults faults;
    if (bpmn_compile_all(a, path, text, out, &faults)) {
        return true;
    }
    if (err && !err->fault) {
        *err = faults.items[0];
    }
    return false;
}
