/* regex_translate.c - reads a regular expression of XPath and writes it for PCRE2.
 *
 *     regex    = branch { "|" branch }
 *     branch   = { piece }
 *     piece    = atom [ quantifier [ "?" ] ]
 *     atom     = char | "." | "^" | "$" | escape | class | "(" ["?:"] regex ")" | "\" digits
 *     class    = "[" ["^"] items [ "-" class ] "]"
 *
 * Reading is strict, so that what XPath calls an error is one here too (FEEL then gives null).
 * Subtraction [A-[B]] becomes (?:(?![B])[A]). Classes are written with \p{..} and \x{..} only, so
 * that none of PCRE2's own extensions can be reached. XQuery and XPath F&O 7.6.1, XML Schema
 * part 2 appendix F. */
#include "lang/feel/regex_int.h"

#include <string.h>

typedef struct Regex {
    Str s;
    size_t at;
    RegexFlags flags;
    Buf *out;
    const char *why;
    unsigned depth;
    unsigned groups;      /* opened so far */
    unsigned open[REGEX_NESTING_MAX + 1];
    unsigned open_count;  /* groups not closed yet: they cannot be referred to */
} Regex;

bool regex_flags(Str text, RegexFlags *out) {
    *out = (RegexFlags){0};
    for (size_t i = 0; i < text.len; i++) switch (text.ptr[i]) {
        case 's': out->dot_all = true; break;
        case 'm': out->multi_line = true; break;
        case 'i': out->ignore_case = true; break;
        case 'x': out->spaced = true; break;
        case 'q': out->literal = true; break;
        default: return false;
        }
    return true;
}

static bool regex_bad(Regex *r, const char *why) {
    if (r->why == NULL) r->why = why;
    return false;
}

static bool regex_end(const Regex *r) { return r->at >= r->s.len; }

/* The flag x: blanks do not count, wherever they stand outside of classes ("\\ s" is "\\s"). */
static Str regex_squeeze(Str pattern, Arena *a) {
    Buf out = buf_new(a, pattern.len + 1);
    unsigned classes = 0;
    bool escaped = false;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        if (classes == 0 && c != '\0' && strchr(" \t\n\r", c) != NULL) continue;
        if (!escaped && c == '[') classes++;
        if (!escaped && c == ']' && classes > 0) classes--;
        escaped = !escaped && c == '\\';
        buf_add_char(&out, c);
    }
    return buf_text(&out);
}

static void regex_code_point(Buf *out, uint32_t c) {
    bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (plain) buf_add_char(out, (char)c);
    else buf_printf(out, "\\x{%x}", (unsigned)c);
}

/* Name characters of XML: \i is the start, \c the rest; written as class contents. */
#define NAME_START "_:A-Za-z\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{2FF}\\x{370}-\\x{37D}" \
    "\\x{37F}-\\x{1FFF}\\x{200C}-\\x{200D}\\x{2070}-\\x{218F}\\x{2C00}-\\x{2FEF}" \
    "\\x{3001}-\\x{D7FF}\\x{F900}-\\x{FDCF}\\x{FDF0}-\\x{FFFD}\\x{10000}-\\x{EFFFF}"
#define NAME_NOT_START "\\x{0}-\\x{39}\\x{3B}-\\x{40}\\x{5B}-\\x{5E}\\x{60}\\x{7B}-\\x{BF}" \
    "\\x{D7}\\x{F7}\\x{300}-\\x{36F}\\x{37E}\\x{2000}-\\x{200B}\\x{200E}-\\x{206F}" \
    "\\x{2190}-\\x{2BFF}\\x{2FF0}-\\x{3000}\\x{E000}-\\x{F8FF}\\x{FDD0}-\\x{FDEF}" \
    "\\x{FFFE}-\\x{FFFF}\\x{F0000}-\\x{10FFFF}"
