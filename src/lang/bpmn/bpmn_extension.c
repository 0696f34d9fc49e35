/* bpmn_extension.c - what the modelling tools add: zeebe: elements, camunda: attributes, loops.
 *
 * zeebe: every element that is known is read; one that is not is refused, because leaving it out
 * would change what the diagram does. camunda: attributes that mean the same as a zeebe element
 * are read into the same fields; those that name Java code or scripts of other languages are
 * refused; those about Camunda's own scheduling (asyncBefore, jobPriority, ...) have no meaning
 * here and are left alone, as the extension rule of BPMN 2.0 (8.2.3) allows. */
#include "lang/bpmn/bpmn_int.h"

/* ---- Mappings. */

/* target := name { "." name } */
static bool is_target(Str text)
{
    if (!text.len || text.ptr[0] == '.' || text.ptr[text.len - 1] == '.') {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
                    (unsigned char)c >= 0x80 || (i > 0 && c >= '0' && c <= '9');
        if (!good || (c == '.' && text.ptr[i - 1] == '.')) {
            return false;
        }
    }
    return true;
}

static void add_mapping(Reader *r, const XmlNode *node, Str source, Str target,
                        const BpmnMapping **list, uint32_t *count)
{
    BpmnMapping *grown = arena_new_array(r->a, BpmnMapping, *count + 1);
    for (uint32_t i = 0; i < *count; i++) {
        grown[i] = (*list)[i];
    }
    BpmnMapping *m = &grown[(*count)++];
    *list = grown;
    bpmn_read_value(r, node, source, &m->source);
    m->target = arena_copy(r->a, str_trim(target));
    if (str_starts(m->target, STR("="))) {
        m->target = str_trim(str_slice(m->target, 1, m->target.len));
    }
    if (!is_target(m->target)) {
        bpmn_fault(r, node, &fault_bpmn_target, m->target);
    }
}

static void read_io(Reader *r, BpmnElement *e, const XmlNode *node)
{
    for (const XmlNode *n = node->first_child; n; n = n->next) {
        Str source = xml_attribute(n, STR("source"));
        Str target = xml_attribute(n, STR("target"));
        if (str_equal(n->name, STR("input"))) {
            add_mapping(r, n, source, target, &e->inputs, &e->input_count);
        } else if (str_equal(n->name, STR("output"))) {
            add_mapping(r, n, source, target, &e->outputs, &e->output_count);
        } else {
            bpmn_fault(r, n, &fault_bpmn_unknown, n->name);
        }
    }
}

static void read_camunda_io(Reader *r, BpmnElement *e, const XmlNode *node)
{
    for (const XmlNode *n = node->first_child; n; n = n->next) {
        bool input = str_equal(n->name, STR("inputParameter"));
        if (n->first_child || (!input && !str_equal(n->name, STR("outputParameter")))) {
            bpmn_fault(r, n, &fault_bpmn_unsupported, n->name);
        } else if (input) {
            add_mapping(r, n, n->text, xml_attribute(n, STR("name")), &e->inputs,
                        &e->input_count);
        } else {
            add_mapping(r, n, n->text, xml_attribute(n, STR("name")), &e->outputs,
                        &e->output_count);
        }
    }
}

static void read_pairs(Reader *r, const XmlNode *node, Str key_name, const BpmnPair **list,
                       uint32_t *count)
{
    BpmnPair *pairs = arena_new_array(r->a, BpmnPair, node->child_count + 1);
    for (const XmlNode *n = node->first_child; n && pairs; n = n->next) {
        pairs[(*count)++] =
            (BpmnPair){bpmn_kept(r, n, key_name), bpmn_kept(r, n, STR("value"))};
    }
    *list = pairs;
}

/* ---- zeebe: elements, one function each, found by name. */

typedef void ExtensionFn(Reader *r, BpmnElement *e, const XmlNode *n);

static void value_of(Reader *r, const XmlNode *n, Str attribute, BpmnExpression *out)
{
    bpmn_read_value(r, n, xml_attribute(n, attribute), out);
}

