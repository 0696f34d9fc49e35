/* codec_json_limits.c - large and hostile JSON ends with a value or a clear fault, in linear
 * time; and json_locate finds what a pointer names. */
#include "codec_cases.h"

#include "codec/json.h"

typedef struct Fixture {
    Arena *a;
    Value v;
    Err err;
} Fixture;

static int open_fixture(void **state)
{
    static Fixture f;
    f = (Fixture){.a = arena_open((size_t)512 << 20)};
    *state = &f;
    return 0;
}

static int close_fixture(void **state)
{
    Fixture *f = *state;
    arena_close(f->a);
    return 0;
}

static void assert_refused(Fixture *f, Str text, const Fault *fault, uint32_t line, uint32_t column)
{
    err_clear(&f->err);
    assert_false(json_parse(f->a, text, &f->v, &f->err));
    assert_string_equal(f->err.fault->name, fault->name);
    assert_int_equal(f->err.line, line);
    assert_int_equal(f->err.column, column);
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

static void test_nesting(void **state)
{
    Fixture *f = *state;
    Str lists = repeated(f->a, STR(""), STR("["), 10000, STR(""));
    Str objects = repeated(f->a, STR(""), STR("{\"a\":"), 10000, STR(""));
    assert_refused(f, lists, &fault_json_depth, 1, 65);
    assert_refused(f, objects, &fault_json_depth, 1, 64 * 5 + 1);
    /* With a limit of one's own the depth costs memory, not stack. */
    Str closed = repeated(f->a, lists, STR("]"), 10000, STR(""));
    assert_true(json_parse_limited(f->a, closed, 10000, &f->v, &f->err));
    assert_int_equal(value_count(f->v), 1);
    assert_false(json_parse_limited(f->a, closed, 9999, &f->v, &f->err));
    assert_true(err_is(&f->err, &fault_json_depth));
    assert_false(json_parse_limited(f->a, STR("[]"), 0, &f->v, NULL));
    assert_true(json_parse_limited(f->a, STR("1"), 0, &f->v, NULL));
}

static void test_long_strings(void **state)
{
    Fixture *f = *state;
    enum { COUNT = 10 << 20 };
    Str open = repeated(f->a, STR("\""), STR("x"), COUNT, STR(""));
    assert_refused(f, open, &fault_json_string_open, 1, 1);
    Str whole = repeated(f->a, STR("\""), STR("x"), COUNT, STR("\""));
    err_clear(&f->err);
    assert_true(json_parse(f->a, whole, &f->v, &f->err));
    assert_int_equal(f->v.as.string.len, COUNT);
    Str escaped = repeated(f->a, STR("[\""), STR("\\u9053\\n"), COUNT / 16, STR("\"]"));
    err_clear(&f->err);
    assert_true(json_parse(f->a, escaped, &f->v, &f->err));
    assert_int_equal(value_item(f->v, 0).as.string.len, COUNT / 16 * 4);
    Str broken = repeated(f->a, STR("[\n\""), STR("道"), COUNT / 4, STR("\x01\"]"));
    assert_refused(f, broken, &fault_json_control, 2, COUNT / 4 + 2);
}

static void test_long_numbers(void **state)
{
    Fixture *f = *state;
    Str digits = repeated(f->a, STR("["), STR("7"), 10 << 20, STR("]"));
    assert_refused(f, digits, &fault_json_number, 1, 2);
    Str zeros = repeated(f->a, STR("[0."), STR("0"), 10 << 20, STR("1]"));
    assert_refused(f, zeros, &fault_json_number, 1, 2);
    Str exponent = repeated(f->a, STR("[1e"), STR("9"), 1 << 20, STR("]"));
    assert_refused(f, exponent, &fault_json_number, 1, 2);
    Str kept = repeated(f->a, STR("0."), STR("0"), 6142, STR("1234567890123456789012345678901234"));
    err_clear(&f->err);
    assert_true(json_parse(f->a, kept, &f->v, &f->err));
    assert_true(str_equal(json_copy_text(f->a, f->v),
                          STR("1234567890123456789012345678901234e-6176")));
}

static void test_many_items(void **state)
{
    Fixture *f = *state;
    enum { COUNT = 500000 };
    Str list = repeated(f->a, STR("[0"), STR(",1.25"), COUNT, STR("]"));
    assert_true(json_parse(f->a, list, &f->v, &f->err));
    assert_int_equal(value_count(f->v), COUNT + 1);
    assert_true(str_equal(json_copy_text(f->a, f->v), list));
}

/* Too little memory is a fault of the request, never a value with holes. */
static void test_memory_limits(void **state)
{
    Fixture *f = *state;
    Str list = repeated(f->a, STR("[{\"name\":\"襄阳\"}"), STR(",{\"a\":[1,2,{}],\"b\":null}"), 3000,
                        STR("]"));
    size_t refused = 0;
    size_t accepted = 0;
    for (size_t limit = 1 << 10; limit < (size_t)8 << 20; limit = limit * 5 / 4) {
        Arena *small = arena_open(limit);
        Err err = {0};
        Value v = value_null();
        if (json_parse(small, list, &v, &err)) {
            assert_false(arena_failed(small));
            assert_true(str_equal(json_copy_text(f->a, v), list));
            accepted++;
        } else {
            assert_true(err_is(&err, &fault_out_of_memory));
            refused++;
        }
        arena_close(small);
    }
    assert_true(refused > 3 && accepted > 3);
}

/* ---- Duplicate keys ---- */

static Str object_of_keys(Arena *a, const Str *keys, size_t count)
{
    Buf b = buf_new(a, 1 << 16);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s\n\"%.*s\":%zu", i == 0 ? "{" : ",", STR_ARG(keys[i]), i);
    buf_add_char(&b, '}');
    return buf_text(&b);
}

