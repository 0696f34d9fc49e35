/* seal.c - SM3, HMAC-SM3 and SM4-CTR out of OpenSSL.
 *
 * The algorithms are fetched from the library's provider once (seal_init, or the first use),
 * since a fetch takes locks and searches tables.
 *
 * SM3 runs for every event of the journal: about 2.6 microseconds for a kilobyte, 0.3 for 32
 * bytes, of which 0.16 are the context (an allocation, taken and given back). Keeping contexts
 * or copying a started one was measured: it saves 0.05 and costs shared state, so every call
 * makes its own.
 *
 * HMAC is built from SM3 (RFC 2104), because the library's own costs several allocations a
 * call. The test compares it with the library's. */
#include "seal/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "base/check.h"

FAULT_DEFINE(SEAL_FAULTS)

#define SM3_BLOCK_BYTES 64u
/* The library counts the bytes of one call in an int; a multiple of the block size. */
#define CIPHER_STEP_BYTES ((size_t)1 << 30)

static EVP_MD *sm3_algorithm;
static EVP_CIPHER *sm4_ctr_algorithm;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch_algorithms(void)
{
    sm3_algorithm = EVP_MD_fetch(NULL, "SM3", NULL);
    sm4_ctr_algorithm = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL);
}

bool seal_init(Err *err)
{
    pthread_once(&fetched, fetch_algorithms);
    if (sm3_algorithm == NULL)
        return err_set(err, &fault_seal_missing, STR("SM3"));
    if (sm4_ctr_algorithm == NULL)
        return err_set(err, &fault_seal_missing, STR("SM4-CTR"));
    return true;
}

/* ---- SM3 ---- */

Sm3 sm3_of(const Str *pieces, size_t count)
{
    Sm3 out;
    unsigned size = 0;
    pthread_once(&fetched, fetch_algorithms);
    check(sm3_algorithm != NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    check(context != NULL);
    check(EVP_DigestInit_ex2(context, sm3_algorithm, NULL) == 1);
    for (size_t i = 0; i < count; i++)
        if (pieces[i].len > 0)
            check(EVP_DigestUpdate(context, pieces[i].ptr, pieces[i].len) == 1);
    check(EVP_DigestFinal_ex(context, out.bytes, &size) == 1 && size == SM3_BYTES);
    EVP_MD_CTX_free(context);
    return out;
}

Sm3 sm3(Str data)
{
    return sm3_of(&data, 1);
}

struct Sm3Stream {
    EVP_MD_CTX *context;
};

Sm3Stream *sm3_begin(void)
{
    pthread_once(&fetched, fetch_algorithms);
    check(sm3_algorithm != NULL);
    Sm3Stream *s = OPENSSL_malloc(sizeof *s);
    check(s != NULL);
    s->context = EVP_MD_CTX_new();
    check(s->context != NULL);
    check(EVP_DigestInit_ex2(s->context, sm3_algorithm, NULL) == 1);
    return s;
}

void sm3_add(Sm3Stream *s, Str data)
{
    if (data.len > 0)
        check(EVP_DigestUpdate(s->context, data.ptr, data.len) == 1);
}

Sm3 sm3_next(Sm3Stream *s)
{
    Sm3 out;
    unsigned size = 0;
    check(EVP_DigestFinal_ex(s->context, out.bytes, &size) == 1 && size == SM3_BYTES);
    check(EVP_DigestInit_ex2(s->context, NULL, NULL) == 1);
    return out;
}

Sm3 sm3_end(Sm3Stream *s)
{
    Sm3 out;
    unsigned size = 0;
    check(EVP_DigestFinal_ex(s->context, out.bytes, &size) == 1 && size == SM3_BYTES);
    EVP_MD_CTX_free(s->context);
    OPENSSL_free(s);
    return out;
}

static Str bytes_of(const uint8_t *bytes, size_t len)
{
    return (Str){(const char *)bytes, len};
}

Sm3 sm3_hmac(Str key, Str data)
{
    uint8_t inner_key[SM3_BLOCK_BYTES] = {0};
    uint8_t outer_key[SM3_BLOCK_BYTES] = {0};
    Sm3 short_key = {{0}};
    if (key.len > SM3_BLOCK_BYTES) {
        short_key = sm3(key);
        key = bytes_of(short_key.bytes, SM3_BYTES);
    }
    if (key.len > 0)
        memcpy(inner_key, key.ptr, key.len);
    memcpy(outer_key, inner_key, SM3_BLOCK_BYTES);
    for (size_t i = 0; i < SM3_BLOCK_BYTES; i++) {
        inner_key[i] ^= 0x36;
        outer_key[i] ^= 0x5c;
    }
    Sm3 inner = sm3_of((const Str[]){bytes_of(inner_key, SM3_BLOCK_BYTES), data}, 2);
    Sm3 out = sm3_of((const Str[]){bytes_of(outer_key, SM3_BLOCK_BYTES),
                                   bytes_of(inner.bytes, SM3_BYTES)}, 2);
    OPENSSL_cleanse(inner_key, sizeof inner_key);
    OPENSSL_cleanse(outer_key, sizeof outer_key);
    OPENSSL_cleanse(&short_key, sizeof short_key);
    return out;
}

bool sm3_equal(const Sm3 *a, const Sm3 *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, SM3_BYTES) == 0;
}

