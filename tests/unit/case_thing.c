/* case_thing.c - the text of a thing: a whole one, and one change at a time that spoils it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "domain/case/case.h"

static const char whole[] =
    "{\n"
    "\"id\": \"dig\",\n"
    "\"title\": {\"zh\": \"挖掘\", \"en\": \"Digging\"},\n"
    "\"stage\": \"business_permit\", \"audience\": \"firm\", \"region\": \"420600\",\n"
    "\"form\": \"dig\", \"process\": \"dig\", \"calendar\": \"hubei\", \"lead_matter\": \"plan\",\n"
    "\"matters\": [\n"
    "{\"id\": \"plan\", \"title\": {\"zh\": \"规划\", \"en\": \"Planning\"}, \"office\": \"o-1\",\n"
    " \"item_code\": \"11440232MB2D06811W4000117051000\",\n"
    " \"statutory\": {\"amount\": 20, \"unit\": \"working_day\"}, \"materials\": [\"map\"]},\n"
    "{\"id\": \"road\", \"title\": {\"zh\": \"道路\", \"en\": \"Road\"}, \"office\": \"o-2\",\n"
    " \"item_code\": \"11370800MB285591843370117002011\",\n"
    " \"promised\": {\"amount\": 4, \"unit\": \"working_hour\"}}\n"
    "],\n"
    "\"limits\": {\"statutory\": {\"amount\": 20, \"unit\": \"working_day\"},\n"
    "           \"promised\": {\"amount\": 4, \"unit\": \"working_day\"}},\n"
    "\"fee_fen\": 100, \"visits\": 1,\n"
    "\"guide\": {\"zh\": \"说明\", \"en\": \"Guide\"},\n"
    "\"legal_basis\": [{\"zh\": \"法\", \"en\": \"Law\"}],\n"
    "\"materials\": [\n"
    "{\"id\": \"map\", \"title\": {\"zh\": \"图\", \"en\": \"Map\"}, \"from\": \"upload\"},\n"
    "{\"id\": \"file\", \"title\": {\"zh\": \"档案\", \"en\": \"File\"}, \"from\": \"registry\",\n"
    " \"source\": \"city_road\"}],\n"
    "\"when_part_refused\": \"continue\",\n"
    "\"facts\": [{\"what\": {\"zh\": \"六\", \"en\": \"six\"}, \"source\": \"报道\"}],\n"
    "\"own_reading\": [{\"zh\": \"理解\", \"en\": \"reading\"}]\n"
    "}\n";

static void a_whole_thing(void **state)
{
    (void)state;
    Arena *a = arena_open(16 << 20);
    Thing *thing = NULL;
    Err err = {0};
    if (!thing_compile(a, str_from(whole), STR("dig.json"), &thing, &err)) {
        Buf why = buf_new(a, 0);
        err_show(&err, LANG_EN, &why);
        fail_msg("%s", buf_cstr(&why));
    }
    assert_int_equal(thing->matter_count, 2);
    assert_int_equal(thing->matters[0].promised.amount, 4);
    assert_true(str_equal(thing->matters[0].promised.unit, STR("working_day")));
    assert_true(str_equal(thing->matters[1].promised.unit, STR("working_hour")));
    assert_int_equal(thing->matters[1].statutory.amount, 0);
    assert_int_equal(thing->material_count, 2);
    assert_true(str_equal(thing->materials[0].field, STR("map")));
    assert_true(str_equal(thing->materials[1].source, STR("city_road")));
    assert_int_equal(thing->fee_fen, 100);
    assert_false(thing->refused_part_ends_case);
    assert_int_equal(value_count(thing->facts), 1);
    arena_close(a);
}

/* The whole text with one piece replaced. */
typedef struct Spoiled {
    const char *piece, *by;
    const Fault *fault;
    uint32_t line;
} Spoiled;

