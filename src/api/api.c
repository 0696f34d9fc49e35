/* api.c - one request from the connection to its answer.
 *
 *     api_handle
 *       limits of the connection        413 414 431
 *       route                           400 404 405
 *       query                           400
 *       actor by bearer token           401
 *       read right                      403
 *       header fields, body             400 415 422 428
 *       function of the route ─┬─ answer: JSON, ETag, 304 ──────────────────▶ sent
 *                              └─ order: command ─▶ core_submit, postponed
 *                                                     └─ after COMMIT: on_done ─┬─▶ sent
 *                                                          v2/waiting.c ◀───────┘ or later
 *
 * The order of the steps is the order of precedence of what is told. Reads see one snapshot each
 * on a connection from a small pool (as many as HTTP threads, so nobody waits in practice).
 * The writer's thread builds the answer to a command straight from the reply into the request's
 * memory and hands it to the connection. */
#include "api/v2/v2_int.h"

#include <string.h>

#include "base/check.h"
#include "codec/json.h"
#include "seal/seal.h"

FAULT_DEFINE(API_FAULTS)

#define API_ARENA_BYTES (8u << 20)
#define ETAG_DIGITS 16u /* hexadecimal digits of a hash that make an entity tag */

struct Api {
    Arena *arena;
    ApiOptions options;
    int64_t node;
    Str documents[2]; /* by Lang */
    Str v2_documents[2];
    Waiting *waiting;
    Signal *signal;   /* guards the pool */
    StoreConn *idle[API_READERS_MAX];
    size_t idle_count;
    size_t reader_count;
};

const HttpHeader api_headers[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
};
const size_t api_header_count = sizeof api_headers / sizeof api_headers[0];

/* ---- Life. */

bool api_open(const ApiOptions *options, Api **out, Err *err)
{
    Arena *arena = arena_open(API_ARENA_BYTES);
    Api *api = arena_new(arena, Api);
    api->arena = arena;
    api->options = *options;
    api->node = core_node(options->core);
    api->signal = signal_open();
    api->reader_count = options->readers ? options->readers : 1;
    check(api->reader_count <= API_READERS_MAX);
    api->documents[LANG_ZH] = openapi_write(arena, LANG_ZH);
    api->documents[LANG_EN] = openapi_write(arena, LANG_EN);
    api->v2_documents[LANG_ZH] = v2_document_write(arena, LANG_ZH);
    api->v2_documents[LANG_EN] = v2_document_write(arena, LANG_EN);
    while (api->idle_count < api->reader_count) {
        if (!store_connect_reader(core_store(options->core), &api->idle[api->idle_count], err)) {
            api->reader_count = api->idle_count;
            api_close(api);
            return false;
        }
        api->idle_count++;
    }
    if (!waiting_open(api, options->core, options->process, &api->waiting, err)) {
        api_close(api);
        return false;
    }
    *out = api;
    return true;
}

void api_quiesce(Api *api) { waiting_quiesce(api->waiting); }

void api_close(Api *api)
{
    check(api->idle_count == api->reader_count);
    if (api->waiting)
        waiting_close(api->waiting);
    for (size_t i = 0; i < api->idle_count; i++)
        store_disconnect(api->idle[i]);
    signal_close(api->signal);
    arena_close(api->arena);
}

Str api_document(const Api *api, Lang lang) { return api->documents[lang]; }
Str v2_document(const Api *api, Lang lang) { return api->v2_documents[lang]; }
Arena *api_arena(Api *api) { return api->arena; }

/* ---- Snapshots. */

static bool snapshot_begin(Call *c, Err *err)
{
    Api *api = c->api;
    signal_lock(api->signal);
    while (api->idle_count == 0)
        signal_wait(api->signal, -1);
    c->conn = api->idle[--api->idle_count];
    signal_unlock(api->signal);
    return store_begin(c->conn, err);
}

static void snapshot_end(Call *c)
{
    Api *api = c->api;
    if (!c->conn)
        return;
    if (store_in_transaction(c->conn))
        store_end(c->conn);
    if (process_search_is_full(c->conn)) {
        StoreConn *fresh;
        if (store_connect_reader(core_store(c->core), &fresh, NULL)) {
            store_disconnect(c->conn);
            c->conn = fresh;
        }
    }
    signal_lock(api->signal);
    api->idle[api->idle_count++] = c->conn;
    signal_wake(api->signal);
    signal_unlock(api->signal);
    c->conn = NULL;
}

/* ---- Answering. */

static Str make_etag(Call *c, Str body)
{
    Sm3 hash = sm3(body);
    char text[64];
    sm3_text(&hash, text);
    return arena_copy(c->arena, (Str){text, ETAG_DIGITS});
}

static const char *content_type(const Route *route, int status)
{
    if (!route->response || status == 304 || status == 204)
        return "";
    if (!(route->flags & ROUTE_RAW))
        return "application/json";
    return route->flags & ROUTE_XML    ? "text/xml; charset=utf-8"
           : route->flags & ROUTE_TEXT ? "text/plain; charset=utf-8"
                                       : "application/json";
}

