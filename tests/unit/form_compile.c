/* form_compile.c - schemas compiled: what is kept, and what is refused with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lang/form/form.h"

static const char whole[] =
    "{\n"
    "  \"type\": \"default\", \"id\": \"apply\", \"schemaVersion\": 16,\n"
    "  \"components\": [\n"
    "    {\"type\": \"text\", \"text\": \"# 申请\"},\n"
    "    {\"type\": \"textfield\", \"key\": \"name\", \"label\": \"企业名称\",\n"
    "     \"validate\": {\"required\": true, \"maxLength\": 100},\n"
    "     \"properties\": {\"label.en\": \"Name\", \"datum\": \"firm.name\",\n"
    "                    \"source\": \"registry:legal_person.name\"}},\n"
    "    {\"type\": \"group\", \"label\": \"地址\", \"path\": \"address\", \"components\": [\n"
    "      {\"type\": \"group\", \"components\": [\n"
    "        {\"type\": \"select\", \"key\": \"region\", \"label\": \"区划\", \"values\": [\n"
    "          {\"label\": \"襄城\", \"value\": \"420602\"}, {\"label\": \"樊城\", \"value\": \"420606\"}],\n"
    "         \"properties\": {\"option.420602.en\": \"Xiangcheng\", \"format\": \"region\"}}]}]},\n"
    "    {\"type\": \"dynamiclist\", \"path\": \"people\", \"components\": [\n"
    "      {\"type\": \"datetime\", \"key\": \"born\", \"subtype\": \"date\", \"dateLabel\": \"出生日期\"}]},\n"
    "    {\"type\": \"filepicker\", \"key\": \"plan\", \"accept\": \".pdf\", \"multiple\": true,\n"
    "     \"conditional\": {\"hide\": \"= name = \\\"x\\\" \"}}\n"
    "  ]\n"
    "}\n";

static void fields_are_kept(void **state)
{
    (void)state;
    Arena *a = arena_open(16 << 20);
    Form *form = NULL;
    Err err = {0};
    if (!form_compile(a, str_from(whole), STR("apply.form.json"), &form, &err)) {
        Buf why = buf_new(a, 0);
        err_show(&err, LANG_EN, &why);
        fail_msg("%s", buf_cstr(&why));
    }
    assert_true(str_equal(form_id(form), STR("apply")));
    assert_true(str_equal(form_source(form), str_from(whole)));
    assert_int_equal(form_field_count(form), 6);
    const FormField *name = form_field(form, STR("name"));
    assert_non_null(name);
    assert_ptr_equal(name, form_field_at(form, 0));
    assert_int_equal(name->line, 5);
    assert_true(name->required);
    assert_true(str_equal(name->label_zh, STR("企业名称")));
    assert_true(str_equal(name->label_en, STR("Name")));
    assert_true(str_equal(name->datum, STR("firm.name")));
    assert_true(str_equal(name->source_registry, STR("legal_person")));
    assert_true(str_equal(name->source_column, STR("name")));
    const FormField *region = form_field(form, STR("address/region"));
    assert_non_null(region);
    assert_int_equal(region->option_count, 2);
    assert_true(str_equal(region->options[0].label_en, STR("Xiangcheng")));
    assert_true(str_equal(region->options[1].label_en, STR("樊城")));
    assert_true(str_equal(region->parent->parent->path, STR("address")));
    const FormField *born = form_field(form, STR("people/born"));
    assert_true(str_equal(born->label_zh, STR("出生日期")));
    assert_int_equal(born->date_kind, FORM_DATE);
    const FormField *plan = form_field(form, STR("plan"));
    assert_true(plan->multiple && str_equal(plan->accept, STR(".pdf")));
    assert_true(str_equal(plan->hide, STR("name = \"x\"")));
    assert_null(form_field(form, STR("region")));
    arena_close(a);
}

typedef struct Faulty {
    const char *components; /* stands on line 2, from column 1 */
    const Fault *fault;
    uint32_t line;
} Faulty;