static void z_task_definition(Reader *r, BpmnElement *e, const XmlNode *n)
{
    value_of(r, n, STR("type"), &bpmn_task_of(r, e)->job_type);
    value_of(r, n, STR("retries"), &bpmn_task_of(r, e)->retries);
    if (!bpmn_has(bpmn_task_of(r, e)->job_type)) {
        bpmn_fault(r, n, &fault_bpmn_missing, STR("type"));
    }
}

static void z_headers(Reader *r, BpmnElement *e, const XmlNode *n)
{
    read_pairs(r, n, STR("key"), &e->headers, &e->header_count);
}

static void z_properties(Reader *r, BpmnElement *e, const XmlNode *n)
{
    read_pairs(r, n, STR("name"), &e->properties, &e->property_count);
}

static void z_assignment(Reader *r, BpmnElement *e, const XmlNode *n)
{
    BpmnTask *task = bpmn_task_of(r, e);
    value_of(r, n, STR("assignee"), &task->assignee);
    value_of(r, n, STR("candidateGroups"), &task->groups);
    value_of(r, n, STR("candidateUsers"), &task->users);
}

/* bindingType: the newest version, unless a call names a label of its process. */
static void read_binding(Reader *r, const XmlNode *n, BpmnTask *task)
{
    Str binding = xml_attribute(n, STR("bindingType"));
    if (!binding.len || str_equal(binding, STR("latest"))) {
        return;
    }
    if (task && str_equal(binding, STR("versionTag"))) {
        task->version_tag = bpmn_kept(r, n, STR("versionTag"));
        if (!task->version_tag.len) {
            bpmn_fault(r, n, &fault_bpmn_missing, STR("versionTag"));
        }
        return;
    }
    bpmn_fault(r, n, &fault_bpmn_binding, binding,
               task ? STR(" (or versionTag)") : STR_NONE);
}

static void z_form(Reader *r, BpmnElement *e, const XmlNode *n)
{
    Str form = bpmn_kept(r, n, STR("formId"));
    if (!form.len) {
        form = bpmn_kept(r, n, STR("externalReference"));
    }
    if (!form.len) {
        bpmn_fault(r, n, &fault_bpmn_missing, STR("formId"));
    }
    read_binding(r, n, NULL);
    bpmn_task_of(r, e)->form = form;
}

static void z_schedule(Reader *r, BpmnElement *e, const XmlNode *n)
{
    value_of(r, n, STR("dueDate"), &bpmn_task_of(r, e)->due);
    value_of(r, n, STR("followUpDate"), &bpmn_task_of(r, e)->follow_up);
}

static void z_priority(Reader *r, BpmnElement *e, const XmlNode *n)
{
    value_of(r, n, STR("priority"), &bpmn_task_of(r, e)->priority);
}

static void z_decision(Reader *r, BpmnElement *e, const XmlNode *n)
{
    BpmnTask *task = bpmn_task_of(r, e);
    value_of(r, n, STR("decisionId"), &task->decision);
    task->result = bpmn_kept(r, n, STR("resultVariable"));
    read_binding(r, n, NULL);
    if (!bpmn_has(task->decision)) {
        bpmn_fault(r, n, &fault_bpmn_missing, STR("decisionId"));
    }
}

static void z_called(Reader *r, BpmnElement *e, const XmlNode *n)
{
    BpmnTask *task = bpmn_task_of(r, e);
    value_of(r, n, STR("processId"), &task->process);
    read_binding(r, n, task);
    task->propagate_all = bpmn_read_flag(r, n, STR("propagateAllChildVariables"), true);
    task->propagate_parent = bpmn_read_flag(r, n, STR("propagateAllParentVariables"), true);
}

static void z_script(Reader *r, BpmnElement *e, const XmlNode *n)
{
    BpmnTask *task = bpmn_task_of(r, e);
    bpmn_read_formula(r, n, xml_attribute(n, STR("expression")), &task->script);
    task->result = bpmn_kept(r, n, STR("resultVariable"));
    if (!bpmn_has(task->script)) {
        bpmn_fault(r, n, &fault_bpmn_missing, STR("expression"));
    }
}

