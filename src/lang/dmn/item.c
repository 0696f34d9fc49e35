/* item.c - item definitions become FEEL types (7.3.3).
 *
 * Two steps, because definitions may refer to each other and to themselves (a tree): first every
 * definition gets an empty type, then each is filled. A definition that only names another type
 * is a copy of that type with its own name and allowed values, so the other one is filled first;
 * a circle of such names is Any. Allowed values of a collection hold for its items, a type
 * constraint holds for the whole; a definition made from a constrained one keeps the constraint
 * of its base beside its own.
 *
 * A type reference is the name of a definition of the model, of FEEL, "import.name", or, as DMN
 * 1.1 wrote it, a QName whose prefix stands for FEEL or for an imported namespace. */
#include "lang/dmn/dmn_int.h"

static void item_fault(DmnModel *m, const XmlNode *n, Str element, const Fault *fault, Str a,
                       Str b) {
    Err err = {0};
    err_set(&err, fault, a, b);
    err_at(&err, m->file, n->line, n->column);
    err_at_element(&err, element);
    dmn_fault_add(m, &err);
}

/* ---- Constraints. */

/* The tests of a definition over a constrained base: the children are the own tests and "?". */
static Value item_both(const FeelNode *n, struct FeelFrame *f) {
    const FeelProgram *base = feel_node_data(n);
    Value holds = feel_child_eval(n, 0, f);
    if (!value_is_true(holds)) return holds;
    if (!feel_unary_run(base, feel_child_eval(n, 1, f), NULL, feel_frame_run(f), &holds))
        return value_null();
    return holds;
}

static const FeelProgram *item_constraint(DmnModel *m, const XmlNode *n, Str element,
                                          const FeelProgram *base) {
    const FeelProgram *p = NULL;
    Err err = {0};
    XmlNode *text = dmn_child(n, "text");
    FeelPlace place = dmn_text_place(m, text != NULL ? text : n, element);
    if (str_trim(dmn_text(n)).len == 0 || arena_failed(m->loader->arena)) return base;
    FeelScope scope = {.types = m->types, .type_count = m->type_count};
    FeelBuilder *b = feel_build_begin(m->loader->arena, &scope, place, &err);
    feel_build_input(b);
    FeelNode *root = feel_build_tests(b, dmn_text(n), place);
    if (root != NULL && base != NULL) {
        FeelNode *children[] = {root, feel_build_text(b, STR("?"), place)};
        if (children[1] != NULL)
            root = feel_build_custom(b, item_both, children, 2, base, "constraints");
    }
    if (feel_build_end(b, root, &p)) return p;
    dmn_fault_add(m, &err);
    return base;
}

/* ---- References. */

static void item_fill(DmnModel *m, DmnItem *item, unsigned depth);

static DmnItem *item_by_name(const DmnModel *m, Str name) {
    return map_get(&m->item_names, name);
}

/* The types of FEEL: those it names itself, and the structured ones without parts. */
static const FeelType *item_builtin(Str name) {
    static const FeelType structured[] = {
        {.kind = FEEL_LIST, .name = {"list", 4}}, {.kind = FEEL_CONTEXT, .name = {"context", 7}},
        {.kind = FEEL_RANGE, .name = {"range", 5}},
        {.kind = FEEL_FUNCTION, .name = {"function", 8}, .any_parameters = true}};
    for (size_t i = 0; i < sizeof structured / sizeof structured[0]; i++)
        if (str_equal(structured[i].name, name)) return &structured[i];
    return feel_type_named(name);
}