static const Faulty faulty[] = {
    {"{\"type\":\"iframe\",\"key\":\"x\"}", &fault_form_component, 2},
    {"{\"key\":\"x\"}", &fault_form_component, 2},
    {"7", &fault_form_shape, 2},
    {"{\"type\":\"textfield\"}", &fault_form_key, 2},
    {"{\"type\":\"textfield\",\"key\":\"a.b\"}", &fault_form_key, 2},
    {"{\"type\":\"textfield\",\"key\":\"1a\"}", &fault_form_key, 2},
    {"{\"type\":\"textfield\",\"key\":\"名称\"}", &fault_form_key, 2},
    {"{\"type\":\"textfield\",\"key\":7}", &fault_form_validate, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\"},\n{\"type\":\"number\",\"key\":\"a\"}",
     &fault_form_key_twice, 3},
    {"{\"type\":\"textfield\",\"key\":\"a\"},\n{\"type\":\"group\",\"components\":[\n"
     "{\"type\":\"textfield\",\"key\":\"a\"}]}",
     &fault_form_key_twice, 4},
    {"{\"type\":\"group\",\"path\":\"g\"}", &fault_form_shape, 2},
    {"{\"type\":\"dynamiclist\",\"components\":[]}", &fault_form_key, 2},
    {"{\"type\":\"select\",\"key\":\"a\"}", &fault_form_shape, 2},
    {"{\"type\":\"select\",\"key\":\"a\",\"values\":[]}", &fault_form_shape, 2},
    {"{\"type\":\"select\",\"key\":\"a\",\"valuesKey\":\"x\"}", &fault_form_shape, 2},
    {"{\"type\":\"radio\",\"key\":\"a\",\"values\":[{\"label\":\"x\"}]}", &fault_form_shape, 2},
    {"{\"type\":\"radio\",\"key\":\"a\",\"values\":[{\"value\":\"x\"},\n{\"value\":\"x\"}]}",
     &fault_form_key_twice, 3},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"validate\":[]}", &fault_form_validate, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"validate\":{\n\"required\":\"yes\"}}",
     &fault_form_validate, 3},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"validate\":{\"maxLength\":-1}}",
     &fault_form_validate, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"validate\":{\"maxLength\":2.5}}",
     &fault_form_validate, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"validate\":{\"minLength\":5,\"maxLength\":2}}",
     &fault_form_validate, 2},
    {"{\"type\":\"number\",\"key\":\"a\",\"validate\":{\"min\":\"=5+1\"}}", &fault_form_validate,
     2},
    {"{\"type\":\"number\",\"key\":\"a\",\"validate\":{\"min\":5,\"max\":2}}",
     &fault_form_validate, 2},
    {"{\"type\":\"number\",\"key\":\"a\",\"disabled\":1}", &fault_form_validate, 2},
    {"{\"type\":\"datetime\",\"key\":\"a\",\"subtype\":\"week\"}", &fault_form_validate, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"validate\":{\"pattern\":\"[a\"}}",
     &fault_form_pattern_wrong, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"validate\":{\"pattern\":\"(a\"}}",
     &fault_form_pattern_wrong, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"validate\":{\"pattern\":7}}", &fault_form_validate,
     2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"properties\":{\"format\":\"passport\"}}",
     &fault_form_format_unknown, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"properties\":{\"legacy\":\"yes\"}}",
     &fault_form_validate, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"properties\":{\"source\":\"legal_person.name\"}}",
     &fault_form_source_wrong, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"properties\":{\"source\":\"registry:x\"}}",
     &fault_form_source_wrong, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"conditional\":{\"hide\":\"b = 1\"}}",
     &fault_form_validate, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"conditional\":{\"hide\":true}}",
     &fault_form_validate, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"conditional\":{\"hide\":\"=a = \"}}",
     &fault_form_condition_wrong, 2},
    {"{\"type\":\"textfield\",\"key\":\"a\"},\n{\"type\":\"textfield\",\"key\":\"b\","
     "\"conditional\":{\"hide\":\"=aa = 1\"}}",
     &fault_form_condition_wrong, 3},
};

