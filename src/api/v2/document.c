/* document.c - the OpenAPI 3.1 document of /v2, from its routes, schemas and views.
 *
 * It is a document of its own, beside that of /v1: two interfaces with two forms of problems, of
 * pages and of names would only confuse readers of one. Each operation says what it is:
 *
 *     x-tongban-support   full | partly | missing
 *     x-tongban-note      what a partly supported one lacks, or why one is missing
 *
 * docs/camunda.md is made from these. A search takes the filters and sorts of its view and gives
 * pages of its items. */
#include "api/v2/v2_int.h"

#include <string.h>

#include "base/check.h"
#include "codec/json.h"

typedef struct Writer {
    Buf out;
    Lang lang;
} Writer;

static void raw(Writer *w, const char *text) { buf_add(&w->out, str_from(text)); }

static void string(Writer *w, const char *text) { json_write_string(str_from(text), &w->out); }

static void field(Writer *w, const char *name, const char *en, const char *zh)
{
    string(w, name);
    raw(w, ":");
    string(w, w->lang == LANG_EN ? en : zh);
}

/* ---- Views. */

/* Names of the views in schema names. */
static const struct {
    const SearchView *view;
    const char *name;
} view_names[] = {
    {&search_processes, "V2ProcessDefinition"}, {&search_decisions, "V2DecisionDefinition"},
    {&search_requirements, "V2DecisionRequirements"}, {&search_instances, "V2ProcessInstance"},
    {&search_incidents, "V2Incident"}, {&search_variables, "V2Variable"},
    {&search_jobs, "V2Job"}, {&search_tasks, "V2UserTask"},
    {&search_subscriptions, "V2MessageSubscription"},
};

static void write_column_type(Writer *w, const SearchColumn *c)
{
    static const char *const types[] = {
        [SEARCH_TEXT] = "text", [SEARCH_KEY] = "key", [SEARCH_INT] = "int",
        [SEARCH_BOOL] = "bool", [SEARCH_TIME] = "instant", [SEARCH_LIST] = "[]text",
        [SEARCH_JSON] = "object", [SEARCH_PROCESS_NAME] = "text",
        [SEARCH_ELEMENT_NAME] = "text", [SEARCH_ELEMENT_TYPE] = "text"};
    Str type = c->words ? arena_printf(w->out.arena, "=%s", c->words) : str_from(types[c->type]);
    schema_write_type(type, c->flags & SEARCH_NULL, &w->out);
}

static void write_item_schema(Writer *w, const char *name, const SearchView *view)
{
    bool first = true;
    buf_printf(&w->out, "\"%s\":{\"type\":\"object\",\"properties\":{", name);
    for (size_t i = 0; i < view->column_count; i++) {
        if (view->columns[i].flags & SEARCH_HIDDEN)
            continue;
        raw(w, first ? "" : ",");
        first = false;
        string(w, view->columns[i].name);
        raw(w, ":{");
        write_column_type(w, &view->columns[i]);
        raw(w, "}");
    }
    raw(w, "}}");
    buf_printf(&w->out,
               ",\"%sPage\":{\"type\":\"object\",\"required\":[\"items\",\"page\"],\"properties\":"
               "{\"items\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/%s\"}},"
               "\"page\":{\"type\":\"object\",\"properties\":{\"totalItems\":{\"type\":\"integer\"},"
               "\"hasMoreTotalItems\":{\"type\":\"boolean\"},"
               "\"startCursor\":{\"type\":[\"string\",\"null\"]},"
               "\"endCursor\":{\"type\":[\"string\",\"null\"]}}}}}",
               name, name);
}

static void write_names(Writer *w, const SearchView *view, unsigned flag)
{
    bool first = true;
    for (size_t i = 0; i < view->column_count; i++)
        if (view->columns[i].flags & flag) {
            raw(w, first ? "" : ",");
            first = false;
            string(w, view->columns[i].name);
        }
}

/* The body of a search: filters by name, sorts, page. */
static void write_search_body(Writer *w, const SearchView *view)
{
    raw(w, "\"type\":\"object\",\"properties\":{\"filter\":{\"type\":\"object\",\"propertyNames\":"
           "{\"enum\":[\"$or\",");
    write_names(w, view, SEARCH_FILTER);
    raw(w, "]}},\"sort\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"field\"],"
           "\"properties\":{\"field\":{\"enum\":[");
    write_names(w, view, SEARCH_SORT);
    raw(w, "]},\"order\":{\"enum\":[\"ASC\",\"DESC\"]}}}},\"page\":{\"type\":\"object\","
           "\"properties\":{\"limit\":{\"type\":\"integer\"},\"from\":{\"type\":\"integer\"},"
           "\"after\":{\"type\":\"string\"},\"before\":{\"type\":\"string\"}}}}");
}

/* ---- Operations. */

static void write_path_parameters(Writer *w, const char *path)
{
    bool first = true;
    raw(w, ",\"parameters\":[");
    for (const char *at = strchr(path, '{'); at; at = strchr(at + 1, '{')) {
        buf_printf(&w->out, "%s{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,\"schema\":"
                   "{\"type\":\"string\"}}", first ? "" : ",", (int)strcspn(at + 1, "}"), at + 1);
        first = false;
    }
    raw(w, "]");
}

