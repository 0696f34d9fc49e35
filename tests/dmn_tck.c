/* dmn_tck.c - runs a folder of the DMN TCK: dmn_tck DIR [--strict].
 *
 * Every XML file below DIR whose root is testCases is a group of cases; the model it names stands
 * beside it, and so do the models that one imports. A case passes when every result node has the
 * expected value: numbers within 1e-8, all else exactly. With --strict a node with
 * errorResult="true" must also have reported an error, and a node that expects a value and is
 * not so marked must not have. A null without the mark may carry a reason: the suite itself marks
 * the same expressions both ways (null + 10 in 0100, not in 0105).
 * Prints a line for each failing case, at the end "N passed, N failed". */
#include "base/check.h"
#include "codec/xml.h"
#include "lang/dmn/dmn.h"
#include "os/os.h"

#include <stdio.h>
#include <string.h>

#define TCK_FILE_BYTES_MAX (64u << 20)
#define TCK_ARENA_BYTES (512u << 20)
#define TCK_DEPTH_MAX 16u

typedef struct Tck {
    bool strict;
    size_t passed, failed;
    Arena *arena; /* of one file */
    Str folder;
    const DmnModel *model;
    Err load_err;
} Tck;

/* ---- Values of the test files. */

static Str tck_type(const XmlNode *n) {
    Str type = xml_attribute_ns(n, STR("http://www.w3.org/2001/XMLSchema-instance"), STR("type"));
    ptrdiff_t colon = str_find(type, STR(":"));
    return colon >= 0 ? str_slice(type, (size_t)colon + 1, type.len) : type;
}

static Value tck_scalar(const XmlNode *n, bool *untyped) {
    Str type = tck_type(n), text = n->text;
    Value v;
    Dec d;
    Str nil = xml_attribute_ns(n, STR("http://www.w3.org/2001/XMLSchema-instance"), STR("nil"));
    *untyped = type.len == 0;
    if (str_equal(nil, STR("true"))) return value_null();
    if (str_equal(type, STR("boolean"))) return value_boolean(str_equal(str_trim(text), STR("true")));
    bool number = str_equal(type, STR("decimal")) || str_equal(type, STR("double")) ||
                  str_equal(type, STR("integer")) || str_equal(type, STR("float"));
    if (number && dec_parse(str_trim(text), &d)) return value_number(d);
    bool temporal = str_equal(type, STR("date")) || str_equal(type, STR("time")) ||
                    str_equal(type, STR("dateTime")) || str_equal(type, STR("duration"));
    if (temporal && feel_parse_temporal(str_trim(text), &v)) return v;
    return value_string(text.ptr != NULL ? text : STR(""));
}

/* value | component* | list/item*, inside an input or an expected element. */
static Value tck_value(Arena *a, const XmlNode *n, unsigned depth) {
    bool untyped;
    if (depth > TCK_DEPTH_MAX) return value_null();
    const XmlNode *first = n->first_child;
    if (first == NULL) return value_null();
    if (str_equal(first->name, STR("list"))) {
        ListBuilder list = list_builder(a);
        for (const XmlNode *c = first->first_child; c != NULL; c = c->next)
            if (str_equal(c->name, STR("item"))) list_add(&list, tck_value(a, c, depth + 1));
        return value_list(&list);
    }
    if (str_equal(first->name, STR("component"))) {
        ContextBuilder context = context_builder(a);
        for (const XmlNode *c = first; c != NULL; c = c->next)
            if (str_equal(c->name, STR("component")))
                context_put(&context, xml_attribute(c, STR("name")), tck_value(a, c, depth + 1));
        return value_context(&context);
    }
    return tck_scalar(first, &untyped);
}

static bool tck_is_untyped(const XmlNode *n) {
    return n->first_child != NULL && str_equal(n->first_child->name, STR("value")) &&
           tck_type(n->first_child).len == 0;
}

static bool tck_equal_number(Dec a, Dec b) {
    Dec difference, limit;
    if (!dec_subtract(a, b, &difference) || !dec_from_parts(1, 8, &limit)) return false;
    return dec_compare(dec_abs(difference), limit) < 0;
}

static bool tck_equal(const XmlNode *n, Value actual, unsigned depth);

static bool tck_equal_list(const XmlNode *list, Value actual, unsigned depth) {
    size_t i = 0;
    if (!value_is(actual, VALUE_LIST)) return false;
    for (const XmlNode *c = list->first_child; c != NULL; c = c->next) {
        if (!str_equal(c->name, STR("item"))) continue;
        if (i >= value_count(actual) || !tck_equal(c, value_item(actual, i++), depth + 1))
            return false;
    }
    return i == value_count(actual);
}