static void faults_have_their_place(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
        Arena *a = arena_open(16 << 20);
        Form *form = NULL;
        Err err = {0};
        Str text = arena_printf(
            a, "{\"type\":\"default\",\"id\":\"f\",\"components\":[\n%s]}", faulty[i].components);
        bool fine = form_compile(a, text, STR("f.form.json"), &form, &err);
        Buf why = buf_new(a, 0);
        if (!fine)
            err_show(&err, LANG_EN, &why);
        bool right = !fine && err.fault == faulty[i].fault && err.line == faulty[i].line &&
                     str_starts(buf_text(&why), STR("f.form.json:"));
        if (!right) {
            wrong++;
            print_error("%s\n    wanted %s at line %u, got: %s\n", faulty[i].components,
                        faulty[i].fault->name, faulty[i].line,
                        fine ? "no fault" : buf_cstr(&why));
        }
        arena_close(a);
    }
    assert_int_equal(wrong, 0);
}

static void texts_that_are_no_form(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "{", "[]", "null", "{\"type\":\"default\",\"id\":\"f\"}",
        "{\"type\":\"default\",\"components\":[]}",
        "{\"type\":\"wizard\",\"id\":\"f\",\"components\":[]}",
        "{\"type\":\"default\",\"id\":\"f\",\"components\":{}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Arena *a = arena_open(1 << 20);
        Form *form = NULL;
        Err err = {0};
        assert_false(form_compile(a, str_from(texts[i]), STR("f"), &form, &err));
        assert_non_null(err.fault);
        assert_null(form);
        assert_false(form_compile(a, str_from(texts[i]), STR("f"), &form, NULL));
        arena_close(a);
    }
}

static void limits_hold(void **state)
{
    (void)state;
    Arena *a = arena_open(16 << 20);
    Form *form = NULL;
    Err err = {0};
    Buf many = buf_new(a, 0), deep = buf_new(a, 0);
    buf_add_text(&many, "{\"type\":\"default\",\"id\":\"f\",\"components\":[");
    for (unsigned i = 0; i <= FORM_FIELDS_MAX; i++)
        buf_printf(&many, "%s{\"type\":\"textfield\",\"key\":\"k%u\"}", i ? "," : "", i);
    buf_add_text(&many, "]}");
    assert_false(form_compile(a, buf_text(&many), STR("f"), &form, &err));
    assert_ptr_equal(err.fault, &fault_form_limit);
    buf_add_text(&deep, "{\"type\":\"default\",\"id\":\"f\",\"components\":[");
    for (unsigned i = 0; i <= FORM_DEPTH_MAX; i++)
        buf_add_text(&deep, "{\"type\":\"group\",\"components\":[");
    for (unsigned i = 0; i <= FORM_DEPTH_MAX; i++)
        buf_add_text(&deep, "]}");
    buf_add_text(&deep, "]}");
    err = (Err){0};
    assert_false(form_compile(a, buf_text(&deep), STR("f"), &form, &err));
    assert_ptr_equal(err.fault, &fault_form_limit);
    arena_close(a);
}

static void too_little_memory_is_an_error(void **state)
{
    (void)state;
    size_t compiled = 0;
    for (size_t limit = 70000; limit < 4000000; limit += 97000) {
        Arena *a = arena_open(limit);
        Form *form = NULL;
        Err err = {0};
        if (form_compile(a, str_from(whole), STR("f"), &form, &err)) {
            compiled++;
            assert_false(arena_failed(a));
        } else {
            assert_non_null(err.fault);
        }
        arena_close(a);
    }
    assert_true(compiled > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_kept),       cmocka_unit_test(faults_have_their_place),
        cmocka_unit_test(texts_that_are_no_form), cmocka_unit_test(limits_hold),
        cmocka_unit_test(too_little_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
