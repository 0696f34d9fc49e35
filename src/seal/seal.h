/* seal.h - SM3, HMAC-SM3, SM4-CTR and constant-time comparison, over OpenSSL.
 *
 * Floor 2. Any thread. GB/T 32905 (SM3), GB/T 32907 (SM4). Failure of the library is a failed
 * check: the algorithms are demanded at start-up (seal_init). SM3 of 1 KB takes about
 * 2.6 microseconds. */
#ifndef SEAL_SEAL_H
#define SEAL_SEAL_H

#include "base/err.h"

#define SM3_BYTES 32u
#define SM4_KEY_BYTES 16u
#define SM4_BLOCK_BYTES 16u

typedef struct Sm3 {
    uint8_t bytes[SM3_BYTES];
} Sm3;

/* A secret: printed by nothing, wiped by secret_wipe. */
typedef struct Secret {
    uint8_t bytes[SM4_KEY_BYTES];
} Secret;

/* Fetch the algorithms from the library; false when it lacks one. Called at start-up, so that
 * the lack is told in words; without it they are fetched at the first use. */
bool seal_init(Err *err);
Sm3 sm3(Str data);
/* Hash of several pieces one after the other. */
Sm3 sm3_of(const Str *pieces, size_t count);
/* The same for data that comes bit by bit: begin, add as often as needed, end (which closes). */
typedef struct Sm3Stream Sm3Stream;
Sm3Stream *sm3_begin(void);
void sm3_add(Sm3Stream *s, Str data);
Sm3 sm3_end(Sm3Stream *s);
/* The hash so far, and begin again: for many short texts, without making a context each time. */
Sm3 sm3_next(Sm3Stream *s);
Sm3 sm3_hmac(Str key, Str data);
bool sm3_equal(const Sm3 *a, const Sm3 *b); /* constant time */
void sm3_text(const Sm3 *h, char out[64]);  /* lower-case hexadecimal */
bool sm3_parse(Str hex, Sm3 *out); /* the text of sm3_text, nothing else */
/* SM4-CTR: out has data.len bytes; the same call decrypts. A counter block is used once a key. */
void sm4_ctr(const Secret *key, const uint8_t counter[SM4_BLOCK_BYTES], Str data, uint8_t *out);
/* The same for many short texts, without making a context each time. One thread a cipher. */
typedef struct Sm4 Sm4;
Sm4 *sm4_open(void);
void sm4_run(Sm4 *c, const Secret *key, const uint8_t counter[SM4_BLOCK_BYTES], Str data,
             uint8_t *out);
void sm4_close(Sm4 *c);
void secret_wipe(Secret *s);

#define SEAL_FAULTS(X)                                                                       \
    X(seal_missing, OUTSIDE, 503, false,                                                     \
      "The cryptographic library (OpenSSL) lacks {1}. Install OpenSSL 3 with its default "   \
      "provider.",                                                                           \
      "密码库（OpenSSL）缺少 {1} 算法，请安装带默认提供者的 OpenSSL 3。")
FAULT_DECLARE(SEAL_FAULTS)

#endif
