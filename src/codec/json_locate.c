/* json_locate.c - where a value stands in a JSON text.
 *
 * Values do not carry places: a request has no use for them. When something is wrong inside a
 * file of a pack, the checker knows a JSON Pointer (RFC 6901), and the place is searched in the
 * text only then. The text was parsed before, so the walk trusts its grammar; it still never
 * leaves the text, and a text that was not valid gives some place or none.
 *
 * pointer = { "/" token }; in tokens "~1" means "/" and "~0" means "~". Keys of the text may
 * hold escapes, so key and token are compared character by character, both decoded. A token of
 * a list is an index without leading zeros. The empty pointer means the whole text. */
#include "codec/json_int.h"

#include <string.h>

typedef struct Walk {
    Str text;
    size_t at;
} Walk;

static char peek(const Walk *w)
{
    return w->at < w->text.len ? w->text.ptr[w->at] : '\0';
}

static void skip_blanks(Walk *w)
{
    while (json_blank(peek(w)))
        w->at++;
}

/* Past a string; stands on its opening quote. */
static void skip_string(Walk *w)
{
    w->at++;
    while (w->at < w->text.len && peek(w) != '"')
        w->at += peek(w) == '\\' ? 2 : 1;
    w->at++;
}

/* Past a value of any depth: outside of strings only brackets have to be counted. */
static void skip_value(Walk *w)
{
    size_t depth = 0;
    skip_blanks(w);
    while (w->at < w->text.len) {
        char c = peek(w);
        bool ends_scalar = c == ',' || c == '}' || c == ']' || json_blank(c);
        if (depth == 0 && ends_scalar)
            return;
        if (c == '"') {
            skip_string(w);
        } else {
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
            w->at++;
        }
        if (depth == 0 && (c == '"' || c == '}' || c == ']'))
            return;
    }
}

/* The next character of a string at *at, decoded; the text is well-formed up to its end. */
static uint32_t next_character(Str text, size_t *at)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    if (text.ptr[*at] != '\\' || *at + 1 >= text.len)
        return utf8_next(text, at);
    char c = text.ptr[*at + 1];
    const char *letter = c != '\0' ? strchr(letters, c) : NULL;
    if (c != 'u' || *at + 6 > text.len) {
        *at += 2;
        return (unsigned char)(letter != NULL ? meanings[letter - letters] : c);
    }
    int32_t unit = json_hex4(text.ptr + *at + 2);
    *at += 6;
    if (!json_high_surrogate(unit) || *at + 6 > text.len)
        return (uint32_t)unit;
    int32_t low = json_hex4(text.ptr + *at + 2);
    *at += 6;
    return json_join_surrogates(unit, low);
}

/* The next character of a pointer's token. */
static uint32_t next_of_token(Str token, size_t *at)
{
    if (token.ptr[*at] != '~' || *at + 1 >= token.len)
        return utf8_next(token, at);
    char c = token.ptr[*at + 1];
    *at += 2;
    return c == '1' ? '/' : '~';
}

/* Is the key (what stands between its quotes) the one the token names? */
static bool key_is(Str key, Str token)
{
    size_t in_key = 0;
    size_t in_token = 0;
    while (in_key < key.len && in_token < token.len)
        if (next_character(key, &in_key) != next_of_token(token, &in_token))
            return false;
    return in_key == key.len && in_token == token.len;
}

/* Stands on "{"; moves to the value of the member. */
static bool enter_member(Walk *w, Str token)
{
    w->at++;
    for (;;) {
        skip_blanks(w);
        if (peek(w) != '"')
            return false;
        size_t from = w->at + 1;
        skip_string(w);
        Str key = str_slice(w->text, from, w->at - 1);
        skip_blanks(w);
        w->at++;
        skip_blanks(w);
        if (key_is(key, token))
            return w->at < w->text.len;
        skip_value(w);
        skip_blanks(w);
        if (peek(w) != ',')
            return false;
        w->at++;
    }
}

/* Stands on "["; moves to the item. */
static bool enter_item(Walk *w, Str token)
{
    int64_t index = 0;
    bool leading_zero = token.len > 1 && token.ptr[0] == '0';
    if (token.len == 0 || !json_digit(token.ptr[0]) || leading_zero || !str_to_int64(token, &index))
        return false;
    w->at++;
    skip_blanks(w);
    for (int64_t i = 0; i < index; i++) {
        skip_value(w);
        skip_blanks(w);
        if (peek(w) != ',')
            return false;
        w->at++;
    }
    skip_blanks(w);
    return w->at < w->text.len && peek(w) != ']';
}

bool json_locate(Str text, Str pointer, uint32_t *line, uint32_t *column)
{
    Walk w = {text, 0};
    if (!utf8_valid(text, NULL) || !utf8_valid(pointer, NULL))
        return false;
    skip_blanks(&w);
    if (w.at >= text.len || (pointer.len > 0 && pointer.ptr[0] != '/'))
        return false;
    Str rest = str_slice(pointer, 1, pointer.len);
    bool more = pointer.len > 0;
    while (more) {
        more = str_find(rest, STR("/")) >= 0;
        Str token = str_split(&rest, '/');
        char c = peek(&w);
        if (!(c == '{' ? enter_member(&w, token) : c == '[' && enter_item(&w, token)))
            return false;
    }
    json_place(text, w.at, line, column);
    return true;
}
