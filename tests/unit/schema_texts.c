/* schema_texts.c - what lang/schema says: places of faults, pointers of findings, limits. */
#include "codec/json.h"
#include "lang/schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static Arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_open(256u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

static Schema *good(const char *text)
{
    Schema *s = NULL;
    Err err = {0};
    if (!schema_compile(a, str_from(text), STR("t.json"), NULL, &s, &err)) {
        Buf b = buf_new(a, 100);
        err_show(&err, LANG_EN, &b);
        fail_msg("%s", buf_cstr(&b));
    }
    return s;
}

static Value json(const char *text)
{
    Value v = value_null();
    assert_true(json_parse(a, str_from(text), &v, NULL));
    return v;
}

/* The text does not compile, with this message in English. */
static void bad(const char *text, const char *expected)
{
    Schema *s = NULL;
    Err err = {0};
    assert_false(schema_compile(a, str_from(text), STR("t.json"), NULL, &s, &err));
    Buf b = buf_new(a, 100);
    err_show(&err, LANG_EN, &b);
    assert_string_equal(buf_cstr(&b), expected);
    Buf zh = buf_new(a, 100);
    err_text(&err, LANG_ZH, &zh);
    assert_true(buf_text(&zh).len > 0);
}

static void faults_have_places(void **state)
{
    (void)state;
    bad("{\n  \"typ\": \"string\"\n}",
        "t.json:2:10: /typ: \"typ\" is not a keyword of JSON Schema 2020-12. Correct it, or start its "
        "name with \"x-\".");
    bad("{\"type\": \"text\"}",
        "t.json:1:10: /type: The keyword \"type\" must be one of null, boolean, integer, number, string, "
        "array, object, or a list of them.");
    bad("{\"properties\": {\"a\": {\"pattern\": \"(\"}}}",
        "t.json:1:34: /properties/a/pattern: The pattern \"(\" is not a regular expression: missing closing parenthesis "
        "(at 1).");
    bad("{\"$ref\": \"#/$defs/none\"}",
        "t.json:1:10: /$ref: The reference \"#/$defs/none\" leads nowhere. Only this document and "
        "installed ones can be reached.");
    bad("{\"format\": \"colour\"}", "t.json:1:12: /format: There is no format \"colour\".");
    bad("{\"items\": 3}", "t.json:1:11: /items: A schema must be an object or a boolean.");
    bad("{\"$defs\": {\"unused\": {\"minLength\": -1}}}",
        "t.json:1:36: /$defs/unused/minLength: The keyword \"minLength\" must be a whole number from 0 on.");
    bad("{\"$defs\": {\"a\": {\"$anchor\": \"x\"}, \"b\": {\"$anchor\": \"x\"}}}",
        "t.json:1:52: /$defs/b/$anchor: The name \"x\" is given to two schemas.");
    bad("{\"$schema\": \"http://json-schema.org/draft-07/schema#\"}",
        "t.json:1:13: /$schema: The keyword \"$schema\" must be "
        "https://json-schema.org/draft/2020-12/schema.");
}

static void shapes_of_keywords(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{\"enum\": 1}", "{\"multipleOf\": 0}", "{\"maximum\": \"1\"}", "{\"required\": [1]}",
        "{\"required\": \"a\"}", "{\"properties\": []}", "{\"allOf\": []}", "{\"anyOf\": {}}",
        "{\"uniqueItems\": 1}", "{\"minItems\": 1.5}", "{\"pattern\": 1}", "{\"title\": {}}",
        "{\"dependentRequired\": {\"a\": \"b\"}}", "{\"$id\": \"#x\"}", "{\"$id\": 3}",
        "{\"$ref\": 3}", "{\"type\": []}", "{\"patternProperties\": {\"[\": {}}}", "[]", "3",
        "{\"if\": 3}", "{\"$anchor\": 3}", "{\"examples\": 3}", "{\"dependencies\": {}}"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        Schema *s = NULL;
        Err err = {0};
        if (schema_compile(a, str_from(wrong[i]), STR("t.json"), NULL, &s, &err))
            fail_msg("compiled: %s", wrong[i]);
        assert_non_null(err.fault);
    }
}

static void findings_name_pointers(void **state)
{
    (void)state;
    Schema *s = good("{\"type\": \"object\", \"required\": [\"name\", \"code\"],"
                     "\"properties\": {\"list\": {\"items\": {\"properties\": {\"a/b\": "
                     "{\"type\": \"integer\"}}}}, \"code\": {\"enum\": [\"x\", 1]}},"
                     "\"additionalProperties\": false}");
    SchemaFinding *f;
    size_t count;
    assert_false(schema_findings(
        s, a, json("{\"list\": [{}, {\"a/b\": \"t\"}], \"code\": 2, \"extra\": 1}"), &f, &count));
    assert_int_equal(count, 4);
    assert_true(str_equal(f[0].keyword, STR("required")));
    assert_true(str_equal(f[0].property, STR("name")));
    assert_true(str_equal(f[0].pointer, STR("")));
    assert_true(str_equal(f[1].pointer, STR("/list/1/a~1b")));
    assert_true(str_equal(f[1].keyword, STR("type")));
    assert_true(str_equal(f[2].pointer, STR("/code")));
    assert_true(str_equal(f[3].property, STR("extra")));
    Buf b = buf_new(a, 100);
    err_text(&f[1].err, LANG_EN, &b);
    assert_string_equal(buf_cstr(&b), "This must be integer, but it is string.");
    buf_clear(&b);
    err_text(&f[2].err, LANG_ZH, &b);
    assert_string_equal(buf_cstr(&b), "此处应为下列之一：\"x\", 1。");
    Err err = {0};
    assert_false(schema_validate(s, a, json("{}"), &err));
    assert_true(err_is(&err, &fault_value_required));
}