/* A name of the model, of FEEL, or of an import. */
static const FeelType *item_find(DmnModel *m, Str ref, unsigned depth) {
    DmnItem *item = item_by_name(m, ref);
    if (item != NULL) return item->type;
    const FeelType *t = item_builtin(ref);
    if (depth > DMN_IMPORT_DEPTH_MAX) return t;
    for (size_t i = 0; t == NULL && i < m->import_count; i++) {
        DmnImport *import = &m->imports[i];
        Str rest = ref;
        if (import->model == NULL) continue;
        if (import->alias.len > 0) {
            if (!str_starts(ref, import->alias) || ref.len <= import->alias.len + 1 ||
                ref.ptr[import->alias.len] != '.')
                continue;
            rest = str_slice(ref, import->alias.len + 1, ref.len);
        }
        t = item_find(import->model, rest, depth + 1);
    }
    return t;
}

/* "feel:string" or "p:tType": by the namespace of the prefix, where it is declared. */
static const FeelType *item_prefixed(DmnModel *m, const XmlNode *n, Str ref) {
    Str space, local;
    ptrdiff_t colon = str_find(ref, STR(":"));
    if (colon <= 0) return NULL;
    if (!xml_qname(n, ref, &space, &local)) local = str_slice(ref, (size_t)colon + 1, ref.len);
    else
        for (size_t i = 0; i < m->import_count; i++)
            if (m->imports[i].model != NULL && str_equal(m->imports[i].space, space)) {
                const DmnItem *item = item_by_name(m->imports[i].model, local);
                if (item != NULL) return item->type;
            }
    const DmnItem *item = item_by_name(m, local);
    return item != NULL ? item->type : item_builtin(local);
}

static Str item_ref(const XmlNode *n) {
    if (xml_has_attribute(n, STR("typeRef"))) return str_trim(xml_attribute(n, STR("typeRef")));
    XmlNode *child = dmn_child(n, "typeRef");
    return child != NULL ? str_trim(child->text) : STR_NONE;
}

/* The type that ref names at n; an unknown one is a fault, and Any. */
static const FeelType *item_named(DmnModel *m, const XmlNode *n, Str ref, Str element) {
    if (ref.len == 0) return NULL;
    const FeelType *t = item_find(m, ref, 0);
    if (t == NULL) t = item_prefixed(m, n, ref);
    if (t == NULL && str_find(ref, STR("<")) > 0 && !arena_failed(m->loader->arena)) {
        FeelScope scope = {.types = m->types, .type_count = m->type_count};
        t = feel_build_type(feel_build_begin(m->loader->arena, &scope, (FeelPlace){0}, NULL),
                            ref);
    }
    if (t == NULL) item_fault(m, n, element, &fault_dmn_type_unknown, element, ref);
    return t;
}

const FeelType *dmn_type_of(DmnModel *m, const XmlNode *n, Str element) {
    return n != NULL ? item_named(m, n, item_ref(n), element) : NULL;
}

/* ---- Bodies: components, function types, other types. */

static bool item_is_collection(const XmlNode *n) {
    return str_equal(xml_attribute(n, STR("isCollection")), STR("true"));
}

static size_t item_count(const XmlNode *n, const char *name) {
    size_t count = 0;
    for (XmlNode *c = dmn_child(n, name); c != NULL; c = dmn_next(c, name)) count++;
    return count;
}

static FeelType item_body(DmnModel *m, const XmlNode *n, Str element, Str *allowed,
                          unsigned depth);

static FeelType item_components(DmnModel *m, const XmlNode *n, Str element, unsigned depth) {
    Arena *a = m->loader->arena;
    size_t count = item_count(n, "itemComponent"), i = 0;
    FeelField *fields = arena_new_array(a, FeelField, count);
    FeelType *types = arena_new_array(a, FeelType, count);
    if (fields == NULL || types == NULL) return (FeelType){.kind = FEEL_CONTEXT};
    for (XmlNode *c = dmn_child(n, "itemComponent"); c != NULL; c = dmn_next(c, "itemComponent")) {
        Str none = STR_NONE;
        fields[i].name = xml_attribute(c, STR("name"));
        bool plain = item_ref(c).len > 0 && dmn_child(c, "allowedValues") == NULL &&
                     dmn_child(c, "typeConstraint") == NULL && !item_is_collection(c);
        if (plain) {
            fields[i].type = dmn_type_of(m, c, element);
        } else {
            types[i] = item_body(m, c, element, &none, depth + 1);
            fields[i].type = &types[i];
        }
        i++;
    }
    return (FeelType){.kind = FEEL_CONTEXT, .fields = fields, .field_count = count};
}

