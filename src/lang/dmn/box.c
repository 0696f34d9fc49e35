/* box.c - boxed expressions become FEEL nodes (10.2.1).
 *
 * Each kind of box has an equivalent FEEL form, and that is what is built: an invocation is a call
 * with named parameters, a relation a list of contexts, a boxed context with a result cell the
 * result evaluated in the scope of the entries before it. */
#include "lang/dmn/dmn_int.h"

typedef FeelNode *BoxBuild(DmnBox *box, const XmlNode *n);

FeelNode *dmn_box_fault(DmnBox *box, const XmlNode *n, const Fault *fault, Str a, Str b, Str c) {
    FeelPlace place = dmn_place(box->model, n, box->element);
    err_set(box->err, fault, a, b, c);
    err_at(box->err, place.file, place.line, place.column);
    err_at_element(box->err, box->element);
    return NULL;
}

static FeelNode *box_fault(DmnBox *box, const XmlNode *n, const Fault *fault, Str a, Str b) {
    return dmn_box_fault(box, n, fault, a, b, STR_NONE);
}

/* A constant is converted here and now; when that fails it is left for the run to say so. */
FeelNode *dmn_box_coerce(DmnBox *box, FeelNode *value, const FeelType *type) {
    Value v;
    Arena *a = box->model->loader->arena;
    if (value == NULL || type == NULL || type->kind == FEEL_ANY) return value;
    if (feel_node_constant(value, &v) && !arena_failed(a)) {
        FeelRun run = feel_run_new(a, INSTANT_NONE);
        run.dry = true;
        Value fitting = feel_coerce(type, v, NULL, &run);
        if (run.reason_count == 0 && !run.stopped && !arena_failed(a)) {
            FeelNode *n = feel_build_constant(box->builder, fitting);
            if (n != NULL) feel_node_set_type(n, type);
            return n;
        }
    }
    return feel_build_coerce(box->builder, value, type);
}

FeelNode *dmn_box_text(DmnBox *box, const XmlNode *n) {
    XmlNode *text = dmn_child(n, "text");
    Str source = dmn_text(n);
    Str language = xml_attribute(n, STR("expressionLanguage"));
    if (language.len > 0 && !dmn_is_feel(language))
        return box_fault(box, n, &fault_dmn_language, n->name, language);
    if (dmn_child(n, "importedValues") != NULL)
        return box_fault(box, n, &fault_dmn_element_unsupported, STR("importedValues"), STR_NONE);
    if (str_trim(source).len == 0) return feel_build_constant(box->builder, value_null());
    Err err = {0};
    FeelNode *node = feel_build_text_or_fault(
        box->builder, source, dmn_text_place(box->model, text != NULL ? text : n, box->element),
        &err);
    if (err.fault != NULL) dmn_fault_add(box->model, &err);
    return node;
}

static FeelNode *box_typed(DmnBox *box, const XmlNode *variable, FeelNode *value) {
    const FeelType *t = variable != NULL ? dmn_type_of(box->model, variable, box->element) : NULL;
    return dmn_box_coerce(box, value, t);
}

/* The expression inside a wrapper such as <if> or <binding>. */
static FeelNode *box_inside(DmnBox *box, const XmlNode *n, const char *name) {
    XmlNode *wrapper = name != NULL ? dmn_child(n, name) : NULL;
    const XmlNode *at = name != NULL ? wrapper : n;
    XmlNode *inner = at != NULL ? dmn_box_child(at) : NULL;
    if (inner == NULL)
        return box_fault(box, n, &fault_dmn_attribute_missing, n->name,
                         str_from(name != NULL ? name : "an expression"));
    return dmn_box(box, inner);
}

typedef struct BoxEntries {
    Str *names;
    uint32_t *locals;
    FeelNode **values;
    size_t count;
} BoxEntries;

static bool box_room(DmnBox *box, BoxEntries *e, size_t capacity) {
    Arena *a = box->model->loader->arena;
    *e = (BoxEntries){arena_new_array(a, Str, capacity + 1),
                      arena_new_array(a, uint32_t, capacity + 1),
                      arena_new_array(a, FeelNode *, capacity + 1), 0};
    return e->names != NULL && e->locals != NULL && e->values != NULL;
}

