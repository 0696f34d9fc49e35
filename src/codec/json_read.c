/* json_read.c - from JSON text to a value.
 *
 * One pass over one copy. The text is first copied into the arena with a few zero bytes behind
 * it; the strings of the value are slices of that copy, and escapes are decoded in place (the
 * decoded form is never longer). So a string costs no allocation, the scanners may read eight
 * bytes ahead without asking for the end, and a zero byte stops every one of them: it is no
 * digit, no blank, and not allowed in a string.
 *
 * The reader does not recurse. Values that are not yet in a finished list or object stand on
 * one stack of entries (the key is empty in lists). A container is pushed when it opens and
 * keeps, while it is open, the index of the container around it in the place of its count:
 *
 *     text   {"a": 1, "b": [true, 2 ...
 *     stack  | {  | a: 1 | b: [ | true | 2 |
 *              ^ open = none     ^ open = 0    reader.open = 2
 *
 * When it closes, the entries above it move into an array of their exact size. The stack begins
 * on the C stack and grows in the arena.
 *
 * Text is judged while it is read: UTF-8 as RFC 3629 has it (no surrogates, no overlong forms),
 * grammar as RFC 8259. Choices where the RFC leaves one:
 *   - a byte order mark is refused (RFC 8259 section 8.1 lets us);
 *   - duplicate keys are refused (json_keys.c);
 *   - an escape that is half a surrogate pair is refused: it is no character;
 *   - "\u0000" is a character like others;
 *   - numbers are exact: more than 34 digits, or an exponent outside decimal128, is refused;
 *   - "-0" is the number 0, as there is no negative zero in Dec.
 * Numbers of at most 18 significant digits without an exponent, nearly all there are, go
 * straight into a small Dec. */
#include "codec/json_int.h"

#include <string.h>

#include "base/check.h"

FAULT_DEFINE(JSON_FAULTS)

#define STACK_FIRST 64u
#define NOT_OPEN SIZE_MAX
#define SHOWN_BYTES_MAX 24u /* of the text, inside a message */
#define SMALL_DIGITS_MAX 18u
#define DIGITS_MAX 34u
#define SCALE_MIN (-6111)
#define SCALE_MAX 6176

typedef struct Reader {
    Str text;   /* as given: places are counted in it */
    char *copy; /* the same bytes, ours, padded */
    char *p;    /* next byte of the copy */
    char *end;
    Arena *arena;
    Err *err;
    ValueEntry *stack;
    size_t top, capacity;
    size_t open; /* index of the innermost open container, or NOT_OPEN */
    unsigned depth, depth_max;
    Str key; /* of the value that comes next, inside an object */
} Reader;

void json_place(Str text, size_t offset, uint32_t *line, uint32_t *column)
{
    uint32_t at_line = 1;
    uint32_t at_column = 1;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\n') {
            at_line++;
            at_column = 1;
        } else if ((c & 0xc0) != 0x80) {
            at_column++;
        }
    }
    *line = at_line;
    *column = at_column;
}

/* ---- Faults ---- */

static bool refuse(Reader *r, const char *at, const Fault *fault, Str first, Str second)
{
    uint32_t line = 0;
    uint32_t column = 0;
    err_set(r->err, fault, first, second);
    json_place(r->text, (size_t)(at - r->copy), &line, &column);
    err_at(r->err, STR_NONE, line, column);
    return false;
}

static bool refuse_memory(Reader *r)
{
    return err_set(r->err, &fault_out_of_memory, STR("JSON"));
}

/* Length in bytes of the well-formed sequence that begins at p with a byte above 0x7f; 0 when
 * it is not well-formed (RFC 3629 section 4). */
static inline size_t sequence_bytes(const char *at)
{
    const unsigned char *p = (const unsigned char *)at;
    if (p[0] < 0xc2 || p[0] > 0xf4 || (p[1] & 0xc0) != 0x80)
        return 0;
    if (p[0] < 0xe0)
        return 2;
    if ((p[2] & 0xc0) != 0x80)
        return 0;
    if (p[0] < 0xf0) {
        bool overlong = p[0] == 0xe0 && p[1] < 0xa0;
        bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
        return overlong || surrogate ? 0 : 3;
    }
    bool overlong = p[0] == 0xf0 && p[1] < 0x90;
    bool too_high = p[0] == 0xf4 && p[1] >= 0x90;
    return overlong || too_high || (p[3] & 0xc0) != 0x80 ? 0 : 4;
}