static FeelType item_function(DmnModel *m, const XmlNode *n, Str element) {
    size_t count = item_count(n, "parameters"), i = 0;
    FeelField *fields = arena_new_array(m->loader->arena, FeelField, count + 1);
    FeelType t = {.kind = FEEL_FUNCTION, .any_parameters = true};
    if (fields == NULL) return t;
    for (XmlNode *c = dmn_child(n, "parameters"); c != NULL; c = dmn_next(c, "parameters"))
        fields[i++] = (FeelField){xml_attribute(c, STR("name")), dmn_type_of(m, c, element)};
    t.fields = fields;
    t.field_count = count;
    t.any_parameters = count == 0;
    t.element = item_named(m, n, str_trim(xml_attribute(n, STR("outputTypeRef"))), element);
    return t;
}

/* The type behind a typeRef, filled before it is copied. */
static const FeelType *item_base(DmnModel *m, const XmlNode *n, Str element, Str *allowed,
                                 unsigned depth) {
    Str ref = item_ref(n);
    DmnItem *base = ref.len > 0 ? item_by_name(m, ref) : NULL;
    if (base == NULL) return dmn_type_of(m, n, element);
    item_fill(m, base, depth + 1);
    if (base->state == DMN_READY) *allowed = base->allowed;
    return base->type;
}

/* The type of an item definition or component, without its name. */
static FeelType item_body(DmnModel *m, const XmlNode *n, Str element, Str *allowed,
                          unsigned depth) {
    XmlNode *function = dmn_child(n, "functionItem"), *values = dmn_child(n, "allowedValues");
    XmlNode *whole = dmn_child(n, "typeConstraint");
    const FeelType *base = NULL;
    FeelType t = {.kind = FEEL_ANY};
    if (dmn_child(n, "itemComponent") != NULL) t = item_components(m, n, element, depth);
    else if (function != NULL) t = item_function(m, function, element);
    else if ((base = item_base(m, n, element, allowed, depth)) != NULL) t = *base;
    if (values != NULL && str_trim(dmn_text(values)).len > 0) {
        t.allowed = item_constraint(m, values, element, t.allowed);
        *allowed = dmn_text(values);
        base = NULL;
    }
    if (item_is_collection(n)) {
        FeelType *item = arena_new(m->loader->arena, FeelType);
        *item = t;
        /* A definition that is still being filled is pointed to, not copied: a tree. */
        t = (FeelType){.kind = FEEL_LIST, .element = base != NULL ? base : item};
    }
    if (whole != NULL) t.allowed = item_constraint(m, whole, element, t.allowed);
    return t;
}

static void item_fill(DmnModel *m, DmnItem *item, unsigned depth) {
    if (item->state != DMN_NEW) return;
    if (depth > DMN_GRAPH_DEPTH_MAX) {
        Str most = arena_printf(m->loader->arena, "%u", DMN_GRAPH_DEPTH_MAX);
        item_fault(m, item->xml, item->name, &fault_dmn_chain, item->name, most);
        return;
    }
    item->state = DMN_BUSY;
    FeelType body = item_body(m, item->xml, item->name, &item->allowed, depth);
    body.name = item->name;
    *item->type = body;
    item->state = DMN_READY;
}

Str dmn_type_allowed(const DmnModel *m, const FeelType *t) {
    for (size_t i = 0; t != NULL && i < m->item_count; i++)
        if (m->items[i].type == t) return m->items[i].allowed;
    for (size_t i = 0; t != NULL && i < m->import_count; i++) {
        const DmnModel *other = m->imports[i].model;
        for (size_t j = 0; other != NULL && j < other->item_count; j++)
            if (other->items[j].type == t) return other->items[j].allowed;
    }
    return STR_NONE;
}