#define NAME_PART NAME_START "\\-.0-9\\x{B7}\\x{300}-\\x{36F}\\x{203F}-\\x{2040}"
#define NAME_NOT_PART "\\x{0}-\\x{2C}\\x{2F}\\x{3B}-\\x{40}\\x{5B}-\\x{5E}\\x{60}" \
    "\\x{7B}-\\x{B6}\\x{B8}-\\x{BF}\\x{D7}\\x{F7}\\x{37E}\\x{2000}-\\x{200B}" \
    "\\x{200E}-\\x{203E}\\x{2041}-\\x{206F}\\x{2190}-\\x{2BFF}\\x{2FF0}-\\x{3000}" \
    "\\x{E000}-\\x{F8FF}\\x{FDD0}-\\x{FDEF}\\x{FFFE}-\\x{FFFF}\\x{F0000}-\\x{10FFFF}"

static const struct { char letter; const char *content; } classes[] = {
    {'s', " \\t\\n\\r"},
    {'S', "\\x{0}-\\x{8}\\x{B}\\x{C}\\x{E}-\\x{1F}\\x{21}-\\x{10FFFF}"},
    {'d', "\\p{Nd}"}, {'D', "\\P{Nd}"},
    {'w', "\\p{L}\\p{M}\\p{N}\\p{S}"}, {'W', "\\p{P}\\p{Z}\\p{C}"},
    {'i', NAME_START}, {'I', NAME_NOT_START}, {'c', NAME_PART}, {'C', NAME_NOT_PART}};

static bool regex_category(Str name) {
    static const char *const names[] = {
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Z", "Zs", "Zl", "Zp", "S", "Sm", "Sc", "Sk",
        "So", "C", "Cc", "Cf", "Co", "Cn"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_equal(name, str_from(names[i]))) return true;
    return false;
}

/* \p{..} or \P{..}: r->at is behind the letter. Writes class contents. */
static bool regex_property(Regex *r, bool negated, Buf *out) {
    if (r->at >= r->s.len || r->s.ptr[r->at] != '{') return regex_bad(r, "\\p needs {name}");
    size_t from = ++r->at;
    while (r->at < r->s.len && r->s.ptr[r->at] != '}') r->at++;
    if (r->at >= r->s.len) return regex_bad(r, "\\p{ is not closed");
    Str name = str_slice(r->s, from, r->at++);
    uint32_t low, high;
    if (regex_category(name)) {
        buf_printf(out, "\\%c{%.*s}", negated ? 'P' : 'p', STR_ARG(name));
        return true;
    }
    if (!str_starts(name, STR("Is")) || !regex_block(str_slice(name, 2, name.len), &low, &high))
        return regex_bad(r, "unknown category or block");
    if (!negated) {
        buf_printf(out, "\\x{%x}-\\x{%x}", (unsigned)low, (unsigned)high);
    } else {
        if (low > 0) buf_printf(out, "\\x{0}-\\x{%x}", (unsigned)low - 1);
        if (high < 0x10FFFF) buf_printf(out, "\\x{%x}-\\x{10FFFF}", (unsigned)high + 1);
    }
    return true;
}

/* An escape at the backslash: one character (*single), or class contents written to out. */
static bool regex_escape(Regex *r, bool *single, uint32_t *c, Buf *out) {
    *single = false;
    if (++r->at >= r->s.len) return regex_bad(r, "\\ at the end");
    char letter = r->s.ptr[r->at++];
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (classes[i].letter == letter) {
            buf_add(out, str_from(classes[i].content));
            return true;
        }
    if (letter == 'p' || letter == 'P') return regex_property(r, letter == 'P', out);
    *single = true;
    if (letter == 'n') *c = '\n';
    else if (letter == 'r') *c = '\r';
    else if (letter == 't') *c = '\t';
    else if (letter != '\0' && strchr("\\|.?*+(){}-[]^$", letter) != NULL)
        *c = (unsigned char)letter;
    else return regex_bad(r, "unknown escape");
    return true;
}

/* ---- Classes. */

static bool regex_class(Regex *r, Buf *out);

/* One end of a range inside a class; class escapes go to out and leave *single false. */
static bool regex_class_char(Regex *r, bool *single, uint32_t *c, Buf *out) {
    if (r->s.ptr[r->at] == '\\') return regex_escape(r, single, c, out);
    if (r->s.ptr[r->at] == '[') return regex_bad(r, "[ inside a class needs \\");
    *single = true;
    *c = utf8_next(r->s, &r->at);
    return true;
}