static bool refuse_utf8(Reader *r, const char *at)
{
    Str byte = arena_printf(r->arena, "%zu", (size_t)(at - r->copy) + 1);
    return refuse(r, at, &fault_json_utf8, byte, STR_NONE);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || json_digit(c) || c == '_' ||
           c == '+' || c == '-' || c == '.';
}

/* What stands at p, for a message: a word, one character, or its number. Well-formed only. */
static Str shown(Reader *r, const char *p)
{
    size_t len = 0;
    while (len < SHOWN_BYTES_MAX && is_word(p[len]))
        len++;
    if (len > 0)
        return (Str){p, len};
    unsigned char c = (unsigned char)*p;
    if (c < 0x20 || c == 0x7f)
        return arena_printf(r->arena, "U+%04X", c);
    len = c < 0x80 ? 1 : sequence_bytes(p);
    return arena_printf(r->arena, "‘%.*s’", (int)len, p);
}

/* At r->p stands something that the grammar does not allow. */
static bool refuse_here(Reader *r, const Fault *fault, Str expected)
{
    const char *p = r->p;
    if (p == r->end)
        return refuse(r, p, &fault_json_incomplete, expected, STR_NONE);
    if ((unsigned char)*p >= 0x80 && sequence_bytes(p) == 0)
        return refuse_utf8(r, p);
    Str found = shown(r, p);
    if (fault == &fault_json_syntax)
        return refuse(r, p, fault, expected, found);
    return refuse(r, p, fault, found, STR_NONE);
}

/* ---- Strings ---- */

#define EVERY_BYTE(byte) (0x0101010101010101ull * (byte))

static inline uint64_t load_eight(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The high bit of every byte that is a quote, a backslash, a control character or above 0x7f.
 * Borrows can mark bytes behind the first marked one wrongly, never before it. */
static inline uint64_t special_bytes(uint64_t word)
{
    uint64_t quote = word ^ EVERY_BYTE('"');
    uint64_t slash = word ^ EVERY_BYTE('\\');
    uint64_t marks = ((quote - EVERY_BYTE(1)) & ~quote) | ((slash - EVERY_BYTE(1)) & ~slash) |
                     ((word - EVERY_BYTE(0x20)) & ~word) | word;
    return marks & EVERY_BYTE(0x80);
}

/* The first byte from p on that is not ordinary text of a string: a quote, a backslash, a
 * control character, a byte that is not UTF-8, or the end. */
static inline char *skip_text(char *p)
{
    for (;;) {
        uint64_t marks = special_bytes(load_eight(p));
        if (marks == 0) {
            p += 8;
            continue;
        }
        p += (unsigned)__builtin_ctzll(marks) / 8;
        if ((unsigned char)*p < 0x80)
            return p;
        do {
            size_t bytes = sequence_bytes(p);
            if (bytes == 0)
                return p;
            p += bytes;
        } while ((unsigned char)*p >= 0x80);
    }
}

/* escape = "\" ( one of "\/bfnrt | "u" 4 hex ); *from stands on the backslash, the character
 * goes to *to. Both move on. */
static bool read_escape(Reader *r, char **from, char **to)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char *p = *from;
    const char *letter = p[1] != '\0' ? strchr(letters, p[1]) : NULL;
    if (letter != NULL) {
        *(*to)++ = meanings[letter - letters];
        *from = p + 2;
        return true;
    }
    int32_t unit = p[1] == 'u' ? json_hex4(p + 2) : -1;
    if (unit < 0) {
        size_t len = 1;
        while (len < 6 && p[len] > ' ' && p[len] < 0x7f && p[len] != '"' && p[len] != '\\')
            len++;
        size_t show = p[1] == 'u' ? len : len < 2 ? len : 2;
        return refuse(r, p, &fault_json_escape, (Str){p, show}, STR_NONE);
    }
    uint32_t code_point = (uint32_t)unit;
    size_t taken = 6;
    if (json_high_surrogate(unit)) {
        int32_t low = p[6] == '\\' && p[7] == 'u' ? json_hex4(p + 8) : -1;
        if (!json_low_surrogate(low))
            return refuse(r, p, &fault_json_surrogate, (Str){p, 6}, STR_NONE);
        code_point = json_join_surrogates(unit, low);
        taken = 12;
    } else if (json_low_surrogate(unit)) {
        return refuse(r, p, &fault_json_surrogate, (Str){p, 6}, STR_NONE);
    }
    char encoded[4];
    size_t bytes = utf8_put(code_point, encoded);
    memcpy(*to, encoded, bytes);
    *to += bytes;
    *from = p + taken;
    return true;
}

