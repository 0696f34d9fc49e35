/* dmn_tck.c - runs folders of the DMN Technology Compatibility Kit.
 *
 *     dmn_tck DIR [--strict]
 *
 * DIR is searched for *.xml whose root is testCases; the model a file names lies beside it, and
 * so do the models that one imports, which are found by their namespace. A case passes when every
 * result node has the expected value: numbers within 10^-8, everything else exactly. With
 * --strict, a node with errorResult="true" must also have given a reason, and one without must not
 * have. There the suite contradicts itself: the same null + 10, 10 / 0 and results that do not
 * conform are marked in one group and not in another. So an unmarked node whose expected value is
 * null, or holds a null, passes with a reason too, and is told in a line of its own ("NOTE ...").
 * One line for every failing case; the last line is "N passed, N failed". Exit code: 0 when
 * nothing failed, 1 when something did, 2 when DIR cannot be read or holds no cases.
 *
 * Values without xsi:type are read by the type the model declares for the input; an expected value
 * that has neither type nor text is null or the empty string. */
#include "base/check.h"
#include "codec/xml.h"
#include "lang/dmn/dmn.h"
#include "os/os.h"

#include <stdio.h>
#include <string.h>

#define TCK_ARENA_BYTES (1u << 30)
#define TCK_FILE_BYTES (64u << 20)
#define TCK_DEPTH_MAX 16u
#define TCK_NOW ((Instant){1767225600000000}) /* 2026-01-01, so that every run is the same */
#define XSI STR("http://www.w3.org/2001/XMLSchema-instance")

typedef struct Score {
    bool strict;
    size_t passed, failed;
} Score;

typedef struct Suite {
    Arena *arena;
    Str folder, file;
    const DmnModel *model;
    Err err;
    Score *score;
} Suite;

static Str path_join(Arena *a, Str folder, Str name) {
    return arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
}

static XmlNode *child(const XmlNode *n, const char *name) {
    for (XmlNode *c = n->first_child; c != NULL; c = c->next)
        if (str_equal(c->name, str_from(name))) return c;
    return NULL;
}

/* ---- Models. */

