/* builtin_string.c - string functions (Table 74). Positions count code points from 1. */
#include "lang/feel/builtin_int.h"

#include <utf8proc.h>

#include <string.h>

static Str text_arg(const FeelCall *c, size_t i) { return c->args[i].as.string; }

/* A number cut to a whole one: substring("foobar", 3, 3.8) takes 3 characters. */
static bool text_whole(const FeelCall *c, size_t i, int64_t *out) {
    Dec whole;
    return dec_round(c->args[i].as.number, 0, ROUND_DOWN, &whole) && dec_to_int64(whole, out);
}

/* Byte index of the n-th code point. */
static size_t text_at(Str s, size_t n) {
    size_t at = 0;
    while (n-- > 0 && at < s.len) {
        at++;
        while (at < s.len && ((unsigned char)s.ptr[at] & 0xC0u) == 0x80u) at++;
    }
    return at;
}

Value builtin_string_length(FeelCall *c) {
    Str s = text_arg(c, 0);
    if (!feel_burn(c->run, c->node, (int64_t)(s.len / 64))) return value_null();
    return value_int((int64_t)utf8_count(s));
}

Value builtin_substring(FeelCall *c) {
    Str s = text_arg(c, 0);
    int64_t start, length, count = (int64_t)utf8_count(s);
    if (!feel_burn(c->run, c->node, (int64_t)(s.len / 64))) return value_null();
    if (!text_whole(c, 1, &start) || start == 0 || start > count || start < -count)
        return feel_call_fail(c);
    int64_t from = start > 0 ? start - 1 : count + start;
    length = count - from;
    if (!value_is_null(c->args[2])) {
        int64_t wanted;
        if (!text_whole(c, 2, &wanted) || wanted < 1) return feel_call_fail(c);
        if (wanted < length) length = wanted;
    }
    size_t begin = text_at(s, (size_t)from);
    Str rest = str_slice(s, begin, s.len);
    return value_string(str_slice(rest, 0, text_at(rest, (size_t)length)));
}

/* Unicode case mapping; SpecialCasing's sharp s becomes SS. */
static Value text_case(FeelCall *c, bool upper) {
    Str s = text_arg(c, 0);
    if (!feel_burn(c->run, c->node, (int64_t)(s.len / 16))) return value_null();
    char *out = feel_take(c->run, s.len * 3 + 1, 1);
    if (out == NULL) return value_null();
    size_t len = 0, at = 0;
    while (at < s.len) {
        uint32_t code_point = utf8_next(s, &at);
        if (upper && code_point == 0xDF) {
            out[len++] = 'S';
            out[len++] = 'S';
            continue;
        }
        utf8proc_int32_t mapped = upper ? utf8proc_toupper((utf8proc_int32_t)code_point)
                                        : utf8proc_tolower((utf8proc_int32_t)code_point);
        len += utf8_put((uint32_t)mapped, out + len);
    }
    return value_string((Str){out, len});
}
Value builtin_upper_case(FeelCall *c) { return text_case(c, true); }
Value builtin_lower_case(FeelCall *c) { return text_case(c, false); }

static ptrdiff_t text_find(FeelCall *c) {
    Str s = text_arg(c, 0), match = text_arg(c, 1);
    if (!feel_burn(c->run, c->node, (int64_t)(s.len / 64))) return -1;
    if (match.len == 0) return 0;
    const char *at = s.len >= match.len ? memmem(s.ptr, s.len, match.ptr, match.len) : NULL;
    return at != NULL ? at - s.ptr : -1;
}

Value builtin_contains(FeelCall *c) { return value_boolean(text_find(c) >= 0); }
Value builtin_starts_with(FeelCall *c) {
    return value_boolean(str_starts(text_arg(c, 0), text_arg(c, 1)));
}
Value builtin_ends_with(FeelCall *c) {
    return value_boolean(str_ends(text_arg(c, 0), text_arg(c, 1)));
}

Value builtin_substring_before(FeelCall *c) {
    ptrdiff_t at = text_find(c);
    return value_string(at < 0 ? STR("") : str_slice(text_arg(c, 0), 0, (size_t)at));
}

