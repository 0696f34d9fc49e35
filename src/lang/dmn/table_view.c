/* table_view.c - decision tables as their XML says them, for the checks.
 *
 * The checks compile cells once more, one by one, and look at the trees: what a table's program
 * does to be fast is no concern of theirs. A table may stand anywhere in the logic of an element,
 * so the names around it are gathered on the way down: what the element requires, the parameters
 * of functions, the entries of contexts before it. A name that is not known on this way makes a
 * cell computed, never a fault: faults of expressions are the loader's. */
#include "lang/dmn/table_check_int.h"

typedef struct ViewWalk {
    Arena *arena;
    const DmnModel *model;
    const DmnElement *element;
    FeelName *names;
    size_t name_count;
    TableVisit *visit;
    void *context;
} ViewWalk;

static FeelScope view_scope(const ViewWalk *w) {
    const DmnModel *m = w->model;
    return (FeelScope){.names = w->names, .count = w->name_count, .properties = m->properties,
                       .property_count = m->property_count, .types = m->types,
                       .type_count = m->type_count, .open = true};
}

static void view_name(ViewWalk *w, Str name, const FeelType *type) {
    if (w->name_count < TABLE_NAMES_MAX) w->names[w->name_count++] = (FeelName){name, type};
}

/* The type a typeRef names, without telling faults. */
static const FeelType *view_type(ViewWalk *w, const XmlNode *n) {
    Str ref = n != NULL ? str_trim(xml_attribute(n, STR("typeRef"))) : STR_NONE;
    if (ref.len == 0) return NULL;
    FeelScope scope = view_scope(w);
    Err err = {0};
    FeelBuilder *b = feel_build_begin(w->arena, &scope, (FeelPlace){0}, &err);
    const FeelType *t = feel_build_type(b, ref);
    ptrdiff_t colon = str_find(ref, STR(":"));
    if (t != NULL || colon < 0) return t;
    err_clear(&err);
    b = feel_build_begin(w->arena, &scope, (FeelPlace){0}, &err);
    return feel_build_type(b, str_slice(ref, (size_t)colon + 1, ref.len));
}

static const FeelProgram *view_program(ViewWalk *w, const XmlNode *n, bool tests,
                                       FeelPlace *place) {
    const XmlNode *text = dmn_child(n, "text");
    Str source = dmn_text(n);
    const FeelProgram *p = NULL;
    Err err = {0};
    FeelScope scope = view_scope(w);
    *place = dmn_text_place(w->model, text != NULL ? text : n, w->element->id);
    if (tests && str_trim(source).len == 0) source = STR("-");
    bool ok = tests ? feel_compile_unary(w->arena, source, *place, &scope, &p, &err)
                    : feel_compile(w->arena, source, *place, &scope, &p, &err);
    return ok ? p : NULL;
}

/* A name or a path: letters, digits, blanks between, and dots. */
static bool view_plain(Str text) {
    for (size_t i = 0; i < text.len; i++)
        if (str_find(STR("()[]{}+*/<>=\"@,"), str_slice(text, i, i + 1)) >= 0) return false;
    return text.len > 0 && !str_starts(text, STR("if ")) && !str_starts(text, STR("-"));
}

static void view_column(ViewWalk *w, TableView *t, size_t i, const XmlNode *n) {
    TableColumn *c = &t->columns[i];
    const XmlNode *expression = dmn_child(n, "inputExpression");
    const XmlNode *limits = dmn_child(n, "inputValues");
    FeelPlace ignored;
    *c = (TableColumn){.xml = n, .same_as = i, .place = dmn_place(w->model, n, w->element->id)};
    if (expression != NULL) {
        c->text = str_trim(dmn_text(expression));
        c->program = view_program(w, expression, false, &c->place);
        c->type = view_type(w, expression);
        c->plain = view_plain(c->text) && c->program != NULL;
        if (c->type == NULL && c->program != NULL) c->type = feel_result_type(c->program);
    }
    if (limits != NULL && str_trim(dmn_text(limits)).len > 0)
        c->limits = view_program(w, limits, true, &ignored);
    c->title = xml_attribute(n, STR("label"));
    if (c->title.len == 0) c->title = c->text;
    for (size_t k = 0; k < i && c->same_as == i; k++)
        if (str_equal(t->columns[k].text, c->text)) c->same_as = k;
}

static void view_output(ViewWalk *w, TableView *t, size_t i, const XmlNode *n) {
    const XmlNode *limits = dmn_child(n, "outputValues");
    FeelPlace ignored;
    TableOutput *o = &t->outputs[i];
    *o = (TableOutput){.name = xml_attribute(n, STR("name")), .type = view_type(w, n)};
    if (o->name.len == 0) o->name = xml_attribute(n, STR("label"));
    if (limits != NULL && str_trim(dmn_text(limits)).len > 0)
        o->limits = view_program(w, limits, true, &ignored);
    if (dmn_child(n, "defaultOutputEntry") != NULL) t->has_default = true;
}

/* The outputs of a rule as one value, when all are constants. */
static void view_results(ViewWalk *w, TableView *t, size_t rule) {
    ListBuilder b = list_builder(w->arena);
    FeelPlace ignored;
    t->result_known[rule] = true;
    for (const XmlNode *c = dmn_child(t->rules[rule], "outputEntry"); c != NULL;
         c = dmn_next(c, "outputEntry")) {
        Value v = value_null();
        const FeelProgram *p = NULL;
        bool empty = str_trim(dmn_text(c)).len == 0;
        if (!empty) p = view_program(w, c, false, &ignored);
        if (!empty && (p == NULL || !feel_node_constant(feel_program_node(p), &v)))
            t->result_known[rule] = false;
        list_add(&b, v);
    }
    t->results[rule] = value_list(&b);
}