void sm3_text(const Sm3 *h, char out[64])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SM3_BYTES; i++) {
        out[2 * i] = digits[h->bytes[i] >> 4];
        out[2 * i + 1] = digits[h->bytes[i] & 15];
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sm3_parse(Str hex, Sm3 *out)
{
    Sm3 parsed;
    if (hex.len != 2 * (size_t)SM3_BYTES)
        return false;
    for (size_t i = 0; i < SM3_BYTES; i++) {
        int high = hex_value(hex.ptr[2 * i]);
        int low = hex_value(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        parsed.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *out = parsed;
    return true;
}

/* ---- SM4 ---- */

void sm4_ctr(const Secret *key, const uint8_t counter[SM4_BLOCK_BYTES], Str data, uint8_t *out)
{
    pthread_once(&fetched, fetch_algorithms);
    check(sm4_ctr_algorithm != NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    check(context != NULL);
    check(EVP_EncryptInit_ex2(context, sm4_ctr_algorithm, key->bytes, counter, NULL) == 1);
    for (size_t done = 0; done < data.len;) {
        size_t left = data.len - done;
        int step = (int)(left < CIPHER_STEP_BYTES ? left : CIPHER_STEP_BYTES);
        int written = 0;
        check(EVP_EncryptUpdate(context, out + done, &written,
                                (const unsigned char *)data.ptr + done, step) == 1);
        check(written == step);
        done += (size_t)step;
    }
    EVP_CIPHER_CTX_free(context); /* wipes the key schedule */
}

struct Sm4 {
    EVP_CIPHER_CTX *context;
};

Sm4 *sm4_open(void)
{
    pthread_once(&fetched, fetch_algorithms);
    check(sm4_ctr_algorithm != NULL);
    Sm4 *c = OPENSSL_malloc(sizeof *c);
    check(c != NULL);
    c->context = EVP_CIPHER_CTX_new();
    check(c->context != NULL);
    check(EVP_EncryptInit_ex2(c->context, sm4_ctr_algorithm, NULL, NULL, NULL) == 1);
    return c;
}

void sm4_run(Sm4 *c, const Secret *key, const uint8_t counter[SM4_BLOCK_BYTES], Str data,
             uint8_t *out)
{
    int done = 0;
    check(data.len <= CIPHER_STEP_BYTES);
    check(EVP_EncryptInit_ex2(c->context, NULL, key->bytes, counter, NULL) == 1);
    check(EVP_EncryptUpdate(c->context, out, &done, (const unsigned char *)data.ptr,
                            (int)data.len) == 1);
    check((size_t)done == data.len);
}

void sm4_close(Sm4 *c)
{
    if (!c)
        return;
    EVP_CIPHER_CTX_free(c->context);
    OPENSSL_free(c);
}

void secret_wipe(Secret *s)
{
    OPENSSL_cleanse(s, sizeof *s);
}
