/* element.c - compiling one element: its scope from its requirements, its logic, its slots.
 *
 * An element is compiled after what it requires, because the types of those are the types of
 * its names. A circle is a fault of the element that closes it. Names of imported elements are
 * fields of a context under the import's name. */
#include "lang/dmn/dmn_int.h"

#include <stdlib.h>

static void element_fault(DmnElement *e, const Fault *fault, Str a, Str b) {
    Err err = {0};
    err_set(&err, fault, a, b);
    err_at(&err, e->model->file, e->xml->line, e->xml->column);
    err_at_element(&err, e->id);
    const Err *kept = dmn_fault_add(e->model, &err);
    if (e->fault == NULL) e->fault = kept;
}

typedef struct ElementScope {
    FeelName *names;
    DmnSlot *sources;
    size_t count;
} ElementScope;

/* The context type of all requirements under one import. */
static const FeelType *element_alias_type(DmnElement *e, Str alias) {
    Arena *a = e->model->loader->arena;
    FeelField *fields = arena_new_array(a, FeelField, e->requirement_count + 1);
    size_t count = 0;
    if (fields == NULL) return NULL;
    for (size_t i = 0; i < e->requirement_count; i++)
        if (str_equal(e->requirements[i].alias, alias))
            fields[count++] = (FeelField){e->requirements[i].element->name,
                                          e->requirements[i].element->type};
    FeelType *t = arena_new(a, FeelType);
    *t = (FeelType){.kind = FEEL_CONTEXT, .fields = fields, .field_count = count};
    return t;
}

static ElementScope element_scope(DmnElement *e) {
    Arena *a = e->model->loader->arena;
    ElementScope s = {arena_new_array(a, FeelName, e->requirement_count + 1),
                      arena_new_array(a, DmnSlot, e->requirement_count + 1), 0};
    if (s.names == NULL || s.sources == NULL) return s;
    for (size_t i = 0; i < e->requirement_count; i++) {
        const DmnRequirement *r = &e->requirements[i];
        if (r->alias.len == 0) {
            s.names[s.count] = (FeelName){r->element->name, r->element->type};
            s.sources[s.count++] = (DmnSlot){r->element, STR_NONE};
            continue;
        }
        size_t j = 0;
        while (j < s.count && !str_equal(s.names[j].name, r->alias)) j++;
        if (j < s.count) continue;
        s.names[s.count] = (FeelName){r->alias, element_alias_type(e, r->alias)};
        s.sources[s.count++] = (DmnSlot){NULL, r->alias};
    }
    return s;
}

static void element_slots(DmnElement *e, const ElementScope *s) {
    Arena *a = e->model->loader->arena;
    size_t count = feel_slot_count(e->program);
    Map names = map_new(a);
    e->slots = arena_new_array(a, DmnSlot, count + 1);
    for (size_t j = 0; j < s->count; j++) map_put(&names, s->names[j].name, &s->sources[j]);
    for (size_t i = 0; e->slots != NULL && i < count; i++) {
        const DmnSlot *source = map_get(&names, feel_slot_name(e->program, i));
        if (source != NULL) e->slots[i] = *source;
    }
}

static FeelNode *element_decision(DmnElement *e, DmnBox *box) {
    XmlNode *logic = dmn_box_child(e->xml);
    e->type = e->declared;
    if (logic == NULL) return NULL;
    FeelNode *n = dmn_box(box, logic);
    if (n == NULL) return NULL;
    if (e->declared == NULL) e->type = feel_node_type(n);
    return dmn_box_coerce(box, n, e->declared);
}

/* The declared type of a knowledge model is that of the function, or of its result. */
static FeelNode *element_knowledge(DmnElement *e, DmnBox *box) {
    XmlNode *logic = dmn_child(e->xml, "encapsulatedLogic");
    if (logic == NULL || dmn_box_child(logic) == NULL) return NULL;
    const FeelType *result = e->declared;
    if (result != NULL && result->kind == FEEL_FUNCTION) result = result->element;
    bool itself = e->model->loader->options.recursion;
    FeelNode *n = dmn_box_function(box, logic, itself ? e->name : STR_NONE, result);
    if (n != NULL) e->type = feel_node_type(n);
    return n;
}

static void element_program(DmnElement *e) {
    DmnModel *m = e->model;
    ElementScope s = element_scope(e);
    if (s.names == NULL || s.sources == NULL) return;
    FeelScope scope = {.names = s.names, .count = s.count, .properties = m->properties,
                       .property_count = m->property_count, .types = m->types,
                       .type_count = m->type_count};
    Err err = {0};
    DmnBox box = {m, NULL, e->id, &err, 0};
    box.builder = feel_build_begin(m->loader->arena, &scope, dmn_place(m, e->xml, e->id), &err);
    FeelNode *root = e->kind == DMN_DECISION ? element_decision(e, &box)
                                             : element_knowledge(e, &box);
    if (root == NULL && err.fault == NULL) {
        /* Not a fault of the model: the value may come with the inputs. */
        Err *kept = arena_new(m->loader->arena, Err);
        err_set(kept, &fault_dmn_no_logic, e->name);
        err_at(kept, m->file, e->xml->line, e->xml->column);
        err_at_element(kept, e->id);
        e->fault = kept;
        return;
    }
    if (feel_build_end(box.builder, root, &e->program)) {
        element_slots(e, &s);
        return;
    }
    e->program = NULL;
    if (err.element[0] == '\0') err_at_element(&err, e->id);
    e->fault = dmn_fault_add(m, &err);
}