static bool tck_equal_context(const XmlNode *first, Value actual, unsigned depth) {
    size_t count = 0;
    if (!value_is(actual, VALUE_CONTEXT)) return false;
    for (const XmlNode *c = first; c != NULL; c = c->next) {
        Value v;
        if (!str_equal(c->name, STR("component"))) continue;
        count++;
        if (!value_find(actual, xml_attribute(c, STR("name")), &v) ||
            !tck_equal(c, v, depth + 1))
            return false;
    }
    return count == value_count(actual);
}

static bool tck_equal(const XmlNode *n, Value actual, unsigned depth) {
    const XmlNode *first = n->first_child;
    bool untyped;
    Dec d;
    if (first == NULL || depth > TCK_DEPTH_MAX) return value_is_null(actual);
    if (str_equal(first->name, STR("list"))) return tck_equal_list(first, actual, depth);
    if (str_equal(first->name, STR("component"))) return tck_equal_context(first, actual, depth);
    Value expected = tck_scalar(first, &untyped);
    if (untyped && value_is(actual, VALUE_NUMBER) && value_is(expected, VALUE_STRING))
        return dec_parse(str_trim(expected.as.string), &d) &&
               tck_equal_number(d, actual.as.number);
    if (expected.kind != actual.kind) return false;
    if (value_is(expected, VALUE_NUMBER))
        return tck_equal_number(expected.as.number, actual.as.number);
    if (value_is(expected, VALUE_TIME) || value_is(expected, VALUE_DATE_TIME))
        return (expected.zone == ZONE_LOCAL) == (actual.zone == ZONE_LOCAL) &&
               expected.as.time_nano % 1000000000 == actual.as.time_nano % 1000000000 &&
               feel_equal(expected, actual) == 1;
    return feel_equal(expected, actual) == 1;
}

/* ---- Models. */