/* ---- Loading. */

/* The names that values made in the model may have behind a dot: of components, entries, columns
 * and outputs. Only those that hold blanks or symbols need to be known beforehand. */
static bool item_is_property(const XmlNode *n) {
    return dmn_is(n, "itemComponent") || dmn_is(n, "column") || dmn_is(n, "output") ||
           (dmn_is(n, "variable") && n->parent != NULL && dmn_is(n->parent, "contextEntry"));
}

static bool item_is_plain_name(Str name) {
    for (size_t i = 0; i < name.len; i++)
        if (strchr(" ./-'+*\t\n", name.ptr[i]) != NULL) return false;
    return true;
}

static void item_properties(const XmlNode *n, Map *names) {
    for (XmlNode *c = n->first_child; c != NULL; c = c->next) {
        Str name = item_is_property(c) ? xml_attribute(c, STR("name")) : STR_NONE;
        if (!item_is_plain_name(name) && names->count < DMN_PROPERTIES_MAX)
            map_put(names, name, c);
        item_properties(c, names);
    }
}

static bool items_properties(DmnModel *m) {
    Map names = map_new(m->loader->arena);
    item_properties(m->root, &names);
    for (size_t i = 0; i < m->import_count; i++) {
        const DmnModel *other = m->imports[i].model;
        for (size_t j = 0; other != NULL && j < other->property_count; j++)
            if (names.count < DMN_PROPERTIES_MAX) map_put(&names, other->properties[j], m->root);
    }
    m->properties = arena_new_array(m->loader->arena, Str, names.count + 1);
    if (m->properties == NULL || arena_failed(m->loader->arena)) return false;
    for (size_t i = 0; i < names.count; i++) m->properties[i] = names.entries[i].key;
    m->property_count = names.count;
    return true;
}

static void items_imported(DmnModel *m) {
    for (size_t i = 0; i < m->import_count; i++) {
        const DmnModel *other = m->imports[i].model;
        if (other == m) continue; /* its names are here already */
        for (size_t j = 0; other != NULL && j < other->item_count; j++) {
            Str name = other->items[j].name;
            if (m->imports[i].alias.len > 0)
                name = arena_printf(m->loader->arena, "%.*s.%.*s",
                                    STR_ARG(m->imports[i].alias), STR_ARG(name));
            m->types[m->type_count++] = (FeelName){name, other->items[j].type};
        }
    }
}

bool dmn_items_load(DmnModel *m, Err *err) {
    Arena *a = m->loader->arena;
    size_t count = item_count(m->root, "itemDefinition"), imported = 0;
    if (count > DMN_ITEMS_MAX)
        return err_set(err, &fault_dmn_limit, m->name, arena_printf(a, "%u", DMN_ITEMS_MAX),
                       STR("itemDefinition"));
    for (size_t i = 0; i < m->import_count; i++)
        if (m->imports[i].model != NULL && m->imports[i].model != m)
            imported += m->imports[i].model->item_count;
    m->items = arena_new_array(a, DmnItem, count + 1);
    m->types = arena_new_array(a, FeelName, count + imported + 1);
    if (m->items == NULL || m->types == NULL || !items_properties(m))
        return err_set(err, &fault_feel_memory);
    for (XmlNode *c = dmn_child(m->root, "itemDefinition"); c != NULL;
         c = dmn_next(c, "itemDefinition")) {
        DmnItem *item = &m->items[m->item_count++];
        *item = (DmnItem){.name = xml_attribute(c, STR("name")), .xml = c,
                          .type = arena_new(a, FeelType)};
        m->types[m->type_count++] = (FeelName){item->name, item->type};
        map_put(&m->item_names, item->name, item);
    }
    items_imported(m);
    for (size_t i = 0; i < m->item_count && !arena_failed(a); i++) item_fill(m, &m->items[i], 0);
    return arena_failed(a) ? err_set(err, &fault_feel_memory) : true;
}
