/* model.c - reading DMN XML into models: elements, requirements, imports, faults.
 *
 * One load reads the root model and, through the caller's resolver, every model it imports, each
 * namespace once. References are URIs: "#id", or "namespace#id" for this or another model. All
 * DMN namespaces from 1.1 on are read alike: elements are told by local name within the
 * namespace of the root element. */
#include "lang/dmn/dmn_int.h"

FAULT_DEFINE(DMN_FAULTS)

const Err *dmn_fault_add(DmnModel *m, const Err *err) {
    DmnLoader *l = m->loader;
    if (l->faults == NULL) l->faults = arena_new_array(l->arena, const Err *, DMN_FAULTS_KEPT_MAX);
    Err *kept = arena_new(l->arena, Err);
    if (l->faults == NULL || arena_failed(l->arena)) return NULL;
    *kept = *err;
    if (l->fault_count < DMN_FAULTS_KEPT_MAX) l->faults[l->fault_count++] = kept;
    return kept;
}

XmlNode *dmn_child(const XmlNode *n, const char *name) {
    for (XmlNode *c = n->first_child; c != NULL; c = c->next)
        if (dmn_is(c, name)) return c;
    return NULL;
}

XmlNode *dmn_next(const XmlNode *n, const char *name) {
    for (XmlNode *c = n->next; c != NULL; c = c->next)
        if (dmn_is(c, name)) return c;
    return NULL;
}

Str dmn_text(const XmlNode *n) {
    XmlNode *text = dmn_child(n, "text");
    return text != NULL ? text->text : dmn_is(n, "text") ? n->text : STR_NONE;
}

/* "https://www.omg.org/spec/DMN/20230324/FEEL/", "feel", "FEEL", ... */
bool dmn_is_feel(Str language) {
    return str_find(language, STR("FEEL")) >= 0 || str_equal(language, STR("feel"));
}

FeelPlace dmn_place(const DmnModel *m, const XmlNode *n, Str element) {
    return (FeelPlace){m->file, n->line, n->column, element};
}

FeelPlace dmn_text_place(const DmnModel *m, const XmlNode *n, Str element) {
    uint32_t column = n->column + (uint32_t)n->name.len + 2;
    return (FeelPlace){m->file, n->line, column, element};
}

static void model_fault(DmnModel *m, const XmlNode *n, Str element, const Fault *fault, Str a,
                        Str b) {
    Err err = {0};
    err_set(&err, fault, a, b);
    err_at(&err, m->file, n->line, n->column);
    err_at_element(&err, element);
    dmn_fault_add(m, &err);
}

/* ---- Elements. */