static bool tck_resolve(void *context, Arena *a, Str space, Str location, Str *text, Str *file,
                        Err *err) {
    const Tck *t = context;
    Str *names;
    size_t count;
    (void)location;
    if (!file_list(a, t->folder, &names, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        XmlNode *root;
        Err own = {0};
        if (!str_ends(names[i], STR(".dmn"))) continue;
        Str path = arena_printf(a, "%.*s/%.*s", STR_ARG(t->folder), STR_ARG(names[i]));
        if (!file_read(a, path, TCK_FILE_BYTES_MAX, text, &own)) continue;
        if (xml_parse(a, *text, &root, &own) &&
            str_equal(xml_attribute(root, STR("namespace")), space)) {
            *file = names[i];
            return true;
        }
    }
    return false;
}

static Value tck_inputs(Arena *a, const XmlNode *test) {
    ContextBuilder all = context_builder(a);
    for (const XmlNode *c = test->first_child; c != NULL; c = c->next) {
        if (!str_equal(c->name, STR("inputNode"))) continue;
        Str name = xml_attribute(c, STR("name")), space = xml_attribute(c, STR("namespace"));
        Value v = tck_value(a, c, 0);
        context_put(&all, name, v);
        if (space.len == 0) continue;
        ContextBuilder group = context_builder_from(a, value_get(value_context(&all), space));
        context_put(&group, name, v);
        context_put(&all, space, value_context(&group));
    }
    return value_context(&all);
}

/* ---- Cases. */

static void tck_evaluate(Tck *t, const XmlNode *test, const XmlNode *node, FeelRun *run,
                         Value *out) {
    Str type = xml_attribute(test, STR("type")), name = xml_attribute(node, STR("name"));
    Value inputs = tck_inputs(run->arena, test);
    *out = value_null();
    if (type.len > 0 && !str_equal(type, STR("decision"))) {
        Err err = {0};
        Value v;
        if (!dmn_invoke(t->model, xml_attribute(test, STR("invocableName")), inputs, run, &v,
                        &err))
            return;
        if (!value_find(v, name, out)) *out = v;
        return;
    }
    const DmnDecision *d = dmn_decision_find(t->model, name);
    if (d == NULL) {
        feel_reason_add(run, &fault_dmn_reference_unknown, NULL, STR("the test"), name,
                        STR_NONE);
        return;
    }
    dmn_evaluate(d, inputs, run, out);
}

static bool tck_node(Tck *t, const XmlNode *test, const XmlNode *node, Buf *why) {
    Arena *a = arena_open(TCK_ARENA_BYTES);
    FeelRun run = feel_run_new(a, (Instant){1767225600000000});
    Value v;
    tck_evaluate(t, test, node, &run, &v);
    XmlNode *expected = xml_child(node, STR_NONE, STR("expected"));
    bool wants_error = str_equal(xml_attribute(node, STR("errorResult")), STR("true"));
    bool ok = expected != NULL && tck_equal(expected, v, 0);
    bool error_ok = !t->strict || (wants_error ? run.reason_count > 0
                                               : run.reason_count == 0 || value_is_null(v));
    if (!ok || !error_ok) {
        buf_printf(why, " [%.*s] gave ", STR_ARG(xml_attribute(node, STR("name"))));
        buf_add(why, feel_literal(a, v));
        buf_add_text(why, ", expected ");
        if (!ok && expected != NULL) {
            buf_add(why, feel_literal(a, tck_value(a, expected, 0)));
            if (tck_is_untyped(expected)) buf_add_text(why, " (untyped)");
        } else {
            buf_add(why, wants_error ? STR("a reported error") : STR("no reported error"));
        }
        for (size_t i = 0; i < feel_reasons_kept(&run) && i < 2; i++) {
            buf_add_text(why, "; ");
            feel_reason_text(&run.reasons[i], LANG_EN, true, why);
        }
    }
    arena_close(a);
    return ok && error_ok;
}

static void tck_case(Tck *t, Str file, const XmlNode *test) {
    Buf why = buf_new(t->arena, 256);
    bool ok = t->model != NULL;
    if (!ok) err_show(&t->load_err, LANG_EN, &why);
    for (const XmlNode *c = test->first_child; c != NULL && t->model != NULL; c = c->next)
        if (str_equal(c->name, STR("resultNode")) && !tck_node(t, test, c, &why)) ok = false;
    if (ok) {
        t->passed++;
        return;
    }
    t->failed++;
    printf("FAIL %.*s %.*s:%s\n", STR_ARG(file), STR_ARG(xml_attribute(test, STR("id"))),
           buf_cstr(&why));
}

static void tck_load(Tck *t, Str name) {
    Str path = arena_printf(t->arena, "%.*s/%.*s", STR_ARG(t->folder), STR_ARG(name)), text;
    DmnOptions options = {.file = name, .resolve = tck_resolve, .resolve_context = t,
                          .recursion = true};
    t->model = NULL;
    err_clear(&t->load_err);
    if (file_read(t->arena, path, TCK_FILE_BYTES_MAX, &text, &t->load_err) &&
        !dmn_load(t->arena, text, &options, &t->model, &t->load_err))
        t->model = NULL;
}

static void tck_file(Tck *t, Str folder, Str name) {
    t->arena = arena_open(TCK_ARENA_BYTES);
    t->folder = folder;
    Err err = {0};
    XmlNode *root;
    Str text, path = arena_printf(t->arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
    if (file_read(t->arena, path, TCK_FILE_BYTES_MAX, &text, &err) &&
        xml_parse(t->arena, text, &root, &err) && str_equal(root->name, STR("testCases"))) {
        XmlNode *model = xml_child(root, STR_NONE, STR("modelName"));
        tck_load(t, model != NULL ? str_trim(model->text) : STR_NONE);
        for (const XmlNode *c = root->first_child; c != NULL; c = c->next)
            if (str_equal(c->name, STR("testCase"))) tck_case(t, name, c);
    }
    arena_close(t->arena);
}

static void tck_folder(Tck *t, Str folder, unsigned depth) {
    Arena *a = arena_open(64u << 20);
    Str *names;
    size_t count;
    Err err = {0};
    if (depth < TCK_DEPTH_MAX && file_list(a, folder, &names, &count, &err))
        for (size_t i = 0; i < count; i++) {
            Str path = arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(names[i]));
            if (file_is_directory(path)) tck_folder(t, path, depth + 1);
            else if (str_ends(names[i], STR(".xml"))) tck_file(t, folder, names[i]);
        }
    arena_close(a);
}

int main(int argc, char **argv) {
    Tck t = {0};
    const char *folder = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--strict") == 0) t.strict = true;
        else folder = argv[i];
    }
    if (folder == NULL) {
        fprintf(stderr, "usage: dmn_tck DIR [--strict]\n");
        return 2;
    }
    tck_folder(&t, str_from(folder), 0);
    printf("%zu passed, %zu failed\n", t.passed, t.failed);
    return t.failed == 0 ? 0 : 1;
}
