/* request_read.c - from bytes to a judged call: route, query, header fields, body.
 *
 * Everything is strict: what is not in the lists is refused by name, so that a typing error in a
 * client shows at once instead of being passed over. Path segments are split first and decoded
 * after, so "%2F" inside an id stays a part of it. */
#include "api/v2/v2_int.h"

#include <string.h>

#include "codec/base64.h"
#include "codec/json.h"

/* ---- The path. */

typedef struct Segments {
    Str items[API_SEGMENTS_MAX];
    size_t count;
} Segments;

static Segments split_path(Str path)
{
    Segments s = {0};
    if (str_starts(path, STR("/")))
        path = str_slice(path, 1, path.len);
    while (path.ptr) {
        Str one = str_split(&path, '/');
        if (s.count < API_SEGMENTS_MAX)
            s.items[s.count] = one;
        s.count++;
    }
    return s;
}

static bool is_variable(Str segment) { return segment.len && segment.ptr[0] == '{'; }

/* Both are walked once, so that a long list of routes costs little: most differ early. */
static bool path_fits(const char *template, Str path)
{
    size_t at = 0;
    for (; *template; template++) {
        if (*template != '{') {
            if (at == path.len || path.ptr[at] != *template)
                return false;
            at++;
            continue;
        }
        size_t from = at;
        while (at < path.len && path.ptr[at] != '/')
            at++;
        if (at == from)
            return false;
        while (*template != '}')
            template++;
    }
    return at == path.len;
}

bool path_is_v2(Str path) { return str_starts(path, STR("/v2/")); }

static void add_allowed(Buf *allow, const char *method)
{
    if (allow->len)
        buf_add_text(allow, ", ");
    buf_add(allow, str_from(method));
    if (!strcmp(method, "GET"))
        buf_add_text(allow, ", HEAD");
}

bool request_find_route(Call *c, Str *allow, Err *err)
{
    Str path = http_path(c->request);
    Str method = http_method(c->request);
    Segments given = split_path(path);
    Buf allowed = buf_new(c->arena, 0);
    const Route *list = path_is_v2(path) ? v2_route_list : route_list;
    size_t count = path_is_v2(path) ? v2_route_count : route_count;
    if (str_equal(method, STR("HEAD")))
        method = STR("GET");
    for (size_t i = 0; i < count && given.count <= API_SEGMENTS_MAX; i++) {
        const Route *r = &list[i];
        if (!path_fits(r->path, path))
            continue;
        if (str_equal(method, str_from(r->method))) {
            c->route = r;
            break;
        }
        add_allowed(&allowed, r->method);
    }
    if (!c->route && allowed.len) {
        *allow = buf_text(&allowed);
        return err_set(err, &fault_method_not_allowed, http_method(c->request), *allow);
    }
    Str shown;
    if (!http_decode(c->arena, path, false, &shown))
        return err_set(err, &fault_target_invalid);
    if (!c->route)
        return err_set(err, &fault_path_unknown, shown);
    Segments wanted = split_path(str_from(c->route->path));
    for (size_t i = 0; i < wanted.count; i++)
        if (is_variable(wanted.items[i]) &&
            !http_decode(c->arena, given.items[i], false, &c->path_values[c->path_value_count++]))
            return err_set(err, &fault_target_invalid);
    return true;
}

/* ---- The query. */

static bool word_in(Str words, Str word)
{
    while (words.len)
        if (str_equal(str_split(&words, '|'), word))
            return word.len > 0;
    return false;
}

static bool route_takes(const Route *r, Str name)
{
    Str names = str_from(r->query);
    while (names.len)
        if (str_equal(str_split(&names, ' '), name))
            return true;
    return false;
}

