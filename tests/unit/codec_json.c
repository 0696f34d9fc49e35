/* codec_json.c - JSON by its case files, mutations of them, and the canonical writer. */
#include "codec_cases.h"

#include "codec/json.h"

#define CASES_MIN 300u
#define MUTATIONS_PER_CASE 60u

static Str without_line_end(Str s)
{
    return str_ends(s, STR("\n")) ? str_slice(s, 0, s.len - 1) : s;
}

static void judge_accepted(Arena *a, const CaseFile *c, Value v, size_t *failed)
{
    char out_name[300];
    bool found = false;
    snprintf(out_name, sizeof out_name, "%.*sout", (int)(strlen(c->name) - 4), c->name);
    Str expected = case_read(a, c->folder, out_name, &found);
    expected = found ? without_line_end(expected) : c->text;
    Str written = json_copy_text(a, v);
    if (str_equal(written, expected))
        return;
    print_message("# %s: written as %.*s\n", c->name, STR_ARG(written));
    ++*failed;
}

static void judge_case(Arena *a, const CaseFile *c, void *context)
{
    size_t *failed = context;
    Value v = value_null();
    Err err = {0};
    bool accepted = json_parse(a, c->text, &v, &err);
    if (accepted != c->accepted) {
        Buf text = buf_new(a, 0);
        err_show(&err, LANG_EN, &text);
        print_message("# %s: accepted=%d %s\n", c->name, accepted,
                      err.fault != NULL ? buf_cstr(&text) : "");
        ++*failed;
    } else if (accepted) {
        judge_accepted(a, c, v, failed);
    } else if (!case_fault_agrees(c, &err) || !case_message_is_whole(a, c, &err)) {
        ++*failed;
    }
}

static void test_cases(void **state)
{
    (void)state;
    size_t failed = 0;
    size_t visited = cases_visit("json", ".json", judge_case, &failed);
    assert_true(visited >= CASES_MIN);
    assert_int_equal(failed, 0);
}

/* ---- Whatever is read can be written and read again; whatever is not, does no harm. */

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static Str mutate(Arena *a, Str text, uint64_t *seed)
{
    static const char pieces[] = "{}[],:\"\\u0123456789eE+-. \n\ttrue\xe5\x85\xac\x80\xff";
    Str copy = arena_copy(a, text);
    char *bytes = arena_take(a, text.len + 4);
    size_t len = copy.len;
    memcpy(bytes, copy.ptr, len);
    for (uint64_t n = 1 + next_random(seed) % 3; n > 0 && len > 0; n--) {
        size_t at = next_random(seed) % len;
        switch (next_random(seed) % 3) {
        case 0:
            bytes[at] = pieces[next_random(seed) % (sizeof pieces - 1)];
            break;
        case 1:
            memmove(bytes + at, bytes + at + 1, len - at - 1);
            len--;
            break;
        default:
            len = at;
        }
    }
    return (Str){bytes, len};
}

static void mutate_case(Arena *a, const CaseFile *c, void *context)
{
    uint64_t *seed = context;
    for (size_t i = 0; i < MUTATIONS_PER_CASE; i++) {
        Str text = mutate(a, c->text, seed);
        Value v, again;
        Err err = {0};
        uint32_t line, column;
        json_locate(text, STR("/a/0/b"), &line, &column);
        if (!json_parse(a, text, &v, &err)) {
            assert_non_null(err.fault);
            assert_true(err.line > 0 && err.column > 0);
            continue;
        }
        Str written = json_copy_text(a, v);
        assert_true(json_parse(a, written, &again, &err));
        assert_true(value_same(v, again));
        assert_true(str_equal(written, json_copy_text(a, again)));
    }
}

static void test_mutations(void **state)
{
    (void)state;
    uint64_t seed = 20220929;
    assert_true(cases_visit("json", ".json", mutate_case, &seed) >= CASES_MIN);
}

/* ---- The writer ---- */

static Value parse(Arena *a, Str text)
{
    Value v = value_null();
    Err err = {0};
    assert_true(json_parse(a, text, &v, &err));
    return v;
}

static void test_writer_escapes(void **state)
{
    (void)state;
    Arena *a = arena_open(1 << 20);
    Buf out = buf_new(a, 0);
    json_write_string(STR("\x00\x01\b\t\n\v\f\r\x1b\x1f \"\\/\x7f<>&'道\xe2\x80\xa8"), &out);
    assert_true(str_equal(buf_text(&out),
                          STR("\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001b\\u001f "
                              "\\\"\\\\/\x7f<>&'道\xe2\x80\xa8\"")));
    /* Every control character survives a reading. */
    for (int c = 0; c < 0x80; c++) {
        char byte = (char)c;
        Str text = json_copy_text(a, value_string((Str){&byte, 1}));
        Value v = parse(a, text);
        assert_true(str_equal(v.as.string, (Str){&byte, 1}));
        assert_true(c >= 0x20 || text.len > 3);
    }
    arena_close(a);
}

static void test_writer_indent(void **state)
{
    (void)state;
    Arena *a = arena_open(1 << 20);
    Value v = parse(a, STR("{\"a\":[1,{\"b\":[]},{}],\"c\":null}"));
    Buf out = buf_new(a, 0);
    json_write(v, 2, &out);
    assert_string_equal(buf_cstr(&out), "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    },\n"
                                        "    {}\n  ],\n  \"c\": null\n}");
    assert_true(value_same(v, parse(a, buf_text(&out))));
    arena_close(a);
}

static void test_writer_depth(void **state)
{
    (void)state;
    enum { DEPTH = 200000 };
    Arena *a = arena_open(256u << 20);
    Value v = value_null();
    for (int i = 0; i < DEPTH; i++)
        v = value_list_of(a, &v, 1);
    Str text = json_copy_text(a, v);
    assert_int_equal(text.len, 2 * DEPTH + 4);
    Err err = {0};
    assert_false(json_parse(a, text, &v, &err));
    assert_true(err_is(&err, &fault_json_depth));
    arena_close(a);
}

/* A buffer without memory left makes the text empty, never half of one. */
static void test_writer_memory(void **state)
{
    (void)state;
    Arena *a = arena_open(1 << 20);
    Arena *small = arena_open(4096);
    Value v = parse(a, STR("[\"123456789012345678901234567890\"]"));
    for (int i = 0; i < 10; i++)
        v = value_list_of(a, (const Value[]){v, v}, 2);
    assert_int_equal(json_copy_text(small, v).len, 0);
    assert_true(arena_failed(small));
    arena_close(small);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),          cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_writer_escapes), cmocka_unit_test(test_writer_indent),
        cmocka_unit_test(test_writer_depth),   cmocka_unit_test(test_writer_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
