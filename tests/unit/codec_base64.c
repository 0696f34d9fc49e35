/* codec_base64.c - RFC 4648: its test vectors, all lengths both ways, and second spellings. */
#include "codec_cases.h"

#include "codec/base64.h"

static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *standard, *url;
    } rows[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+", "-__-"},
        {"通办", "6YCa5Yqe", "6YCa5Yqe"},
    };
    Arena *a = arena_open(1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Str bytes = str_from(rows[i].bytes);
        const char *const texts[2] = {rows[i].standard, rows[i].url};
        for (int alphabet = BASE64_STANDARD; alphabet <= BASE64_URL; alphabet++) {
            Str text = str_from(texts[alphabet]);
            Str back = STR_NONE;
            assert_true(str_equal(base64_copy_text(a, bytes, (Base64Alphabet)alphabet), text));
            assert_true(base64_read(a, text, (Base64Alphabet)alphabet, &back, NULL));
            assert_true(str_equal(back, bytes));
        }
    }
    arena_close(a);
}

static void test_every_length(void **state)
{
    (void)state;
    Arena *a = arena_open(8 << 20);
    char bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 89 + i / 7);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        for (int alphabet = BASE64_STANDARD; alphabet <= BASE64_URL; alphabet++) {
            Str back = STR_NONE;
            Str text = base64_copy_text(a, (Str){bytes, len}, (Base64Alphabet)alphabet);
            assert_int_equal(text.len, alphabet == BASE64_STANDARD ? (len + 2) / 3 * 4
                                                                   : (len * 4 + 2) / 3);
            assert_true(base64_read(a, text, (Base64Alphabet)alphabet, &back, NULL));
            assert_true(str_equal(back, (Str){bytes, len}));
        }
    }
    arena_close(a);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        Base64Alphabet alphabet;
        const Fault *fault;
        const char *argument;
    } rows[] = {
        {"Z", BASE64_STANDARD, &fault_base64_length, "1"},
        {"Zg", BASE64_STANDARD, &fault_base64_length, "2"},
        {"Zg=", BASE64_STANDARD, &fault_base64_length, "3"},
        {"Zm9vY", BASE64_URL, &fault_base64_length, "5"},
        {"Z===", BASE64_STANDARD, &fault_base64_alphabet, "2"},
        {"====", BASE64_STANDARD, &fault_base64_alphabet, "1"},
        {"Zg==Zg==", BASE64_STANDARD, &fault_base64_alphabet, "3"},
        {"Zg==", BASE64_URL, &fault_base64_alphabet, "3"},
        {"Zm9v\nZm9", BASE64_STANDARD, &fault_base64_alphabet, "5"},
        {"Zm 9", BASE64_STANDARD, &fault_base64_alphabet, "3"},
        {"Zm-_", BASE64_STANDARD, &fault_base64_alphabet, "3"},
        {"Zm+/", BASE64_URL, &fault_base64_alphabet, "3"},
        {"Zh==", BASE64_STANDARD, &fault_base64_alphabet, "2"}, /* low bits not zero */
        {"Zm9=", BASE64_STANDARD, &fault_base64_alphabet, "3"},
        {"Zh", BASE64_URL, &fault_base64_alphabet, "2"},
        {"6YCa\xe9\x80\x9a=", BASE64_STANDARD, &fault_base64_alphabet, "5"},
    };
    Arena *a = arena_open(1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Str out = STR("kept");
        Err err = {0};
        assert_false(base64_read(a, str_from(rows[i].text), rows[i].alphabet, &out, &err));
        assert_string_equal(err.fault->name, rows[i].fault->name);
        assert_true(str_equal(err_arg(&err, 0), str_from(rows[i].argument)));
        assert_true(str_equal(out, STR("kept")));
    }
    arena_close(a);
}

static void test_memory(void **state)
{
    (void)state;
    Arena *a = arena_open(1 << 20);
    Arena *small = arena_open(4096);
    char *bytes = arena_take(a, 90000);
    Str text = base64_copy_text(a, (Str){bytes, 90000}, BASE64_STANDARD);
    Str out;
    Err err = {0};
    assert_int_equal(text.len, 120000);
    assert_false(base64_read(small, text, BASE64_STANDARD, &out, &err));
    assert_true(err_is(&err, &fault_out_of_memory));
    assert_int_equal(base64_copy_text(small, text, BASE64_STANDARD).len, 0);
    arena_close(small);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