static void view_rule(ViewWalk *w, TableView *t, size_t rule) {
    const XmlNode *c = dmn_child(t->rules[rule], "inputEntry");
    size_t at = rule * t->column_count, count;
    bool negated;
    for (size_t i = 0; i < t->column_count && c != NULL; i++, c = dmn_next(c, "inputEntry")) {
        const FeelProgram *p = view_program(w, c, true, &t->cell_places[at + i]);
        const FeelNode *n = p != NULL ? feel_program_node(p) : NULL;
        t->cells[at + i] = n != NULL && feel_node_tests(n, &count, &negated) ? n : NULL;
    }
    view_results(w, t, rule);
}

static size_t view_count(const XmlNode *n, const char *name) {
    size_t count = 0;
    for (const XmlNode *c = dmn_child(n, name); c != NULL; c = dmn_next(c, name)) count++;
    return count;
}

static bool view_room(Arena *a, TableView *t) {
    size_t cells = t->rule_count * t->column_count;
    t->columns = arena_new_array(a, TableColumn, t->column_count + 1);
    t->outputs = arena_new_array(a, TableOutput, t->output_count + 1);
    t->rules = arena_new_array(a, const XmlNode *, t->rule_count + 1);
    t->cells = arena_new_array(a, const FeelNode *, cells + 1);
    t->cell_places = arena_new_array(a, FeelPlace, cells + 1);
    t->results = arena_new_array(a, Value, t->rule_count + 1);
    t->result_known = arena_new_array(a, bool, t->rule_count + 1);
    return !arena_failed(a) && t->columns != NULL && t->outputs != NULL && t->rules != NULL &&
           t->cells != NULL && t->cell_places != NULL && t->results != NULL &&
           t->result_known != NULL;
}

static bool view_table(ViewWalk *w, const XmlNode *n) {
    Str policy = xml_attribute(n, STR("hitPolicy"));
    TableView t = {.model = w->model, .element = w->element->id, .xml = n,
                   .place = dmn_place(w->model, n, w->element->id),
                   .policy = policy.len > 0 ? policy.ptr[0] : 'U',
                   .column_count = view_count(n, "input"),
                   .output_count = view_count(n, "output"), .rule_count = view_count(n, "rule")};
    if (t.rule_count > DMN_RULES_MAX) return true;
    ArenaMark mark = arena_mark(w->arena);
    if (!view_room(w->arena, &t)) return false;
    size_t i = 0;
    for (const XmlNode *c = dmn_child(n, "input"); c != NULL; c = dmn_next(c, "input"))
        view_column(w, &t, i++, c);
    i = 0;
    for (const XmlNode *c = dmn_child(n, "output"); c != NULL; c = dmn_next(c, "output"))
        view_output(w, &t, i++, c);
    i = 0;
    for (const XmlNode *c = dmn_child(n, "rule"); c != NULL; c = dmn_next(c, "rule"))
        t.rules[i++] = c;
    for (i = 0; i < t.rule_count && !arena_failed(w->arena); i++) view_rule(w, &t, i);
    bool ok = !arena_failed(w->arena) && w->visit(w->context, &t);
    arena_reset_to(w->arena, mark);
    return ok;
}

/* Tables in n, with the names that its boxes add. */
static bool view_walk(ViewWalk *w, const XmlNode *n) {
    size_t names = w->name_count;
    bool ok = true;
    if (dmn_is(n, "decisionTable")) return view_table(w, n);
    if (dmn_is(n, "encapsulatedLogic") || dmn_is(n, "functionDefinition"))
        for (const XmlNode *c = dmn_child(n, "formalParameter"); c != NULL;
             c = dmn_next(c, "formalParameter"))
            view_name(w, xml_attribute(c, STR("name")), view_type(w, c));
    for (const XmlNode *c = n->first_child; c != NULL && ok; c = c->next) {
        ok = view_walk(w, c);
        const XmlNode *variable = dmn_is(c, "contextEntry") ? dmn_child(c, "variable") : NULL;
        if (variable != NULL)
            view_name(w, xml_attribute(variable, STR("name")), view_type(w, variable));
    }
    w->name_count = names;
    return ok;
}

static void view_requirements(ViewWalk *w) {
    const DmnElement *e = w->element;
    w->name_count = 0;
    for (size_t i = 0; i < e->requirement_count; i++) {
        const DmnRequirement *r = &e->requirements[i];
        if (r->alias.len == 0) view_name(w, r->element->name, r->element->type);
        else view_name(w, r->alias, NULL);
    }
}

bool table_views(Arena *a, const DmnModel *m, TableVisit *visit, void *context) {
    ViewWalk w = {.arena = a, .model = m, .visit = visit, .context = context,
                  .names = arena_new_array(a, FeelName, TABLE_NAMES_MAX)};
    if (w.names == NULL) return false;
    for (size_t i = 0; i < m->element_count; i++) {
        w.element = m->elements[i];
        if (w.element->kind != DMN_DECISION && w.element->kind != DMN_KNOWLEDGE) continue;
        view_requirements(&w);
        if (!view_walk(&w, w.element->xml)) return false;
    }
    return true;
}
