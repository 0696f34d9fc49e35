/* form_value.c - single values as forms see them.
 *
 * Dates and times are judged as text, because that is what stands in data, documents and FEEL
 * variables: ISO 8601 as form-js writes it. A time may carry Z or an offset, as form-js's
 * timeSerializingFormat asks for; seconds are optional. A file is described by name, media
 * type, size and SM3; its bytes are elsewhere. Merging is here too: a correction brings only
 * what changes, and the rest of the form stays as it was. */
#include "base/check.h"
#include "codec/json.h"
#include "lang/form/form_value.h"
#include "seal/seal.h"

#define FILE_NAME_MAX 255u
#define POINTER_KEY_MAX 100u

bool form_is_blank(Value v)
{
    return value_is(v, VALUE_STRING) && str_trim(v.as.string).len == 0;
}

size_t form_bad_character(Str text, FormType type)
{
    size_t at = 0, place = 1;
    for (; at < text.len; place++) {
        uint32_t c = utf8_next(text, &at);
        bool line_end = (c == '\n' || c == '\r') && type == FORM_TEXTAREA;
        bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
        bool direction = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        if ((control && !line_end && c != '\t') || direction)
            return place;
    }
    return 0;
}

int64_t form_digits(Dec d)
{
    int64_t scale = dec_scale(d);
    Dec shorter;
    while (scale > 0 && dec_round(d, (int)scale - 1, ROUND_DOWN, &shorter) &&
           dec_compare(shorter, d) == 0)
        scale--;
    return scale > 0 ? scale : 0;
}

static bool two_digits(Str s, size_t at, int max)
{
    if (at + 2 > s.len || s.ptr[at] < '0' || s.ptr[at] > '9' || s.ptr[at + 1] < '0' ||
        s.ptr[at + 1] > '9')
        return false;
    return (s.ptr[at] - '0') * 10 + (s.ptr[at + 1] - '0') <= max;
}

/* Empty, "Z", or "+08:00". */
static bool zone_valid(Str s)
{
    if (s.len == 0 || str_equal(s, STR("Z")))
        return true;
    return s.len == 6 && (s.ptr[0] == '+' || s.ptr[0] == '-') && two_digits(s, 1, 14) &&
           s.ptr[3] == ':' && two_digits(s, 4, 59);
}

/* HH:MM, then perhaps :SS, then perhaps a zone. */
static bool time_valid(Str s)
{
    if (s.len < 5 || !two_digits(s, 0, 23) || s.ptr[2] != ':' || !two_digits(s, 3, 59))
        return false;
    Str rest = str_slice(s, 5, s.len);
    if (rest.len >= 3 && rest.ptr[0] == ':') {
        if (!two_digits(rest, 1, 59))
            return false;
        rest = str_slice(rest, 3, rest.len);
    }
    return zone_valid(rest);
}

bool form_date_valid(FormDateKind kind, Str text, Day *day)
{
    if (kind == FORM_TIME)
        return time_valid(text);
    if (text.len < 10 || !day_parse(str_slice(text, 0, 10), day))
        return false;
    if (kind == FORM_DATE)
        return text.len == 10;
    return text.len > 10 && text.ptr[10] == 'T' && time_valid(str_slice(text, 11, text.len));
}

static bool file_name_valid(Str name)
{
    if (name.len == 0 || name.len > FILE_NAME_MAX || form_bad_character(name, FORM_TEXTFIELD))
        return false;
    return str_find(name, STR("/")) < 0 && str_find(name, STR("\\")) < 0;
}

/* type/subtype of RFC 6838 names. */
static bool media_type_valid(Str type)
{
    size_t slashes = 0;
    if (type.len < 3 || type.len > 127)
        return false;
    for (size_t i = 0; i < type.len; i++) {
        char c = type.ptr[i];
        bool name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '+' || c == '-' || c == '.' || c == '_';
        if (c == '/')
            slashes++;
        else if (!name)
            return false;
    }
    return slashes == 1 && type.ptr[0] != '/' && type.ptr[type.len - 1] != '/';
}

