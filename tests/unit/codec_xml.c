/* codec_xml.c - XML by its case files, limits, and the questions a tree answers.
 *
 * The .out of an accepted case is the tree: one line an element, indented by depth, with its
 * place, name, attributes and text. */
#include "codec_cases.h"

#include "codec/json.h"
#include "codec/xml.h"

#define CASES_MIN 70u

static void show_name(Str space, Str name, Buf *out)
{
    if (space.len > 0)
        buf_printf(out, "{%.*s}", STR_ARG(space));
    buf_add(out, name);
}

static void show_node(const XmlNode *n, unsigned depth, Buf *out)
{
    buf_printf(out, "%*s%u:%u ", (int)depth * 2, "", n->line, n->column);
    show_name(n->space, n->name, out);
    for (size_t i = 0; i < n->attribute_count; i++) {
        buf_add_char(out, ' ');
        show_name(n->attributes[i].space, n->attributes[i].name, out);
        buf_add_char(out, '=');
        json_write_string(n->attributes[i].value, out);
    }
    if (n->text.len > 0) {
        buf_add_char(out, ' ');
        json_write_string(n->text, out);
    }
    buf_add_char(out, '\n');
    size_t children = 0;
    for (const XmlNode *child = n->first_child; child != NULL; child = child->next) {
        assert_ptr_equal(child->parent, n);
        show_node(child, depth + 1, out);
        children++;
    }
    assert_int_equal(children, n->child_count);
}

static void judge_case(Arena *a, const CaseFile *c, void *context)
{
    size_t *failed = context;
    XmlNode *root = NULL;
    Err err = {0};
    Buf shown = buf_new(a, 0);
    bool accepted = xml_parse(a, c->text, &root, &err);
    if (accepted != c->accepted) {
        if (!accepted)
            err_show(&err, LANG_EN, &shown);
        print_message("# %s: accepted=%d %s\n", c->name, accepted, buf_cstr(&shown));
        ++*failed;
    } else if (accepted) {
        char out_name[300];
        bool found = false;
        snprintf(out_name, sizeof out_name, "%.*sout", (int)(strlen(c->name) - 3), c->name);
        show_node(root, 0, &shown);
        if (!str_equal(buf_text(&shown), case_read(a, c->folder, out_name, &found)) || !found) {
            print_message("# %s:\n%s", c->name, buf_cstr(&shown));
            ++*failed;
        }
    } else if (!case_fault_agrees(c, &err) || !case_message_is_whole(a, c, &err)) {
        ++*failed;
    }
}

static void test_cases(void **state)
{
    (void)state;
    size_t failed = 0;
    assert_true(cases_visit("xml", ".xml", judge_case, &failed) >= CASES_MIN);
    assert_int_equal(failed, 0);
}

/* Every prefix of every case ends in a tree or a fault with a place. */
static void cut_case(Arena *a, const CaseFile *c, void *context)
{
    (void)context;
    size_t step = c->text.len > 400 ? 37 : 1;
    for (size_t len = 0; len < c->text.len; len += step) {
        ArenaMark mark = arena_mark(a);
        XmlNode *root = NULL;
        Err err = {0};
        if (!xml_parse(a, str_slice(c->text, 0, len), &root, &err)) {
            assert_non_null(err.fault);
            assert_true(err.line > 0 && err.column > 0);
        }
        arena_reset_to(a, mark);
    }
}

static void test_cut_cases(void **state)
{
    (void)state;
    assert_true(cases_visit("xml", ".xml", cut_case, NULL) >= CASES_MIN);
}

static Str repeated(Arena *a, Str head, Str piece, size_t count, Str tail)
{
    Buf b = buf_new(a, head.len + piece.len * count + tail.len + 1);
    buf_add(&b, head);
    for (size_t i = 0; i < count; i++)
        buf_add(&b, piece);
    buf_add(&b, tail);
    assert_false(buf_failed(&b));
    return buf_text(&b);
}

static void assert_refused(Arena *a, Str text, const Fault *fault)
{
    XmlNode *root = NULL;
    Err err = {0};
    assert_false(xml_parse(a, text, &root, &err));
    assert_string_equal(err.fault->name, fault->name);
}

static void test_limits(void **state)
{
    (void)state;
    Arena *a = arena_open((size_t)1 << 30);
    XmlNode *root = NULL;
    assert_true(xml_parse(a, repeated(a, STR("<a>"), STR("<b>"), 255,
                                      repeated(a, STR(""), STR("</b>"), 255, STR("</a>"))),
                          &root, NULL));
    assert_refused(a, repeated(a, STR(""), STR("<a>"), 100000, STR("")), &fault_xml_depth);
    assert_refused(a, repeated(a, STR("<a>"), STR("<b/>"), XML_NODES_MAX, STR("</a>")),
                   &fault_xml_nodes);
    assert_true(xml_parse(a, repeated(a, STR("<a>"), STR("&amp;道\n"), 1 << 20, STR("</a>")),
                          &root, NULL));
    assert_int_equal(root->text.len, 5u << 20);
    Str large = {repeated(a, STR("<a>"), STR("x"), XML_BYTES_MAX, STR("")).ptr, XML_BYTES_MAX + 1};
    assert_refused(a, large, &fault_xml_size);
    arena_close(a);
}

