/* id.h - 128-bit identifiers, ordered by time (layout of UUID version 7, RFC 9562 5.7).
 *
 * Floor 0. Pure: time and randomness are parameters, so that a decision stays repeatable. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/buf.h"
#include "base/time.h"

typedef struct Id {
    uint8_t bytes[16];
} Id;

#define ID_NONE ((Id){{0}})
#define ID_TEXT_LEN 36u

/* An id from an instant and 74 bits of the given random bytes. */
Id id_new(Instant now, const uint8_t random[10]);
bool id_is_none(Id id);
bool id_equal(Id a, Id b);
int id_compare(Id a, Id b);
/* "0192f0c1-....": 36 characters, lower case, not NUL-terminated. */
void id_text(Id id, char out[ID_TEXT_LEN]);
Str id_copy_text(Arena *a, Id id);
/* Accepts upper and lower case; false when text is not a UUID (any version). */
bool id_parse(Str text, Id *out);

#endif