Value builtin_substring_after(FeelCall *c) {
    ptrdiff_t at = text_find(c);
    Str s = text_arg(c, 0);
    if (at < 0) return value_string(STR(""));
    return value_string(str_slice(s, (size_t)at + text_arg(c, 1).len, s.len));
}

/* Text under construction in the run's arena. */
typedef struct TextBuilder {
    FeelRun *run;
    char *ptr;
    size_t len, capacity;
} TextBuilder;

static bool text_add(TextBuilder *b, Str s) {
    if (b->len + s.len > b->capacity || b->ptr == NULL) {
        size_t capacity = (b->len + s.len) * 2 + 32;
        char *more = feel_take(b->run, capacity, 1);
        if (more == NULL) return false;
        if (b->len > 0) memcpy(more, b->ptr, b->len);
        b->ptr = more;
        b->capacity = capacity;
    }
    if (s.len > 0) memcpy(b->ptr + b->len, s.ptr, s.len);
    b->len += s.len;
    return feel_burn(b->run, NULL, 1 + (int64_t)(s.len / 64));
}

static Value text_value(const TextBuilder *b) {
    if (b->run->stopped) return value_null();
    return value_string(b->len > 0 ? (Str){b->ptr, b->len} : STR(""));
}

Value builtin_string_join(FeelCall *c) {
    ValueList list = c->args[0].as.list;
    bool delimited = c->count > 1 && value_is(c->args[1], VALUE_STRING);
    Str delimiter = delimited ? text_arg(c, 1) : STR_NONE;
    TextBuilder b = {.run = c->run};
    bool first = true;
    for (size_t i = 0; i < list.count; i++) {
        if (value_is_null(list.items[i])) continue;
        if (!value_is(list.items[i], VALUE_STRING)) return feel_call_fail(c);
        if (!first && !text_add(&b, delimiter)) return value_null();
        if (!text_add(&b, list.items[i].as.string)) return value_null();
        first = false;
    }
    return text_value(&b);
}

/* ---- Regular expressions: XQuery 1.0 and XPath 2.0 functions and operators, 7.6. */

/* The constant text given for a parameter, by its place or its name; false: it is not constant. */
static bool text_constant(const FeelNode *call, uint32_t place, Str name, Str *out) {
    uint32_t i = place;
    if (call->names != NULL)
        for (i = 0; i < call->count && !str_equal(call->names[i], name);) i++;
    *out = STR_NONE;
    if (i >= call->count) return true;
    Value v;
    if (!feel_node_constant(call->items[i], &v)) return false;
    if (value_is(v, VALUE_STRING)) *out = v.as.string;
    return value_is(v, VALUE_STRING) || value_is_null(v);
}

void feel_builtin_prepare(Arena *a, FeelNode *call) {
    const FeelBuiltin *builtin = call->extra;
    Str pattern, flags = STR_NONE;
    bool splits = builtin->body == builtin_split, replaces = builtin->body == builtin_replace;
    if (!splits && !replaces && builtin->body != builtin_matches) return;
    if (!text_constant(call, 1, splits ? STR("delimiter") : STR("pattern"), &pattern) ||
        pattern.ptr == NULL ||
        (!splits && !text_constant(call, replaces ? 3 : 2, STR("flags"), &flags)))
        return;
    call->prepared = feel_regex_prepare(a, pattern, flags);
}

static FeelRegex *text_regex(FeelCall *c, size_t pattern, size_t flags) {
    const char *why = NULL;
    Str flag_text = flags < c->count && value_is(c->args[flags], VALUE_STRING)
                        ? text_arg(c, flags)
                        : STR_NONE;
    FeelRegex *r = feel_regex_open(c->run, c->node, text_arg(c, pattern), flag_text,
                                   text_arg(c, 0), &why);
    if (r == NULL && !c->run->stopped)
        feel_call_fail_text(c, &fault_feel_pattern, text_arg(c, pattern),
                            str_from(why != NULL ? why : "error"));
    return r;
}

