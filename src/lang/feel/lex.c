/* lex.c - the characters of FEEL: blanks, comments, words, numbers, strings, and names.
 *
 * There is no token stream: what a name is depends on the scope (grammar rules 25 to 30, clause
 * 10.3.1.5: "name tokens are matched from left to right against the names in scope, and the
 * longest match is preferred"), so the parser asks for what it can use at its present place.
 * A name is a list of tokens: words (runs of name part characters) and the symbols . / - ' + *.
 * Two names are the same when their tokens are; the canonical form joins words by one blank and
 * puts none around symbols, so that "a-b", "a - b" and "a -b" are one name. */
#include "lang/feel/parse_int.h"

#include <string.h>

/* Rule 28. The ranges are those of the grammar. */
bool feel_name_start(uint32_t c) {
    static const struct { uint32_t from, to; } ranges[] = {
        {'?', '?'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0xC0, 0xD6}, {0xD8, 0xF6},
        {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D}, {0x2070, 0x218F},
        {0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD},
        {0x10000, 0xEFFFF}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i].from && c <= ranges[i].to) return c != 0x1680 && c != 0x180E;
    return false;
}

/* Rule 29. */
bool feel_name_part(uint32_t c) {
    return (c >= '0' && c <= '9') || feel_name_start(c) || c == 0xB7 ||
           (c >= 0x300 && c <= 0x36F) || (c >= 0x203F && c <= 0x2040);
}

/* Rule 61 and 62. */
static bool lex_blank(uint32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           c == 0x180E || (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

static size_t lex_skip_from(Str s, size_t at) {
    while (at < s.len) {
        unsigned char c = (unsigned char)s.ptr[at];
        if (c == '/' && at + 1 < s.len && s.ptr[at + 1] == '/') {
            while (at < s.len && s.ptr[at] != '\n') at++;
        } else if (c == '/' && at + 1 < s.len && s.ptr[at + 1] == '*') {
            at += 2;
            while (at < s.len && !(s.ptr[at] == '*' && at + 1 < s.len && s.ptr[at + 1] == '/'))
                at++;
            at = at + 2 <= s.len ? at + 2 : s.len;
        } else if (c < 0x80) {
            if (!lex_blank(c)) return at;
            at++;
        } else {
            size_t next = at;
            if (!lex_blank(utf8_next(s, &next))) return at;
            at = next;
        }
    }
    return at;
}

void lex_skip(FeelParser *p) { p->at = lex_skip_from(p->text, p->at); }

bool lex_at(FeelParser *p, const char *symbol) {
    lex_skip(p);
    size_t len = strlen(symbol);
    return p->text.len - p->at >= len && memcmp(p->text.ptr + p->at, symbol, len) == 0;
}

bool lex_accept(FeelParser *p, const char *symbol) {
    if (!lex_at(p, symbol)) return false;
    p->at += strlen(symbol);
    return true;
}

bool lex_expect(FeelParser *p, const char *symbol) {
    if (lex_accept(p, symbol)) return true;
    lex_fault(p, symbol);
    return false;
}

static Str lex_word_from(Str s, size_t at, bool start, size_t *end) {
    size_t from = at;
    while (at < s.len) {
        unsigned char c = (unsigned char)s.ptr[at];
        bool fits;
        size_t next = at + 1;
        if (c < 0x80) {
            fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '?' ||
                   (c >= '0' && c <= '9' && !(start && at == from));
        } else {
            next = at;
            uint32_t code_point = utf8_next(s, &next);
            fits = start && at == from ? feel_name_start(code_point) : feel_name_part(code_point);
        }
        if (!fits) break;
        at = next;
    }
    *end = at;
    return str_slice(s, from, at);
}

Str lex_word(FeelParser *p, size_t *end) {
    lex_skip(p);
    return lex_word_from(p->text, p->at, true, end);
}

bool lex_at_word(FeelParser *p, const char *word) {
    size_t end;
    return str_equal(lex_word(p, &end), str_from(word));
}

bool lex_accept_word(FeelParser *p, const char *word) {
    size_t end;
    if (!str_equal(lex_word(p, &end), str_from(word))) return false;
    p->at = end;
    return true;
}

bool lex_expect_word(FeelParser *p, const char *word) {
    if (lex_accept_word(p, word)) return true;
    lex_fault(p, word);
    return false;
}

/* The literal terminal symbols that are words. */
bool lex_reserved(Str word) {
    static const char *const words[] = {"and",      "between", "else",  "every",    "external",
                                        "false",    "for",     "if",    "in",       "instance",
                                        "null",     "of",      "or",    "return",   "satisfies",
                                        "some",     "then",    "true",  "function"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(word, str_from(words[i]))) return true;
    return false;
}

/* numeric literal = digits [ "." digits ] | "." digits, with an exponent as in 1.2e3; ".." is
 * never part of a number. */
bool lex_number(FeelParser *p, Value *out) {
    Str s = p->text;
    size_t at = p->at, digits = 0;
    while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9') at++, digits++;
    if (at + 1 < s.len && s.ptr[at] == '.' && s.ptr[at + 1] >= '0' && s.ptr[at + 1] <= '9') {
        at++;
        while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9') at++, digits++;
    }
    if (digits == 0) return false;
    if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
        size_t e = at + 1;
        if (e < s.len && (s.ptr[e] == '+' || s.ptr[e] == '-')) e++;
        if (e < s.len && s.ptr[e] >= '0' && s.ptr[e] <= '9') {
            while (e < s.len && s.ptr[e] >= '0' && s.ptr[e] <= '9') e++;
            at = e;
        }
    }
    Dec d;
    Str text = str_slice(s, p->at, at);
    if (!dec_parse(text, &d)) {
        lex_fault_at(p, p->at, &fault_feel_literal_invalid, text, STR("number"));
        return false;
    }
    p->at = at;
    *out = value_number(d);
    return true;
}

static bool lex_hex(Str s, size_t at, size_t count, uint32_t *out) {
    uint32_t value = 0;
    if (at + count > s.len) return false;
    for (size_t i = at; i < at + count; i++) {
        char c = s.ptr[i];
        uint32_t digit;
        if (c >= '0' && c <= '9') digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f') digit = (uint32_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F') digit = (uint32_t)(c - 'A') + 10;
        else return false;
        value = value * 16 + digit;
    }
    *out = value;
    return true;
}

