/* show_value.c - values as text: string(), literals, and plain values for JSON.
 *
 * string() of a string is itself; inside lists and contexts strings are quoted. Ranges and
 * functions print as they are written. Values may be deep or share parts, so writing stops at a
 * depth and at a size; a machine's results are bounded before they come here (run.c). */
#include "lang/feel/feel_int.h"

#define SHOW_BYTES_MAX (64u << 20)

static void show_quoted(Str s, Buf *out) {
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '"' || c == '\\') buf_add_char(out, '\\');
        if (c == '\n') buf_add_text(out, "\\n");
        else if (c == '\r') buf_add_text(out, "\\r");
        else if (c == '\t') buf_add_text(out, "\\t");
        else buf_add_char(out, c);
    }
    buf_add_char(out, '"');
}

static bool show_is_name(Str s) {
    size_t at = 0;
    if (s.len == 0) return false;
    while (at < s.len) {
        bool first = at == 0;
        uint32_t c = utf8_next(s, &at);
        bool letter = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0xC0;
        if (!letter && (first || !((c >= '0' && c <= '9') || c == ' '))) return false;
    }
    return true;
}

static void show_range(const ValueRange *r, unsigned depth, Buf *out) {
    if (r->low_absent && r->high_absent) {
        buf_add(out, r->low_closed ? STR("= ") : STR("!= "));
        feel_write_value(r->low, true, depth + 1, out);
    } else if (r->low_absent) {
        buf_add(out, r->high_closed ? STR("<= ") : STR("< "));
        feel_write_value(r->high, true, depth + 1, out);
    } else if (r->high_absent) {
        buf_add(out, r->low_closed ? STR(">= ") : STR("> "));
        feel_write_value(r->low, true, depth + 1, out);
    } else {
        buf_add_char(out, r->low_closed ? '[' : '(');
        feel_write_value(r->low, true, depth + 1, out);
        buf_add_text(out, "..");
        feel_write_value(r->high, true, depth + 1, out);
        buf_add_char(out, r->high_closed ? ']' : ')');
    }
}

static void show_function(const FeelFunction *f, Buf *out) {
    if (f->kind == FEEL_FUNCTION_BUILTIN) {
        buf_add(out, str_from(f->builtin->name));
        return;
    }
    size_t count = f->code != NULL ? f->code->parameter_count : f->foreign->parameter_count;
    const Str *names = f->code != NULL ? f->code->parameters : f->foreign->parameters;
    buf_add_text(out, "function(");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buf_add_text(out, ", ");
        buf_add(out, names[i]);
    }
    buf_add_char(out, ')');
}

void feel_write_value(Value v, bool quoted, unsigned depth, Buf *out) {
    if (depth > FEEL_VALUE_DEPTH_MAX || out->len > SHOW_BYTES_MAX) {
        buf_add_text(out, "...");
        return;
    }
    switch (value_kind(v)) {
    case VALUE_NULL: buf_add_text(out, "null"); break;
    case VALUE_BOOLEAN: buf_add(out, v.as.boolean ? STR("true") : STR("false")); break;
    case VALUE_NUMBER: dec_write(v.as.number, out); break;
    case VALUE_STRING:
        if (quoted) show_quoted(v.as.string, out);
        else buf_add(out, v.as.string);
        break;
    case VALUE_LIST:
        buf_add_char(out, '[');
        for (size_t i = 0; i < v.as.list.count && !buf_failed(out); i++) {
            if (i > 0) buf_add_text(out, ", ");
            feel_write_value(v.as.list.items[i], true, depth + 1, out);
        }
        buf_add_char(out, ']');
        break;
    case VALUE_CONTEXT:
        buf_add_char(out, '{');
        for (size_t i = 0; i < v.as.context.count && !buf_failed(out); i++) {
            const ValueEntry *e = &v.as.context.entries[i];
            if (i > 0) buf_add_text(out, ", ");
            if (show_is_name(e->key)) buf_add(out, e->key);
            else show_quoted(e->key, out);
            buf_add_text(out, ": ");
            feel_write_value(e->value, true, depth + 1, out);
        }
        buf_add_char(out, '}');
        break;
    case VALUE_RANGE: show_range(v.as.range, depth, out); break;
    case VALUE_FUNCTION: show_function(v.as.function, out); break;
    default: feel_write_temporal(v, out); break;
    }
}

Str feel_string(Arena *a, Value v) {
    if (value_is_null(v)) return STR_NONE;
    if (value_is(v, VALUE_STRING)) return v.as.string;
    Buf b = buf_new(a, 32);
    feel_write_value(v, false, 0, &b);
    return buf_failed(&b) ? STR_NONE : buf_text(&b);
}

Str feel_literal(Arena *a, Value v) {
    Buf b = buf_new(a, 32);
    bool temporal = value_kind(v) >= VALUE_DATE && value_kind(v) <= VALUE_TIME_DURATION;
    if (temporal) buf_add_text(&b, "@\"");
    feel_write_value(v, true, 0, &b);
    if (temporal) buf_add_char(&b, '"');
    return buf_failed(&b) ? STR_NONE : buf_text(&b);
}

static Value to_plain(Arena *a, Value v, unsigned depth) {
    if (depth > FEEL_VALUE_DEPTH_MAX || arena_failed(a)) return value_null();
    if (value_is(v, VALUE_LIST)) {
        Value *items = arena_new_array(a, Value, v.as.list.count + 1);
        if (items == NULL || arena_failed(a)) return value_null();
        for (size_t i = 0; i < v.as.list.count; i++)
            items[i] = to_plain(a, v.as.list.items[i], depth + 1);
        return arena_failed(a) ? value_null() : feel_list_of(v.as.list.count, items);
    }
    if (value_is(v, VALUE_CONTEXT)) {
        ValueEntry *entries = arena_new_array(a, ValueEntry, v.as.context.count + 1);
        if (entries == NULL || arena_failed(a)) return value_null();
        for (size_t i = 0; i < v.as.context.count; i++) {
            entries[i].key = v.as.context.entries[i].key;
            entries[i].value = to_plain(a, v.as.context.entries[i].value, depth + 1);
        }
        return arena_failed(a) ? value_null() : feel_context_of(v.as.context.count, entries);
    }
    if (value_kind(v) < VALUE_LIST) return v;
    Str text = feel_string(a, v);
    return arena_failed(a) ? value_null() : value_string(text);
}

Value feel_to_plain(Arena *a, Value v) { return to_plain(a, v, 0); }