/* The type of a list is known where all of its items are of one simple type. */
static FeelNode *box_list_of(DmnBox *box, FeelNode **items, size_t count) {
    const FeelType *type = count > 0 ? feel_node_type(items[0]) : NULL;
    bool one = type != NULL && type->kind >= FEEL_BOOLEAN && type->kind <= FEEL_TIME_DURATION;
    for (size_t i = 1; i < count && one; i++) {
        const FeelType *other = feel_node_type(items[i]);
        one = other != NULL && other->kind == type->kind;
    }
    FeelNode *list = feel_build_list(box->builder, items, count);
    if (list != NULL && !one) feel_node_set_type(list, NULL);
    return list;
}

static FeelNode *box_list(DmnBox *box, const XmlNode *n) {
    BoxEntries e;
    if (!box_room(box, &e, n->child_count)) return NULL;
    for (XmlNode *c = dmn_box_child(n); c != NULL; c = dmn_box_next(c)) {
        FeelNode *value = dmn_box(box, c);
        if (value == NULL) return NULL;
        e.values[e.count++] = value;
    }
    feel_build_place(box->builder, dmn_place(box->model, n, box->element));
    return box_list_of(box, e.values, e.count);
}

/* A list of contexts whose fields have the declared types of the columns. */
static const FeelType *box_relation_type(DmnBox *box, const XmlNode *n, size_t columns) {
    Arena *a = box->model->loader->arena;
    FeelField *fields = arena_new_array(a, FeelField, columns + 1);
    FeelType *row = arena_new(a, FeelType), *list = arena_new(a, FeelType);
    size_t i = 0;
    if (fields == NULL) return NULL;
    for (XmlNode *c = dmn_child(n, "column"); c != NULL; c = dmn_next(c, "column"))
        fields[i++] = (FeelField){xml_attribute(c, STR("name")),
                                  dmn_type_of(box->model, c, box->element)};
    *row = (FeelType){.kind = FEEL_CONTEXT, .fields = fields, .field_count = columns};
    *list = (FeelType){.kind = FEEL_LIST, .element = row};
    return list;
}

static FeelNode *box_relation(DmnBox *box, const XmlNode *n) {
    BoxEntries rows, cells;
    size_t columns = 0;
    for (XmlNode *c = dmn_child(n, "column"); c != NULL; c = dmn_next(c, "column")) columns++;
    if (!box_room(box, &rows, n->child_count)) return NULL;
    for (XmlNode *row = dmn_child(n, "row"); row != NULL; row = dmn_next(row, "row")) {
        if (!box_room(box, &cells, columns)) return NULL;
        XmlNode *cell = dmn_box_child(row), *column = dmn_child(n, "column");
        feel_build_block(box->builder);
        for (; cell != NULL && column != NULL; cell = dmn_box_next(cell)) {
            FeelNode *value = box_typed(box, column, dmn_box(box, cell));
            if (value == NULL) return NULL;
            Str name = xml_attribute(column, STR("name"));
            cells.names[cells.count] = name;
            cells.values[cells.count] = value;
            cells.locals[cells.count++] = feel_build_local(box->builder, STR(" "), NULL);
            feel_build_property(box->builder, name);
            column = dmn_next(column, "column");
        }
        feel_build_pop(box->builder);
        if (cell != NULL || column != NULL)
            return box_fault(box, row, &fault_dmn_row, arena_printf(box->model->loader->arena,
                             "%zu", rows.count + 1), STR_NONE);
        feel_build_place(box->builder, dmn_place(box->model, row, box->element));
        rows.values[rows.count++] = feel_build_context(box->builder, cells.names, cells.locals,
                                                       cells.values, cells.count, NULL);
    }
    FeelNode *list = feel_build_list(box->builder, rows.values, rows.count);
    if (list != NULL) feel_node_set_type(list, box_relation_type(box, n, columns));
    return list;
}

