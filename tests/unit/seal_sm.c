/* seal_sm.c - SM3, HMAC-SM3 and SM4-CTR against the examples of the standards, against the
 * library's own HMAC, and from many threads at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "seal/seal.h"

static void assert_hex(const uint8_t *bytes, size_t count, const char *expected)
{
    char text[257];
    assert_true(count <= 128);
    for (size_t i = 0; i < count; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(text, expected);
}

static void test_init(void **state)
{
    (void)state;
    Err err = {0};
    assert_true(seal_init(&err));
    assert_true(seal_init(&err));
    assert_null(err.fault);
}

static void test_sm3(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hash;
    } rows[] = {
        {"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
        {"abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
         "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
        {"", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Sm3 hash = sm3(str_from(rows[i].text));
        assert_hex(hash.bytes, SM3_BYTES, rows[i].hash);
        char text[65] = {0};
        sm3_text(&hash, text);
        assert_string_equal(text, rows[i].hash);
    }
    Sm3 nothing = sm3_of(NULL, 0);
    Sm3 empty = sm3(STR_NONE);
    assert_true(sm3_equal(&nothing, &empty));
}

/* Cut anywhere, the pieces give the hash of the whole. */
static void test_sm3_pieces(void **state)
{
    (void)state;
    char text[200];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 + 3);
    Sm3 whole = sm3((Str){text, sizeof text});
    for (size_t cut = 0; cut <= sizeof text; cut++) {
        Str rest = {text + cut, sizeof text - cut};
        Sm3 pieces = sm3_of((const Str[]){{text, cut}, STR_NONE, rest}, 3);
        assert_true(sm3_equal(&whole, &pieces));
    }
}

static void test_equal_and_text(void **state)
{
    (void)state;
    Sm3 hash = sm3(STR("abc"));
    Sm3 parsed;
    char text[64];
    sm3_text(&hash, text);
    assert_true(sm3_parse((Str){text, 64}, &parsed));
    assert_true(sm3_equal(&hash, &parsed));
    for (size_t i = 0; i < SM3_BYTES; i++) {
        parsed.bytes[i] ^= 0x80;
        assert_false(sm3_equal(&hash, &parsed));
        parsed.bytes[i] ^= 0x80;
    }
    assert_false(sm3_parse((Str){text, 63}, &parsed));
    assert_false(sm3_parse(STR(""), &parsed));
    text[63] = 'g';
    assert_false(sm3_parse((Str){text, 64}, &parsed));
    text[63] = 'A';
    assert_false(sm3_parse((Str){text, 64}, &parsed));
    assert_true(sm3_equal(&hash, &parsed)); /* a refused text changes nothing */
}

static void test_hmac(void **state)
{
    (void)state;
    char key[200], data[300];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (char)(i + 1);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 5);
    for (size_t key_len = 1; key_len <= sizeof key; key_len += key_len < 70 ? 1 : 13) {
        size_t data_len = key_len * 11 % sizeof data;
        Sm3 ours = sm3_hmac((Str){key, key_len}, (Str){data, data_len});
        unsigned char theirs[SM3_BYTES];
        size_t len = 0;
        assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SM3", NULL, key, key_len,
                                  (unsigned char *)data, data_len, theirs, sizeof theirs, &len));
        assert_int_equal(len, SM3_BYTES);
        assert_memory_equal(ours.bytes, theirs, SM3_BYTES);
    }
}

static const Secret standard_key = {{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc,
                                     0xba, 0x98, 0x76, 0x54, 0x32, 0x10}};

/* One block of zeros shows the cipher of the counter itself: the example of GB/T 32907. */
static void test_sm4_block(void **state)
{
    (void)state;
    uint8_t zeros[16] = {0};
    uint8_t out[16];
    sm4_ctr(&standard_key, standard_key.bytes, (Str){(const char *)zeros, 16}, out);
    assert_hex(out, 16, "681edf34d206965e86b3e94f536e4246");
}

static void test_sm4_ctr(void **state)
{
    (void)state;
    uint8_t counter[16], plain[64], out[64], back[64];
    for (size_t i = 0; i < 16; i++)
        counter[i] = (uint8_t)i;
    static const uint8_t bytes[8] = {0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0xaa, 0xbb};
    for (size_t i = 0; i < 64; i++)
        plain[i] = bytes[i / 8];
    sm4_ctr(&standard_key, counter, (Str){(const char *)plain, 64}, out);
    assert_hex(out, 64, "ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7"
                        "f234bc0e24c11980fd1286310ce37b926e02fcd0faa0baf38b2933851d824514");
    sm4_ctr(&standard_key, counter, (Str){(const char *)out, 64}, back);
    assert_memory_equal(back, plain, 64);
    for (size_t len = 0; len < 64; len++) {
        uint8_t part[64] = {0};
        sm4_ctr(&standard_key, counter, (Str){(const char *)plain, len}, part);
        assert_memory_equal(part, out, len);
        assert_int_equal(part[len], 0);
    }
}

/* The counter is one number of 128 bits: all ones is followed by zero. */
static void test_sm4_counter_carry(void **state)
{
    (void)state;
    uint8_t last[16], first[16] = {0}, two[32], one[16];
    const uint8_t zeros[32] = {0};
    memset(last, 0xff, sizeof last);
    sm4_ctr(&standard_key, last, (Str){(const char *)zeros, 32}, two);
    sm4_ctr(&standard_key, first, (Str){(const char *)zeros, 16}, one);
    assert_memory_equal(two + 16, one, 16);
}

static void test_wipe(void **state)
{
    (void)state;
    Secret s = standard_key;
    secret_wipe(&s);
    const Secret zeros = {{0}};
    assert_memory_equal(&s, &zeros, sizeof s);
}

static void *hash_many(void *context)
{
    size_t *wrong = context;
    Sm3 expected;
    sm3_parse(STR("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"), &expected);
    for (int i = 0; i < 2000; i++) {
        Sm3 hash = sm3(STR("abc"));
        *wrong += !sm3_equal(&hash, &expected);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    size_t wrong[4] = {0};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_many, &wrong[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

/* A stream of pieces hashes like the whole; one cipher for many texts is the cipher of each. */
static void test_streams(void **state)
{
    (void)state;
    char text[1000];
    uint8_t once[sizeof text], again[sizeof text], counter[SM4_BLOCK_BYTES] = {1};
    Secret key = {{0}};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7);
    Sm4 *cipher = sm4_open();
    for (size_t len = 0; len < sizeof text; len += 37) {
        Str whole = {text, len};
        Sm3Stream *s = sm3_begin();
        for (size_t at = 0; at < len; at += 13)
            sm3_add(s, str_slice(whole, at, at + 13));
        Sm3 streamed = sm3_next(s), expected = sm3(whole);
        assert_true(sm3_equal(&streamed, &expected));
        sm3_add(s, whole);
        streamed = sm3_end(s);
        assert_true(sm3_equal(&streamed, &expected));
        key.bytes[0] = (uint8_t)len;
        counter[15] = (uint8_t)(len * 3);
        sm4_ctr(&key, counter, whole, once);
        sm4_run(cipher, &key, counter, whole, again);
        assert_memory_equal(once, again, len);
    }
    sm4_close(cipher);
    sm4_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads), /* first: the threads race for the first fetch */
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_sm3),
        cmocka_unit_test(test_sm3_pieces),
        cmocka_unit_test(test_equal_and_text),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_sm4_block),
        cmocka_unit_test(test_sm4_ctr),
        cmocka_unit_test(test_sm4_counter_carry),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_wipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
