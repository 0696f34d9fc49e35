/* str.h - a slice of UTF-8 text or bytes.
 *
 * A Str is passed by value and owns nothing: whoever made the bytes keeps them alive. It need
 * not end in NUL. The empty slice is {NULL or any, 0}; STR_NONE is the empty value of fields.
 * Floor 0. No tables. Any thread. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Str {
    const char *ptr; /* borrowed bytes; may be NULL when len is 0 */
    size_t len;      /* bytes */
} Str;

#define STR_NONE ((Str){NULL, 0})
/* A Str from a string literal. */
#define STR(literal) ((Str){"" literal, sizeof(literal) - 1})
/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

/* A slice of a NUL-terminated string (NULL gives the empty slice). Borrows. */
Str str_from(const char *text);
bool str_equal(Str a, Str b);
/* Byte order: negative, 0, positive. For UTF-8 this is code point order. */
int str_compare(Str a, Str b);
bool str_starts(Str s, Str prefix);
bool str_ends(Str s, Str suffix);
/* The slice [from, to) in bytes; both are clamped to the text. */
Str str_slice(Str s, size_t from, size_t to);
/* Byte index of the first occurrence, or -1. An empty needle is found at 0. */
ptrdiff_t str_find(Str s, Str needle);
/* Without ASCII blanks (space, tab, CR, LF) at both ends. */
Str str_trim(Str s);
/* Split at the first separator byte: returns the head and moves *rest behind it; when there is
 * no separator the head is all of *rest and *rest becomes empty with ptr NULL. */
Str str_split(Str *rest, char separator);
/* FNV-1a with a final mix; not for hostile keys beyond the limits of Map. */
uint64_t str_hash(Str s);
/* A whole signed decimal number without blanks; false when it is not one or does not fit. */
bool str_to_int64(Str s, int64_t *out);

/* Is s well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF)? On false
 * *bad_at is the byte index of the first fault (bad_at may be NULL). */
bool utf8_valid(Str s, size_t *bad_at);
/* Number of code points of well-formed text. */
size_t utf8_count(Str s);
/* Decode the code point at *at and move *at behind it; requires well-formed text and *at < len. */
uint32_t utf8_next(Str s, size_t *at);
/* Encode a code point (valid, <= U+10FFFF) into out[4]; returns the number of bytes. */
size_t utf8_put(uint32_t code_point, char out[4]);

#endif
