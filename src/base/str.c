/* Slices of text, and UTF-8.
 *
 * A Str may have a NULL pointer when it is empty, and memcmp and memchr must not see NULL even
 * for zero bytes; every function here therefore asks for the length first.
 *
 * UTF-8 (RFC 3629, table 3-7 of the Unicode standard). A lead byte decides the length, and the
 * second byte has a narrower range for four of the leads; that is all there is to overlong
 * forms, surrogates and the upper end:
 *
 *     lead      second    further      covers
 *     00..7F                           U+0000   .. U+007F
 *     C2..DF    80..BF                 U+0080   .. U+07FF   (C0, C1 would be overlong)
 *     E0        A0..BF    80..BF       U+0800   .. U+0FFF   (below A0: overlong)
 *     E1..EF    80..BF    80..BF       U+1000   .. U+FFFF   (ED: second only to 9F, because
 *                                                           above it lie the surrogates)
 *     F0        90..BF    2 x 80..BF   U+10000  .. U+3FFFF  (below 90: overlong)
 *     F1..F4    80..BF    2 x 80..BF   to U+10FFFF          (F4: second only to 8F)
 *
 * Only utf8_valid judges; the others demand text that has passed it. */
#include "base/str.h"

#include <string.h>

#include "base/check.h"

Str str_from(const char *text)
{
    if (!text) return STR_NONE;
    return (Str){text, strlen(text)};
}

bool str_equal(Str a, Str b)
{
    if (a.len != b.len) return false;
    return a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0;
}

int str_compare(Str a, Str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    if (order != 0) return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(Str s, Str prefix)
{
    return s.len >= prefix.len && str_equal((Str){s.ptr, prefix.len}, prefix);
}

bool str_ends(Str s, Str suffix)
{
    if (s.len < suffix.len) return false;
    return str_equal(str_slice(s, s.len - suffix.len, s.len), suffix);
}

Str str_slice(Str s, size_t from, size_t to)
{
    if (to > s.len) to = s.len;
    if (from >= to) return STR_NONE;
    return (Str){s.ptr + from, to - from};
}

ptrdiff_t str_find(Str s, Str needle)
{
    if (needle.len == 0) return 0;
    if (needle.len > s.len) return -1;
    const char *found = memmem(s.ptr, s.len, needle.ptr, needle.len);
    return found ? found - s.ptr : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

Str str_trim(Str s)
{
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) s.len--;
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    return s;
}

Str str_split(Str *rest, char separator)
{
    Str all = *rest;
    const char *at = all.len ? memchr(all.ptr, separator, all.len) : NULL;
    if (!at) {
        *rest = STR_NONE;
        return all;
    }
    size_t head = (size_t)(at - all.ptr);
    *rest = (Str){at + 1, all.len - head - 1};
    return (Str){all.ptr, head};
}

uint64_t str_hash(Str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.len; i++) {
        h ^= (uint8_t)s.ptr[i];
        h *= 0x100000001b3u;
    }
    /* FNV leaves the low bits of short keys alike; tables are indexed by low bits. */
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

bool str_to_int64(Str s, int64_t *out)
{
    size_t i = 0;
    bool negative = s.len > 0 && s.ptr[0] == '-';
    if (negative || (s.len > 0 && s.ptr[0] == '+')) i = 1;
    if (i == s.len) return false;
    int64_t n = 0;
    for (; i < s.len; i++) {
        char c = s.ptr[i];
        if (c < '0' || c > '9') return false;
        int digit = negative ? '0' - c : c - '0';
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n)) {
            return false;
        }
    }
    *out = n;
    return true;
}

/* Length of the well-formed sequence at p of which left bytes are there, or 0. */
static size_t sequence_length(const uint8_t *p, size_t left)
{
    uint8_t lead = p[0];
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (left < length) return 0;
    uint8_t low = 0x80, high = 0xBF;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    if (p[1] < low || p[1] > high) return 0;
    for (size_t i = 2; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
    }
    return length;
}

bool utf8_valid(Str s, size_t *bad_at)
{
    const uint8_t *p = (const uint8_t *)s.ptr;
    size_t i = 0;
    while (i < s.len) {
        uint64_t eight;
        if (s.len - i >= sizeof eight) {
            memcpy(&eight, p + i, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        size_t length = sequence_length(p + i, s.len - i);
        if (length == 0) {
            if (bad_at) *bad_at = i;
            return false;
        }
        i += length;
    }
    return true;
}

size_t utf8_count(Str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++) count += ((uint8_t)s.ptr[i] & 0xC0) != 0x80;
    return count;
}

uint32_t utf8_next(Str s, size_t *at)
{
    check(*at < s.len);
    const uint8_t *p = (const uint8_t *)s.ptr + *at;
    if (p[0] < 0x80) {
        *at += 1;
        return p[0];
    }
    size_t length = sequence_length(p, s.len - *at);
    check(length > 1);
    uint32_t code_point = p[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) code_point = code_point << 6 | (p[i] & 0x3Fu);
    *at += length;
    return code_point;
}

size_t utf8_put(uint32_t code_point, char out[4])
{
    check(code_point <= 0x10FFFF);
    check(code_point < 0xD800 || code_point > 0xDFFF);
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    /* Two, three or four leading ones: 1100.., 1110.., 1111... */
    out[0] = (char)((0xF00u >> length & 0xFF) | code_point);
    return length;
}