/* The string that began at from is broken at p. */
static bool refuse_string(Reader *r, const char *from, const char *p)
{
    unsigned char c = (unsigned char)*p;
    if (p == r->end)
        return refuse(r, from - 1, &fault_json_string_open, STR_NONE, STR_NONE);
    if (c >= 0x80)
        return refuse_utf8(r, p);
    return refuse(r, p, &fault_json_control, arena_printf(r->arena, "U+%04X", c),
                  arena_printf(r->arena, "\\u%04x", c));
}

/* string = '"' { text | escape } '"'; r->p stands behind the opening quote. */
static inline bool read_string(Reader *r, Str *out)
{
    char *from = r->p;
    char *p = skip_text(from);
    char *to = p;
    while (*p == '\\') {
        if (!read_escape(r, &p, &to))
            return false;
        char *run = p;
        p = skip_text(run);
        memmove(to, run, (size_t)(p - run));
        to += p - run;
    }
    if (*p != '"')
        return refuse_string(r, from, p);
    *out = (Str){from, (size_t)(to - from)};
    r->p = p + 1;
    return true;
}

/* ---- Numbers ---- */

/* The digits of a number as they are read. */
typedef struct Digits {
    uint64_t coefficient; /* right up to 19 digits, then meaningless */
    size_t significant;   /* digits from the first that is not zero */
    size_t fraction;      /* digits behind the point */
} Digits;

static inline char *read_digits(char *p, Digits *d)
{
    for (; json_digit(*p); p++) {
        d->coefficient = d->coefficient * 10 + (uint64_t)(*p - '0');
        d->significant += d->significant > 0 || *p != '0';
    }
    return p;
}

/* The whole word that looks like a number, cut to what a message can bear. */
static bool refuse_number(Reader *r, const char *from, const Fault *fault)
{
    size_t len = 0;
    while (len < SHOWN_BYTES_MAX && is_word(from[len]))
        len++;
    Str number = {from, len};
    if (is_word(from[len]))
        number = arena_printf(r->arena, "%.*s…", STR_ARG(number));
    return refuse(r, from, fault, number, STR_NONE);
}

/* exponent = ("e" | "E") ["+" | "-"] digits. NULL when it is badly written. Beyond a million
 * the value stays there. */
static char *read_exponent(char *p, int64_t *exponent)
{
    int64_t value = 0;
    p++;
    bool negative = *p == '-';
    if (*p == '+' || *p == '-')
        p++;
    if (!json_digit(*p))
        return NULL;
    for (; json_digit(*p); p++)
        value = value > 1000000 ? value : value * 10 + (*p - '0');
    *exponent = negative ? -value : value;
    return p;
}

/* A number of more than 18 digits or with an exponent, from..to. Nothing may be rounded away:
 * a last digit finer than the finest scale of decimal128 is refused too. */
static bool read_long_number(Reader *r, const char *from, const char *to, Digits d,
                             int64_t exponent, Dec *out)
{
    int64_t scale = (int64_t)d.fraction - exponent;
    bool zero_too_coarse = d.significant == 0 && scale < SCALE_MIN;
    if (d.significant > DIGITS_MAX || scale > SCALE_MAX || zero_too_coarse ||
        !dec_parse((Str){from, (size_t)(to - from)}, out))
        return refuse_number(r, from, &fault_json_number);
    return true;
}

