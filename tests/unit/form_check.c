/* form_check.c - data judged by forms: every file of tests/cases/form is a schema with checks.
 *
 * A check says what is sent, in which mode, and which faults are told, in order, as
 * "<pointer> <fault name>". Every fault must have a text in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/json.h"
#include "lang/form/form.h"
#include "os/os.h"
#include "seal/seal.h"

static const Instant now = {1664409600ll * US_PER_SECOND}; /* 2022-09-29T08:00:00+08:00 */

static Str cases_folder(Arena *a)
{
    const char *source = getenv("TONGBAN_SOURCE");
    return arena_printf(a, "%s/tests/cases/form", source ? source : ".");
}

static bool same_faults(Value expected, const FormFaults *faults, Arena *a)
{
    bool same = value_count(expected) == faults->count;
    for (size_t i = 0; i < faults->count; i++) {
        const FormFault *f = &faults->items[i];
        Str shown = arena_printf(a, "%.*s %s", STR_ARG(f->field), f->name);
        Value item = value_item(expected, i);
        same = same && value_is(item, VALUE_STRING) && str_equal(item.as.string, shown);
        assert_true(f->text_zh.len > 0 && f->text_en.len > 0);
        assert_true(f->label_zh.len > 0 || f->field.len == 0);
    }
    return same;
}

static void show_faults(const FormFaults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        print_error("    got: %.*s %s: %.*s\n", STR_ARG(faults->items[i].field),
                    faults->items[i].name, STR_ARG(faults->items[i].text_en));
}

static size_t check_file(Arena *a, Str folder, Str name)
{
    Str text, path = arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
    Value file;
    Form *form;
    Err err = {0};
    size_t wrong = 0;
    assert_true(file_read(a, path, 1 << 20, &text, &err));
    assert_true(json_parse(a, text, &file, &err));
    if (!form_compile(a, json_copy_text(a, value_field(file, "schema")), name, &form, &err)) {
        Buf why = buf_new(a, 0);
        err_show(&err, LANG_EN, &why);
        fail_msg("%s", buf_cstr(&why));
    }
    Value checks = value_field(file, "checks");
    assert_true(value_count(checks) > 0);
    for (size_t i = 0; i < value_count(checks); i++) {
        Value check = value_item(checks, i), faults_wanted = value_field(check, "faults");
        bool draft = str_equal(value_get_string(check, STR("mode")), STR("draft"));
        FormFaults faults;
        bool fine = form_check(form, value_field(check, "data"), draft ? FORM_DRAFT : FORM_SUBMIT,
                               now, a, &faults);
        assert_int_equal(fine, faults.count == 0);
        if (!same_faults(faults_wanted, &faults, a)) {
            wrong++;
            print_error("%.*s: %.*s\n    expected: %.*s\n", STR_ARG(name),
                        STR_ARG(value_get_string(check, STR("what"))),
                        STR_ARG(json_copy_text(a, faults_wanted)));
            show_faults(&faults);
        }
    }
    return wrong;
}

static void cases_give_their_faults(void **state)
{
    (void)state;
    Arena *a = arena_open(256 << 20);
    Err err = {0};
    Str *names, folder = cases_folder(a);
    size_t count = 0, wrong = 0;
    assert_true(seal_init(&err));
    assert_true(file_list(a, folder, &names, &count, &err));
    assert_true(count >= 8);
    for (size_t i = 0; i < count; i++)
        wrong += check_file(a, folder, names[i]);
    assert_int_equal(wrong, 0);
    assert_false(arena_failed(a));
    arena_close(a);
}

static Form *compile(Arena *a, const char *components)
{
    Form *form = NULL;
    Err err = {0};
    Str text = arena_printf(a, "{\"type\":\"default\",\"id\":\"f\",\"components\":[%s]}",
                            components);
    if (!form_compile(a, text, STR("f.form.json"), &form, &err)) {
        Buf why = buf_new(a, 0);
        err_show(&err, LANG_EN, &why);
        fail_msg("%s", buf_cstr(&why));
    }
    return form;
}