static void z_ad_hoc(Reader *r, BpmnElement *e, const XmlNode *n)
{
    if (xml_attribute(n, STR("outputCollection")).len ||
        xml_attribute(n, STR("outputElement")).len) {
        bpmn_fault(r, n, &fault_bpmn_unsupported, STR("zeebe:adHoc outputCollection"));
    }
    value_of(r, n, STR("activeElementsCollection"), &bpmn_task_of(r, e)->active);
}

static void z_listeners(Reader *r, BpmnElement *e, const XmlNode *n)
{
    (void)e;
    if (n->child_count > 0) {
        bpmn_fault(r, n, &fault_bpmn_listener,
                   arena_printf(r->scratch, "zeebe:%.*s", STR_ARG(n->name)));
    }
}

static void z_nothing(Reader *r, BpmnElement *e, const XmlNode *n)
{
    (void)r;
    (void)e;
    (void)n;
}

static const struct {
    const char *name;
    ExtensionFn *read;
} zeebe_elements[] = {
    {"taskDefinition", z_task_definition},
    {"ioMapping", read_io},
    {"taskHeaders", z_headers},
    {"properties", z_properties},
    {"assignmentDefinition", z_assignment},
    {"formDefinition", z_form},
    {"taskSchedule", z_schedule},
    {"priorityDefinition", z_priority},
    {"calledDecision", z_decision},
    {"calledElement", z_called},
    {"script", z_script},
    {"adHoc", z_ad_hoc},
    {"executionListeners", z_listeners},
    {"taskListeners", z_listeners},
    {"userTask", z_nothing},          /* says only: not a job */
    {"versionTag", z_nothing},        /* a label for people */
    {"modelerTemplate", z_nothing},   /* the modelling tool's own */
    {"subscription", z_nothing},      /* of a message: read there */
    {"loopCharacteristics", z_nothing}, /* read with the loop */
};

static void read_zeebe(Reader *r, BpmnElement *e, const XmlNode *n)
{
    for (size_t i = 0; i < sizeof zeebe_elements / sizeof *zeebe_elements; i++) {
        if (str_equal(n->name, str_from(zeebe_elements[i].name))) {
            zeebe_elements[i].read(r, e, n);
            return;
        }
    }
    bpmn_fault(r, n, &fault_bpmn_unsupported, arena_printf(r->scratch, "zeebe:%.*s", STR_ARG(n->name)));
}

/* ---- camunda: elements and attributes. */

static void read_camunda(Reader *r, BpmnElement *e, const XmlNode *n)
{
    if (str_equal(n->name, STR("inputOutput"))) {
        read_camunda_io(r, e, n);
    } else if (str_equal(n->name, STR("properties"))) {
        read_pairs(r, n, STR("name"), &e->properties, &e->property_count);
    } else {
        bpmn_fault(r, n, &fault_bpmn_unsupported,
                   arena_printf(r->scratch, "camunda:%.*s", STR_ARG(n->name)));
    }
}

static void refuse_camunda_code(Reader *r, const XmlNode *node)
{
    static const char *const names[] = {"class", "expression", "delegateExpression", "resource",
                                        "variableMappingClass"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (xml_attribute_ns(node, CAMUNDA_SPACE, str_from(names[i])).len) {
            bpmn_fault(r, node, &fault_bpmn_unsupported, arena_printf(r->scratch, "camunda:%s", names[i]));
        }
    }
}