static bool model_kind(const XmlNode *n, DmnKind *kind) {
    static const struct { const char *name; DmnKind kind; } kinds[] = {
        {"inputData", DMN_INPUT}, {"decision", DMN_DECISION},
        {"businessKnowledgeModel", DMN_KNOWLEDGE}, {"decisionService", DMN_SERVICE}};
    for (size_t i = 0; i < 4; i++)
        if (dmn_is(n, kinds[i].name)) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

static void model_element(DmnModel *m, XmlNode *n, DmnKind kind) {
    DmnElement *e = arena_new(m->loader->arena, DmnElement);
    XmlNode *variable = dmn_child(n, "variable");
    e->kind = kind;
    e->id = xml_attribute(n, STR("id"));
    e->name = xml_attribute(n, STR("name"));
    if (e->name.len == 0 && variable != NULL) e->name = xml_attribute(variable, STR("name"));
    if (e->id.len == 0) e->id = e->name;
    e->xml = n;
    e->model = m;
    e->index = m->loader->element_count++;
    e->place = dmn_place(m, n, e->id);
    m->elements[m->element_count++] = e;
    if (map_get(&m->element_ids, e->id) == NULL) map_put(&m->element_ids, e->id, e);
    if (e->name.len == 0)
        model_fault(m, n, e->id, &fault_dmn_attribute_missing, n->name, STR("name"));
    if (kind == DMN_DECISION) m->decisions[m->decision_count++].element = e;
}

static bool model_elements(DmnModel *m, Err *err) {
    Arena *a = m->loader->arena;
    size_t count = 0;
    DmnKind kind;
    for (XmlNode *c = m->root->first_child; c != NULL; c = c->next)
        if (model_kind(c, &kind)) count++;
    if (count > DMN_ELEMENTS_MAX)
        return err_set(err, &fault_dmn_limit, m->name, arena_printf(a, "%u", DMN_ELEMENTS_MAX),
                       STR("elements"));
    m->elements = arena_new_array(a, DmnElement *, count + 1);
    m->decisions = arena_new_array(a, DmnDecision, count + 1);
    if (m->elements == NULL || m->decisions == NULL) return err_set(err, &fault_feel_memory);
    for (XmlNode *c = m->root->first_child; c != NULL && !arena_failed(a); c = c->next)
        if (model_kind(c, &kind)) model_element(m, c, kind);
    return arena_failed(a) ? err_set(err, &fault_feel_memory) : true;
}

static DmnElement *model_by_id(const DmnModel *m, Str id) {
    return map_get(&m->element_ids, id);
}

/* The element a reference means, and the import's alias it is seen under. */
static DmnElement *model_resolve(const DmnModel *m, Str href, Str *alias) {
    ptrdiff_t hash = str_find(href, STR("#"));
    *alias = STR_NONE;
    if (hash < 0) return model_by_id(m, href);
    Str space = str_slice(href, 0, (size_t)hash);
    Str id = str_slice(href, (size_t)hash + 1, href.len);
    if (space.len == 0 || str_equal(space, m->space)) return model_by_id(m, id);
    for (size_t i = 0; i < m->import_count; i++)
        if (str_equal(m->imports[i].space, space) && m->imports[i].model != NULL) {
            *alias = m->imports[i].alias;
            return model_by_id(m->imports[i].model, id);
        }
    return NULL;
}

static DmnElement *model_reference(DmnModel *m, DmnElement *e, const XmlNode *n, Str *alias) {
    Str href = xml_attribute(n, STR("href"));
    DmnElement *found = model_resolve(m, href, alias);
    if (found == NULL)
        model_fault(m, n, e->id, &fault_dmn_reference_unknown, e->name, href);
    return found;
}

static void model_require(DmnModel *m, DmnElement *e, const XmlNode *target) {
    Str alias;
    DmnElement *found = model_reference(m, e, target, &alias);
    if (found == NULL) return;
    if (found == e && e->kind == DMN_KNOWLEDGE) {
        e->recursive = true;
        if (!m->loader->options.recursion)
            model_fault(m, target, e->id, &fault_dmn_recursion, e->name, STR_NONE);
        return;
    }
    e->requirements[e->requirement_count++] = (DmnRequirement){found, alias};
}

/* Requirements of a decision or knowledge model. */
static void model_requirements(DmnModel *m, DmnElement *e) {
    static const char *const targets[] = {"requiredInput", "requiredDecision",
                                          "requiredKnowledge"};
    Arena *a = m->loader->arena;
    size_t count = 0;
    for (XmlNode *c = e->xml->first_child; c != NULL; c = c->next)
        if (dmn_is(c, "informationRequirement") || dmn_is(c, "knowledgeRequirement")) count++;
    if (count > DMN_REQUIREMENTS_MAX) {
        Err err = {0};
        err_set(&err, &fault_dmn_limit, e->name, arena_printf(a, "%u", DMN_REQUIREMENTS_MAX),
                STR("requirements"));
        err_at(&err, m->file, e->xml->line, e->xml->column);
        err_at_element(&err, e->id);
        e->fault = dmn_fault_add(m, &err);
        return;
    }
    e->requirements = arena_new_array(a, DmnRequirement, count * 3 + 1);
    if (e->requirements == NULL) return;
    for (XmlNode *c = e->xml->first_child; c != NULL; c = c->next) {
        if (!dmn_is(c, "informationRequirement") && !dmn_is(c, "knowledgeRequirement")) continue;
        for (size_t i = 0; i < 3; i++) {
            XmlNode *target = dmn_child(c, targets[i]);
            if (target != NULL) model_require(m, e, target);
        }
    }
}

static size_t model_list(DmnModel *m, DmnElement *e, const char *name, DmnElement **out,
                         size_t at) {
    for (XmlNode *c = dmn_child(e->xml, name); c != NULL; c = dmn_next(c, name)) {
        Str alias;
        DmnElement *found = model_reference(m, e, c, &alias);
        if (found != NULL) out[at++] = found;
    }
    return at;
}

static void model_service(DmnModel *m, DmnElement *e) {
    Arena *a = m->loader->arena;
    e->outputs = arena_new_array(a, DmnElement *, e->xml->child_count + 1);
    e->inputs = arena_new_array(a, DmnElement *, e->xml->child_count + 1);
    if (e->outputs == NULL || e->inputs == NULL) return;
    e->output_count = model_list(m, e, "outputDecision", e->outputs, 0);
    e->input_count = model_list(m, e, "inputData", e->inputs, 0);
    e->input_count = model_list(m, e, "inputDecision", e->inputs, e->input_count);
}

/* ---- Loading. */

static DmnModel *model_load(DmnLoader *l, Str xml, Str file, unsigned depth, Err *err);

static DmnModel *model_loaded(const DmnLoader *l, Str space) {
    for (size_t i = 0; i < l->model_count; i++)
        if (space.len > 0 && str_equal(l->models[i]->space, space)) return l->models[i];
    return NULL;
}

static void model_import(DmnModel *m, const XmlNode *n, unsigned depth) {
    DmnLoader *l = m->loader;
    DmnImport *import = &m->imports[m->import_count++];
    import->alias = xml_attribute(n, STR("name"));
    import->space = xml_attribute(n, STR("namespace"));
    Str type = xml_attribute(n, STR("importType"));
    if (type.len > 0 && str_find(type, STR("DMN")) < 0) return;
    import->model = model_loaded(l, import->space);
    if (import->model != NULL) return;
    Str text = STR_NONE, file = STR_NONE, why = STR("there is no such model");
    Err err = {0};
    if (depth >= DMN_IMPORT_DEPTH_MAX || l->model_count >= DMN_IMPORTS_MAX) {
        why = STR("too many imports");
    } else if (l->options.resolve != NULL &&
               l->options.resolve(l->options.resolve_context, l->arena, import->space,
                                  xml_attribute(n, STR("locationURI")), &text, &file, &err)) {
        import->model = model_load(l, text, file, depth + 1, &err);
    }
    if (import->model != NULL && !str_equal(import->model->space, import->space)) {
        why = STR("its namespace is another");
        import->model = NULL;
    } else if (import->model == NULL && err.fault != NULL) {
        Buf b = buf_new(l->arena, 0);
        err_show(&err, LANG_EN, &b);
        why = buf_text(&b);
        if (str_ends(why, STR("."))) why = str_slice(why, 0, why.len - 1);
    }
    if (import->model == NULL)
        model_fault(m, n, import->alias, &fault_dmn_import, import->space, why);
}

static bool model_imports(DmnModel *m, unsigned depth, Err *err) {
    Arena *a = m->loader->arena;
    size_t count = 0;
    for (XmlNode *c = dmn_child(m->root, "import"); c != NULL; c = dmn_next(c, "import")) count++;
    if (count > DMN_IMPORTS_MAX)
        return err_set(err, &fault_dmn_limit, m->name, arena_printf(a, "%u", DMN_IMPORTS_MAX),
                       STR("imports"));
    m->imports = arena_new_array(a, DmnImport, count + 1);
    if (m->imports == NULL) return err_set(err, &fault_feel_memory);
    for (XmlNode *c = dmn_child(m->root, "import"); c != NULL; c = dmn_next(c, "import"))
        model_import(m, c, depth);
    return true;
}

static bool model_language(const DmnModel *m, Err *err) {
    Str language = xml_attribute(m->root, STR("expressionLanguage"));
    if (language.len == 0 || dmn_is_feel(language)) return true;
    return err_set(err, &fault_dmn_language, m->name, language);
}

/* Everything of one model but references and logic. */
static bool model_read(DmnModel *m, unsigned depth, Err *err) {
    if (model_language(m, err) && model_imports(m, depth, err) && model_elements(m, err) &&
        dmn_items_load(m, err))
        return true;
    err_at(err, m->file, m->root->line, m->root->column);
    return false;
}

/* When all models are there: models may refer to each other in a circle, elements may not. */
static void model_link(DmnModel *m) {
    for (size_t i = 0; i < m->element_count && !arena_failed(m->loader->arena); i++) {
        DmnElement *e = m->elements[i];
        if (e->kind == DMN_SERVICE) model_service(m, e);
        else if (e->kind != DMN_INPUT) model_requirements(m, e);
    }
}

static DmnModel *model_load(DmnLoader *l, Str xml, Str file, unsigned depth, Err *err) {
    XmlNode *root;
    if (!xml_parse(l->arena, xml, &root, err)) {
        err_at(err, file, 0, 0);
        return NULL;
    }
    if (!dmn_is(root, "definitions")) {
        err_set(err, &fault_dmn_not_dmn, root->name);
        err_at(err, file, root->line, root->column);
        return NULL;
    }
    DmnModel *m = arena_new(l->arena, DmnModel);
    *m = (DmnModel){.loader = l, .root = root, .file = arena_copy(l->arena, file),
                    .name = xml_attribute(root, STR("name")),
                    .space = xml_attribute(root, STR("namespace")),
                    .item_names = map_new(l->arena), .element_ids = map_new(l->arena)};
    if (arena_failed(l->arena)) {
        err_set(err, &fault_feel_memory);
        return NULL;
    }
    l->models[l->model_count++] = m;
    if (model_read(m, depth, err)) return m;
    m->space = STR_NONE; /* nobody finds it again, nothing in it is compiled */
    m->element_count = m->decision_count = m->item_count = 0;
    return NULL;
}

bool dmn_load(Arena *a, Str xml, const DmnOptions *options, const DmnModel **out, Err *err) {
    Err own = {0};
    if (err == NULL) err = &own;
    DmnLoader *l = arena_new(a, DmnLoader);
    l->arena = a;
    if (options != NULL) l->options = *options;
    l->models = arena_new_array(a, DmnModel *, DMN_IMPORTS_MAX + 1);
    if (l->models == NULL || arena_failed(a)) return err_set(err, &fault_feel_memory);
    DmnModel *m = model_load(l, xml, l->options.file, 0, err);
    if (m == NULL) return err_set(err, &fault_feel_memory);
    for (size_t i = 0; i < l->model_count; i++) model_link(l->models[i]);
    for (size_t i = 0; i < l->model_count; i++)
        for (size_t j = 0; j < l->models[i]->element_count && !arena_failed(a); j++)
            dmn_element_compile(l->models[i]->elements[j], 0);
    if (arena_failed(a)) return err_set(err, &fault_feel_memory);
    *out = m;
    return true;
}

/* ---- Looking. */

Str dmn_name(const DmnModel *m) { return m->name; }
Str dmn_namespace(const DmnModel *m) { return m->space; }
size_t dmn_fault_count(const DmnModel *m) { return m->loader->fault_count; }
const Err *dmn_fault(const DmnModel *m, size_t i) {
    check(i < m->loader->fault_count);
    return m->loader->faults[i];
}
size_t dmn_decision_count(const DmnModel *m) { return m->decision_count; }
const DmnDecision *dmn_decision_at(const DmnModel *m, size_t i) {
    check(i < m->decision_count);
    return &m->decisions[i];
}
const DmnDecision *dmn_decision_find(const DmnModel *m, Str id_or_name) {
    for (int by_name = 0; by_name < 2; by_name++)
        for (size_t i = 0; i < m->decision_count; i++) {
            const DmnElement *e = m->decisions[i].element;
            if (str_equal(by_name ? e->name : e->id, id_or_name)) return &m->decisions[i];
        }
    return NULL;
}
Str dmn_decision_id(const DmnDecision *d) { return d->element->id; }
Str dmn_decision_name(const DmnDecision *d) { return d->element->name; }
const FeelType *dmn_decision_type(const DmnDecision *d) { return d->element->type; }
size_t dmn_input_count(const DmnDecision *d) { return d->element->leaf_count; }
Str dmn_input_name(const DmnDecision *d, size_t i) {
    check(i < d->element->leaf_count);
    return d->element->leaves[i]->name;
}
const FeelType *dmn_input_type(const DmnDecision *d, size_t i) {
    check(i < d->element->leaf_count);
    return d->element->leaves[i]->type;
}
