/* Identifiers in the layout of UUID version 7 (RFC 9562, 5.7):
 *
 *     byte  0..5   milliseconds since 1970, big-endian: byte order is time order
 *     byte  6      version 0111 and 4 random bits
 *     byte  7      8 random bits
 *     byte  8      variant 10 and 6 random bits
 *     byte  9..15  56 random bits
 *
 * 74 random bits make two ids of one millisecond differ; which of them sorts first is chance.
 * Ids given by others (any version) are read as they are: only the text form is judged. */
#include "base/id.h"

#include <string.h>

#include "base/check.h"

Id id_new(Instant now, const uint8_t random[10])
{
    check(now.us >= 0);
    uint64_t ms = (uint64_t)now.us / 1000;
    Id id;
    for (int i = 0; i < 6; i++) id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    memcpy(id.bytes + 6, random, 10);
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0F));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F));
    return id;
}

bool id_is_none(Id id)
{
    return id_equal(id, ID_NONE);
}

bool id_equal(Id a, Id b)
{
    return id_compare(a, b) == 0;
}

int id_compare(Id a, Id b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

/* Is there a hyphen before byte i in the text form? */
static bool hyphen_before(size_t i)
{
    return i == 4 || i == 6 || i == 8 || i == 10;
}

void id_text(Id id, char out[ID_TEXT_LEN])
{
    size_t at = 0;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (hyphen_before(i)) out[at++] = '-';
        out[at++] = "0123456789abcdef"[id.bytes[i] >> 4];
        out[at++] = "0123456789abcdef"[id.bytes[i] & 15];
    }
    check(at == ID_TEXT_LEN);
}

Str id_copy_text(Arena *a, Id id)
{
    char text[ID_TEXT_LEN];
    id_text(id, text);
    return arena_copy(a, (Str){text, sizeof text});
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool id_parse(Str text, Id *out)
{
    if (text.len != ID_TEXT_LEN) return false;
    Id id;
    size_t at = 0;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (hyphen_before(i) && text.ptr[at++] != '-') return false;
        int high = hex_digit(text.ptr[at++]);
        int low = hex_digit(text.ptr[at++]);
        if (high < 0 || low < 0) return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *out = id;
    return true;
}
