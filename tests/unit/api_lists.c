/* api_lists.c - the lists of routes and schemas hold together, bodies are judged by them, and the
 * document that is made from them is JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/api_int.h"
#include "codec/json.h"

static bool words_known(Str words)
{
    while (words.len)
        if (!query_kind_find(str_split(&words, ' ')))
            return false;
    return true;
}

static size_t count_char(const char *text, char c)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == c;
    return n;
}

static void routes_name_what_exists(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        const Route *r = &route_list[i];
        bool raw = r->flags & ROUTE_RAW;
        assert_true(words_known(str_from(r->query)));
        assert_true(!r->request || schema_find(str_from(r->request)));
        assert_true(!r->response || raw || schema_find(str_from(r->response)));
        assert_true((r->response == NULL) == (r->status == 204));
        assert_true(count_char(r->path, '{') <= API_PATH_VALUES_MAX);
        assert_true(count_char(r->path, '/') <= API_SEGMENTS_MAX);
        assert_true(r->en[0] && r->zh[0] && r->tag[0] && r->function);
        /* Whoever writes is known by name. */
        assert_true(!strcmp(r->method, "GET") || r->who != WHO_ANYONE);
        assert_true(!(r->flags & ROUTE_IF_MATCH) || (r->flags & ROUTE_COMMAND));
        assert_true(!(r->flags & ROUTE_PUBLIC) || r->who == WHO_ANYONE);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(r->operation, route_list[k].operation);
            assert_true(strcmp(r->path, route_list[k].path) || strcmp(r->method, route_list[k].method));
        }
    }
}

static void schemas_name_what_exists(void **state)
{
    (void)state;
    Arena *a = arena_open(1u << 20);
    for (size_t i = 0; i < schema_count; i++) {
        const Schema *s = &schema_list[i];
        assert_ptr_equal(schema_find(str_from(s->name)), s);
        Buf b = buf_new(a, 1024);
        schema_write(s, LANG_EN, &b); /* checks every type word and reference */
        for (size_t k = 0; k < s->field_count; k++)
            assert_true(s->fields[k].en[0] && s->fields[k].zh[0]);
    }
    arena_close(a);
}

static void the_document_is_json_with_every_operation(void **state)
{
    (void)state;
    Arena *a = arena_open(16u << 20);
    for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
        Value v;
        Err err = {0};
        Str text = openapi_write(a, (Lang)lang);
        assert_true(json_parse(a, text, &v, &err));
        Value paths = value_field(v, "paths");
        for (size_t i = 0; i < route_count; i++) {
            char method[8] = "";
            for (size_t k = 0; route_list[i].method[k]; k++)
                method[k] = (char)(route_list[i].method[k] | 0x20);
            Value op = value_get(value_get(paths, str_from(route_list[i].path)), str_from(method));
            Str id = value_get_string(op, STR("operationId"));
            assert_true(str_equal(id, str_from(route_list[i].operation)));
        }
    }
    arena_close(a);
}

