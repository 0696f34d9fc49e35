/* Values: making, builders with and without index, finding, copying, comparing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/value.h"

static Arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = arena_open(64u << 20);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static void making(void **state)
{
    (void)state;
    assert_true(value_is_null(value_null()));
    assert_true(value_is_true(value_boolean(true)));
    assert_false(value_is_true(value_boolean(false)));
    assert_false(value_is_true(value_int(1)));
    assert_int_equal(value_kind(value_int(7)), VALUE_NUMBER);
    Instant t = {1795568400250000};
    assert_true(str_equal(value_instant(arena, t).as.string, STR("2026-11-25T09:00:00.25+08:00")));
    assert_true(value_is_null(value_instant(arena, INSTANT_NONE)));
    Day day = day_from_civil((Civil){2026, 11, 25});
    assert_true(str_equal(value_day(arena, day).as.string, STR("2026-11-25")));
    assert_true(value_is_null(value_day(arena, DAY_NONE)));
    assert_int_equal(value_date(day).as.day, day.number);
    Id id = {{1, 2, 3}};
    assert_true(str_equal(value_id(arena, id).as.string,
                          STR("01020300-0000-0000-0000-000000000000")));
}

static void temporal(void **state)
{
    (void)state;
    TimeParts parts = {.day = 5, .nano = 7, .offset_s = 3600, .zone_id = 9, .zone = ZONE_NAMED};
    TimeParts back = value_time_parts(value_date_time(parts));
    assert_true(back.day == 5 && back.nano == 7 && back.offset_s == 3600 && back.zone_id == 9 &&
                back.zone == ZONE_NAMED);
    back = value_time_parts(value_time(parts));
    assert_int_equal(back.day, 0); /* a time has no day */
    parts.zone = ZONE_OFFSET;
    back = value_time_parts(value_date_time(parts));
    assert_true(back.zone_id == 0 && back.offset_s == 3600);
    parts.zone = ZONE_LOCAL;
    back = value_time_parts(value_date_time(parts));
    assert_true(back.zone_id == 0 && back.offset_s == 0);
    static const struct {
        int64_t seconds, nanos, normal_seconds, normal_nanos;
    } durations[] = {
        {1, 2000000000, 3, 0},     {1, -1, 0, 999999999},       {-1, 1, 0, -999999999},
        {0, -1, 0, -1},            {-5, -1500000000, -6, -500000000},
        {2, -500000000, 1, 500000000}, {-2, 500000000, -1, -500000000}, {0, 5, 0, 5},
    };
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        Value v = value_time_duration(durations[i].seconds, durations[i].nanos);
        assert_int_equal(v.as.seconds, durations[i].normal_seconds);
        assert_int_equal(v.as.nanos, durations[i].normal_nanos);
    }
    assert_int_equal(value_months_duration(-14).as.months, -14);
}

static void lists(void **state)
{
    (void)state;
    ListBuilder b = list_builder(arena);
    assert_int_equal(value_count(value_list(&b)), 0);
    for (int i = 0; i < 100; i++) list_add(&b, value_int(i));
    Value list = value_list(&b);
    assert_int_equal(value_count(list), 100);
    for (int i = 0; i < 100; i++) {
        assert_true(value_same(value_item(list, (size_t)i), value_int(i)));
    }
    assert_true(value_is_null(value_item(list, 100)));
    assert_true(value_is_null(value_item(value_int(1), 0)));
    Value two[] = {value_int(1), value_boolean(true)};
    Value copy = value_list_of(arena, two, 2);
    two[0] = value_null();
    assert_true(value_same(value_item(copy, 0), value_int(1)));
    assert_int_equal(value_count(value_list_of(arena, NULL, 0)), 0);
}

static void contexts(void **state)
{
    (void)state;
    ContextBuilder b = context_builder(arena);
    assert_false(context_builder_has(&b, STR("0")));
    for (int i = 0; i < 500; i++) {
        Str key = arena_printf(arena, "%d", i);
        context_put(&b, key, value_int(-1));
        context_put(&b, key, value_int(i));
        assert_true(context_builder_has(&b, key));
        assert_false(context_builder_has(&b, STR("x")));
        /* Below 16 entries there is no index, from then on there is. */
        assert_int_equal(b.slot_count > 0, b.capacity >= 16);
    }
    Value context = value_context(&b);
    assert_int_equal(value_count(context), 500);
    for (int i = 0; i < 500; i++) {
        Str key = arena_printf(arena, "%d", i);
        assert_true(str_equal(context.as.context.entries[i].key, key));
        assert_int_equal(value_get_int(context, key, -7), i);
    }
    /* A new context from an old one leaves the old one as it was. */
    ContextBuilder c = context_builder_from(arena, context);
    context_put_text(&c, "7", value_boolean(true));
    context_put_text(&c, "new", value_null());
    assert_true(value_is_true(value_field(value_context(&c), "7")));
    assert_int_equal(value_get_int(context, STR("7"), 0), 7);
    assert_int_equal(value_count(value_context(&c)), 501);
    c = context_builder_from(arena, value_int(5));
    assert_int_equal(value_count(value_context(&c)), 0);
    c = context_builder_from(arena, value_context(&c));
    assert_int_equal(value_count(value_context(&c)), 0);
}