static bool regex_class_item(Regex *r, Buf *out) {
    bool single, high_single;
    uint32_t low = 0, high = 0;
    if (!regex_class_char(r, &single, &low, out)) return false;
    if (!single) return true;
    bool range = r->at + 1 < r->s.len && r->s.ptr[r->at] == '-' && r->s.ptr[r->at + 1] != ']' &&
                 r->s.ptr[r->at + 1] != '[';
    if (!range) {
        regex_code_point(out, low);
        return true;
    }
    r->at++;
    if (!regex_class_char(r, &high_single, &high, out)) return false;
    if (!high_single || high < low) return regex_bad(r, "a range in a class runs backwards");
    regex_code_point(out, low);
    buf_add_char(out, '-');
    regex_code_point(out, high);
    return true;
}

/* At "[". The contents are collected first, because a subtraction comes behind them. */
static bool regex_class(Regex *r, Buf *out) {
    Buf content = buf_new(out->arena, 32), minus = buf_new(out->arena, 0);
    if (++r->depth > REGEX_NESTING_MAX) return regex_bad(r, "nested too deeply");
    r->at++;
    bool negated = r->at < r->s.len && r->s.ptr[r->at] == '^', subtract = false;
    if (negated) r->at++;
    while (r->at < r->s.len && r->s.ptr[r->at] != ']') {
        bool dash = r->s.ptr[r->at] == '-';
        if (dash && content.len > 0 && r->at + 1 < r->s.len && r->s.ptr[r->at + 1] == '[') {
            r->at++;
            subtract = true;
            if (!regex_class(r, &minus)) return false;
            break;
        }
        if (!regex_class_item(r, &content)) return false;
    }
    if (r->at >= r->s.len || r->s.ptr[r->at] != ']') return regex_bad(r, "[ is not closed");
    r->at++;
    if (content.len == 0) return regex_bad(r, "empty class");
    r->depth--;
    if (subtract) {
        buf_add_text(out, "(?:(?!");
        buf_add(out, buf_text(&minus));
        buf_add_char(out, ')');
    }
    buf_add(out, negated ? STR("[^") : STR("["));
    buf_add(out, buf_text(&content));
    buf_add_char(out, ']');
    if (subtract) buf_add_char(out, ')');
    return true;
}

/* ---- Pieces. */

static bool regex_branches(Regex *r);

/* "(" has been met: a group, capturing or not. */
static bool regex_group(Regex *r) {
    bool capture = true;
    r->at++;
    if (r->at < r->s.len && r->s.ptr[r->at] == '?') {
        if (r->at + 1 >= r->s.len || r->s.ptr[r->at + 1] != ':')
            return regex_bad(r, "(? must be (?:");
        r->at += 2;
        capture = false;
    }
    if (++r->depth > REGEX_NESTING_MAX) return regex_bad(r, "nested too deeply");
    buf_add(r->out, capture ? STR("(") : STR("(?:"));
    if (capture) r->open[r->open_count++] = ++r->groups;
    if (!regex_branches(r)) return false;
    if (regex_end(r) || r->s.ptr[r->at] != ')') return regex_bad(r, "( is not closed");
    r->at++;
    r->depth--;
    if (capture) r->open_count--;
    buf_add_char(r->out, ')');
    return true;
}

/* \N: the group must exist and be closed; as many digits as there are groups. */
static bool regex_back_reference(Regex *r) {
    unsigned n = 0;
    r->at++;
    while (r->at < r->s.len && r->s.ptr[r->at] >= '0' && r->s.ptr[r->at] <= '9') {
        unsigned more = n * 10 + (unsigned)(r->s.ptr[r->at] - '0');
        if (n > 0 && more > r->groups) break;
        n = more;
        r->at++;
    }
    if (n == 0 || n > r->groups) return regex_bad(r, "back-reference to no group");
    for (unsigned i = 0; i < r->open_count; i++)
        if (r->open[i] == n) return regex_bad(r, "back-reference inside its own group");
    buf_printf(r->out, "\\g{%u}", n);
    return true;
}