/* The model of a namespace among the files of the folder. */
static bool resolve(void *context, Arena *a, Str space, Str location, Str *text, Str *file,
                    Err *err) {
    Suite *suite = context;
    Str *names;
    size_t count;
    (void)location;
    if (!file_list(a, suite->folder, &names, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        XmlNode *root;
        Err ignored = {0};
        if (!str_ends(names[i], STR(".dmn"))) continue;
        if (!file_read(a, path_join(a, suite->folder, names[i]), TCK_FILE_BYTES, text, &ignored) ||
            !xml_parse(a, *text, &root, &ignored))
            continue;
        *file = names[i];
        if (str_equal(xml_attribute(root, STR("namespace")), space)) return true;
    }
    return err_set(err, &fault_file_not_found, space);
}

static bool suite_load(Suite *suite, Str name) {
    Str text;
    DmnOptions options = {.file = name, .resolve = resolve, .resolve_context = suite,
                          .recursion = true};
    return file_read(suite->arena, path_join(suite->arena, suite->folder, name), TCK_FILE_BYTES,
                     &text, &suite->err) &&
           dmn_load(suite->arena, text, &options, &suite->model, &suite->err);
}

/* ---- Values of the cases. */

static Value leaf(const XmlNode *n, const FeelType *type) {
    Str kind = xml_attribute_ns(n, XSI, STR("type")), text = n->text;
    Value v;
    Dec d;
    if (str_equal(xml_attribute_ns(n, XSI, STR("nil")), STR("true"))) return value_null();
    ptrdiff_t colon = str_find(kind, STR(":"));
    if (colon >= 0) kind = str_slice(kind, (size_t)colon + 1, kind.len);
    if (kind.len == 0 && type != NULL && type->kind == FEEL_NUMBER) kind = STR("decimal");
    if (kind.len == 0 && type != NULL && type->kind == FEEL_BOOLEAN) kind = STR("boolean");
    if (str_equal(kind, STR("boolean")))
        return value_boolean(str_equal(str_trim(text), STR("true")));
    if (str_equal(kind, STR("decimal")) || str_equal(kind, STR("double")) ||
        str_equal(kind, STR("integer")))
        return dec_parse(str_trim(text), &d) ? value_number(d) : value_string(text);
    if (kind.len > 0 && !str_equal(kind, STR("string")) &&
        feel_parse_temporal(str_trim(text), &v))
        return v;
    if (kind.len == 0 && text.len == 0) return value_string(STR_NONE);
    return value_string(text.len > 0 ? text : STR(""));
}

static const FeelType *field_type(const FeelType *t, Str name) {
    if (t == NULL || t->kind != FEEL_CONTEXT) return NULL;
    for (size_t i = 0; i < t->field_count; i++)
        if (str_equal(t->fields[i].name, name)) return t->fields[i].type;
    return NULL;
}

/* The value inside n: <value>, <component>* or <list>. */
static Value value_in(Arena *a, const XmlNode *n, const FeelType *type) {
    XmlNode *value = child(n, "value"), *list = child(n, "list"), *part = child(n, "component");
    if (str_equal(xml_attribute_ns(n, XSI, STR("nil")), STR("true"))) return value_null();
    if (value != NULL) return leaf(value, type);
    if (list != NULL) {
        ListBuilder b = list_builder(a);
        if (str_equal(xml_attribute_ns(list, XSI, STR("nil")), STR("true"))) return value_null();
        const FeelType *item = type != NULL && type->kind == FEEL_LIST ? type->element : type;
        for (XmlNode *c = list->first_child; c != NULL; c = c->next)
            if (str_equal(c->name, STR("item"))) list_add(&b, value_in(a, c, item));
        return value_list(&b);
    }
    if (part == NULL) return value_null();
    ContextBuilder b = context_builder(a);
    for (; part != NULL; part = part->next)
        if (str_equal(part->name, STR("component"))) {
            Str name = xml_attribute(part, STR("name"));
            context_put(&b, name, value_in(a, part, field_type(type, name)));
        }
    return value_context(&b);
}

static const FeelType *input_type(const DmnModel *m, Str name) {
    for (size_t i = 0; i < dmn_decision_count(m); i++) {
        const DmnDecision *d = dmn_decision_at(m, i);
        if (str_equal(dmn_decision_name(d), name)) return dmn_decision_type(d);
        for (size_t j = 0; j < dmn_input_count(d); j++)
            if (str_equal(dmn_input_name(d, j), name)) return dmn_input_type(d, j);
    }
    return NULL;
}

static Value inputs_of(const Suite *suite, const XmlNode *test) {
    ContextBuilder b = context_builder(suite->arena);
    for (XmlNode *c = test->first_child; c != NULL; c = c->next) {
        if (!str_equal(c->name, STR("inputNode"))) continue;
        Str name = xml_attribute(c, STR("name")), space = xml_attribute(c, STR("namespace"));
        Value v = value_in(suite->arena, c, input_type(suite->model, name));
        if (space.len == 0) {
            context_put(&b, name, v);
            continue;
        }
        Value so_far = value_context(&b);
        ContextBuilder group = context_builder_from(suite->arena, value_get(so_far, space));
        context_put(&group, name, v);
        context_put(&b, space, value_context(&group));
    }
    return value_context(&b);
}

/* ---- Comparing. */

static bool numbers_agree(Dec a, Dec b) {
    Dec difference, limit;
    check(dec_parse(STR("0.00000001"), &limit));
    return dec_subtract(a, b, &difference) && dec_compare(dec_abs(difference), limit) < 0;
}

/* <value/> without type: nothing is said but that there is no text. */
static bool is_unknown(Value v) {
    return value_is(v, VALUE_STRING) && v.as.string.ptr == NULL;
}

static bool holds_null(Value v) {
    bool found = value_is_null(v) || is_unknown(v);
    for (size_t i = 0; !found && value_is(v, VALUE_LIST) && i < value_count(v); i++)
        found = holds_null(value_item(v, i));
    for (size_t i = 0; !found && value_is(v, VALUE_CONTEXT) && i < value_count(v); i++)
        found = holds_null(v.as.context.entries[i].value);
    return found;
}

static bool agrees(Value expected, Value actual, unsigned depth) {
    if (depth > 200) return false;
    if (is_unknown(expected) && value_is_null(actual)) return true;
    if (expected.kind != actual.kind) return false;
    if (value_is(expected, VALUE_NUMBER))
        return numbers_agree(expected.as.number, actual.as.number);
    if (value_is(expected, VALUE_LIST)) {
        bool same = value_count(expected) == value_count(actual);
        for (size_t i = 0; same && i < value_count(expected); i++)
            same = agrees(value_item(expected, i), value_item(actual, i), depth + 1);
        return same;
    }
    if (value_is(expected, VALUE_CONTEXT)) {
        bool same = value_count(expected) == value_count(actual);
        for (size_t i = 0; same && i < value_count(expected); i++) {
            const ValueEntry *entry = &expected.as.context.entries[i];
            Value v;
            same = value_find(actual, entry->key, &v) && agrees(entry->value, v, depth + 1);
        }
        return same;
    }
    if (value_is_null(expected)) return true;
    bool local = expected.zone == ZONE_LOCAL, zoned = actual.zone != ZONE_LOCAL;
    if (local == zoned) return false;
    return feel_equal(expected, actual) == 1;
}

/* ---- Cases. */

static void write_reasons(const FeelRun *run, Buf *out) {
    for (size_t i = 0; i < feel_reasons_kept(run) && i < 3; i++) {
        buf_add_text(out, "\n    ");
        feel_reason_text(&run->reasons[i], LANG_EN, true, out);
    }
}

static Value answer(const Suite *suite, const XmlNode *test, Str name, FeelRun *run, Err *err) {
    Str invocable = xml_attribute(test, STR("invocableName"));
    Str type = xml_attribute(test, STR("type"));
    Value inputs = inputs_of(suite, test), v = value_null(), part;
    if (type.len > 0 && !str_equal(type, STR("decision")) && invocable.len > 0) {
        dmn_invoke(suite->model, invocable, inputs, run, &v, err);
        return value_find(v, name, &part) ? part : v;
    }
    const DmnDecision *d = dmn_decision_find(suite->model, name);
    if (d != NULL) dmn_evaluate(d, inputs, run, &v);
    else err_set(err, &fault_dmn_invocable_unknown, name);
    return v;
}

/* Does the node come out as expected? Otherwise what is wrong is written to out. */
static bool node_passes(const Suite *suite, const XmlNode *test, const XmlNode *node, Buf *out) {
    Str name = xml_attribute(node, STR("name"));
    bool error = str_equal(xml_attribute(node, STR("errorResult")), STR("true"));
    XmlNode *expected = child(node, "expected");
    FeelRun run = feel_run_new(suite->arena, TCK_NOW);
    Err err = {0};
    const FeelType *type = NULL;
    const DmnDecision *d = dmn_decision_find(suite->model, name);
    if (d != NULL) type = dmn_decision_type(d);
    Value want = expected != NULL ? value_in(suite->arena, expected, type) : value_null();
    if (type != NULL) want = feel_from_plain(type, want, &run);
    Value got = answer(suite, test, name, &run, &err);
    bool same = agrees(want, got, 0) && err.fault == NULL;
    bool reason = run.reason_count > 0;
    if (same && suite->score->strict && reason && !error && holds_null(want)) {
        printf("NOTE %.*s %.*s: a null with a reason, not marked as an error\n",
               STR_ARG(suite->file), STR_ARG(xml_attribute(test, STR("id"))));
        return true;
    }
    if (same && (!suite->score->strict || error == reason)) return true;
    buf_printf(out, "  %.*s: ", STR_ARG(name));
    if (err.fault != NULL) err_show(&err, LANG_EN, out);
    else if (same)
        buf_add(out, error ? STR("a reported error is expected") : STR("no error is expected"));
    else {
        buf_add_text(out, "expected ");
        buf_add(out, feel_literal(suite->arena, want));
        buf_add_text(out, ", got ");
        buf_add(out, feel_literal(suite->arena, got));
    }
    write_reasons(&run, out);
    return false;
}

static void case_run(Suite *suite, const XmlNode *test) {
    ArenaMark mark = arena_mark(suite->arena);
    Buf out = buf_new(suite->arena, 256);
    bool passed = suite->model != NULL;
    if (!passed) err_show(&suite->err, LANG_EN, &out);
    for (XmlNode *c = test->first_child; passed && c != NULL; c = c->next)
        if (str_equal(c->name, STR("resultNode"))) passed = node_passes(suite, test, c, &out);
    if (passed) suite->score->passed++;
    else {
        suite->score->failed++;
        printf("FAIL %.*s %.*s%s\n", STR_ARG(suite->file),
               STR_ARG(xml_attribute(test, STR("id"))), buf_cstr(&out));
    }
    arena_reset_to(suite->arena, mark);
}

static void suite_run(Score *score, Str folder, Str name) {
    Suite suite = {.arena = arena_open(TCK_ARENA_BYTES), .folder = folder, .file = name,
                   .score = score};
    Str text;
    XmlNode *root;
    if (file_read(suite.arena, path_join(suite.arena, folder, name), TCK_FILE_BYTES, &text,
                  &suite.err) &&
        xml_parse(suite.arena, text, &root, &suite.err) &&
        str_equal(root->name, STR("testCases"))) {
        XmlNode *model = child(root, "modelName");
        Str file = model != NULL ? str_trim(model->text) : STR_NONE;
        if (!suite_load(&suite, file)) suite.model = NULL;
        for (XmlNode *c = root->first_child; c != NULL; c = c->next)
            if (str_equal(c->name, STR("testCase"))) case_run(&suite, c);
    }
    arena_close(suite.arena);
}

static bool folder_run(Score *score, Str folder, unsigned depth) {
    Arena *a = arena_open(TCK_ARENA_BYTES);
    Str *names;
    size_t count;
    Err err = {0};
    bool ok = depth < TCK_DEPTH_MAX && file_list(a, folder, &names, &count, &err);
    for (size_t i = 0; ok && i < count; i++) {
        Str path = path_join(a, folder, names[i]);
        if (file_is_directory(path)) folder_run(score, path, depth + 1);
        else if (str_ends(names[i], STR(".xml"))) suite_run(score, folder, names[i]);
    }
    arena_close(a);
    return ok;
}

int main(int argc, char **argv) {
    Score score = {0};
    const char *folder = NULL;
    bool usage = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--strict") == 0) score.strict = true;
        else if (argv[i][0] == '-' || folder != NULL) usage = true;
        else folder = argv[i];
    }
    if (usage || folder == NULL) {
        fprintf(stderr, "usage: dmn_tck DIR [--strict]\n");
        return 2;
    }
    if (!folder_run(&score, str_from(folder), 0) || score.passed + score.failed == 0) {
        fprintf(stderr, "dmn_tck: no test cases in %s\n", folder);
        return 2;
    }
    printf("%zu passed, %zu failed\n", score.passed, score.failed);
    return score.failed == 0 ? 0 : 1;
}