/* Judge one value by its kind; *why_en and *why_zh say what it should be. */
static bool read_query_value(Call *c, size_t at, Str *why_en, Str *why_zh)
{
    const QueryKind *kind = c->query[at].kind;
    Str text = c->query[at].text;
    int64_t *number = &c->query[at].number;
    switch (kind->type) {
    case QUERY_TEXT:
        *why_en = STR("it is empty");
        *why_zh = STR("不能为空");
        return text.len > 0;
    case QUERY_LIMIT:
        *why_en = arena_printf(c->arena, "write a number from 1 to %u", API_PAGE_MAX);
        *why_zh = arena_printf(c->arena, "应为 1 至 %u 的整数", API_PAGE_MAX);
        return str_to_int64(text, number) && *number >= 1 && *number <= (int64_t)API_PAGE_MAX;
    case QUERY_NUMBER:
        *why_en = STR("write a whole number above 0");
        *why_zh = STR("应为大于 0 的整数");
        return str_to_int64(text, number) && *number > 0;
    case QUERY_ID:
        *why_en = STR("write an id (UUID)");
        *why_zh = STR("应为 UUID 标识");
        return id_parse(text, &c->query[at].id);
    case QUERY_BOOLEAN:
        *why_en = STR("write true or false");
        *why_zh = STR("应为 true 或 false");
        *number = str_equal(text, STR("true"));
        return *number || str_equal(text, STR("false"));
    default:
        *why_en = arena_printf(c->arena, "choose one of %s", kind->words);
        *why_zh = arena_printf(c->arena, "应为 %s 之一", kind->words);
        return word_in(str_from(kind->words), text);
    }
}

bool request_read_query(Call *c, Err *err)
{
    if (c->route->status == 501)
        return true; /* whatever is asked, it is not there */
    Str rest = http_query(c->request);
    while (rest.len) {
        Str value = str_split(&rest, '&');
        if (!value.len)
            continue;
        Str name = str_split(&value, '='), text, why_en, why_zh;
        if (!http_decode(c->arena, name, true, &name) ||
            !http_decode(c->arena, value, true, &text))
            return err_set(err, &fault_target_invalid);
        const QueryKind *kind = query_kind_find(name);
        if (!kind || !route_takes(c->route, name) || c->query_count == API_QUERY_MAX)
            return err_set(err, &fault_query_unknown, name);
        for (size_t i = 0; i < c->query_count; i++)
            if (c->query[i].kind == kind)
                return err_set(err, &fault_query_twice, name);
        c->query[c->query_count].kind = kind;
        c->query[c->query_count].text = text;
        if (!read_query_value(c, c->query_count++, &why_en, &why_zh))
            return err_set(err, &fault_query_invalid, name, text, why_en, why_zh);
    }
    return true;
}

/* ---- Header fields. */

static bool is_scheme(Str word, const char *scheme)
{
    return word.len == strlen(scheme) && strncasecmp(word.ptr, scheme, word.len) == 0;
}

Str request_token(HttpRequest *r, Str *account)
{
    Str field = http_header(r, "Authorization"), pair;
    Str scheme = str_split(&field, ' ');
    *account = STR_NONE;
    if (is_scheme(scheme, "bearer"))
        return str_trim(field);
    if (!path_is_v2(http_path(r)) || !is_scheme(scheme, "basic") ||
        !base64_read(http_arena(r), str_trim(field), BASE64_STANDARD, &pair, NULL) ||
        str_find(pair, STR(":")) < 0)
        return STR_NONE;
    *account = str_split(&pair, ':');
    return pair;
}

/* `"abc"` or `W/"abc"`: the text between the quotes; false when it is neither. */
static bool entity_tag(Str text, bool weak_too, Str *out)
{
    if (weak_too && str_starts(text, STR("W/")))
        text = str_slice(text, 2, text.len);
    if (text.len < 2 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '"')
        return false;
    *out = str_slice(text, 1, text.len - 1);
    return true;
}