static FeelNode *box_invocation(DmnBox *box, const XmlNode *n) {
    XmlNode *function = dmn_box_child(n);
    BoxEntries e;
    if (function == NULL)
        return box_fault(box, n, &fault_dmn_attribute_missing, n->name, STR("a function"));
    FeelNode *callee = dmn_box(box, function);
    if (callee == NULL || !box_room(box, &e, n->child_count)) return NULL;
    for (XmlNode *c = dmn_child(n, "binding"); c != NULL; c = dmn_next(c, "binding")) {
        XmlNode *parameter = dmn_child(c, "parameter"), *inner = dmn_box_child(c);
        if (parameter == NULL)
            return box_fault(box, c, &fault_dmn_attribute_missing, c->name, STR("parameter"));
        FeelNode *value = inner != NULL ? dmn_box(box, inner)
                                        : feel_build_constant(box->builder, value_null());
        value = box_typed(box, parameter, value);
        if (value == NULL) return NULL;
        e.names[e.count] = xml_attribute(parameter, STR("name"));
        e.values[e.count++] = value;
    }
    feel_build_place(box->builder, dmn_place(box->model, n, box->element));
    return feel_build_call(box->builder, callee, e.names, e.values, e.count);
}

FeelNode *dmn_box_function(DmnBox *box, const XmlNode *n, Str self, const FeelType *result) {
    FeelName parameters[DMN_PARAMETERS_MAX];
    size_t count = 0;
    for (XmlNode *c = dmn_child(n, "formalParameter"); c != NULL;
         c = dmn_next(c, "formalParameter")) {
        if (count == DMN_PARAMETERS_MAX)
            return dmn_box_fault(box, n, &fault_dmn_limit, n->name, STR("255"),
                                 STR("parameters"));
        parameters[count++] = (FeelName){xml_attribute(c, STR("name")),
                                         dmn_type_of(box->model, c, box->element)};
    }
    Str kind = xml_attribute(n, STR("kind"));
    feel_build_place(box->builder, dmn_place(box->model, n, box->element));
    feel_build_function_begin(box->builder, parameters, count, self);
    FeelNode *body = box_inside(box, n, NULL);
    if (body == NULL) return NULL;
    feel_build_place(box->builder, dmn_place(box->model, n, box->element));
    FeelNode *function = feel_build_function_end(box->builder, body, result);
    if (kind.len > 0 && !str_equal(kind, STR("FEEL")) && !str_equal(kind, STR("F")))
        feel_build_external(box->builder, function);
    return function;
}

/* The declared type of a function may be the function's or, as older models have it, its result's:
 * *whole is the function's type, when it is that. */
static const FeelType *box_result_type(const FeelType *declared, const FeelType **whole) {
    *whole = NULL;
    if (declared == NULL || declared->kind != FEEL_FUNCTION) return declared;
    *whole = declared;
    return declared->element;
}

static FeelNode *box_function(DmnBox *box, const XmlNode *n) {
    const FeelType *whole, *declared = dmn_type_of(box->model, n, box->element);
    const FeelType *result = box_result_type(declared, &whole);
    return dmn_box_coerce(box, dmn_box_function(box, n, STR_NONE, result), whole);
}

/* A function in a context entry may call itself by the entry's name. */
static FeelNode *box_entry_function(DmnBox *box, const XmlNode *n, const XmlNode *variable) {
    const FeelType *whole, *declared = dmn_type_of(box->model, variable, box->element);
    if (declared == NULL) declared = dmn_type_of(box->model, n, box->element);
    const FeelType *result = box_result_type(declared, &whole);
    FeelNode *function = dmn_box_function(box, n, xml_attribute(variable, STR("name")), result);
    return dmn_box_coerce(box, function, whole);
}

static FeelNode *box_context(DmnBox *box, const XmlNode *n) {
    BoxEntries e;
    FeelNode *result = NULL;
    Map names = map_new(box->model->loader->arena);
    if (!box_room(box, &e, n->child_count)) return NULL;
    feel_build_block(box->builder);
    for (XmlNode *c = dmn_child(n, "contextEntry"); c != NULL; c = dmn_next(c, "contextEntry")) {
        XmlNode *variable = dmn_child(c, "variable"), *inner = dmn_box_child(c);
        FeelNode *value;
        if (inner != NULL && dmn_is(inner, "functionDefinition") && variable != NULL)
            value = box_entry_function(box, inner, variable);
        else
            value = box_typed(box, variable, box_inside(box, c, NULL));
        if (value == NULL) return NULL;
        if (variable == NULL) {
            result = value;
            break;
        }
        Str name = xml_attribute(variable, STR("name"));
        if (map_put(&names, name, &e) != NULL)
            return box_fault(box, c, &fault_feel_duplicate_key, name, STR_NONE);
        e.names[e.count] = name;
        e.values[e.count] = value;
        e.locals[e.count++] = feel_build_local(box->builder, name, feel_node_type(value));
        feel_build_property(box->builder, name);
    }
    feel_build_place(box->builder, dmn_place(box->model, n, box->element));
    FeelNode *context =
        feel_build_context(box->builder, e.names, e.locals, e.values, e.count, result);
    feel_build_pop(box->builder);
    return context;
}