/* number = ["-"] ( "0" | digit1-9 digits ) ["." digits] [exponent] */
static inline bool read_number(Reader *r, Dec *out)
{
    char *from = r->p;
    bool negative = *from == '-';
    char *p = from + negative;
    Digits d = {0, 0, 0};
    bool leading_zero = p[0] == '0' && json_digit(p[1]);
    if (!json_digit(*p) || leading_zero)
        return refuse_number(r, from, &fault_json_number_form);
    p = read_digits(p, &d);
    if (*p == '.') {
        char *point = p;
        p = read_digits(p + 1, &d);
        d.fraction = (size_t)(p - point) - 1;
        if (d.fraction == 0)
            return refuse_number(r, from, &fault_json_number_form);
    }
    bool exponent_follows = *p == 'e' || *p == 'E';
    int64_t exponent = 0;
    if (exponent_follows && (p = read_exponent(p, &exponent)) == NULL)
        return refuse_number(r, from, &fault_json_number_form);
    r->p = p;
    if (exponent_follows || d.significant > SMALL_DIGITS_MAX || d.fraction > SCALE_MAX)
        return read_long_number(r, from, p, d, exponent, out);
    int64_t coefficient = (int64_t)d.coefficient;
    return dec_from_parts(negative ? -coefficient : coefficient, (int)d.fraction, out) ||
           refuse_number(r, from, &fault_json_number);
}

/* ---- Containers ---- */

static inline void skip_blanks(Reader *r)
{
    while (json_blank(*r->p))
        r->p++;
}

static bool grow_stack(Reader *r)
{
    ValueEntry *grown = arena_new_array(r->arena, ValueEntry, r->capacity * 2);
    if (grown == NULL || arena_failed(r->arena))
        return refuse_memory(r);
    memcpy(grown, r->stack, r->top * sizeof *grown);
    r->stack = grown;
    r->capacity *= 2;
    return true;
}

static inline bool push(Reader *r, Value v)
{
    if (r->top == r->capacity && !grow_stack(r))
        return false;
    r->stack[r->top++] = (ValueEntry){r->key, v};
    return true;
}

static bool in_object(const Reader *r)
{
    return r->open != NOT_OPEN && r->stack[r->open].value.kind == VALUE_CONTEXT;
}

/* The children of the innermost container become its array, and it is closed. */
static bool close_list(Reader *r, const ValueEntry *children, size_t count, Value *out)
{
    Value *items = arena_new_array(r->arena, Value, count);
    if (items == NULL || arena_failed(r->arena))
        return refuse_memory(r);
    for (size_t i = 0; i < count; i++)
        items[i] = children[i].value;
    out->as.list = (ValueList){count, items};
    return true;
}

static bool close_object(Reader *r, const ValueEntry *children, size_t count, Value *out)
{
    ValueEntry *entries = arena_new_array(r->arena, ValueEntry, count);
    if (entries == NULL || arena_failed(r->arena))
        return refuse_memory(r);
    memcpy(entries, children, count * sizeof *entries);
    ptrdiff_t twice = json_duplicate_key(r->arena, entries, count);
    if (arena_failed(r->arena))
        return refuse_memory(r);
    if (twice >= 0)
        return refuse(r, entries[twice].key.ptr - 1, &fault_json_duplicate, entries[twice].key,
                      STR_NONE);
    out->as.context = (ValueContext){count, entries};
    return true;
}

static bool close_container(Reader *r)
{
    check(r->open < r->top && r->depth > 0);
    Value *container = &r->stack[r->open].value;
    const ValueEntry *children = &r->stack[r->open + 1];
    size_t count = r->top - r->open - 1;
    size_t around = container->as.list.count;
    if (count == 0)
        container->as.list = (ValueList){0, NULL};
    else if (container->kind == VALUE_LIST ? !close_list(r, children, count, container)
                                           : !close_object(r, children, count, container))
        return false;
    r->top = r->open + 1;
    r->open = around;
    r->depth--;
    r->p++;
    return true;
}

/* key = string ":" */
static bool read_key(Reader *r)
{
    skip_blanks(r);
    if (*r->p != '"')
        return refuse_here(r, &fault_json_key, STR("\""));
    r->p++;
    if (!read_string(r, &r->key))
        return false;
    skip_blanks(r);
    if (*r->p != ':')
        return refuse_here(r, &fault_json_syntax, STR(":"));
    r->p++;
    return true;
}

/* Stands on "{" or "[". *opened: something is to be read inside; otherwise it closed at once. */
static bool open_container(Reader *r, ValueKind kind, bool *opened)
{
    if (r->depth == r->depth_max)
        return refuse(r, r->p, &fault_json_depth, arena_printf(r->arena, "%u", r->depth_max),
                      STR_NONE);
    Value container = {.kind = (uint8_t)kind};
    container.as.list.count = r->open;
    if (!push(r, container))
        return false;
    r->open = r->top - 1;
    r->depth++;
    r->p++;
    skip_blanks(r);
    if (*r->p == (kind == VALUE_LIST ? ']' : '}'))
        return close_container(r);
    *opened = true;
    return kind == VALUE_LIST || read_key(r);
}