bool request_knows(const HttpRequest *r, Str etag)
{
    Str list = http_header(r, "If-None-Match");
    while (list.len) {
        Str one = str_trim(str_split(&list, ','));
        Str tag;
        if (str_equal(one, STR("*")) || (entity_tag(one, true, &tag) && str_equal(tag, etag)))
            return true;
    }
    return false;
}

/* The command's id rests on who asks, on the key, and on what is asked of which resource. */
static Id command_id(Call *c)
{
    Str text = arena_printf(c->arena, "%.*s %s %.*s", STR_ARG(c->idempotency_key),
                            c->route->method, STR_ARG(http_path(c->request)));
    return core_command_id(c->actor.id, text);
}

bool request_read_headers(Call *c, Err *err)
{
    if (c->route->flags & ROUTE_COMMAND) {
        Str key = http_header(c->request, "Idempotency-Key");
        for (size_t i = 0; i < key.len; i++)
            if (key.ptr[i] < 0x21 || key.ptr[i] > 0x7e || i == API_IDEMPOTENCY_KEY_MAX)
                return err_set(err, &fault_idempotency_key_invalid,
                               arena_printf(c->arena, "%u", API_IDEMPOTENCY_KEY_MAX));
        c->idempotency_key = key;
        if (key.len)
            c->command = command_id(c);
    }
    if (c->route->flags & ROUTE_IF_MATCH) {
        Str text = http_header(c->request, "If-Match");
        if (!text.len)
            return err_set(err, &fault_if_match_missing);
        if (str_equal(text, STR("*")))
            c->if_match = text;
        else if (!entity_tag(text, false, &c->if_match))
            return err_set(err, &fault_if_match_invalid,
                           utf8_valid(text, NULL) ? text : STR("?"));
    }
    return true;
}

/* ---- The body. */

static bool is_json(Str content_type)
{
    Str parameters = content_type;
    Str type = str_trim(str_split(&parameters, ';'));
    static const char json[] = "application/json";
    if (type.len != sizeof json - 1)
        return false;
    for (size_t i = 0; i < type.len; i++)
        if ((type.ptr[i] | (type.ptr[i] == '/' ? 0 : 0x20)) != json[i])
            return false;
    while (parameters.len) {
        Str one = str_trim(str_split(&parameters, ';'));
        Str name = str_split(&one, '=');
        if (name.len != 7 || strncasecmp(name.ptr, "charset", 7) != 0)
            continue;
        if (one.len && one.ptr[0] == '"')
            one = str_slice(one, 1, one.len - 1);
        if (one.len != 5 || strncasecmp(one.ptr, "utf-8", 5) != 0)
            return false;
    }
    return true;
}

bool request_read_body(Call *c, Err *err)
{
    Str text = http_body(c->request);
    const char *wanted = c->route->request;
    unsigned flags = c->route->flags;
    if (flags & ROUTE_OTHER_BODY)
        return true;
    if ((flags & ROUTE_BODY_OPTIONAL) &&
        (!str_trim(text).len || str_equal(str_trim(text), STR("null")))) {
        ContextBuilder none = context_builder(c->arena);
        c->body = value_context(&none);
        return true;
    }
    if (!wanted && !(flags & ROUTE_OWN_BODY)) {
        text = str_trim(text);
        if (!text.len || str_equal(text, STR("{}")))
            return true;
        return err_set(err, &fault_body_unwanted);
    }
    if (!text.len)
        return err_set(err, &fault_body_missing);
    Str type = http_header(c->request, "Content-Type");
    if (!is_json(type))
        return err_set(err, &fault_content_type_unsupported,
                       utf8_valid(type, NULL) ? type : STR("?"));
    if (!json_parse(c->arena, text, &c->body, err))
        return false;
    if (flags & ROUTE_OWN_BODY)
        return true;
    if (!schema_check(c->arena, c->lang, schema_find(str_from(wanted)), c->body, &c->fields))
        return err_set(err, &fault_body_invalid);
    return true;
}
