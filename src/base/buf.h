/* buf.h - builds text.
 *
 * A Buf grows in an arena. Appending never fails loudly: when the arena's limit is passed the
 * buffer stops growing and buf_failed() tells. buf_text() borrows what has been built.
 * Floor 0. One thread at a time. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

typedef struct Buf {
    Arena *arena; /* where the bytes live */
    char *ptr;
    size_t len;
    size_t capacity;
    bool failed;
} Buf;

/* An empty buffer over a; initial_bytes is a hint (0: none). */
Buf buf_new(Arena *a, size_t initial_bytes);
void buf_add(Buf *b, Str s);
void buf_add_char(Buf *b, char c);
void buf_add_int(Buf *b, int64_t n);
void buf_add_code_point(Buf *b, uint32_t code_point);
/* Lower-case hexadecimal digits of the bytes. */
void buf_add_hex(Buf *b, const void *bytes, size_t count);
void buf_printf(Buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define buf_add_text(b, literal) buf_add((b), STR(literal))
/* What has been built so far; valid until the next append. */
Str buf_text(const Buf *b);
/* The same with a NUL behind it. */
const char *buf_cstr(Buf *b);
void buf_clear(Buf *b);
bool buf_failed(const Buf *b);

#endif