static void write_support(Writer *w, const Route *r)
{
    const V2Partly *partly = v2_partly(r->operation);
    if (r->function == v2_missing) {
        raw(w, ",\"x-tongban-support\":\"missing\",");
        field(w, "x-tongban-note", r->en, r->zh);
    } else if (partly) {
        raw(w, ",\"x-tongban-support\":\"partly\",");
        field(w, "x-tongban-note", partly->en, partly->zh);
    } else {
        raw(w, ",\"x-tongban-support\":\"full\"");
    }
}

static void write_request(Writer *w, const Route *r)
{
    const SearchView *view = v2_search_view(r->operation);
    if (view) {
        raw(w, ",\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{");
        write_search_body(w, view);
        raw(w, "}}}}");
    } else if (r->function == v2_deploy) {
        raw(w, ",\"requestBody\":{\"required\":true,\"content\":{\"multipart/form-data\":{\"schema\":"
               "{\"type\":\"object\",\"required\":[\"resources\"],\"properties\":{\"resources\":"
               "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"format\":\"binary\"}}}}}}}");
    } else if (r->request) {
        buf_printf(&w->out, ",\"requestBody\":{\"required\":%s,\"content\":{\"application/json\":"
                   "{\"schema\":{\"$ref\":\"#/components/schemas/%s\"}}}}",
                   r->flags & ROUTE_BODY_OPTIONAL ? "false" : "true", r->request);
    }
}

static void write_responses(Writer *w, const Route *r)
{
    raw(w, ",\"responses\":{");
    if (r->function != v2_missing) {
        buf_printf(&w->out, "\"%d\":{\"description\":", r->status);
        string(w, w->lang == LANG_EN ? "Done" : "成功");
        if (r->response && (r->flags & ROUTE_RAW))
            raw(w, r->flags & ROUTE_XML ? ",\"content\":{\"text/xml\":{\"schema\":{\"type\":\"string\"}}}"
                                        : ",\"content\":{\"text/plain\":{\"schema\":{}}}");
        else if (r->response)
            buf_printf(&w->out, ",\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
                       "\"#/components/schemas/%s\"}}}", r->response);
        raw(w, "},");
    }
    raw(w, "\"default\":{\"$ref\":\"#/components/responses/Problem\"}}");
}

static void write_operation(Writer *w, const Route *r)
{
    raw(w, "\"");
    for (const char *at = r->method; *at; at++)
        buf_add_char(&w->out, (char)(*at | 0x20));
    raw(w, "\":{\"operationId\":");
    string(w, r->operation);
    raw(w, ",\"tags\":[");
    string(w, r->tag);
    raw(w, "],");
    field(w, "summary", r->en, r->zh);
    raw(w, r->who == WHO_ANYONE ? ",\"security\":[]" : ",\"security\":[{\"bearer\":[]}]");
    write_support(w, r);
    write_path_parameters(w, r->path);
    write_request(w, r);
    write_responses(w, r);
    raw(w, "}");
}

/* A path template is written where it first occurs, with all its methods. */
static void write_paths(Writer *w)
{
    bool first_path = true;
    raw(w, ",\"paths\":{");
    for (size_t i = 0; i < v2_route_count; i++) {
        bool seen = false, first = true;
        for (size_t k = 0; k < i && !seen; k++)
            seen = !strcmp(v2_route_list[k].path, v2_route_list[i].path);
        if (seen)
            continue;
        raw(w, first_path ? "" : ",");
        first_path = false;
        string(w, v2_route_list[i].path);
        raw(w, ":{");
        for (size_t k = i; k < v2_route_count; k++)
            if (!strcmp(v2_route_list[k].path, v2_route_list[i].path)) {
                raw(w, first ? "" : ",");
                write_operation(w, &v2_route_list[k]);
                first = false;
            }
        raw(w, "}");
    }
    raw(w, "}");
}

static void write_components(Writer *w)
{
    raw(w, ",\"components\":{\"schemas\":{");
    for (size_t i = 0; i < sizeof view_names / sizeof *view_names; i++) {
        raw(w, i ? "," : "");
        write_item_schema(w, view_names[i].name, view_names[i].view);
    }
    for (size_t i = 0; i < v2_schema_count; i++) {
        raw(w, ",");
        string(w, v2_schema_list[i].name);
        raw(w, ":");
        schema_write(&v2_schema_list[i], w->lang, &w->out);
    }
    raw(w, "},\"responses\":{\"Problem\":{\"description\":\"RFC 9457\",\"content\":"
           "{\"application/problem+json\":{\"schema\":{\"type\":\"object\",\"required\":[\"type\","
           "\"title\",\"status\",\"detail\",\"instance\"],\"properties\":{\"type\":"
           "{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
           "\"detail\":{\"type\":\"string\"},\"instance\":{\"type\":\"string\"}}}}}}},"
           "\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}}}");
}

Str v2_document_write(Arena *a, Lang lang)
{
    Writer w = {buf_new(a, 128u << 10), lang};
    raw(&w, "{\"openapi\":\"3.1.0\",\"info\":{");
    field(&w, "title", "Tongban for clients of Camunda 8", "通办：面向 Camunda 8 客户端的接口");
    raw(&w, ",\"version\":\"" V2_VERSION "\"},\"servers\":[{\"url\":\"/\"}]");
    write_paths(&w);
    write_components(&w);
    raw(&w, "}");
    check(!buf_failed(&w.out));
    return buf_text(&w.out);
}
