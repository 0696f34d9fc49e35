/* item.c - item definitions become FEEL types.
 *
 * Two steps, because definitions may refer to each other and to themselves (a tree): first every
 * definition gets an empty type, then each is filled. A definition that only names another type
 * is a copy of that type with its own name and allowed values, so the other one is filled first;
 * a circle of such names is Any. Allowed values of a collection hold for its items; a type
 * constraint holds for the whole. */
#include "lang/dmn/dmn_int.h"

static const FeelProgram *item_constraint(DmnModel *m, const XmlNode *n, Str element) {
    const FeelProgram *p = NULL;
    Err err = {0};
    FeelScope scope = {.types = m->types, .type_count = m->type_count};
    XmlNode *text = dmn_child(n, "text");
    if (!feel_compile_unary(m->loader->arena, dmn_text(n),
                            dmn_text_place(m, text != NULL ? text : n, element), &scope, &p,
                            &err)) {
        dmn_fault_add(m, &err);
        return NULL;
    }
    return p;
}

static void item_fill(DmnModel *m, DmnItem *item);

static DmnItem *item_by_name(DmnModel *m, Str name) {
    for (size_t i = 0; i < m->item_count; i++)
        if (str_equal(m->items[i].name, name)) return &m->items[i];
    return NULL;
}

/* "tType", "feel:string", "p:tType" or "import.tType". */
const FeelType *dmn_type_find(DmnModel *m, Str ref) {
    ref = str_trim(ref);
    DmnItem *item = item_by_name(m, ref);
    if (item != NULL) return item->type;
    const FeelType *t = feel_type_named(ref);
    if (t != NULL) return t;
    /* Modelling tools also write these two, without parameters. */
    static const FeelType any_context = {.kind = FEEL_CONTEXT, .name = {"context", 7}};
    static const FeelType any_list = {.kind = FEEL_LIST, .name = {"list", 4}};
    if (str_equal(ref, STR("context"))) return &any_context;
    if (str_equal(ref, STR("list"))) return &any_list;
    for (size_t i = 0; i < m->import_count; i++) {
        DmnImport *import = &m->imports[i];
        if (import->model == NULL) continue;
        Str rest = ref;
        if (import->alias.len > 0) {
            if (!str_starts(ref, import->alias) || ref.len <= import->alias.len + 1 ||
                ref.ptr[import->alias.len] != '.')
                continue;
            rest = str_slice(ref, import->alias.len + 1, ref.len);
        }
        t = dmn_type_find(import->model, rest);
        if (t != NULL) return t;
    }
    ptrdiff_t colon = str_find(ref, STR(":"));
    return colon > 0 ? dmn_type_find(m, str_slice(ref, (size_t)colon + 1, ref.len)) : NULL;
}

static Str item_ref(const XmlNode *n) {
    if (xml_has_attribute(n, STR("typeRef"))) return str_trim(xml_attribute(n, STR("typeRef")));
    XmlNode *child = dmn_child(n, "typeRef");
    return child != NULL ? str_trim(child->text) : STR_NONE;
}

const FeelType *dmn_type_of(DmnModel *m, const XmlNode *n, Str element) {
    Str ref = n != NULL ? item_ref(n) : STR_NONE;
    if (ref.len == 0) return NULL;
    const FeelType *t = dmn_type_find(m, ref);
    if (t != NULL) return t;
    FeelBuilder *b = feel_build_begin(m->loader->arena,
                                      &(FeelScope){.types = m->types, .type_count = m->type_count},
                                      (FeelPlace){0}, NULL);
    t = feel_build_type(b, ref);
    if (t != NULL) return t;
    Err err = {0};
    FeelPlace place = dmn_place(m, n, element);
    err_set(&err, &fault_dmn_type_unknown, element, ref);
    err_at(&err, place.file, place.line, place.column);
    err_at_element(&err, element);
    dmn_fault_add(m, &err);
    return NULL;
}