static void answer(Call *c)
{
    HttpRequest *r = c->request;
    const Route *route = c->route;
    Buf text = buf_new(c->arena, 1024);
    Str body = c->answer.raw;
    int status = route->status;
    if (c->answer.empty) {
        status = 204;
    } else if (route->response && !body.len) {
        json_write(c->answer.body, 0, &text);
        body = buf_text(&text);
    }
    if (arena_failed(c->arena) || buf_failed(&text)) {
        Err err = {0};
        err_set(&err, &fault_answer_too_large);
        problem_answer(r, c->lang, &err, NULL, STR_NONE);
        return;
    }
    if (route->flags & ROUTE_ETAG) {
        Str etag = c->answer.etag.len ? c->answer.etag : make_etag(c, body);
        http_answer_header(r, "ETag", arena_printf(c->arena, "\"%.*s\"", STR_ARG(etag)));
        if (!strcmp(route->method, "GET") && request_knows(r, etag)) {
            status = 304;
            body = STR_NONE;
        }
    }
    if (c->answer.location.len)
        http_answer_header(r, "Location", c->answer.location);
    if (route->flags & ROUTE_PUBLIC)
        http_answer_header(r, "Vary", STR("Accept-Language"));
    http_answer_header(r, "Cache-Control",
                       route->flags & ROUTE_PUBLIC ? STR("no-cache") : STR("no-store"));
    http_answer_header(r, "Content-Language", str_from(language_tag(c->lang)));
    http_answer(r, status, content_type(route, status), body);
}

static void answer_problem(Call *c, const Err *err, Str allow)
{
    problem_answer(c->request, c->lang, err, &c->fields, allow);
}

/* ---- Commands. */

/* The form refused the data: tell every field, not only the first. */
static void add_form_faults(Call *c)
{
    FormFaults faults = {0};
    bool en = c->lang == LANG_EN;
    if (!c->order.form ||
            form_check(c->order.form, c->order.data, c->order.mode, c->now, c->arena, &faults))
        return;
    for (size_t i = 0; i < faults.count; i++) {
        const FormFault *f = &faults.items[i];
        field_faults_add(c->arena, &c->fields,
                         &(FieldFault){f->field, str_from(f->name), en ? f->label_en : f->label_zh,
                                       en ? f->text_en : f->text_zh});
    }
}

/* A refusal that names one field of the body. */
static void add_named_field(Call *c, const Err *err)
{
    Buf text = buf_new(c->arena, 128);
    if (!err->element[0] || c->fields.count)
        return;
    err_text(err, c->lang, &text);
    field_faults_add(c->arena, &c->fields,
                     &(FieldFault){arena_copy(c->arena, str_from(err->element)),
                                   str_from(err->fault->name), STR_NONE, buf_text(&text)});
}

void call_end(Call *c, const Err *err)
{
    if (err)
        answer_problem(c, err, STR_NONE);
    else
        answer(c);
}

/* An activation of jobs was judged: does it go on waiting? Else it is on no list any more. */
static bool keeps_waiting(Call *c, const Reply *reply)
{
    size_t taken = reply->accepted ? value_count(value_field(reply->body, "jobs")) : 1;
    return waiting_decided(c->api->waiting, c, taken,
                           value_get_int(reply->body, STR("next_due_us"), 0));
}

static void on_done(void *context, const Reply *reply)
{
    Call *c = context;
    if (c->order.waits && keeps_waiting(c, reply))
        return;
    if (reply->repeated && c->order.once) {
        Err err = {0};
        err_set(&err, c->order.once);
        answer_problem(c, &err, STR_NONE);
        return;
    }
    if (reply->repeated)
        http_answer_header(c->request, "Idempotency-Replayed", STR("true"));
    if (!reply->accepted) {
        if (err_is(&reply->err, &fault_form_data_invalid))
            add_form_faults(c);
        add_named_field(c, &reply->err);
        answer_problem(c, &reply->err, STR_NONE);
        return;
    }
    if (c->order.finish) {
        c->order.finish(c, reply);
    } else if (c->route->response) {
        ContextBuilder b = context_builder(c->arena);
        context_put_text(&b, "seq", value_int(reply->seq));
        c->answer.body = value_context(&b);
    }
    if (c->order.after && !(c->order.waits && !value_count(c->wait.jobs)))
        waiting_after(c->api->waiting, c);
    else
        answer(c);
}

static void give(Call *c)
{
    Err err = {0};
    Command command = {.id = c->command, .kind = c->order.kind, .actor = c->actor,
                       .body = c->order.body};
    if (core_submit(c->core, &command, on_done, c, &err))
        return;
    if (c->order.waits)
        waiting_decided(c->api->waiting, c, 1, 0);
    answer_problem(c, &err, STR_NONE);
}