static void read_camunda_attributes(Reader *r, BpmnElement *e, const XmlNode *node)
{
    static const struct {
        const char *name;
        size_t offset;
    } values[] = {
        {"assignee", offsetof(BpmnTask, assignee)}, {"candidateGroups", offsetof(BpmnTask, groups)},
        {"candidateUsers", offsetof(BpmnTask, users)}, {"dueDate", offsetof(BpmnTask, due)},
        {"followUpDate", offsetof(BpmnTask, follow_up)}, {"priority", offsetof(BpmnTask, priority)},
        {"topic", offsetof(BpmnTask, job_type)}, {"decisionRef", offsetof(BpmnTask, decision)},
    };
    refuse_camunda_code(r, node);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        Str text = xml_attribute_ns(node, CAMUNDA_SPACE, str_from(values[i].name));
        if (text.len) {
            char *task = (char *)bpmn_task_of(r, e);
            bpmn_read_value(r, node, text, (BpmnExpression *)(void *)(task + values[i].offset));
        }
    }
    Str form = xml_attribute_ns(node, CAMUNDA_SPACE, STR("formRef"));
    form = form.len ? form : xml_attribute_ns(node, CAMUNDA_SPACE, STR("formKey"));
    if (form.len) {
        bpmn_task_of(r, e)->form = arena_copy(r->a, form);
    }
    Str result = xml_attribute_ns(node, CAMUNDA_SPACE, STR("resultVariable"));
    if (result.len) {
        bpmn_task_of(r, e)->result = arena_copy(r->a, result);
    }
}

/* ---- Attributes and children of BPMN itself that belong to tasks. */

static void read_script(Reader *r, BpmnElement *e, const XmlNode *node)
{
    Str format = xml_attribute(node, STR("scriptFormat"));
    const XmlNode *script = xml_child(node, BPMN_SPACE, STR("script"));
    if (script && !bpmn_has(bpmn_task_of(r, e)->script)) {
        if (format.len && str_find(format, STR("feel")) < 0 && str_find(format, STR("FEEL")) < 0) {
            bpmn_fault(r, node, &fault_bpmn_unsupported,
                       arena_printf(r->scratch, "scriptFormat=\"%.*s\"", STR_ARG(format)));
            return;
        }
        bpmn_read_formula(r, script, script->text, &bpmn_task_of(r, e)->script);
    }
}

void bpmn_read_extensions(Reader *r, Draft *d, uint32_t index)
{
    BpmnElement *e = &d->elements[index];
    const XmlNode *node = d->nodes[index];
    const XmlNode *extensions = xml_child(node, BPMN_SPACE, STR("extensionElements"));
    for (const XmlNode *n = extensions ? extensions->first_child : NULL; n; n = n->next) {
        if (str_equal(n->space, ZEEBE_SPACE)) {
            read_zeebe(r, e, n);
        } else if (str_equal(n->space, CAMUNDA_SPACE)) {
            read_camunda(r, e, n);
        }
    }
    read_camunda_attributes(r, e, node);
    if (e->type == BPMN_SCRIPT_TASK) {
        read_script(r, e, node);
    } else if (e->type == BPMN_CALL_ACTIVITY && !bpmn_has(bpmn_task_of(r, e)->process)) {
        value_of(r, node, STR("calledElement"), &bpmn_task_of(r, e)->process);
    } else if (e->type == BPMN_SEND_TASK || e->type == BPMN_RECEIVE_TASK) {
        bpmn_read_task_message(r, d, index);
    }
}

/* ---- Loops. */

static void formal_child(Reader *r, const XmlNode *node, Str name, BpmnExpression *out)
{
    const XmlNode *child = xml_child(node, BPMN_SPACE, name);
    if (child) {
        bpmn_read_formal(r, child, out);
    }
}

static void read_standard_loop(Reader *r, const XmlNode *node, BpmnLoop *loop)
{
    loop->standard = true;
    loop->sequential = true;
    loop->test_before = bpmn_read_flag(r, node, STR("testBefore"), false);
    formal_child(r, node, STR("loopCondition"), &loop->completion);
    Str maximum = xml_attribute(node, STR("loopMaximum"));
    if (maximum.len) {
        bpmn_read_formula(r, node, maximum, &loop->cardinality);
    }
}

