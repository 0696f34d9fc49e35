/* problem.c - what went wrong, as application/problem+json (RFC 9457), in the caller's language.
 *
 *     {"type": "urn:tongban:fault:case_closed", "title": "Conflict", "status": 409,
 *      "detail": "Case 4206... has ended (approved); nothing can be changed.",
 *      "instance": "/v1/cases/0192...", "fault": "case_closed", "retryable": false,
 *      "errors": [{"field": "/area", "fault": "data_required", "label": "面积",
 *                  "detail": "Please fill this in."}],
 *      "place": {"file": "", "line": 3, "column": 7, "element": ""}}
 *
 * The title is that of the status, since a fault's own text has arguments; errors and place are
 * there when they are known. The status is the fault's own. 401 carries WWW-Authenticate
 * (RFC 6750), 405 Allow, and what may be tried again Retry-After. */
#include "api/api_int.h"

#include "codec/json.h"

#define RETRY_AFTER_S "1"

typedef struct StatusTitle {
    int status;
    const char *en, *zh;
} StatusTitle;

static const StatusTitle status_titles[] = {
    {400, "The request is not well formed", "请求格式有误"},
    {401, "Say who you are", "需要身份凭证"},
    {403, "Not permitted", "无权执行"},
    {404, "Not found", "没有找到"},
    {405, "Method not allowed", "请求方法不可用"},
    {409, "In conflict with the present state", "与当前状态冲突"},
    {412, "Changed in the meantime", "内容已被更改"},
    {413, "Too large", "内容过大"},
    {414, "Address too long", "请求地址过长"},
    {415, "Media type not supported", "不支持的内容类型"},
    {422, "The content is not acceptable", "内容有误"},
    {428, "A precondition is needed", "缺少前置条件"},
    {431, "Header fields too large", "请求头过大"},
    {500, "Fault of the server", "服务器内部错误"},
    {503, "Not available at the moment", "暂时不可用"},
};

static Str status_title(int status, Lang lang)
{
    for (size_t i = 0; i < sizeof status_titles / sizeof status_titles[0]; i++)
        if (status_titles[i].status == status)
            return str_from(lang == LANG_EN ? status_titles[i].en : status_titles[i].zh);
    return lang == LANG_EN ? STR("Refused") : STR("请求被拒绝");
}

void field_faults_add(Arena *a, FieldFaults *faults, const FieldFault *fault)
{
    if (!faults->items)
        faults->items = arena_new_array(a, FieldFault, API_FIELD_FAULTS_MAX);
    if (faults->items && faults->count < API_FIELD_FAULTS_MAX)
        faults->items[faults->count++] = *fault;
}

static Value errors_value(Arena *a, const FieldFaults *fields)
{
    ListBuilder list = list_builder(a);
    for (size_t i = 0; i < fields->count; i++) {
        const FieldFault *f = &fields->items[i];
        ContextBuilder b = context_builder(a);
        context_put_text(&b, "field", value_string(f->field));
        context_put_text(&b, "fault", value_string(f->name));
        if (f->label.len)
            context_put_text(&b, "label", value_string(f->label));
        context_put_text(&b, "detail", value_string(f->detail));
        list_add(&list, value_context(&b));
    }
    return value_list(&list);
}

static Value place_value(Arena *a, const Err *err)
{
    ContextBuilder b = context_builder(a);
    if (err->file[0])
        context_put_text(&b, "file", value_string(str_from(err->file)));
    if (err->line) {
        context_put_text(&b, "line", value_int(err->line));
        context_put_text(&b, "column", value_int(err->column));
    }
    if (err->element[0])
        context_put_text(&b, "element", value_string(str_from(err->element)));
    return value_context(&b);
}

/* Camunda's words for a status; what it does not know, such as 422, is told by its nearest. */
static const struct {
    int status, told;
    const char *title;
} v2_titles[] = {
    {400, 400, "INVALID_ARGUMENT"}, {401, 401, "UNAUTHENTICATED"}, {403, 403, "FORBIDDEN"},
    {404, 404, "NOT_FOUND"}, {405, 405, "METHOD_NOT_ALLOWED"}, {409, 409, "INVALID_STATE"},
    {412, 409, "INVALID_STATE"}, {413, 413, "PAYLOAD_TOO_LARGE"},
    {415, 415, "UNSUPPORTED_MEDIA_TYPE"}, {422, 400, "INVALID_ARGUMENT"},
    {428, 400, "INVALID_ARGUMENT"}, {501, 501, "NOT_IMPLEMENTED"},
    {503, 503, "RESOURCE_EXHAUSTED"}, {504, 504, "DEADLINE_EXCEEDED"},
};

static size_t v2_title(int status)
{
    size_t count = sizeof v2_titles / sizeof *v2_titles, i = 0;
    while (i < count && v2_titles[i].status != status)
        i++;
    return i < count ? i : 0;
}