static Value sample(void)
{
    ContextBuilder b = context_builder(arena);
    context_put_text(&b, "text", value_string(STR("办理")));
    context_put_text(&b, "yes", value_boolean(true));
    context_put_text(&b, "nothing", value_null());
    context_put_text(&b, "id", value_id(arena, (Id){{7}}));
    Dec half;
    assert_true(dec_parse(STR("0.5"), &half));
    context_put_text(&b, "half", value_number(half));
    Value items[] = {value_int(1), value_context(&b)};
    context_put_text(&b, "list", value_list_of(arena, items, 2));
    return value_context(&b);
}

static void reading(void **state)
{
    (void)state;
    Value v = sample(), found;
    assert_true(str_equal(value_get_string(v, STR("text")), STR("办理")));
    assert_int_equal(value_get_string(v, STR("yes")).len, 0);
    assert_int_equal(value_get_string(v, STR("absent")).len, 0);
    assert_true(value_get_boolean(v, STR("yes"), false));
    assert_true(value_get_boolean(v, STR("text"), true));
    assert_int_equal(value_get_int(v, STR("half"), -3), -3);
    assert_int_equal(value_get_int(v, STR("text"), -3), -3);
    assert_true(id_equal(value_get_id(v, STR("id")), (Id){{7}}));
    assert_true(id_is_none(value_get_id(v, STR("text"))));
    assert_true(id_is_none(value_get_id(v, STR("absent"))));
    /* Absent and null are told apart by value_find only. */
    assert_true(value_find(v, STR("nothing"), &found) && value_is_null(found));
    assert_false(value_find(v, STR("absent"), &found));
    assert_false(value_find(value_int(1), STR("x"), &found));
    assert_true(value_is_null(value_field(v, "absent")));
    assert_int_equal(value_count(value_int(1)), 0);
}

/* One value of each kind, and another of the same kind that differs. */
static void kinds(Value first[VALUE_KIND_COUNT], Value other[VALUE_KIND_COUNT])
{
    static const char function[2];
    for (int i = 0; i < 2; i++) {
        Value *to = i ? other : first;
        TimeParts parts = {.nano = i, .day = 1};
        Value item = value_int(i);
        ContextBuilder b = context_builder(arena);
        context_put_text(&b, "k", item);
        to[VALUE_NULL] = value_null();
        to[VALUE_BOOLEAN] = value_boolean(i);
        to[VALUE_NUMBER] = value_int(i);
        to[VALUE_STRING] = value_string(i ? STR("b") : STR("a"));
        to[VALUE_LIST] = value_list_of(arena, &item, 1);
        to[VALUE_CONTEXT] = value_context(&b);
        to[VALUE_DATE] = value_date((Day){i});
        to[VALUE_TIME] = value_time(parts);
        to[VALUE_DATE_TIME] = value_date_time(parts);
        to[VALUE_MONTHS_DURATION] = value_months_duration(i);
        to[VALUE_TIME_DURATION] = value_time_duration(0, i);
        to[VALUE_RANGE] = value_range(arena, (ValueRange){.low = item, .high = item});
        Value f = {.kind = VALUE_FUNCTION};
        f.as.function = (const struct FeelFunction *)(const void *)&function[i];
        to[VALUE_FUNCTION] = f;
    }
}

static void kinds_compared(void **state)
{
    (void)state;
    Value first[VALUE_KIND_COUNT], again[VALUE_KIND_COUNT], other[VALUE_KIND_COUNT];
    kinds(first, other);
    kinds(again, other);
    for (int i = 0; i < VALUE_KIND_COUNT; i++) {
        assert_true(strlen(value_kind_name((ValueKind)i)) > 3);
        assert_int_equal(value_is_plain(first[i]), i <= VALUE_CONTEXT);
        for (int j = 0; j < VALUE_KIND_COUNT; j++) {
            assert_int_equal(value_same(first[i], again[j]), i == j);
        }
        assert_int_equal(value_same(first[i], other[i]), i == VALUE_NULL);
        assert_true(value_same(value_copy(arena, first[i]), first[i]));
        /* A list or context is as plain as what is in it. */
        ContextBuilder b = context_builder(arena);
        context_put_text(&b, "k", first[i]);
        assert_int_equal(value_is_plain(value_context(&b)), i <= VALUE_CONTEXT);
        assert_int_equal(value_is_plain(value_list_of(arena, &first[i], 1)), i <= VALUE_CONTEXT);
    }
}

