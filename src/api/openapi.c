/* openapi.c - the OpenAPI 3.1 document, made from route_list.c and schema_list.c.
 *
 *     openapi, info, servers
 *     paths       one object a path template, one a method in it
 *     components  schemas, parameters, responses, securitySchemes
 *
 * Templates that share a path stand together, so the list need not be sorted. Parameters,
 * responses and requirements follow from a route's flags; nothing is written by hand. */
#include "api/api_int.h"

#include <string.h>

#include "base/check.h"
#include "codec/json.h"

typedef struct Writer {
    Buf out;
    Lang lang;
} Writer;

static void raw(Writer *w, const char *text) { buf_add(&w->out, str_from(text)); }
static void text(Writer *w, const char *en, const char *zh)
{
    json_write_string(str_from(w->lang == LANG_EN ? en : zh), &w->out);
}

static void write_path_parameters(Writer *w, const Route *r, bool *first)
{
    Str rest = str_from(r->path);
    ptrdiff_t open;
    while ((open = str_find(rest, STR("{"))) >= 0) {
        ptrdiff_t close = str_find(rest, STR("}"));
        Str name = str_slice(rest, (size_t)open + 1, (size_t)close);
        rest = str_slice(rest, (size_t)close + 1, rest.len);
        bool thing = str_starts(str_from(r->path), STR("/v1/things/"));
        raw(w, *first ? "{\"name\":" : ",{\"name\":");
        json_write_string(name, &w->out);
        raw(w, ",\"in\":\"path\",\"required\":true,\"schema\":{");
        schema_write_type(str_equal(name, STR("key")) ? STR("key")
                          : thing                     ? STR("text:60")
                                                      : STR("uuid"),
                          false, &w->out);
        raw(w, "}}");
        *first = false;
    }
}

static void write_query_schema(Writer *w, const QueryKind *kind)
{
    switch (kind->type) {
    case QUERY_LIMIT:
        buf_printf(&w->out, "\"type\":\"integer\",\"minimum\":1,\"maximum\":%u,\"default\":%u",
                   API_PAGE_MAX, API_PAGE_DEFAULT);
        break;
    case QUERY_NUMBER: raw(w, "\"type\":\"integer\",\"minimum\":1"); break;
    case QUERY_ID: schema_write_type(STR("uuid"), false, &w->out); break;
    case QUERY_BOOLEAN: schema_write_type(STR("bool"), false, &w->out); break;
    case QUERY_WORD: {
        Str type = arena_printf(w->out.arena, "=%s", kind->words);
        schema_write_type(type, false, &w->out);
        break;
    }
    default: raw(w, "\"type\":\"string\",\"minLength\":1"); break;
    }
}

static void write_query_parameters(Writer *w, const Route *r, bool *first)
{
    Str names = str_from(r->query);
    while (names.len) {
        const QueryKind *kind = query_kind_find(str_split(&names, ' '));
        check(kind != NULL);
        raw(w, *first ? "{\"name\":" : ",{\"name\":");
        json_write_string(str_from(kind->name), &w->out);
        raw(w, ",\"in\":\"query\",\"description\":");
        text(w, kind->en, kind->zh);
        raw(w, ",\"schema\":{");
        write_query_schema(w, kind);
        raw(w, "}}");
        *first = false;
    }
}

static void write_reference(Writer *w, bool *first, const char *name)
{
    buf_printf(&w->out, "%s{\"$ref\":\"#/components/parameters/%s\"}", *first ? "" : ",", name);
    *first = false;
}

static void write_parameters(Writer *w, const Route *r)
{
    bool first = true;
    raw(w, ",\"parameters\":[");
    write_path_parameters(w, r, &first);
    write_query_parameters(w, r, &first);
    write_reference(w, &first, "AcceptLanguage");
    if (r->flags & ROUTE_COMMAND)
        write_reference(w, &first, "IdempotencyKey");
    if (r->flags & ROUTE_IF_MATCH)
        write_reference(w, &first, "IfMatch");
    if ((r->flags & ROUTE_ETAG) && !strcmp(r->method, "GET"))
        write_reference(w, &first, "IfNoneMatch");
    raw(w, "]");
}

static void write_content(Writer *w, const char *schema)
{
    raw(w, "\"content\":{\"application/json\":{\"schema\":{");
    if (schema_find(str_from(schema)))
        buf_printf(&w->out, "\"$ref\":\"#/components/schemas/%s\"", schema);
    else
        raw(w, "\"type\":\"object\"");
    raw(w, "}}}");
}

static void write_responses(Writer *w, const Route *r)
{
    buf_printf(&w->out, ",\"responses\":{\"%d\":{\"description\":", r->status);
    text(w, "Done", "成功");
    bool header = false;
    if ((r->flags & ROUTE_ETAG) || r->status == 201) {
        raw(w, ",\"headers\":{");
        if (r->flags & ROUTE_ETAG)
            raw(w, "\"ETag\":{\"schema\":{\"type\":\"string\"}}");
        header = r->flags & ROUTE_ETAG;
        if (r->status == 201)
            buf_printf(&w->out, "%s\"Location\":{\"schema\":{\"type\":\"string\"}}",
                       header ? "," : "");
        raw(w, "}");
    }
    if (r->response) {
        raw(w, ",");
        write_content(w, r->response);
    }
    raw(w, "}");
    if ((r->flags & ROUTE_ETAG) && !strcmp(r->method, "GET")) {
        raw(w, ",\"304\":{\"description\":");
        text(w, "Unchanged", "内容未变");
        raw(w, "}");
    }
    raw(w, ",\"default\":{\"$ref\":\"#/components/responses/Problem\"}}");
}

