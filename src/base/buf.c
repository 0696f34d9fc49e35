/* Text that grows in an arena.
 *
 * Room at least doubles, and a buffer that is the last piece of its arena grows in place, so
 * building one text after the other costs no copies. When the arena has no more memory the
 * buffer is failed: it keeps what it has, and further appends change nothing, so that the text
 * so far stays readable; the caller asks buf_failed() once at the end.
 *
 * Invariant: len <= capacity; ptr is NULL exactly when capacity is 0. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena_int.h"
#include "base/check.h"

#define BUF_BYTES_MIN 64u

/* Make room for more bytes; false when the buffer is failed. */
static bool make_room(Buf *b, size_t more)
{
    check(b->len <= b->capacity);
    if (b->failed) return false;
    if (more <= b->capacity - b->len) return true;
    size_t capacity = arena_next_capacity(b->capacity, b->len, more, BUF_BYTES_MIN, 1);
    char *ptr = capacity ? arena_grow(b->arena, b->ptr, b->capacity, capacity) : NULL;
    if (!ptr) {
        b->failed = true;
        return false;
    }
    b->ptr = ptr;
    b->capacity = capacity;
    return true;
}

Buf buf_new(Arena *a, size_t initial_bytes)
{
    Buf b = {.arena = a};
    if (initial_bytes > 0) make_room(&b, initial_bytes);
    return b;
}

void buf_add(Buf *b, Str s)
{
    if (s.len == 0 || !make_room(b, s.len)) return;
    memcpy(b->ptr + b->len, s.ptr, s.len);
    b->len += s.len;
}

void buf_add_char(Buf *b, char c)
{
    if (make_room(b, 1)) b->ptr[b->len++] = c;
}

void buf_add_int(Buf *b, int64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (n < 0) digits[--at] = '-';
    buf_add(b, (Str){digits + at, sizeof digits - at});
}

void buf_add_code_point(Buf *b, uint32_t code_point)
{
    char bytes[4];
    size_t length = utf8_put(code_point, bytes);
    buf_add(b, (Str){bytes, length});
}

void buf_add_hex(Buf *b, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    if (count > SIZE_MAX / 2 || !make_room(b, count * 2)) {
        b->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        b->ptr[b->len++] = "0123456789abcdef"[from[i] >> 4];
        b->ptr[b->len++] = "0123456789abcdef"[from[i] & 15];
    }
}

void buf_printf(Buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    check(length >= 0);
    /* vsnprintf writes a NUL, for which there must be room; it is not counted. */
    if (make_room(b, (size_t)length + 1)) {
        vsnprintf(b->ptr + b->len, (size_t)length + 1, format, again);
        b->len += (size_t)length;
    }
    va_end(again);
}

Str buf_text(const Buf *b)
{
    return (Str){b->ptr, b->len};
}

const char *buf_cstr(Buf *b)
{
    if (!make_room(b, 1)) return "";
    b->ptr[b->len] = '\0';
    return b->ptr;
}

void buf_clear(Buf *b)
{
    b->len = 0;
}

bool buf_failed(const Buf *b)
{
    return b->failed;
}