static Value json(Arena *a, const char *text)
{
    Value v;
    Err err = {0};
    assert_true(json_parse(a, str_from(text), &v, &err));
    return v;
}

static void one_refusal_stands_for_all(void **state)
{
    (void)state;
    Arena *a = arena_open(16 << 20);
    FormFaults faults;
    Err err = {0};
    Form *form = compile(a, "{\"type\":\"textfield\",\"key\":\"x\",\"label\":\"名称\","
                            "\"validate\":{\"required\":true},\"properties\":{\"label.en\":"
                            "\"Name\"}}");
    assert_false(form_check(form, json(a, "{\"y\":1}"), FORM_SUBMIT, now, a, &faults));
    assert_int_equal(faults.count, 2);
    assert_true(str_equal(faults.items[1].label_en, STR("Name")));
    assert_false(form_refuse(&faults, &err));
    assert_ptr_equal(err.fault, &fault_form_data_invalid);
    Buf zh = buf_new(a, 0), en = buf_new(a, 0);
    err_text(&err, LANG_ZH, &zh);
    err_text(&err, LANG_EN, &en);
    assert_string_equal(buf_cstr(&zh), "有 2 处需要修改。/y：表单中没有字段“y”。");
    assert_string_equal(buf_cstr(&en),
                        "2 field(s) need your attention. /y: This form has no field \"y\".");
    arena_close(a);
}

static void a_flood_of_faults_is_cut(void **state)
{
    (void)state;
    Arena *a = arena_open(64 << 20);
    FormFaults faults;
    Form *form = compile(a, "");
    ContextBuilder b = context_builder(a);
    for (unsigned i = 0; i < FORM_FAULTS_MAX + 1; i++)
        context_put(&b, arena_printf(a, "k%u", i), value_int(1));
    assert_false(form_check(form, value_context(&b), FORM_SUBMIT, now, a, &faults));
    assert_int_equal(faults.count, FORM_FAULTS_MAX);
    assert_true(faults.more);
    Err err = {0};
    assert_false(form_refuse(&faults, &err));
    assert_true(str_equal(err_arg(&err, 0), STR("100+")));
    arena_close(a);
}

static void corrections_merge_groups_and_replace_the_rest(void **state)
{
    (void)state;
    Arena *a = arena_open(16 << 20);
    Form *form = compile(
        a, "{\"type\":\"group\",\"path\":\"firm\",\"components\":["
           "{\"type\":\"textfield\",\"key\":\"name\"},{\"type\":\"textfield\",\"key\":\"tel\"}]},"
           "{\"type\":\"dynamiclist\",\"path\":\"rows\",\"components\":["
           "{\"type\":\"textfield\",\"key\":\"x\"}]},{\"type\":\"textfield\",\"key\":\"y\"}");
    Value merged = form_merge(
        form,
        json(a, "{\"firm\":{\"name\":\"a\",\"tel\":\"1\"},\"rows\":[{\"x\":\"1\"},{\"x\":\"2\"}],"
                "\"y\":\"z\"}"),
        json(a, "{\"firm\":{\"tel\":\"2\"},\"rows\":[{\"x\":\"3\"}]}"), a);
    Value wanted = json(a, "{\"firm\":{\"name\":\"a\",\"tel\":\"2\"},\"rows\":[{\"x\":\"3\"}],"
                           "\"y\":\"z\"}");
    assert_true(value_same(merged, wanted));
    assert_true(value_same(form_merge(form, value_null(), wanted, a), wanted));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_give_their_faults),
        cmocka_unit_test(one_refusal_stands_for_all),
        cmocka_unit_test(a_flood_of_faults_is_cut),
        cmocka_unit_test(corrections_merge_groups_and_replace_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