/* ---- Values ---- */

static bool read_word(Reader *r, Value *out)
{
    static const struct {
        Str text;
        uint8_t kind;
        bool truth;
    } words[] = {{{"true", 4}, VALUE_BOOLEAN, true},
                 {{"false", 5}, VALUE_BOOLEAN, false},
                 {{"null", 4}, VALUE_NULL, false}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = words[i].text.len;
        if (memcmp(r->p, words[i].text.ptr, len) != 0 || is_word(r->p[len]))
            continue;
        out->kind = words[i].kind;
        out->as.boolean = words[i].truth;
        r->p += len;
        return true;
    }
    return refuse_here(r, &fault_json_value, STR_NONE);
}

/* value = object | list | string | number | "true" | "false" | "null" */
static bool read_value(Reader *r, bool *opened)
{
    Value v = {.kind = VALUE_NULL};
    skip_blanks(r);
    char c = *r->p;
    if (c == '"') {
        r->p++;
        v.kind = VALUE_STRING;
        return read_string(r, &v.as.string) && push(r, v);
    }
    if (json_digit(c) || c == '-') {
        v.kind = VALUE_NUMBER;
        return read_number(r, &v.as.number) && push(r, v);
    }
    if (c == '{')
        return open_container(r, VALUE_CONTEXT, opened);
    if (c == '[')
        return open_container(r, VALUE_LIST, opened);
    if (c == 't' || c == 'f' || c == 'n')
        return read_word(r, &v) && push(r, v);
    if (c == '+' || c == '.')
        return refuse_number(r, r->p, &fault_json_number_form);
    return refuse_here(r, &fault_json_value, STR("{ [ \" 0"));
}

/* Behind a complete value: closes what ends here, or moves behind a comma. *more: another value
 * has to follow. */
static bool read_after_value(Reader *r, bool *more)
{
    while (r->open != NOT_OPEN) {
        bool object = in_object(r);
        char closing = object ? '}' : ']';
        skip_blanks(r);
        if (*r->p == closing) {
            if (!close_container(r))
                return false;
            continue;
        }
        if (*r->p != ',')
            return refuse_here(r, &fault_json_syntax, object ? STR(", }") : STR(", ]"));
        r->p++;
        skip_blanks(r);
        if (*r->p == closing)
            return refuse_here(r, &fault_json_comma, STR_NONE);
        return !object || read_key(r);
    }
    *more = false;
    return true;
}

static bool read_text(Reader *r, Value *out)
{
    if (str_starts(r->text, STR("\xef\xbb\xbf")))
        return refuse(r, r->p, &fault_json_bom, STR_NONE, STR_NONE);
    bool more = true;
    while (more) {
        bool opened = false;
        if (!read_value(r, &opened) || (!opened && !read_after_value(r, &more)))
            return false;
    }
    skip_blanks(r);
    if (r->p != r->end)
        return refuse_here(r, &fault_json_trailing, STR_NONE);
    check(r->top == 1 && r->depth == 0);
    *out = r->stack[0].value;
    return true;
}

bool json_parse_limited(Arena *a, Str text, unsigned depth_max, Value *out, Err *err)
{
    if (text.len > JSON_BYTES_MAX)
        return err_set(err, &fault_json_size, arena_printf(a, "%u", JSON_BYTES_MAX));
    ValueEntry first[STACK_FIRST];
    Reader r = {.text = text, .arena = a, .err = err, .depth_max = depth_max,
                .stack = first, .capacity = STACK_FIRST, .open = NOT_OPEN};
    r.copy = arena_take(a, text.len + JSON_PADDING_BYTES);
    if (r.copy == NULL || arena_failed(a))
        return refuse_memory(&r);
    if (text.len > 0)
        memcpy(r.copy, text.ptr, text.len);
    r.p = r.copy;
    r.end = r.copy + text.len;
    return read_text(&r, out);
}

bool json_parse(Arena *a, Str text, Value *out, Err *err)
{
    return json_parse_limited(a, text, JSON_DEPTH_MAX, out, err);
}