Value builtin_matches(FeelCall *c) {
    FeelRegex *r = text_regex(c, 1, 2);
    size_t from, to;
    if (r == NULL) return value_null();
    bool found = feel_regex_next(r, c->run, text_arg(c, 0), 0, &from, &to);
    feel_regex_close(r);
    return c->run->stopped ? value_null() : value_boolean(found);
}

/* A pattern that matches the empty text cannot split or replace. */
static bool text_matches_empty(FeelCall *c, FeelRegex *r) {
    size_t from, to;
    bool empty = feel_regex_next(r, c->run, STR(""), 0, &from, &to);
    if (empty) feel_call_fail_text(c, &fault_feel_pattern, text_arg(c, 1),
                                   STR("it matches the empty text"));
    return empty || c->run->stopped;
}

/* $0..$99 (as many digits as there are groups), \$ and \\; anything else is an error. */
static bool text_replacement(FeelRegex *r, Str text, Str replacement, bool literal,
                             TextBuilder *b, bool *sound) {
    if (literal) return text_add(b, replacement);
    for (size_t i = 0; i < replacement.len; i++) {
        char ch = replacement.ptr[i];
        if (ch == '\\') {
            char next = i + 1 < replacement.len ? replacement.ptr[i + 1] : '\0';
            if (next != '\\' && next != '$') {
                *sound = false;
                return false;
            }
            i++;
            if (!text_add(b, str_slice(replacement, i, i + 1))) return false;
        } else if (ch == '$') {
            size_t group = 0, digits = 0;
            while (i + 1 < replacement.len && replacement.ptr[i + 1] >= '0' &&
                   replacement.ptr[i + 1] <= '9') {
                size_t more = group * 10 + (size_t)(replacement.ptr[i + 1] - '0');
                if (digits > 0 && more > feel_regex_group_count(r)) break;
                group = more;
                digits++;
                i++;
            }
            if (digits == 0) {
                *sound = false;
                return false;
            }
            if (!text_add(b, feel_regex_group(r, text, group))) return false;
        } else if (!text_add(b, str_slice(replacement, i, i + 1))) {
            return false;
        }
    }
    return true;
}

static Value text_replace(FeelCall *c, FeelRegex *r, bool literal) {
    Str text = text_arg(c, 0), replacement = text_arg(c, 2);
    TextBuilder b = {.run = c->run};
    size_t at = 0, from, to;
    bool sound = true;
    while (feel_regex_next(r, c->run, text, at, &from, &to)) {
        if (!text_add(&b, str_slice(text, at, from)) ||
            !text_replacement(r, text, replacement, literal, &b, &sound))
            break;
        at = to;
        if (to == from) break;
    }
    if (!sound)
        return feel_call_fail_text(c, &fault_feel_pattern, replacement,
                                   STR("$ needs a digit, and \\ a $ or \\"));
    text_add(&b, str_slice(text, at, text.len));
    return text_value(&b);
}

Value builtin_replace(FeelCall *c) {
    FeelRegex *r = text_regex(c, 1, 3);
    if (r == NULL) return value_null();
    bool literal = value_is(c->args[3], VALUE_STRING) && str_find(text_arg(c, 3), STR("q")) >= 0;
    Value v = value_null();
    if (!text_matches_empty(c, r)) v = text_replace(c, r, literal);
    feel_regex_close(r);
    return v;
}

Value builtin_split(FeelCall *c) {
    FeelRegex *r = text_regex(c, 1, 2);
    if (r == NULL) return value_null();
    Str text = text_arg(c, 0);
    FeelItems parts = {.run = c->run};
    size_t at = 0, from, to;
    if (text_matches_empty(c, r)) {
        feel_regex_close(r);
        return value_null();
    }
    while (feel_regex_next(r, c->run, text, at, &from, &to) && to > from) {
        if (!feel_items_add(&parts, value_string(str_slice(text, at, from)))) break;
        at = to;
    }
    feel_regex_close(r);
    feel_items_add(&parts, value_string(str_slice(text, at, text.len)));
    return c->run->stopped ? value_null() : feel_items_value(&parts);
}