static bool regex_atom_escape(Regex *r) {
    char next = r->at + 1 < r->s.len ? r->s.ptr[r->at + 1] : '\0';
    if (next >= '1' && next <= '9') return regex_back_reference(r);
    Buf content = buf_new(r->out->arena, 0);
    bool single;
    uint32_t c = 0;
    if (!regex_escape(r, &single, &c, &content)) return false;
    if (single) {
        regex_code_point(r->out, c);
    } else {
        buf_add_char(r->out, '[');
        buf_add(r->out, buf_text(&content));
        buf_add_char(r->out, ']');
    }
    return true;
}

static bool regex_atom(Regex *r, bool *anchor) {
    char c = r->s.ptr[r->at];
    *anchor = false;
    switch (c) {
    case '(': return regex_group(r);
    case '[': return regex_class(r, r->out);
    case '\\': return regex_atom_escape(r);
    case '.':
        r->at++;
        buf_add(r->out, r->flags.dot_all ? STR("(?s:.)") : STR("[^\\n\\r]"));
        return true;
    case '^':
        r->at++;
        *anchor = true;
        buf_add(r->out, r->flags.multi_line ? STR("(?m:^)") : STR("\\A"));
        return true;
    case '$':
        r->at++;
        *anchor = true;
        buf_add(r->out, r->flags.multi_line ? STR("(?m:$)") : STR("\\z"));
        return true;
    case '?': case '*': case '+': case '{': return regex_bad(r, "a quantifier without an atom");
    case ']': case '}': return regex_bad(r, "] or } needs \\");
    default: regex_code_point(r->out, utf8_next(r->s, &r->at)); return true;
    }
}

static bool regex_count(Regex *r, unsigned *out) {
    unsigned n = 0, digits = 0;
    while (r->at < r->s.len && r->s.ptr[r->at] >= '0' && r->s.ptr[r->at] <= '9' && digits < 6) {
        n = n * 10 + (unsigned)(r->s.ptr[r->at++] - '0');
        digits++;
    }
    *out = n;
    return digits > 0 && n <= 65535;
}

/* ? * + {n} {n,} {n,m}, each with a "?" that makes it reluctant. */
static bool regex_quantifier(Regex *r) {
    if (regex_end(r)) return true;
    char c = r->s.ptr[r->at];
    if (c == '?' || c == '*' || c == '+') {
        buf_add_char(r->out, c);
        r->at++;
    } else if (c == '{') {
        unsigned low, high;
        r->at++;
        if (!regex_count(r, &low)) return regex_bad(r, "{ needs a number");
        buf_printf(r->out, "{%u", low);
        if (r->at < r->s.len && r->s.ptr[r->at] == ',') {
            r->at++;
            buf_add_char(r->out, ',');
            if (r->at < r->s.len && r->s.ptr[r->at] != '}') {
                if (!regex_count(r, &high) || high < low)
                    return regex_bad(r, "{n,m} runs backwards");
                buf_printf(r->out, "%u", high);
            }
        }
        if (r->at >= r->s.len || r->s.ptr[r->at] != '}')
            return regex_bad(r, "{ is not closed");
        r->at++;
        buf_add_char(r->out, '}');
    } else {
        return true;
    }
    if (!regex_end(r) && r->s.ptr[r->at] == '?') {
        r->at++;
        buf_add_char(r->out, '?');
    }
    if (!regex_end(r) && r->s.ptr[r->at] != '\0' && strchr("?*+{", r->s.ptr[r->at]) != NULL)
        return regex_bad(r, "a quantifier after a quantifier");
    return true;
}

static bool regex_branches(Regex *r) {
    while (!regex_end(r) && r->s.ptr[r->at] != ')') {
        bool anchor;
        if (r->s.ptr[r->at] == '|') {
            r->at++;
            buf_add_char(r->out, '|');
            continue;
        }
        if (!regex_atom(r, &anchor) || !regex_quantifier(r)) return false;
    }
    return true;
}

bool regex_translate(Str pattern, RegexFlags flags, Buf *out, const char **why) {
    Regex r = {.s = pattern, .flags = flags, .out = out};
    if (flags.literal) {
        while (r.at < pattern.len) regex_code_point(out, utf8_next(pattern, &r.at));
        return true;
    }
    if (flags.spaced) r.s = regex_squeeze(pattern, out->arena);
    bool ok = regex_branches(&r);
    if (ok && !regex_end(&r)) ok = regex_bad(&r, ") without (");
    *why = r.why;
    return ok;
}