static void findings_are_limited(void **state)
{
    (void)state;
    Schema *s = good("{\"items\": {\"type\": \"string\"}}");
    ListBuilder list = list_builder(a);
    for (int i = 0; i < 1000; i++)
        list_add(&list, value_int(i));
    SchemaFinding *f;
    size_t count;
    assert_false(schema_findings(s, a, value_list(&list), &f, &count));
    assert_int_equal(count, SCHEMA_FINDINGS_MAX);
}

/* A pattern that backtracks for ever, a schema that runs in a circle, a schema that doubles its
 * work at each level: each ends soon, as too costly, even under "not". */
static void costly_values_are_refused(void **state)
{
    (void)state;
    Err err = {0};
    Schema *s = good("{\"not\": {\"pattern\": \"^(a+)+$\"}}");
    char text[4002];
    memset(text, 'a', 4000);
    text[4000] = '!';
    assert_false(schema_validate(s, a, value_string((Str){text, 4001}), &err));
    assert_true(err_is(&err, &fault_schema_too_costly));
    err_clear(&err);
    s = good("{\"$ref\": \"#\"}");
    assert_false(schema_validate(s, a, json("1"), &err));
    assert_true(err_is(&err, &fault_schema_too_costly));
    err_clear(&err);
    Buf doubling = buf_new(a, 4096);
    buf_add_text(&doubling, "{\"$ref\": \"#/$defs/d0\", \"$defs\": {");
    for (int i = 0; i < 40; i++)
        buf_printf(&doubling,
                   "\"d%d\": {\"allOf\": [{\"$ref\": \"#/$defs/d%d\"}, {\"$ref\": \"#/$defs/d%d\"}]},",
                   i, i + 1, i + 1);
    buf_add_text(&doubling, "\"d40\": {\"type\": \"integer\"}}}");
    s = good(buf_cstr(&doubling));
    assert_false(schema_validate(s, a, json("1"), &err));
    assert_true(err_is(&err, &fault_schema_too_costly));
}

static void small_memory_is_an_error(void **state)
{
    (void)state;
    Schema *s = good("{\"unevaluatedItems\": {\"type\": \"integer\"}, \"uniqueItems\": true}");
    Value v = json("[1, 2, 3, 4]");
    for (size_t limit = 1; limit < 400000; limit = limit * 2 + 7) {
        Arena *small = arena_open(limit);
        Err err = {0};
        bool valid = schema_validate(s, small, v, &err);
        assert_true(valid || err.fault == &fault_out_of_memory ||
                    err.fault == &fault_schema_too_costly);
        Schema *again = NULL;
        Err compile_err = {0};
        if (!schema_compile(small, STR("{\"pattern\": \"^a{2,9}(b|c)$\", \"items\": {}}"),
                            STR("s"), NULL, &again, &compile_err))
            assert_non_null(compile_err.fault);
        arena_close(small);
    }
}

static void nesting_is_limited(void **state)
{
    (void)state;
    Value deep = json("true");
    for (int i = 0; i < 1000; i++) {
        ContextBuilder b = context_builder(a);
        context_put_text(&b, "not", deep);
        deep = value_context(&b);
    }
    Schema *s = NULL;
    Err err = {0};
    assert_false(schema_compile_value(a, deep, STR("deep"), NULL, &s, &err));
    assert_true(err_is(&err, &fault_schema_too_large));
}

static void a_document_of_the_library(void **state)
{
    (void)state;
    SchemaDocument library[] = {{STR("urn:tongban:common"),
                                 json("{\"$defs\": {\"name\": {\"maxLength\": 3}}}")}};
    SchemaOptions options = {.library = library, .library_count = 1};
    Schema *s = NULL;
    Err err = {0};
    assert_true(schema_compile(a, STR("{\"$ref\": \"urn:tongban:common#/$defs/name\"}"),
                               STR("t.json"), &options, &s, &err));
    assert_true(schema_validate(s, a, json("\"abc\""), &err));
    assert_false(schema_validate(s, a, json("\"abcd\""), &err));
    schema_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(faults_have_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shapes_of_keywords, set_up, tear_down),
        cmocka_unit_test_setup_teardown(findings_name_pointers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(findings_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(costly_values_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(small_memory_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nesting_is_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_document_of_the_library, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