void call_submit_again(Call *c) { give(c); }

static void submit(Call *c)
{
    http_postpone(c->request);
    if (c->order.waits)
        waiting_submitted(c->api->waiting, c);
    give(c);
}

/* ---- The way of one request. */

static bool find_actor(Call *c, Err *err)
{
    int who = c->route->who;
    if (who == WHO_ANYONE)
        return true;
    Str account, token = request_token(c->request, &account);
    if (!access_actor_by_token(c->conn, c->node, token, c->now, c->arena, &c->actor, err))
        return false;
    if (account.ptr && !str_equal(account, c->actor.id))
        return err_set(err, &fault_token_invalid);
    c->actor.lang = c->lang;
    if (who == WHO_ACCOUNT || call_may_read(c, (AccessRead)(who - WHO_READ)))
        return true;
    static const char *const names[][2] = {
#define READ_NAMES(name, word, zh, en) {en, zh},
        ACCESS_READS(READ_NAMES)
#undef READ_NAMES
    };
    const char *const *name = names[who - WHO_READ];
    return err_set(err, &fault_read_not_permitted, str_from(name[0]), str_from(name[1]));
}

static bool judge_and_run(Call *c, Str *allow, Err *err)
{
    bool reads;
    if (!request_find_route(c, allow, err) || !request_read_query(c, err))
        return false;
    reads = c->route->who != WHO_ANYONE || (c->route->flags & ROUTE_SNAPSHOT);
    return (!reads || snapshot_begin(c, err)) && find_actor(c, err) &&
           request_read_headers(c, err) && request_read_body(c, err) &&
           c->route->function(c, err);
}

void api_handle(void *context, HttpRequest *request)
{
    Api *api = context;
    Call *c = arena_new(http_arena(request), Call);
    Err err = {0};
    Str allow = STR_NONE;
    c->api = api;
    c->request = request;
    c->arena = http_arena(request);
    c->core = api->options.core;
    c->cases = api->options.cases;
    c->decisions = api->options.decisions;
    c->process = api->options.process;
    c->access = api->options.access;
    c->node = api->node;
    c->clock_may_move = api->options.clock_may_move;
    c->now = clock_now(core_clock(c->core));
    c->lang = language_of(http_header(request, "Accept-Language"));
    const Err *broken = http_fault(request);
    bool fine = !broken && judge_and_run(c, &allow, &err);
    if (fine && c->conn && store_failed(c->conn, &err))
        fine = false;
    snapshot_end(c);
    if (!fine)
        answer_problem(c, broken ? broken : &err, allow);
    else if (c->order.kind.len)
        submit(c);
    else
        answer(c);
}

/* ---- What the functions of the routes ask of a call. */

static ptrdiff_t query_index(const Call *c, const char *name)
{
    for (size_t i = 0; i < c->query_count; i++)
        if (!strcmp(c->query[i].kind->name, name))
            return (ptrdiff_t)i;
    return -1;
}

Str call_query_text(const Call *c, const char *name)
{
    ptrdiff_t i = query_index(c, name);
    return i < 0 ? STR_NONE : c->query[i].text;
}

int64_t call_query_number(const Call *c, const char *name, int64_t fallback)
{
    ptrdiff_t i = query_index(c, name);
    return i < 0 ? fallback : c->query[i].number;
}

Id call_query_id(const Call *c, const char *name)
{
    ptrdiff_t i = query_index(c, name);
    return i < 0 ? ID_NONE : c->query[i].id;
}

bool call_query_true(const Call *c, const char *name)
{
    return call_query_number(c, name, 0) != 0;
}

size_t call_page_size(const Call *c)
{
    return (size_t)call_query_number(c, "limit", API_PAGE_DEFAULT);
}

bool call_path_id(const Call *c, size_t i, const Fault *unknown, Id *out, Err *err)
{
    check(i < c->path_value_count);
    return id_parse(c->path_values[i], out) || err_set(err, unknown, c->path_values[i]);
}

bool call_path_key(const Call *c, size_t i, const Fault *unknown, int64_t *out, Err *err)
{
    check(i < c->path_value_count);
    return (str_to_int64(c->path_values[i], out) && *out > 0) ||
           err_set(err, unknown, c->path_values[i]);
}

bool call_may_read(const Call *c, AccessRead what)
{
    return access_may_read(c->access, &c->actor, what);
}

Str call_text(const Call *c, Text2 text)
{
    return c->lang == LANG_EN && text.en.len ? text.en : text.zh;
}

Value call_text_value(const Call *c, Text2 text) { return value_string(call_text(c, text)); }

Value call_page(const Call *c, const ListBuilder *items, Str next)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "items", value_list(items));
    context_put_text(&b, "next", text_or_null(next));
    return value_context(&b);
}

Value text_or_null(Str s) { return s.len ? value_string(s) : value_null(); }