Str form_file_wrong(Value file)
{
    Sm3 hash;
    if (!value_is(file, VALUE_CONTEXT))
        return STR("name");
    for (size_t i = 0; i < value_count(file); i++) {
        Str key = file.as.context.entries[i].key;
        bool known = str_equal(key, STR("name")) || str_equal(key, STR("media_type")) ||
                     str_equal(key, STR("size")) || str_equal(key, STR("sm3"));
        if (!known)
            return str_slice(key, 0, POINTER_KEY_MAX);
    }
    if (!file_name_valid(value_get_string(file, STR("name"))))
        return STR("name");
    if (!media_type_valid(value_get_string(file, STR("media_type"))))
        return STR("media_type");
    int64_t size = value_get_int(file, STR("size"), -1);
    if (size < 0 || size > FORM_FILE_BYTES_MAX)
        return STR("size");
    if (!sm3_parse(value_get_string(file, STR("sm3")), &hash))
        return STR("sm3");
    return STR_NONE;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool ends_without_case(Str s, Str suffix)
{
    if (s.len < suffix.len)
        return false;
    for (size_t i = 0; i < suffix.len; i++)
        if (lower(s.ptr[s.len - suffix.len + i]) != lower(suffix.ptr[i]))
            return false;
    return true;
}

bool form_file_accepted(Str accept, Value file)
{
    Str name = value_get_string(file, STR("name"));
    Str type = value_get_string(file, STR("media_type"));
    if (accept.len == 0)
        return true;
    for (Str rest = accept; rest.ptr;) {
        Str kind = str_trim(str_split(&rest, ','));
        if (kind.len == 0)
            continue;
        if (kind.ptr[0] == '.' && ends_without_case(name, kind))
            return true;
        if (str_ends(kind, STR("/*")) && str_starts(type, str_slice(kind, 0, kind.len - 1)))
            return true;
        if (str_equal(kind, type))
            return true;
    }
    return false;
}

static const FormField *scope_find(const FormField *const *fields, size_t count, Str key)
{
    for (size_t i = 0; i < count; i++) {
        const FormField *found = NULL;
        if (!form_is_frame(fields[i]))
            found = str_equal(fields[i]->key, key) ? fields[i] : NULL;
        else
            found = scope_find(fields[i]->children, fields[i]->child_count, key);
        if (found)
            return found;
    }
    return NULL;
}

bool form_scope_has(const FormField *const *fields, size_t count, Str key)
{
    return scope_find(fields, count, key) != NULL;
}

Value form_scope(Arena *a, Value around, Value inside)
{
    if (value_count(inside) == 0)
        return around;
    ContextBuilder b = context_builder_from(a, around);
    for (size_t i = 0; i < value_count(inside); i++)
        context_put(&b, inside.as.context.entries[i].key, inside.as.context.entries[i].value);
    return value_context(&b);
}

Str form_pointer(Arena *a, Str base, Str key)
{
    Buf out = buf_new(a, base.len + key.len + 1);
    buf_add(&out, base);
    buf_add_char(&out, '/');
    size_t at = 0;
    while (at < key.len && at < POINTER_KEY_MAX) {
        uint32_t c = utf8_next(key, &at);
        if (c == '~')
            buf_add_text(&out, "~0");
        else if (c == '/')
            buf_add_text(&out, "~1");
        else
            buf_add_code_point(&out, c);
    }
    return buf_text(&out);
}

static Value merge_scope(const FormField *const *fields, size_t count, Value earlier,
                         Value later, Arena *a)
{
    ContextBuilder b = context_builder_from(a, earlier);
    for (size_t i = 0; i < value_count(later); i++) {
        const ValueEntry *entry = &later.as.context.entries[i];
        const FormField *field = scope_find(fields, count, entry->key);
        Value value = entry->value;
        if (field && field->type == FORM_GROUP && value_is(value, VALUE_CONTEXT))
            value = merge_scope(field->children, field->child_count,
                                value_get(earlier, entry->key), value, a);
        context_put(&b, entry->key, value);
    }
    return value_context(&b);
}

Value form_merge(const Form *f, Value earlier, Value later, Arena *a)
{
    check(f);
    return merge_scope(f->roots, f->root_count, earlier, later, a);
}