static void bodies_are_judged_field_by_field(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *body;
        const char *faults; /* "field=fault field=fault" */
    } rows[] = {
        {"DraftNew", "{\"thing\":\"a\",\"data\":{}}", ""},
        {"DraftNew", "{}", "/thing=body_field_missing /data=body_field_missing "},
        {"DraftNew", "7", "=body_field_type "},
        {"DraftNew", "{\"thing\":null,\"data\":{}}", "/thing=body_field_type "},
        {"DraftNew", "{\"thing\":\"a\",\"data\":{},\"a/b~c\":1}", "/a~1b~0c=body_field_unknown "},
        {"CaseNew", "{}", ""},
        {"CaseNew", "{\"draft\":\"x\"}", "/draft=body_field_type "},
        {"CaseNew", "{\"draft\":\"0192f0c1-0000-7000-8000-000000000000\"}", ""},
        {"ClockSet", "{\"now\":\"2026-11-25T09:00:00\"}", "/now=body_field_type "},
        {"ClockSet", "{\"now\":\"2026-11-25T09:00:00+08:00\"}", ""},
        {"MessageNew", "{\"name\":\"a\",\"correlation_key\":\"b\",\"time_to_live_s\":1.5}",
         "/time_to_live_s=body_field_type "},
        {"TimeLimit", "{\"amount\":1,\"unit\":\"weeks\"}", "/unit=body_field_choice "},
        {"Me",
         "{\"id\":\"a\",\"name\":\"b\",\"office\":null,\"office_title\":null,\"subject\":null,"
         "\"roles\":[\"x\",2],\"reads\":[\"tasks\",\"all\"]}",
         "/roles/1=body_field_type /reads/1=body_field_choice "},
        {"TimelineEntry", "{\"seq\":true}",
         "/seq=body_field_type /at=body_field_missing /code=body_field_missing "
         "/actor=body_field_missing /office=body_field_missing /matter=body_field_missing "
         "/text=body_field_missing "},
    };
    Arena *a = arena_open(1u << 20);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Value body;
        Err err = {0};
        FieldFaults faults = {0};
        Buf got = buf_new(a, 256);
        assert_true(json_parse(a, str_from(rows[i].body), &body, &err));
        bool fine = schema_check(a, LANG_EN, schema_find(str_from(rows[i].schema)), body, &faults);
        for (size_t k = 0; k < faults.count; k++) {
            buf_add(&got, faults.items[k].field);
            buf_add_char(&got, '=');
            buf_add(&got, faults.items[k].name);
            buf_add_char(&got, ' ');
            assert_true(faults.items[k].detail.len > 0);
        }
        assert_string_equal(buf_cstr(&got), rows[i].faults);
        assert_int_equal(fine, rows[i].faults[0] == '\0');
    }
    arena_close(a);
}

static void a_long_text_counts_characters_not_bytes(void **state)
{
    (void)state;
    Arena *a = arena_open(1u << 20);
    for (size_t count = 2000; count <= 2001; count++) {
        Buf text = buf_new(a, 8192);
        FieldFaults faults = {0};
        ContextBuilder b = context_builder(a);
        for (size_t i = 0; i < count; i++)
            buf_add_text(&text, "办");
        context_put_text(&b, "reason", value_string(buf_text(&text)));
        bool fine = schema_check(a, LANG_ZH, schema_find(STR("Withdrawal")), value_context(&b), &faults);
        assert_int_equal(fine, count == 2000);
    }
    arena_close(a);
}

static void no_more_faults_are_kept_than_the_limit(void **state)
{
    (void)state;
    Arena *a = arena_open(4u << 20);
    FieldFaults faults = {0};
    ContextBuilder b = context_builder(a);
    for (int i = 0; i < 500; i++)
        context_put(&b, arena_printf(a, "x%d", i), value_null());
    assert_false(schema_check(a, LANG_ZH, schema_find(STR("CaseNew")), value_context(&b), &faults));
    assert_int_equal(faults.count, API_FIELD_FAULTS_MAX);
    arena_close(a);
}

static void languages_follow_their_rank(void **state)
{
    (void)state;
    static const struct { const char *text; Lang lang; } rows[] = {
        {"", LANG_ZH}, {"zh", LANG_ZH}, {"en", LANG_EN}, {"EN-us", LANG_EN}, {"fr", LANG_ZH},
        {"fr,en;q=0.1", LANG_EN}, {"zh;q=0.4, en;q=0.5", LANG_EN}, {"zh;q=0.5,en;q=0.5", LANG_ZH},
        {"en;q=0", LANG_ZH}, {"en;q=2", LANG_ZH}, {"en;q=", LANG_ZH}, {"en;q=0.001", LANG_EN},
        {"en;q=0.0001", LANG_ZH}, {"english", LANG_ZH}, {"zhx,en", LANG_EN}, {",,;;=,en", LANG_EN},
        {"*", LANG_ZH}, {"en ; q=0.9", LANG_EN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (language_of(str_from(rows[i].text)) != rows[i].lang)
            fail_msg("\"%s\"", rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_name_what_exists),
        cmocka_unit_test(schemas_name_what_exists),
        cmocka_unit_test(the_document_is_json_with_every_operation),
        cmocka_unit_test(bodies_are_judged_field_by_field),
        cmocka_unit_test(a_long_text_counts_characters_not_bytes),
        cmocka_unit_test(no_more_faults_are_kept_than_the_limit),
        cmocka_unit_test(languages_follow_their_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