/* One code point escape at "\u" or "\U"; false: it is none (a lone surrogate is none). */
static bool lex_code_point(Str s, size_t *at, uint32_t *out) {
    uint32_t c, low;
    if (s.ptr[*at + 1] == 'U') {
        if (!lex_hex(s, *at + 2, 6, &c) || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
            return false;
        *at += 8;
    } else {
        if (!lex_hex(s, *at + 2, 4, &c)) return false;
        if (c >= 0xD800 && c <= 0xDBFF && *at + 7 < s.len && s.ptr[*at + 6] == '\\' &&
            s.ptr[*at + 7] == 'u' && lex_hex(s, *at + 8, 4, &low) && low >= 0xDC00 &&
            low <= 0xDFFF) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            *at += 12;
        } else {
            if (c >= 0xD800 && c <= 0xDFFF) return false;
            *at += 6;
        }
    }
    *out = c;
    return true;
}

/* Rules 33 and 64. A backslash before any other character stands for itself, so that patterns
 * such as "\s" can be written plainly. */
bool lex_string(FeelParser *p, Str *out) {
    Str s = p->text;
    size_t from = p->at, at = from + 1;
    Buf b = buf_new(p->b->arena, 0);
    while (at < s.len && s.ptr[at] != '"') {
        if (s.ptr[at] != '\\' || at + 1 >= s.len) {
            size_t run = at;
            while (run < s.len && s.ptr[run] != '"' && s.ptr[run] != '\\') run++;
            if (run == at) run = at + 1;
            buf_add(&b, str_slice(s, at, run));
            at = run;
            continue;
        }
        char c = s.ptr[at + 1];
        uint32_t code_point;
        if ((c == 'u' || c == 'U') && lex_code_point(s, &at, &code_point)) {
            buf_add_code_point(&b, code_point);
            continue;
        }
        const char *found = strchr("'\"\\nrt", c);
        if (found != NULL && c != '\0') {
            buf_add_char(&b, "'\"\\\n\r\t"[found - "'\"\\nrt" + 0]);
            at += 2;
        } else {
            buf_add_char(&b, '\\');
            at += 1;
        }
    }
    if (at >= s.len) {
        p->at = s.len;
        lex_fault_at(p, from, &fault_feel_syntax, STR("\""), STR("the end of the text"));
        return false;
    }
    p->at = at + 1;
    *out = buf_text(&b);
    if (out->ptr == NULL) *out = STR("");
    return true;
}

FeelNode *lex_fault_at(FeelParser *p, size_t at, const Fault *fault, Str a, Str b) {
    FeelNode place = {.offset = (uint32_t)at, .source = p->source};
    FeelPlace where = feel_node_place(&place);
    if (p->b->err->fault == NULL) {
        err_set(p->b->err, fault, a, b);
        err_at(p->b->err, where.file, where.line, where.column);
        if (where.element.len > 0) err_at_element(p->b->err, where.element);
    }
    return NULL;
}