/* The object is fine; with its key number `again` put last once more it is refused there. */
static void assert_keys_judged(Fixture *f, Str *keys, size_t count, size_t again)
{
    err_clear(&f->err);
    assert_true(json_parse(f->a, object_of_keys(f->a, keys, count), &f->v, &f->err));
    assert_int_equal(value_count(f->v), count);
    Str kept = keys[count];
    keys[count] = keys[again];
    assert_refused(f, object_of_keys(f->a, keys, count + 1), &fault_json_duplicate,
                   (uint32_t)count + 2, 1);
    assert_true(str_equal(err_arg(&f->err, 0), keys[again]));
    keys[count] = kept;
}

static void test_duplicate_keys(void **state)
{
    Fixture *f = *state;
    static const size_t counts[] = {1, 2, 15, 16, 17, 31, 32, 33, 512, 513, 100000};
    Str *keys = arena_new_array(f->a, Str, 100001);
    for (size_t i = 0; i < 100000; i++)
        keys[i] = arena_printf(f->a, "field-%zu", i);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        assert_keys_judged(f, keys, counts[i], counts[i] / 2);
}

/* Keys whose hashes end in the same bits would make a hash table quadratic. */
static void test_hostile_keys(void **state)
{
    Fixture *f = *state;
    enum { COUNT = 1500 };
    Str *keys = arena_new_array(f->a, Str, COUNT + 1);
    size_t found = 0;
    for (uint32_t n = 0; found < COUNT; n++) {
        char text[16];
        Str key = {text, (size_t)snprintf(text, sizeof text, "%x", n)};
        if ((str_hash(key) & 4095) == 0)
            keys[found++] = arena_copy(f->a, key);
    }
    assert_keys_judged(f, keys, COUNT, 700);
    /* Two duplicates: the first in the text is the one reported. */
    keys[COUNT - 10] = keys[3];
    keys[COUNT] = keys[2];
    assert_refused(f, object_of_keys(f->a, keys, COUNT + 1), &fault_json_duplicate, COUNT - 8, 1);
}

/* ---- json_locate ---- */

static const char located_text[] =
    "{\n"
    "  \"name\": \"道路挖掘\",\n"
    "  \"matters\": [ {\"code\": 1},\n"
    "    {\"code\": \"]}\\\"\", \"a/b\": [[], [7 , 8]], \"m~n\": -1.5e3}\n"
    "  ],\n"
    "  \"\": {\"\": true}, \"\\u529e\\ud83d\\ude39\\n\": null,\n"
    "  \"办件\": false, \"01\": 3, \"last\": 9 }\n";

static void test_locate(void **state)
{
    (void)state;
    static const struct {
        const char *pointer;
        uint32_t line, column; /* 0: not there */
    } rows[] = {
        {"", 1, 1},
        {"/name", 2, 11},
        {"/matters", 3, 14},
        {"/matters/0", 3, 16},
        {"/matters/0/code", 3, 25},
        {"/matters/1", 4, 5},
        {"/matters/1/code", 4, 14},
        {"/matters/1/a~1b", 4, 29},
        {"/matters/1/a~1b/0", 4, 30},
        {"/matters/1/a~1b/1/1", 4, 39},
        {"/matters/1/m~0n", 4, 51},
        {"/", 6, 7},
        {"//", 6, 12},
        {"/办\xf0\x9f\x98\xb9\n", 6, 43},
        {"/办件", 7, 9},
        {"/01", 7, 22},
        {"/last", 7, 33},
        {"/matters/2", 0, 0},
        {"/matters/00", 0, 0},
        {"/matters/-", 0, 0},
        {"/matters/99999999999999999999", 0, 0},
        {"/matters/0/code/0", 0, 0},
        {"/matters/1/a~1b/0/0", 0, 0},
        {"/nam", 0, 0},
        {"/names", 0, 0},
        {"name", 0, 0},
        {"/name/", 0, 0},
        {"///", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t line = 0, column = 0;
        bool found = json_locate(str_from(located_text), str_from(rows[i].pointer), &line, &column);
        if (line != rows[i].line || column != rows[i].column)
            print_message("# %s: %u:%u\n", rows[i].pointer, line, column);
        assert_int_equal(found, rows[i].line > 0);
        assert_int_equal(line, rows[i].line);
        assert_int_equal(column, rows[i].column);
    }
}

/* Texts that are no JSON give a place or none, and nothing is read outside of them. */
static void test_locate_broken(void **state)
{
    Fixture *f = *state;
    static const char *const pointers[] = {"/matters/1/a~1b/1/1",
                                           "/办\xf0\x9f\x98\xb9\n", "/", "/~"};
    for (size_t len = 0; len < strlen(located_text); len++) {
        char *cut = malloc(len + 1); /* its end is known to the address sanitizer */
        memcpy(cut, located_text, len);
        for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++) {
            uint32_t line = 0, column = 0;
            json_locate((Str){cut, len}, str_from(pointers[i]), &line, &column);
        }
        free(cut);
    }
    uint32_t line = 0, column = 0;
    assert_false(json_locate(STR(""), STR(""), &line, &column));
    assert_false(json_locate(STR("{\"a\":"), STR("/a"), &line, &column));
    assert_false(json_locate(STR("[1,"), STR("/1"), &line, &column));
    assert_false(json_locate(STR("[\"\xff\"]"), STR("/0"), &line, &column));
    (void)f;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nesting, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_long_strings, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_long_numbers, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_many_items, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_memory_limits, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_duplicate_keys, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_hostile_keys, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_locate, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_locate_broken, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