/* RFC 9457 as clients of Camunda know it. All wrong fields stand in the detail. */
static Value v2_problem_value(HttpRequest *r, Lang lang, const Err *err, const FieldFaults *fields,
                              int *status)
{
    Arena *a = http_arena(r);
    ContextBuilder b = context_builder(a);
    Buf detail = buf_new(a, 256);
    err_show(err, lang, &detail);
    for (size_t i = 0; err_is(err, &fault_body_invalid) && fields && i < fields->count; i++)
        buf_printf(&detail, " %.*s: %.*s", STR_ARG(fields->items[i].field),
                   STR_ARG(fields->items[i].detail));
    size_t title = v2_title(err->fault->http_status);
    *status = v2_titles[title].told;
    context_put_text(&b, "type", value_string(STR("about:blank")));
    context_put_text(&b, "title", value_string(str_from(v2_titles[title].title)));
    context_put_text(&b, "status", value_int(*status));
    context_put_text(&b, "detail", value_string(buf_text(&detail)));
    context_put_text(&b, "instance", value_string(utf8_valid(http_path(r), NULL) ? http_path(r)
                                                                                 : STR_NONE));
    return value_context(&b);
}

static Value problem_value(HttpRequest *r, Lang lang, const Err *err, const FieldFaults *fields)
{
    Arena *a = http_arena(r);
    const Fault *fault = err->fault;
    Buf detail = buf_new(a, 256);
    err_text(err, lang, &detail);
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "type",
                     value_string(arena_printf(a, "urn:tongban:fault:%s", fault->name)));
    context_put_text(&b, "title", value_string(status_title(fault->http_status, lang)));
    context_put_text(&b, "status", value_int(fault->http_status));
    context_put_text(&b, "detail", value_string(buf_text(&detail)));
    /* A target that is not UTF-8 cannot stand in JSON. */
    if (utf8_valid(http_path(r), NULL))
        context_put_text(&b, "instance", value_string(http_path(r)));
    context_put_text(&b, "fault", value_string(str_from(fault->name)));
    context_put_text(&b, "retryable", value_boolean(fault->retryable));
    if (fields && fields->count)
        context_put_text(&b, "errors", errors_value(a, fields));
    Value place = place_value(a, err);
    if (value_count(place))
        context_put_text(&b, "place", place);
    return value_context(&b);
}

void problem_answer(HttpRequest *r, Lang lang, const Err *err, const FieldFaults *fields,
                    Str allow)
{
    static const Err too_large = {.fault = &fault_answer_too_large};
    int status = err->fault->http_status;
    Value problem = path_is_v2(http_path(r)) ? v2_problem_value(r, lang, err, fields, &status)
                                             : problem_value(r, lang, err, fields);
    Buf text = buf_new(http_arena(r), 512);
    json_write(problem, 0, &text);
    Str body = buf_text(&text);
    if (arena_failed(http_arena(r)) || buf_failed(&text)) {
        /* The request's memory is used up: a text that needs none. */
        body = STR("{\"type\":\"urn:tongban:fault:answer_too_large\",\"status\":503,"
                   "\"fault\":\"answer_too_large\",\"retryable\":false}");
        status = too_large.fault->http_status;
    }
    http_answer_header(r, "Content-Language", str_from(language_tag(lang)));
    http_answer_header(r, "Cache-Control", STR("no-store"));
    if (allow.len)
        http_answer_header(r, "Allow", allow);
    if (status == 401)
        http_answer_header(r, "WWW-Authenticate",
                           err_is(err, &fault_token_missing)
                               ? STR("Bearer realm=\"tongban\"")
                               : STR("Bearer realm=\"tongban\", error=\"invalid_token\""));
    if (status == 503 && err->fault->retryable)
        http_answer_header(r, "Retry-After", STR(RETRY_AFTER_S));
    http_answer(r, status, "application/problem+json", body);
}

const char *language_tag(Lang lang) { return lang == LANG_EN ? "en" : "zh-CN"; }

/* Thousandths of ";q=0.8"; 1000 without it; -1 when it is broken. */
static int quality(Str parameters)
{
    while (parameters.len) {
        Str one = str_trim(str_split(&parameters, ';'));
        if (!str_starts(one, STR("q=")) && !str_starts(one, STR("Q=")))
            continue;
        Str number = str_slice(one, 2, one.len);
        int value = 0, unit = 1000;
        for (size_t i = 0; i < number.len; i++) {
            char c = number.ptr[i];
            if (c == '.' && i == 1)
                continue;
            if (c < '0' || c > '9' || i > 4)
                return -1;
            value += (c - '0') * unit;
            unit /= 10;
        }
        return value > 1000 ? -1 : value;
    }
    return 1000;
}

static bool tag_is(Str tag, char first, char second)
{
    return tag.len >= 2 && (tag.ptr[0] | 0x20) == first && (tag.ptr[1] | 0x20) == second &&
           (tag.len == 2 || tag.ptr[2] == '-');
}

Lang language_of(Str accept_language)
{
    int en = 0, zh = 0;
    while (accept_language.len) {
        Str parameters = str_split(&accept_language, ',');
        Str tag = str_trim(str_split(&parameters, ';'));
        int q = quality(parameters);
        if (tag_is(tag, 'e', 'n') && q > en)
            en = q;
        if (tag_is(tag, 'z', 'h') && q > zh)
            zh = q;
    }
    return en > zh ? LANG_EN : LANG_ZH;
}