/* ---- Services are functions of their inputs. */

static void element_service(DmnElement *e) {
    Arena *a = e->model->loader->arena;
    FeelForeign *f = arena_new(a, FeelForeign);
    Str *names = arena_new_array(a, Str, e->input_count + 1);
    const FeelType **types = arena_new_array(a, const FeelType *, e->input_count + 1);
    FeelField *fields = arena_new_array(a, FeelField, e->input_count + 1);
    if (names == NULL || types == NULL || fields == NULL) return;
    for (size_t i = 0; i < e->input_count; i++) {
        names[i] = e->inputs[i]->name;
        types[i] = e->inputs[i]->declared;
        fields[i] = (FeelField){names[i], types[i]};
    }
    *f = (FeelForeign){.name = e->name, .parameters = names, .parameter_types = types,
                       .parameter_count = e->input_count, .call = dmn_service_call, .data = e};
    e->function = f;
    const FeelType *result = e->declared;
    if (result != NULL && result->kind == FEEL_FUNCTION) result = result->element;
    if (e->declared == NULL && e->output_count == 1) result = e->outputs[0]->declared;
    FeelType *type = arena_new(a, FeelType);
    *type = (FeelType){.kind = FEEL_FUNCTION, .fields = fields, .field_count = e->input_count,
                       .element = result};
    e->type = type;
}

static int element_order(const void *a, const void *b) {
    const DmnElement *x = *(DmnElement *const *)a, *y = *(DmnElement *const *)b;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool element_member(DmnElement *service, DmnElement *e, size_t *capacity) {
    if (e->mark == e->model->loader->mark) return true;
    e->mark = e->model->loader->mark;
    if (service->member_count == *capacity) {
        size_t more = *capacity == 0 ? 16 : *capacity * 2;
        DmnElement **members = arena_new_array(e->model->loader->arena, DmnElement *, more);
        if (members == NULL || arena_failed(e->model->loader->arena)) return false;
        for (size_t i = 0; i < service->member_count; i++) members[i] = service->members[i];
        service->members = members;
        *capacity = more;
    }
    service->members[service->member_count++] = e;
    return true;
}

/* What a call of a service may evaluate: from its outputs down to its inputs. */
static void element_members(DmnElement *e) {
    size_t capacity = 0, done;
    e->model->loader->mark++;
    for (size_t i = 0; i < e->input_count; i++)
        if (!element_member(e, e->inputs[i], &capacity)) return;
    done = e->member_count; /* the inputs are given */
    for (size_t i = 0; i < e->output_count; i++)
        if (!element_member(e, e->outputs[i], &capacity)) return;
    for (; done < e->member_count; done++) {
        const DmnElement *member = e->members[done];
        if (member->kind == DMN_SERVICE) continue;
        for (size_t i = 0; i < member->requirement_count; i++)
            if (!element_member(e, member->requirements[i].element, &capacity)) return;
    }
    if (e->member_count > 0)
        qsort(e->members, e->member_count, sizeof *e->members, element_order);
}

/* All input data below a decision, each once. */
static void element_leaves(DmnElement *e) {
    size_t capacity = 0;
    uint32_t mark = ++e->model->loader->mark;
    for (size_t i = 0; i < e->requirement_count; i++)
        capacity += 1 + e->requirements[i].element->leaf_count;
    e->leaves = arena_new_array(e->model->loader->arena, DmnElement *, capacity + 1);
    for (size_t i = 0; e->leaves != NULL && i < e->requirement_count; i++) {
        DmnElement *r = e->requirements[i].element;
        DmnElement *const *from = r->kind == DMN_INPUT ? &r : r->leaves;
        size_t count = r->kind == DMN_INPUT ? 1 : r->leaf_count;
        for (size_t j = 0; j < count; j++) {
            if (from[j]->mark == mark) continue;
            from[j]->mark = mark;
            e->leaves[e->leaf_count++] = from[j];
        }
    }
}

static void element_ready(DmnElement *e) {
    XmlNode *variable = dmn_child(e->xml, "variable");
    e->declared = dmn_type_of(e->model, variable, e->id);
    e->type = e->declared;
    if (e->kind == DMN_SERVICE) {
        element_service(e);
        element_members(e);
    }
    bool logic = e->kind == DMN_DECISION || e->kind == DMN_KNOWLEDGE;
    if (logic && e->fault == NULL) element_program(e);
    if (e->kind == DMN_DECISION) element_leaves(e);
}

void dmn_element_compile(DmnElement *e, unsigned depth) {
    if (e->state == DMN_READY || arena_failed(e->model->loader->arena)) return;
    if (e->state == DMN_BUSY) {
        element_fault(e, &fault_dmn_cycle, e->name, STR_NONE);
        return;
    }
    if (depth > DMN_GRAPH_DEPTH_MAX) {
        element_fault(e, &fault_dmn_chain, e->name,
                      arena_printf(e->model->loader->arena, "%u", DMN_GRAPH_DEPTH_MAX));
        return;
    }
    e->state = DMN_BUSY;
    for (size_t i = 0; i < e->requirement_count; i++)
        dmn_element_compile(e->requirements[i].element, depth + 1);
    for (size_t i = 0; i < e->input_count; i++) dmn_element_compile(e->inputs[i], depth + 1);
    for (size_t i = 0; i < e->output_count; i++) dmn_element_compile(e->outputs[i], depth + 1);
    if (!arena_failed(e->model->loader->arena)) element_ready(e);
    e->state = DMN_READY;
}
