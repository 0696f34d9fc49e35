/* json_int.h - what the parts of the JSON codec share. Only files of this folder include it. */
#ifndef CODEC_JSON_INT_H
#define CODEC_JSON_INT_H

#include "codec/json.h"

/* Zero bytes kept behind every text that the scanners below walk over: they read ahead. */
#define JSON_PADDING_BYTES 8u

/* Line and column (1-based, code points) of the byte at offset. */
void json_place(Str text, size_t offset, uint32_t *line, uint32_t *column);

/* Index of the first entry whose key stood before, or -1. Scratch memory comes from a; when a
 * fails the answer is -1 and arena_failed tells. */
ptrdiff_t json_duplicate_key(Arena *a, const ValueEntry *entries, size_t count);

static inline bool json_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline bool json_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The value of four hexadecimal digits, or -1. Stops at the first that is none. */
static inline int32_t json_hex4(const char *p)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = json_digit(c)            ? c - '0'
                    : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                    : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                             : -1;
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static inline bool json_high_surrogate(int32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static inline bool json_low_surrogate(int32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

static inline uint32_t json_join_surrogates(int32_t high, int32_t low)
{
    return 0x10000u + (((uint32_t)high - 0xd800u) << 10) + ((uint32_t)low - 0xdc00u);
}

#endif