FeelNode *lex_fault(FeelParser *p, const char *expected) {
    lex_skip(p);
    size_t end;
    Str found = lex_word(p, &end);
    if (found.len == 0) {
        end = p->at;
        if (end < p->text.len) utf8_next(p->text, &end);
        found = str_slice(p->text, p->at, end);
    }
    if (found.len == 0) found = STR("the end of the text");
    return lex_fault_at(p, p->at, &fault_feel_syntax, str_from(expected), found);
}

/* ---- Names. */

/* The next token of a name at *at: a word, or one of the additional symbols (rule 30). */
static Str lex_name_token(Str s, size_t *at, bool *symbol) {
    size_t from = lex_skip_from(s, *at), end;
    *symbol = false;
    Str word = lex_word_from(s, from, false, &end);
    if (word.len == 0 && from < s.len) {
        if (strchr("./-'+*", s.ptr[from]) != NULL && s.ptr[from] != '\0') end = from + 1;
        else if (str_starts(str_slice(s, from, s.len), STR("\xE2\x80\x99"))) end = from + 3;
        word = str_slice(s, from, end);
        *symbol = true;
    }
    *at = end;
    return word;
}

typedef struct LexName {
    char bytes[FEEL_NAME_BYTES_MAX];
    size_t len;
    bool after_symbol;
} LexName;

static bool lex_name_add(LexName *n, Str token, bool symbol) {
    bool blank = n->len > 0 && !symbol && !n->after_symbol;
    if (n->len + token.len + 1 > sizeof n->bytes) return false;
    if (blank) n->bytes[n->len++] = ' ';
    if (token.len > 0) memcpy(n->bytes + n->len, token.ptr, token.len);
    n->len += token.len;
    n->after_symbol = symbol;
    return true;
}

Str lex_canonical(Arena *a, Str name, uint32_t *words) {
    LexName n = {.len = 0};
    size_t at = 0;
    uint32_t count = 0;
    while (at < name.len) {
        bool symbol;
        Str token = lex_name_token(name, &at, &symbol);
        if (token.len == 0) break;
        count++;
        if (!lex_name_add(&n, token, symbol)) break;
    }
    if (words != NULL) *words = count;
    /* Characters that no name can hold (a key in quotes): the text itself. */
    if (lex_skip_from(name, at) < name.len || n.len == 0) return name;
    return arena_copy(a, (Str){n.bytes, n.len});
}

bool lex_new_name(FeelParser *p, const char *stops, const char *stop_word, Str *out) {
    LexName n = {.len = 0};
    lex_skip(p);
    size_t at = p->at, end;
    if (lex_word(p, &end).len == 0) return false;
    for (unsigned words = 0; words < FEEL_NAME_WORDS_MAX; words++) {
        size_t next = at, here = lex_skip_from(p->text, at);
        if (here >= p->text.len || strchr(stops, p->text.ptr[here]) != NULL) break;
        bool symbol;
        Str token = lex_name_token(p->text, &next, &symbol);
        if (token.len == 0) break;
        if (stop_word != NULL && n.len > 0 && str_equal(token, str_from(stop_word))) break;
        if (!lex_name_add(&n, token, symbol)) return false;
        at = next;
    }
    p->at = at;
    *out = arena_copy(p->b->arena, (Str){n.bytes, n.len});
    return n.len > 0;
}

bool lex_longest(FeelParser *p, LexKnown *known, const void *context, Str *canonical, size_t *end,
                 uint32_t *words) {
    LexName n = {.len = 0};
    lex_skip(p);
    size_t at = p->at, best = 0;
    *words = 0;
    for (uint32_t i = 1; i <= p->b->max_words; i++) {
        bool symbol;
        Str token = lex_name_token(p->text, &at, &symbol);
        if (token.len == 0 || (i == 1 && symbol) || !lex_name_add(&n, token, symbol)) break;
        if (known(context, (Str){n.bytes, n.len})) {
            best = n.len;
            *end = at;
            *words = i;
        }
    }
    if (best == 0) return false;
    *canonical = arena_copy(p->b->arena, (Str){n.bytes, best});
    return true;
}

Str lex_greedy(FeelParser *p, size_t *end) {
    LexName n = {.len = 0};
    size_t word_end, at;
    Str word = lex_word(p, &word_end);
    at = word_end;
    lex_name_add(&n, word, false);
    for (;;) {
        size_t from = lex_skip_from(p->text, at);
        word = lex_word_from(p->text, from, true, &word_end);
        if (word.len == 0 || lex_reserved(word) || !lex_name_add(&n, word, false)) break;
        at = word_end;
    }
    *end = at;
    return arena_copy(p->b->arena, (Str){n.bytes, n.len});
}