static void test_memory_limits(void **state)
{
    (void)state;
    Arena *texts = arena_open(64u << 20);
    Str text = repeated(texts, STR("<a xmlns:p='urn:x'>"),
                        STR("<p:b k='1' p:l='2'>道路<c xmlns='urn:y'/></p:b>"), 2000, STR("</a>"));
    size_t refused = 0;
    size_t accepted = 0;
    for (size_t limit = 1 << 10; limit < (size_t)16 << 20; limit = limit * 5 / 4) {
        Arena *small = arena_open(limit);
        XmlNode *root = NULL;
        Err err = {0};
        if (xml_parse(small, text, &root, &err)) {
            assert_int_equal(root->child_count, 2000);
            assert_false(arena_failed(small));
            accepted++;
        } else {
            assert_true(err_is(&err, &fault_out_of_memory));
            refused++;
        }
        arena_close(small);
    }
    assert_true(refused > 3 && accepted > 3);
    arena_close(texts);
}

static const char tree_text[] =
    "<d:definitions xmlns:d='urn:d' xmlns='urn:e' xmlns:f='urn:f' name='n' f:name='fn' empty=''>"
    "<item f:k='1'/><d:item k='2'/><item k='3'/><other/><item xmlns='urn:g' xmlns:f='urn:h'>"
    "<leaf xmlns=''/></item></d:definitions>";

static void test_questions(void **state)
{
    (void)state;
    Arena *a = arena_open(1 << 20);
    XmlNode *root = NULL;
    assert_true(xml_parse(a, str_from(tree_text), &root, NULL));
    assert_true(xml_is(root, STR("urn:d"), STR("definitions")));
    assert_true(xml_is(root, STR_NONE, STR("definitions")));
    assert_false(xml_is(root, STR("urn:e"), STR("definitions")));
    assert_false(xml_is(root, STR("urn:d"), STR("definition")));
    assert_true(str_equal(xml_attribute(root, STR("name")), STR("n")));
    assert_true(str_equal(xml_attribute_ns(root, STR("urn:f"), STR("name")), STR("fn")));
    assert_int_equal(xml_attribute_ns(root, STR("urn:d"), STR("name")).len, 0);
    assert_int_equal(xml_attribute(root, STR("absent")).len, 0);
    assert_true(xml_has_attribute(root, STR("empty")));
    assert_false(xml_has_attribute(root, STR("absent")));

    XmlNode *item = xml_child(root, STR("urn:e"), STR("item"));
    assert_false(xml_has_attribute(item, STR("k")));
    assert_ptr_equal(item, root->first_child);
    assert_ptr_equal(xml_child(root, STR_NONE, STR("item")), item);
    assert_true(str_equal(xml_attribute(xml_child(root, STR("urn:d"), STR("item")), STR("k")),
                          STR("2")));
    assert_null(xml_child(root, STR("urn:e"), STR("absent")));
    XmlNode *third = xml_next_same(item);
    assert_true(str_equal(xml_attribute(third, STR("k")), STR("3")));
    assert_null(xml_next_same(third));
    arena_close(a);
}

static void test_qnames(void **state)
{
    (void)state;
    static const struct {
        const char *qname, *at_root, *at_leaf; /* NULL: not to be resolved */
    } rows[] = {
        {"d:x", "urn:d", "urn:d"}, {"f:x", "urn:f", "urn:h"}, {"x", "urn:e", ""},
        {"xml:lang", "http://www.w3.org/XML/1998/namespace",
         "http://www.w3.org/XML/1998/namespace"},
        {"g:x", NULL, NULL},       {"d:", NULL, NULL},        {":x", NULL, NULL},
        {"", NULL, NULL},          {"d:x:y", NULL, NULL},
    };
    Arena *a = arena_open(1 << 20);
    XmlNode *root = NULL;
    assert_true(xml_parse(a, str_from(tree_text), &root, NULL));
    XmlNode *leaf = xml_child(xml_child(root, STR("urn:g"), STR("item")), STR_NONE, STR("leaf"));
    assert_int_equal(leaf->space.len, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const XmlNode *const nodes[2] = {root, leaf};
        const char *const expected[2] = {rows[i].at_root, rows[i].at_leaf};
        for (size_t j = 0; j < 2; j++) {
            Str space = STR_NONE, local = STR_NONE;
            assert_int_equal(xml_qname(nodes[j], str_from(rows[i].qname), &space, &local),
                             expected[j] != NULL);
            assert_true(str_equal(space, str_from(expected[j])));
        }
    }
    Str space, local;
    assert_true(xml_qname(root, STR("d:tTask"), &space, &local));
    assert_true(str_equal(local, STR("tTask")));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),     cmocka_unit_test(test_cut_cases),
        cmocka_unit_test(test_limits),    cmocka_unit_test(test_memory_limits),
        cmocka_unit_test(test_questions), cmocka_unit_test(test_qnames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