static const Spoiled spoiled[] = {
    {"\"id\": \"dig\",", "\"id\": \"Dig\",", &fault_thing_invalid, 2},
    {"\"id\": \"dig\",", "", &fault_thing_invalid, 1},
    {"\"en\": \"Digging\"", "\"en\": \"\"", &fault_thing_invalid, 3},
    {"\"zh\": \"挖掘\", ", "", &fault_thing_invalid, 3},
    {"\"business_permit\"", "\"permits\"", &fault_thing_invalid, 4},
    {"\"firm\"", "\"all\"", &fault_thing_invalid, 4},
    {"\"420600\"", "\"4206\"", &fault_thing_invalid, 4},
    {"\"form\": \"dig\"", "\"form\": \"\"", &fault_thing_invalid, 5},
    {"\"process\": \"dig\"", "\"process\": 7", &fault_thing_invalid, 5},
    {"\"lead_matter\": \"plan\"", "\"lead_matter\": \"tree\"", &fault_thing_reference, 5},
    {"\"id\": \"road\"", "\"id\": \"plan\"", &fault_thing_twice, 10},
    {"\"office\": \"o-2\"", "\"ofice\": \"o-2\"", &fault_thing_field_unknown, 10},
    {"\"11370800MB285591843370117002011\"", "\"1137080\"", &fault_thing_invalid, 11},
    {"\"unit\": \"working_hour\"", "\"unit\": \"hour\"", &fault_thing_invalid, 12},
    {"\"amount\": 4, \"unit\": \"working_hour\"", "\"amount\": 0, \"unit\": \"working_hour\"",
     &fault_thing_invalid, 12},
    {"\"amount\": 4, \"unit\": \"working_hour\"", "\"amount\": 5001, \"unit\": \"working_hour\"",
     &fault_thing_invalid, 12},
    {"\"materials\": [\"map\"]", "\"materials\": [\"plan\"]", &fault_thing_reference, 9},
    {"\"materials\": [\"map\"]", "\"materials\": \"map\"", &fault_thing_invalid, 9},
    {"\"limits\": {", "\"limits\": {\"legal\": 1, ", &fault_thing_field_unknown, 14},
    {"\"fee_fen\": 100", "\"fee_fen\": -1", &fault_thing_invalid, 16},
    {"\"fee_fen\": 100", "\"fee_fen\": 0.5", &fault_thing_invalid, 16},
    {"\"visits\": 1", "\"visits\": \"1\"", &fault_thing_invalid, 16},
    {"{\"zh\": \"法\", \"en\": \"Law\"}", "{\"zh\": 7}", &fault_thing_invalid, 18},
    {"\"from\": \"upload\"", "\"from\": \"mail\"", &fault_thing_invalid, 20},
    {"\"id\": \"file\"", "\"id\": \"map\"", &fault_thing_twice, 21},
    {"\"continue\"", "\"stop\"", &fault_thing_invalid, 23},
    {"\"source\": \"报道\"", "\"from\": \"报道\"", &fault_thing_invalid, 24},
    {"\"own_reading\": [", "\"own_readings\": [", &fault_thing_field_unknown, 25},
    {"\"matters\": [", "\"matters\": [], \"mattress\": [", &fault_thing_field_unknown, 6},
};

static void each_fault_has_its_line(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++) {
        Arena *a = arena_open(16 << 20);
        Thing *thing = NULL;
        Err err = {0};
        Str text = str_from(whole);
        ptrdiff_t at = str_find(text, str_from(spoiled[i].piece));
        assert_true(at >= 0);
        Buf changed = buf_new(a, 0);
        buf_add(&changed, str_slice(text, 0, (size_t)at));
        buf_add(&changed, str_from(spoiled[i].by));
        buf_add(&changed, str_slice(text, (size_t)at + str_from(spoiled[i].piece).len, text.len));
        bool fine = thing_compile(a, buf_text(&changed), STR("dig.json"), &thing, &err);
        if (fine || err.fault != spoiled[i].fault || err.line != spoiled[i].line) {
            Buf why = buf_new(a, 0);
            err_show(&err, LANG_EN, &why);
            wrong++;
            print_error("%s -> %s: expected %s at %u, got %s\n", spoiled[i].piece, spoiled[i].by,
                        spoiled[i].fault->name, spoiled[i].line,
                        fine ? "nothing" : buf_cstr(&why));
        }
        arena_close(a);
    }
    assert_int_equal(wrong, 0);
}

static void texts_that_are_no_thing(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "[]", "null", "{}", "{\"id\":\"x\"", "7"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Arena *a = arena_open(1 << 20);
        Thing *thing = NULL;
        Err err = {0};
        assert_false(thing_compile(a, str_from(texts[i]), STR("t"), &thing, &err));
        assert_non_null(err.fault);
        assert_null(thing);
        arena_close(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_thing),
        cmocka_unit_test(each_fault_has_its_line),
        cmocka_unit_test(texts_that_are_no_thing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