static void fine_differences(void **state)
{
    (void)state;
    TimeParts base = {.day = 1, .nano = 1, .offset_s = 60, .zone_id = 1, .zone = ZONE_NAMED};
    TimeParts changed[5] = {base, base, base, base, base};
    changed[0].day = 2;
    changed[1].nano = 2;
    changed[2].offset_s = 120;
    changed[3].zone_id = 2;
    changed[4].zone = ZONE_OFFSET;
    for (int i = 0; i < 5; i++) {
        assert_false(value_same(value_date_time(base), value_date_time(changed[i])));
    }
    /* The zone kind alone */
    TimeParts utc = {.zone = ZONE_OFFSET}, local = {.zone = ZONE_LOCAL};
    assert_false(value_same(value_time(utc), value_time(local)));
    assert_false(value_same(value_time_duration(1, 0), value_time_duration(2, 0)));
    ValueRange range = {.low = value_int(1), .high = value_int(2)};
    ValueRange ranges[6] = {range, range, range, range, range, range};
    ranges[0].low = value_int(0);
    ranges[1].high = value_int(0);
    ranges[2].low_closed = true;
    ranges[3].high_closed = true;
    ranges[4].low_absent = true;
    ranges[5].high_absent = true;
    for (int i = 0; i < 6; i++) {
        assert_false(value_same(value_range(arena, range), value_range(arena, ranges[i])));
    }
    Value items[] = {value_int(1), value_int(2)};
    assert_false(value_same(value_list_of(arena, items, 2), value_list_of(arena, items, 1)));
}

static Value pair(const char *first, int a, const char *second, int b)
{
    ContextBuilder builder = context_builder(arena);
    context_put(&builder, str_from(first), value_int(a));
    if (second) context_put(&builder, str_from(second), value_int(b));
    return value_context(&builder);
}

static void contexts_compared(void **state)
{
    (void)state;
    assert_true(value_same(pair("a", 1, "b", 2), pair("b", 2, "a", 1)));
    assert_false(value_same(pair("a", 1, "b", 2), pair("b", 1, "a", 2)));
    assert_false(value_same(pair("a", 1, "b", 2), pair("a", 1, "c", 2)));
    assert_false(value_same(pair("a", 1, "b", 2), pair("a", 1, NULL, 0)));
    Dec d;
    assert_true(dec_parse(STR("1.00"), &d));
    assert_true(value_same(value_number(d), value_int(1)));
}

static void copying(void **state)
{
    (void)state;
    Value v = sample();
    Arena *other = arena_open(1u << 20);
    Value copy = value_copy(other, v);
    assert_true(value_same(copy, v));
    assert_ptr_not_equal(copy.as.context.entries, v.as.context.entries);
    assert_ptr_not_equal(copy.as.context.entries[0].key.ptr, v.as.context.entries[0].key.ptr);
    assert_ptr_not_equal(value_field(copy, "text").as.string.ptr,
                         value_field(v, "text").as.string.ptr);
    assert_true(value_same(value_copy(other, value_list_of(arena, NULL, 0)),
                           value_list_of(arena, NULL, 0)));
    ContextBuilder empty = context_builder(arena);
    assert_int_equal(value_copy(other, value_context(&empty)).kind, VALUE_CONTEXT);
    arena_close(other);
}

/* A builder whose arena is full gives null, never a part. */
static void full_arena(void **state)
{
    (void)state;
    Arena *small = arena_open(1000);
    ListBuilder list = list_builder(small);
    for (int i = 0; i < 1000; i++) list_add(&list, value_int(i));
    assert_true(list.failed);
    assert_true(value_is_null(value_list(&list)));
    arena_reset(small);
    ContextBuilder context = context_builder(small);
    for (int i = 0; i < 1000; i++) {
        context_put(&context, (Str){&"0123456789"[i % 10], (size_t)(10 - i % 10)}, value_int(i));
    }
    assert_true(context.failed || value_count(value_context(&context)) == 10);
    arena_reset(small);
    Value v = sample();
    assert_false(arena_failed(small));
    ContextBuilder from = context_builder_from(small, v);
    assert_int_equal(value_count(value_context(&from)), value_count(v));
    arena_take(small, 2000);
    assert_true(arena_failed(small));
    from = context_builder_from(small, v);
    assert_true(value_is_null(value_context(&from)));
    assert_true(value_is_null(value_copy(small, v)));
    assert_true(value_is_null(value_copy(small, value_string(STR("x")))));
    assert_true(value_is_null(value_copy(small, value_list_of(arena, &v, 1))));
    assert_true(value_is_null(value_list_of(small, &v, 1)));
    assert_true(value_is_null(value_range(small, (ValueRange){.low = v})));
    assert_true(value_is_null(value_instant(small, (Instant){0})));
    assert_true(value_is_null(value_id(small, ID_NONE)));
    assert_true(value_is_null(value_day(small, (Day){0})));
    arena_close(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making),    cmocka_unit_test(temporal),
        cmocka_unit_test(lists),     cmocka_unit_test(contexts),
        cmocka_unit_test(reading),   cmocka_unit_test(kinds_compared),
        cmocka_unit_test(fine_differences), cmocka_unit_test(contexts_compared),
        cmocka_unit_test(copying),   cmocka_unit_test(full_arena),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