/* The type of an item definition or component, without its name. */
static void item_body(DmnModel *m, const XmlNode *n, Str element, FeelType *out, Str *allowed) {
    Arena *a = m->loader->arena;
    XmlNode *component = dmn_child(n, "itemComponent"), *function = dmn_child(n, "functionItem");
    Str ref = item_ref(n);
    *out = (FeelType){.kind = FEEL_ANY};
    if (component != NULL) {
        size_t count = 0;
        for (XmlNode *c = component; c != NULL; c = dmn_next(c, "itemComponent")) count++;
        FeelField *fields = arena_new_array(a, FeelField, count);
        FeelType *types = arena_new_array(a, FeelType, count);
        if (fields == NULL || types == NULL) return;
        size_t i = 0;
        for (XmlNode *c = component; c != NULL; c = dmn_next(c, "itemComponent"), i++) {
            Str none = STR_NONE, plain = item_ref(c);
            fields[i].name = xml_attribute(c, STR("name"));
            bool alias = plain.len > 0 && dmn_child(c, "allowedValues") == NULL &&
                         dmn_child(c, "typeConstraint") == NULL &&
                         !str_equal(xml_attribute(c, STR("isCollection")), STR("true"));
            if (alias) {
                fields[i].type = dmn_type_of(m, c, element);
            } else {
                item_body(m, c, element, &types[i], &none);
                fields[i].type = &types[i];
            }
        }
        *out = (FeelType){.kind = FEEL_CONTEXT, .fields = fields, .field_count = count};
    } else if (function != NULL) {
        size_t count = 0;
        for (XmlNode *c = dmn_child(function, "parameters"); c != NULL;
             c = dmn_next(c, "parameters"))
            count++;
        FeelField *fields = arena_new_array(a, FeelField, count + 1);
        if (fields == NULL) return;
        size_t i = 0;
        for (XmlNode *c = dmn_child(function, "parameters"); c != NULL;
             c = dmn_next(c, "parameters"), i++)
            fields[i] = (FeelField){xml_attribute(c, STR("name")), dmn_type_of(m, c, element)};
        Str output = xml_attribute(function, STR("outputTypeRef"));
        *out = (FeelType){.kind = FEEL_FUNCTION, .fields = fields, .field_count = count,
                          .any_parameters = count == 0,
                          .element = output.len > 0 ? dmn_type_find(m, output) : NULL};
    } else if (ref.len > 0) {
        DmnItem *base = item_by_name(m, ref);
        if (base != NULL) item_fill(m, base);
        const FeelType *t = dmn_type_of(m, n, element);
        if (t != NULL) *out = *t;
    }
    XmlNode *values = dmn_child(n, "allowedValues"), *whole = dmn_child(n, "typeConstraint");
    bool collection = str_equal(xml_attribute(n, STR("isCollection")), STR("true"));
    if (values != NULL) {
        out->allowed = item_constraint(m, values, element);
        *allowed = dmn_text(values);
    }
    if (collection) {
        FeelType *item = arena_new(a, FeelType);
        *item = *out;
        *out = (FeelType){.kind = FEEL_LIST, .element = item};
    }
    if (whole != NULL) out->allowed = item_constraint(m, whole, element);
}

static void item_fill(DmnModel *m, DmnItem *item) {
    if (item->state != DMN_NEW) return;
    item->state = DMN_BUSY;
    FeelType body;
    item_body(m, item->xml, item->name, &body, &item->allowed);
    body.name = item->name;
    *item->type = body;
    item->state = DMN_READY;
}

const DmnItem *dmn_item_of_type(const DmnModel *m, const FeelType *t) {
    for (size_t i = 0; i < m->item_count; i++)
        if (m->items[i].type == t) return &m->items[i];
    return NULL;
}

static void item_properties(DmnModel *m, const XmlNode *n, size_t *count, Str *out) {
    for (XmlNode *c = n->first_child; c != NULL; c = c->next) {
        if (!dmn_is(c, "itemComponent") && !dmn_is(c, "itemDefinition")) continue;
        if (dmn_is(c, "itemComponent")) {
            if (out != NULL) out[*count] = xml_attribute(c, STR("name"));
            (*count)++;
        }
        item_properties(m, c, count, out);
    }
}

void dmn_items_load(DmnModel *m) {
    Arena *a = m->loader->arena;
    size_t count = 0, imported = 0, at = 0;
    for (XmlNode *c = dmn_child(m->root, "itemDefinition"); c != NULL;
         c = dmn_next(c, "itemDefinition"))
        count++;
    for (size_t i = 0; i < m->import_count; i++)
        if (m->imports[i].model != NULL) imported += m->imports[i].model->item_count;
    m->items = arena_new_array(a, DmnItem, count + 1);
    m->types = arena_new_array(a, FeelName, count + imported + 1);
    if (m->items == NULL || m->types == NULL) return;
    for (XmlNode *c = dmn_child(m->root, "itemDefinition"); c != NULL;
         c = dmn_next(c, "itemDefinition"), at++) {
        m->items[at] = (DmnItem){.name = xml_attribute(c, STR("name")), .xml = c,
                                 .type = arena_new(a, FeelType)};
        m->types[at] = (FeelName){m->items[at].name, m->items[at].type};
    }
    m->item_count = m->type_count = at;
    for (size_t i = 0; i < m->import_count; i++) {
        const DmnModel *other = m->imports[i].model;
        for (size_t j = 0; other != NULL && j < other->item_count; j++) {
            Str name = other->items[j].name;
            if (m->imports[i].alias.len > 0)
                name = arena_printf(a, "%.*s.%.*s", STR_ARG(m->imports[i].alias), STR_ARG(name));
            m->types[m->type_count++] = (FeelName){name, other->items[j].type};
        }
    }
    item_properties(m, m->root, &m->property_count, NULL);
    m->properties = arena_new_array(a, Str, m->property_count + 1);
    size_t property = 0;
    if (m->properties != NULL) item_properties(m, m->root, &property, m->properties);
    for (size_t i = 0; i < m->item_count; i++) item_fill(m, &m->items[i]);
}
