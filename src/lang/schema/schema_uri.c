/* schema_uri.c - references of RFC 3986: split, resolve, judge.
 *
 * A URI is  scheme ":" ["//" authority] path ["?" query] ["#" fragment].  Resolving follows
 * section 5.2.2, removing dot segments section 5.2.4. Nothing is normalised beyond that: two
 * URIs name the same schema when their bytes are the same. */
#include "lang/schema/schema_int.h"

typedef struct UriParts {
    Str scheme, authority, path, query, fragment;
    bool has_authority, has_query, has_fragment;
} UriParts;

static bool alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool digit(char c) { return c >= '0' && c <= '9'; }

static Str scheme_of(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char ch = s.ptr[i];
        if (ch == ':' && i > 0)
            return str_slice(s, 0, i);
        if (!(alpha(ch) || (i > 0 && (digit(ch) || ch == '+' || ch == '-' || ch == '.'))))
            break;
    }
    return STR_NONE;
}

static UriParts uri_parse(Str s)
{
    UriParts u = {0};
    ptrdiff_t hash = str_find(s, STR("#"));
    if (hash >= 0) {
        u.has_fragment = true;
        u.fragment = str_slice(s, (size_t)hash + 1, s.len);
        s = str_slice(s, 0, (size_t)hash);
    }
    ptrdiff_t mark = str_find(s, STR("?"));
    if (mark >= 0) {
        u.has_query = true;
        u.query = str_slice(s, (size_t)mark + 1, s.len);
        s = str_slice(s, 0, (size_t)mark);
    }
    u.scheme = scheme_of(s);
    if (u.scheme.len)
        s = str_slice(s, u.scheme.len + 1, s.len);
    if (str_starts(s, STR("//"))) {
        u.has_authority = true;
        s = str_slice(s, 2, s.len);
        ptrdiff_t slash = str_find(s, STR("/"));
        size_t end = slash < 0 ? s.len : (size_t)slash;
        u.authority = str_slice(s, 0, end);
        s = str_slice(s, end, s.len);
    }
    u.path = s;
    return u;
}

/* Section 5.2.4: segments "." vanish, ".." take the segment before them along. What has been
 * written always ends in a slash (or is empty) until the last segment comes. */
static Str remove_dots(Arena *a, Str path)
{
    Buf out = buf_new(a, path.len + 1);
    size_t floor = str_starts(path, STR("/")) ? 1 : 0;
    Str rest = str_slice(path, floor, path.len);
    if (floor)
        buf_add_char(&out, '/');
    while (rest.ptr) {
        Str segment = str_split(&rest, '/');
        if (str_equal(segment, STR(".."))) {
            out.len -= out.len > floor;
            while (out.len > floor && out.ptr[out.len - 1] != '/')
                out.len--;
        } else if (!str_equal(segment, STR("."))) {
            buf_add(&out, segment);
            if (rest.ptr)
                buf_add_char(&out, '/');
        }
    }
    return buf_text(&out);
}

/* Section 5.2.3: the path of the base up to its last slash, then the reference. */
static Str merge_paths(Arena *a, const UriParts *base, Str path)
{
    if (base->has_authority && base->path.len == 0)
        return arena_printf(a, "/%.*s", STR_ARG(path));
    size_t keep = base->path.len;
    while (keep > 0 && base->path.ptr[keep - 1] != '/')
        keep--;
    return arena_printf(a, "%.*s%.*s", (int)keep, base->path.ptr ? base->path.ptr : "",
                        STR_ARG(path));
}

static Str uri_write(Arena *a, const UriParts *u)
{
    Buf b = buf_new(a, 64);
    if (u->scheme.len) {
        buf_add(&b, u->scheme);
        buf_add_char(&b, ':');
    }
    if (u->has_authority) {
        buf_add_text(&b, "//");
        buf_add(&b, u->authority);
    }
    buf_add(&b, u->path);
    if (u->has_query) {
        buf_add_char(&b, '?');
        buf_add(&b, u->query);
    }
    if (u->has_fragment) {
        buf_add_char(&b, '#');
        buf_add(&b, u->fragment);
    }
    return buf_text(&b);
}

Str schema_uri_resolve(Arena *a, Str base_text, Str reference)
{
    UriParts base = uri_parse(base_text), u = uri_parse(reference);
    if (u.scheme.len) {
        u.path = remove_dots(a, u.path);
        return uri_write(a, &u);
    }
    u.scheme = base.scheme;
    if (u.has_authority) {
        u.path = remove_dots(a, u.path);
        return uri_write(a, &u);
    }
    u.has_authority = base.has_authority;
    u.authority = base.authority;
    if (u.path.len == 0) {
        u.path = base.path;
        if (!u.has_query) {
            u.has_query = base.has_query;
            u.query = base.query;
        }
    } else if (str_starts(u.path, STR("/"))) {
        u.path = remove_dots(a, u.path);
    } else {
        u.path = remove_dots(a, merge_paths(a, &base, u.path));
    }
    return uri_write(a, &u);
}

static int hex_value(char c)
{
    if (digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static Str percent_decode(Arena *a, Str s)
{
    Buf b = buf_new(a, s.len);
    for (size_t i = 0; i < s.len; i++) {
        int high = s.ptr[i] == '%' && i + 2 < s.len ? hex_value(s.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_value(s.ptr[i + 2]) : -1;
        if (low >= 0) {
            buf_add_char(&b, (char)(high * 16 + low));
            i += 2;
        } else {
            buf_add_char(&b, s.ptr[i]);
        }
    }
    return buf_text(&b);
}

void schema_uri_split(Arena *a, Str uri, Str *without, Str *fragment, bool *has_fragment)
{
    ptrdiff_t hash = str_find(uri, STR("#"));
    *has_fragment = hash >= 0;
    *without = hash < 0 ? uri : str_slice(uri, 0, (size_t)hash);
    *fragment = hash < 0 ? STR_NONE : percent_decode(a, str_slice(uri, (size_t)hash + 1, uri.len));
}

bool schema_uri_valid(Str text, bool demand_scheme)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '<' || c == '>' || c == '"' || c == '{' || c == '}' ||
            c == '|' || c == '\\' || c == '^' || c == '`')
            return false;
        if (c == '%' && (i + 2 >= text.len || hex_value(text.ptr[i + 1]) < 0 ||
                         hex_value(text.ptr[i + 2]) < 0))
            return false;
    }
    UriParts u = uri_parse(text);
    if (u.has_fragment && str_find(u.fragment, STR("#")) >= 0)
        return false;
    if (!u.scheme.len && !u.has_authority) {
        /* A first segment with a colon would be read as a scheme. */
        ptrdiff_t colon = str_find(u.path, STR(":")), slash = str_find(u.path, STR("/"));
        if (colon >= 0 && (slash < 0 || colon < slash))
            return false;
    }
    return !demand_scheme || u.scheme.len > 0;
}