static FeelNode *box_conditional(DmnBox *box, const XmlNode *n) {
    FeelNode *condition = box_inside(box, n, "if");
    FeelNode *then = condition != NULL ? box_inside(box, n, "then") : NULL;
    FeelNode *otherwise = then != NULL ? box_inside(box, n, "else") : NULL;
    if (otherwise == NULL) return NULL;
    feel_build_place(box->builder, dmn_place(box->model, n, box->element));
    FeelNode *node = feel_build_if(box->builder, condition, then, otherwise);
    const FeelType *a = feel_node_type(then), *b = feel_node_type(otherwise);
    bool one = a == b || (a != NULL && b != NULL && a->kind == b->kind &&
                          a->kind >= FEEL_BOOLEAN && a->kind <= FEEL_TIME_DURATION);
    if (node != NULL && !one) feel_node_set_type(node, NULL);
    return node;
}

static FeelNode *box_filter(DmnBox *box, const XmlNode *n) {
    FeelNode *list = box_inside(box, n, "in");
    if (list == NULL) return NULL;
    feel_build_filter_begin(box->builder, list);
    FeelNode *match = box_inside(box, n, "match");
    if (match == NULL) return NULL;
    feel_build_place(box->builder, dmn_place(box->model, n, box->element));
    return feel_build_filter_end(box->builder, list, match);
}

static FeelNode *box_iterator(DmnBox *box, const XmlNode *n) {
    FeelNode *collection = box_inside(box, n, "in");
    if (collection == NULL) return NULL;
    feel_build_iterator_begin(box->builder, xml_attribute(n, STR("iteratorVariable")),
                              collection);
    bool loop = dmn_is(n, "for");
    FeelNode *body = box_inside(box, n, loop ? "return" : "satisfies");
    if (body == NULL) return NULL;
    feel_build_place(box->builder, dmn_place(box->model, n, box->element));
    return feel_build_iterator_end(box->builder, n->name, collection, body);
}

static const struct { const char *name; BoxBuild *build; } boxes[] = {
    {"literalExpression", dmn_box_text}, {"decisionTable", dmn_table}, {"context", box_context},
    {"list", box_list}, {"relation", box_relation}, {"invocation", box_invocation},
    {"functionDefinition", box_function}, {"encapsulatedLogic", box_function},
    {"conditional", box_conditional}, {"filter", box_filter}, {"for", box_iterator},
    {"every", box_iterator}, {"some", box_iterator}};

static XmlNode *box_first(XmlNode *n) {
    for (; n != NULL; n = n->next)
        for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++)
            if (dmn_is(n, boxes[i].name)) return n;
    return NULL;
}

XmlNode *dmn_box_child(const XmlNode *n) { return box_first(n->first_child); }
XmlNode *dmn_box_next(const XmlNode *n) { return box_first(n->next); }

FeelNode *dmn_box(DmnBox *box, const XmlNode *n) {
    if (box->err->fault != NULL) return NULL;
    if (arena_failed(box->model->loader->arena)) {
        err_set(box->err, &fault_feel_memory);
        return NULL;
    }
    if (++box->depth > DMN_BOX_DEPTH_MAX)
        return box_fault(box, n, &fault_feel_nesting, STR("100"), STR_NONE);
    FeelNode *node = NULL;
    size_t i = 0, count = sizeof boxes / sizeof boxes[0];
    while (i < count && !dmn_is(n, boxes[i].name)) i++;
    if (i < count) {
        feel_build_place(box->builder, dmn_place(box->model, n, box->element));
        node = boxes[i].build(box, n);
        /* The declared type of any box is that of its value; a function's is its result's. */
        bool function = dmn_is(n, "functionDefinition");
        if (node != NULL && !function && xml_has_attribute(n, STR("typeRef")))
            node = box_typed(box, n, node);
    } else {
        box_fault(box, n, &fault_dmn_element_unsupported, n->name, STR_NONE);
    }
    box->depth--;
    return node;
}