/* complexBehaviorDefinition := condition, event with one definition. */
static void read_complex(Reader *r, const XmlNode *node, BpmnLoop *loop)
{
    BpmnComplex *list = arena_new_array(r->a, BpmnComplex, node->child_count + 1);
    for (const XmlNode *n = node->first_child; n && list; n = n->next) {
        if (!str_equal(n->name, STR("complexBehaviorDefinition"))) {
            continue;
        }
        const XmlNode *event = xml_child(n, BPMN_SPACE, STR("event"));
        BpmnComplex *one = &list[loop->complex_count++];
        formal_child(r, n, STR("condition"), &one->condition);
        one->thrown = event ? bpmn_read_inner_thrown(r, event) : NULL;
        if (!bpmn_has(one->condition)) {
            bpmn_fault(r, n, &fault_bpmn_missing, STR("condition"));
        }
        if (!event) {
            bpmn_fault(r, n, &fault_bpmn_missing, STR("event"));
        }
    }
    loop->complex = list;
    if (loop->complex_count == 0) {
        bpmn_fault(r, node, &fault_bpmn_missing, STR("complexBehaviorDefinition"));
    }
}

static void read_behavior(Reader *r, const XmlNode *node, BpmnLoop *loop)
{
    Str behavior = xml_attribute(node, STR("behavior"));
    if (str_equal(behavior, STR("None"))) {
        loop->behavior = BPMN_EACH_THROWS;
        loop->thrown = bpmn_read_thrown(r, node, STR("noneBehaviorEventRef"));
    } else if (str_equal(behavior, STR("One"))) {
        loop->behavior = BPMN_FIRST_THROWS;
        loop->thrown = bpmn_read_thrown(r, node, STR("oneBehaviorEventRef"));
    } else if (str_equal(behavior, STR("Complex"))) {
        loop->behavior = BPMN_SOME_THROW;
        read_complex(r, node, loop);
    } else if (behavior.len && !str_equal(behavior, STR("All"))) {
        bpmn_fault(r, node, &fault_bpmn_value, STR("behavior"), behavior,
                   STR("None / One / All / Complex"));
    }
    const XmlNode *complex = xml_child(node, BPMN_SPACE, STR("complexBehaviorDefinition"));
    if (complex && loop->behavior != BPMN_SOME_THROW) {
        bpmn_fault(r, complex, &fault_bpmn_unknown, complex->name);
    }
}

static void read_multi_instance(Reader *r, const XmlNode *node, BpmnLoop *loop)
{
    loop->sequential = bpmn_read_flag(r, node, STR("isSequential"), false);
    formal_child(r, node, STR("loopCardinality"), &loop->cardinality);
    formal_child(r, node, STR("completionCondition"), &loop->completion);
    const XmlNode *extensions = xml_child(node, BPMN_SPACE, STR("extensionElements"));
    const XmlNode *z =
        extensions ? xml_child(extensions, ZEEBE_SPACE, STR("loopCharacteristics")) : NULL;
    if (z) {
        value_of(r, z, STR("inputCollection"), &loop->collection);
        value_of(r, z, STR("outputElement"), &loop->output_element);
        loop->input_element = bpmn_kept(r, z, STR("inputElement"));
        loop->output_collection = bpmn_kept(r, z, STR("outputCollection"));
    }
    Str collection = xml_attribute_ns(node, CAMUNDA_SPACE, STR("collection"));
    if (collection.len) {
        bpmn_read_formula(r, node, collection, &loop->collection);
        loop->input_element =
            arena_copy(r->a, xml_attribute_ns(node, CAMUNDA_SPACE, STR("elementVariable")));
    }
    if (!bpmn_has(loop->collection) && !bpmn_has(loop->cardinality)) {
        bpmn_fault(r, node, &fault_bpmn_loop_ends);
    }
    read_behavior(r, node, loop);
}

void bpmn_read_loop(Reader *r, Draft *d, uint32_t index, const XmlNode *node)
{
    BpmnElement *e = &d->elements[index];
    if (e->loop) {
        bpmn_fault(r, node, &fault_bpmn_unknown, node->name);
        return;
    }
    BpmnLoop *loop = arena_new(r->a, BpmnLoop);
    e->loop = loop;
    if (str_equal(node->name, STR("standardLoopCharacteristics"))) {
        read_standard_loop(r, node, loop);
    } else {
        read_multi_instance(r, node, loop);
    }
}