static void write_operation(Writer *w, const Route *r)
{
    static const char *const reads[] = {
#define READ_WORDS(name, word, zh, en) word,
        ACCESS_READS(READ_WORDS)
#undef READ_WORDS
    };
    Str lower = str_from(!strcmp(r->method, "GET")      ? "get"
                         : !strcmp(r->method, "PUT")    ? "put"
                         : !strcmp(r->method, "DELETE") ? "delete"
                                                        : "post");
    json_write_string(lower, &w->out);
    raw(w, ":{\"operationId\":");
    json_write_string(str_from(r->operation), &w->out);
    raw(w, ",\"tags\":[");
    json_write_string(str_from(r->tag), &w->out);
    raw(w, "],\"summary\":");
    text(w, r->en, r->zh);
    if (r->who >= WHO_READ)
        buf_printf(&w->out, ",\"x-tongban-reads\":\"%s\"", reads[r->who - WHO_READ]);
    raw(w, r->who == WHO_ANYONE ? ",\"security\":[]" : ",\"security\":[{\"bearer\":[]}]");
    write_parameters(w, r);
    if (r->request) {
        raw(w, ",\"requestBody\":{\"required\":true,");
        write_content(w, r->request);
        raw(w, "}");
    }
    write_responses(w, r);
    raw(w, "}");
}

/* All operations of one path template; a template is written where it first occurs. */
static void write_paths(Writer *w)
{
    bool first_path = true;
    raw(w, ",\"paths\":{");
    for (size_t i = 0; i < route_count; i++) {
        bool seen = false, first = true;
        for (size_t k = 0; k < i && !seen; k++)
            seen = !strcmp(route_list[k].path, route_list[i].path);
        if (seen)
            continue;
        if (!first_path)
            raw(w, ",");
        first_path = false;
        json_write_string(str_from(route_list[i].path), &w->out);
        raw(w, ":{");
        for (size_t k = i; k < route_count; k++) {
            if (strcmp(route_list[k].path, route_list[i].path))
                continue;
            raw(w, first ? "" : ",");
            write_operation(w, &route_list[k]);
            first = false;
        }
        raw(w, "}");
    }
    raw(w, "}");
}

static void write_header_parameter(Writer *w, const char *id, const char *name, const char *schema,
                                   bool required, const char *en, const char *zh)
{
    buf_printf(&w->out, "\"%s\":{\"name\":\"%s\",\"in\":\"header\",\"required\":%s,\"schema\":{%s},"
               "\"description\":", id, name, required ? "true" : "false", schema);
    text(w, en, zh);
    raw(w, "}");
}

static void write_components(Writer *w)
{
    raw(w, ",\"components\":{\"schemas\":{");
    for (size_t i = 0; i < schema_count; i++) {
        raw(w, i ? "," : "");
        json_write_string(str_from(schema_list[i].name), &w->out);
        raw(w, ":");
        schema_write(&schema_list[i], w->lang, &w->out);
    }
    raw(w, "},\"parameters\":{");
    write_header_parameter(w, "AcceptLanguage", "Accept-Language", "\"type\":\"string\"", false,
                           "zh (default) or en", "zh（默认）或 en");
    raw(w, ",");
    write_header_parameter(
        w, "IdempotencyKey", "Idempotency-Key",
        "\"type\":\"string\",\"maxLength\":200,\"pattern\":\"^[!-~]{1,200}$\"", false,
        "The same key with the same body is answered the same and done once; with another body it is refused (422)",
        "同一键值与同一内容只执行一次并得到相同答复；内容不同则拒绝（422）");
    raw(w, ",");
    write_header_parameter(w, "IfMatch", "If-Match", "\"type\":\"string\"", true,
                           "The ETag last seen, or *", "最后看到的 ETag，或 *");
    raw(w, ",");
    write_header_parameter(w, "IfNoneMatch", "If-None-Match", "\"type\":\"string\"", false,
                           "The ETag last seen: 304 when nothing changed",
                           "最后看到的 ETag，内容未变时返回 304");
    raw(w, "},\"responses\":{\"Problem\":{\"description\":");
    text(w, "Refused; what to do stands in detail", "请求被拒绝，处理办法见 detail");
    raw(w, ",\"content\":{\"application/problem+json\":{\"schema\":"
           "{\"$ref\":\"#/components/schemas/Problem\"}}}}},"
           "\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}}}");
}

Str openapi_write(Arena *a, Lang lang)
{
    Writer w = {buf_new(a, 64u << 10), lang};
    raw(&w, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":");
    text(&w, "Tongban", "通办");
    raw(&w, ",\"version\":\"" TONGBAN_VERSION "\",\"description\":");
    text(&w, "One thing, done once: the interface of a node. Every refusal is a problem (RFC 9457) in the caller's language.",
         "一件事一次办：节点接口。任何拒绝都以调用者的语言返回问题详情（RFC 9457）。");
    raw(&w, ",\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}},"
            "\"servers\":[{\"url\":\"/\"}]");
    write_paths(&w);
    write_components(&w);
    raw(&w, "}");
    check(!buf_failed(&w.out));
    return buf_text(&w.out);
}
