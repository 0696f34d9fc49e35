/* http_server.c - requests and answers over libmicrohttpd (MHD), epoll, no thread a client.
 *
 * Every HTTP thread is a Shard: an MHD daemon of its own, driven by our loop, over the one
 * listening socket. MHD's own threads are not used, because their epoll loop (0.9.75) asks the
 * kernel again, with the full time-out, whenever exactly 128 events came at once, and lets what
 * it has got wait: with 256 busy connections it stands still for seconds. Driven from outside
 * MHD never blocks. All calls into a daemon come from its shard's thread: an answer of another
 * thread is put on the shard's list of answered requests, and only the first on an empty list
 * wakes it.
 *
 * MHD calls us several times for one request; the states of an HttpRequest follow that:
 *
 *     on_target   the request line is there        new request in a fresh arena       READING
 *     on_access   the head is there (first call)   judge limits, make room for body
 *     on_access   a piece of the body              append, or drop when a limit broke
 *     on_access   the body is complete             call the handler
 *                     ├─ it answers                queue the answer                   ANSWERED
 *                     └─ it postpones              connection suspended               POSTPONED
 *                          http_answer (any thread): keep the answer, onto the list   ANSWERED
 *     run_shard   takes the list                   connections resumed
 *     on_access   called again after resuming      queue the answer
 *     on_completed                                 arena goes back to the pool
 *
 * Closing: the listening socket is given up, every answer says "Connection: close", and when the
 * clients have gone (or FAREWELL_US is over) each shard takes no more requests, waits for the
 * answers to those it has postponed, and ends. So a server closes in order under full load.
 *
 * http_postpone suspends the connection before the handler hands the request to another thread,
 * so an answer that comes at once finds it suspended already. MHD watches no suspended
 * connection: a client that went away is noticed when the answer is sent.
 *
 * The bytes of a body and of an answer are never copied by us: MHD sends the answer from the
 * request's arena, which lives until on_completed.
 *
 * Arenas are pooled, because opening one costs more than answering a small request. A request
 * line and head beyond our limits but within MHD's own buffer (HTTP_CONNECTION_BYTES) reach the
 * handler as a fault; what does not even fit there is answered by MHD itself (414, 431), as are
 * texts that are not HTTP (400). RFC 9110, RFC 9112. */
#include "net/http_server.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "net/http_address.h"
#include "os/os.h"

FAULT_DEFINE(HTTP_FAULTS)

#define ARENAS_KEPT_MAX 512u     /* idle arenas of a server */
#define LISTEN_BACKLOG 1024
#define FAREWELL_US 2000000      /* time for answers to leave when the server closes */
#define WAIT_STEP_US 1000
#define SERVER_ARENA_BYTES (1u << 20)

typedef enum RequestState { READING, HANDLING, POSTPONED, ANSWERED, QUEUED } RequestState;

typedef struct Shard {
    HttpServer *server;
    struct MHD_Daemon *daemon;
    Thread *thread;
    int wake; /* eventfd: look at what follows */
    _Atomic(HttpRequest *) answered; /* postponed ones, latest first, linked by next */
    long postponed;      /* suspended connections; the shard's thread only */
    atomic_bool quiesce; /* take no more connections */
    atomic_bool stop;    /* take no more requests, and end when none is postponed */
} Shard;

struct HttpServer {
    Arena *arena; /* the server itself lives in it */
    HttpServerOptions options;
    Shard shards[HTTP_THREADS_MAX];
    unsigned shard_count;
    int listener; /* shared by the shards */
    char address[HTTP_ADDRESS_TEXT_BYTES];
    uint16_t port;
    atomic_bool closing;   /* every answer is the last of its connection */
    atomic_long answering; /* threads between giving an answer away and waking its shard */
    atomic_long open;      /* requests between on_target and on_completed */
    Signal *signal;        /* guards the pool */
    Arena *idle[ARENAS_KEPT_MAX];
    size_t idle_count;
};

struct HttpRequest {
    HttpServer *server;
    Shard *shard;
    HttpRequest *next; /* in shard->answered */
    struct MHD_Connection *connection;
    Arena *arena;
    RequestState state;
    Str method;
    Str target;
    size_t path_len; /* bytes of target before '?' */
    char *body;      /* body_capacity bytes */
    size_t body_len, body_capacity;
    size_t dropped_bytes;
    Err err; /* a limit that broke on the way in */
    int status;
    const char *content_type;
    Str answer;
    HttpHeader headers[HTTP_ANSWER_HEADERS_MAX];
    size_t header_count;
};

/* ---- Pool of arenas. */

static Arena *arena_lend(HttpServer *s)
{
    Arena *a = NULL;
    signal_lock(s->signal);
    if (s->idle_count > 0)
        a = s->idle[--s->idle_count];
    signal_unlock(s->signal);
    return a ? a : arena_open(HTTP_REQUEST_ARENA_BYTES);
}

static void arena_give_back(HttpServer *s, Arena *a)
{
    bool kept = false;
    arena_reset(a);
    signal_lock(s->signal);
    if (s->idle_count < ARENAS_KEPT_MAX) {
        s->idle[s->idle_count++] = a;
        kept = true;
    }
    signal_unlock(s->signal);
    if (!kept)
        arena_close(a);
}

/* ---- Reading. */

/* MHD has the request line: `uri` is the target as sent. The result becomes *request of
 * on_access. */
static void *on_target(void *context, const char *uri, struct MHD_Connection *connection)
{
    Shard *shard = context;
    HttpServer *s = shard->server;
    Arena *a = arena_lend(s);
    HttpRequest *r = arena_new(a, HttpRequest);
    r->server = s;
    r->shard = shard;
    r->connection = connection;
    r->arena = a;
    r->state = READING;
    r->target = arena_copy(a, str_from(uri));
    ptrdiff_t question = str_find(r->target, STR("?"));
    r->path_len = question < 0 ? r->target.len : (size_t)question;
    atomic_fetch_add(&s->open, 1);
    return r;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    Shard *shard = context;
    HttpServer *s = shard->server;
    HttpRequest *r = *slot;
    (void)connection;
    (void)code;
    if (!r)
        return;
    check(r->shard == shard && r->state != POSTPONED);
    *slot = NULL;
    arena_give_back(s, r->arena);
    atomic_fetch_sub(&s->open, 1);
}

/* We decode the target ourselves and strictly; MHD must leave it alone. */
static size_t leave_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void refuse_limit(HttpRequest *r, const Fault *fault, size_t limit)
{
    err_set(&r->err, fault, arena_printf(r->arena, "%zu", limit));
}

/* The head is there. False when the body is too large to be worth reading to its end: the
 * answer leaves at once and the connection is closed. */
static bool judge_head(HttpRequest *r)
{
    const union MHD_ConnectionInfo *head =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (r->target.len > HTTP_TARGET_BYTES)
        refuse_limit(r, &fault_http_target_too_long, HTTP_TARGET_BYTES);
    else if (head && head->header_size > HTTP_HEAD_BYTES)
        refuse_limit(r, &fault_http_head_too_large, HTTP_HEAD_BYTES);
    Str length = http_header(r, "Content-Length");
    if (!length.len)
        return true;
    size_t limit = r->server->options.body_limit_bytes;
    int64_t bytes = 0;
    bool known = str_to_int64(length, &bytes) && bytes >= 0;
    if (!known || (uint64_t)bytes > limit) {
        refuse_limit(r, &fault_http_body_too_large, limit);
        return known && bytes <= (int64_t)HTTP_BODY_DROPPED_BYTES &&
               !http_header(r, "Expect").len;
    }
    r->body = arena_take(r->arena, (size_t)bytes + 1);
    r->body_capacity = r->body ? (size_t)bytes : 0;
    return true;
}

/* Room for `more` bytes of a body of unknown length (chunked): doubled in the arena. */
static bool make_room(HttpRequest *r, size_t more)
{
    if (r->body_len + more <= r->body_capacity)
        return true;
    size_t capacity = r->body_capacity ? r->body_capacity * 2 : 4096;
    while (capacity < r->body_len + more)
        capacity *= 2;
    char *wider = arena_take(r->arena, capacity + 1);
    if (!wider || arena_failed(r->arena))
        return false;
    if (r->body_len)
        memcpy(wider, r->body, r->body_len);
    r->body = wider;
    r->body_capacity = capacity;
    return true;
}

/* False closes the connection: the client sends on and on. */
static bool take_piece(HttpRequest *r, const char *piece, size_t len)
{
    size_t limit = r->server->options.body_limit_bytes;
    if (!r->err.fault && (r->body_len + len > limit || !make_room(r, len)))
        refuse_limit(r, &fault_http_body_too_large, limit);
    if (r->err.fault) {
        r->dropped_bytes += len;
        return r->dropped_bytes <= HTTP_BODY_DROPPED_BYTES;
    }
    memcpy(r->body + r->body_len, piece, len);
    r->body_len += len;
    return true;
}

/* ---- Answering. */

static void wake_shard(Shard *shard) { check(eventfd_write(shard->wake, 1) == 0); }

static enum MHD_Result queue_answer(HttpRequest *r)
{
    const HttpServerOptions *o = &r->server->options;
    check(r->state == ANSWERED);
    r->state = QUEUED;
    /* MHD takes a pointer to non-const bytes but does not write to persistent ones. */
    union { const char *in; void *out; } bytes = {.in = r->answer.len ? r->answer.ptr : ""};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(r->answer.len, bytes.out, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    if (atomic_load(&r->server->closing))
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    for (size_t i = 0; i < o->always_count; i++)
        MHD_add_response_header(response, o->always[i].name, o->always[i].value);
    if (r->content_type && r->content_type[0])
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, r->content_type);
    for (size_t i = 0; i < r->header_count; i++)
        check(MHD_add_response_header(response, r->headers[i].name, r->headers[i].value));
    enum MHD_Result queued =
        MHD_queue_response(r->connection, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result call_handler(HttpRequest *r)
{
    r->state = HANDLING;
    r->server->options.handler(r->server->options.context, r);
    /* A postponed request may be answered by now, and even be resumed; it belongs to MHD. */
    return MHD_YES;
}

static enum MHD_Result on_access(void *context, struct MHD_Connection *connection,
                                 const char *url, const char *method, const char *version,
                                 const char *piece, size_t *piece_len, void **slot)
{
    HttpRequest *r = *slot;
    (void)context;
    (void)connection;
    (void)url;
    (void)version;
    check(r != NULL);
    if (r->state == ANSWERED)
        return queue_answer(r);
    check(r->state == READING);
    if (atomic_load(&r->shard->stop))
        return MHD_NO;
    if (!r->method.len) {
        r->method = arena_copy(r->arena, str_from(method));
        if (judge_head(r))
            return MHD_YES;
    } else if (*piece_len) {
        bool fine = take_piece(r, piece, *piece_len);
        *piece_len = 0;
        return fine ? MHD_YES : MHD_NO;
    }
    return call_handler(r);
}

void http_answer_header(HttpRequest *r, const char *name, Str value)
{
    check(r->header_count < HTTP_ANSWER_HEADERS_MAX);
    for (size_t i = 0; i < value.len; i++)
        check((unsigned char)value.ptr[i] >= 0x20 && value.ptr[i] != 0x7f);
    r->headers[r->header_count++] = (HttpHeader){name, arena_copy(r->arena, value).ptr};
}

void http_postpone(HttpRequest *r)
{
    check(r->state == HANDLING);
    r->state = POSTPONED;
    r->shard->postponed++;
    MHD_suspend_connection(r->connection);
}

void http_answer(HttpRequest *r, int status, const char *content_type, Str body)
{
    HttpServer *s = r->server;
    bool was_postponed = r->state == POSTPONED;
    check(was_postponed || r->state == HANDLING);
    check(status >= 200 && status <= 599);
    r->status = status;
    r->content_type = content_type;
    r->answer = body;
    r->state = ANSWERED;
    if (!was_postponed) {
        if (queue_answer(r) != MHD_YES)
            r->state = QUEUED; /* no memory in MHD: it closes the connection */
        return;
    }
    Shard *shard = r->shard;
    atomic_fetch_add(&s->answering, 1);
    HttpRequest *former = atomic_load(&shard->answered);
    do
        r->next = former;
    while (!atomic_compare_exchange_weak(&shard->answered, &former, r));
    /* r may be gone from here on; so may the server after the last line. */
    if (!former)
        wake_shard(shard);
    atomic_fetch_sub(&s->answering, 1);
}

bool http_client_gone(const HttpRequest *r)
{
    char byte;
    check(r->state == POSTPONED);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info && recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* ---- Looking at the request. */

const Err *http_fault(const HttpRequest *r) { return r->err.fault ? &r->err : NULL; }
Str http_method(const HttpRequest *r) { return r->method; }
Str http_target(const HttpRequest *r) { return r->target; }
Str http_path(const HttpRequest *r) { return str_slice(r->target, 0, r->path_len); }
Arena *http_arena(HttpRequest *r) { return r->arena; }

Str http_query(const HttpRequest *r)
{
    return str_slice(r->target, r->path_len + 1, r->target.len);
}

Str http_header(const HttpRequest *r, const char *name)
{
    const char *value = NULL;
    size_t len = 0;
    if (MHD_lookup_connection_value_n(r->connection, MHD_HEADER_KIND, name, strlen(name), &value,
                                      &len) != MHD_YES || !value)
        return STR_NONE;
    return str_trim((Str){value, len});
}

Str http_body(const HttpRequest *r)
{
    return r->err.fault ? STR_NONE : (Str){r->body, r->body_len};
}

/* ---- The server. */

static bool listen_on(HttpServer *s, Err *err)
{
    HttpAddress address;
    Str text = s->options.listen;
    if (!http_address_parse(text, &address))
        return err_set(err, &fault_http_listen_failed, text, STR("not an address"));
    int fd = socket(address.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    bool fine = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                bind(fd, (struct sockaddr *)&address.socket, address.len) == 0 &&
                listen(fd, LISTEN_BACKLOG) == 0;
    address.len = sizeof address.socket;
    if (!fine || getsockname(fd, (struct sockaddr *)&address.socket, &address.len) != 0) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        return err_set(err, &fault_http_listen_failed, text, str_from(strerror(reason)));
    }
    s->listener = fd;
    s->port = http_address_text(&address, s->address);
    return true;
}

static struct MHD_Daemon *open_daemon(Shard *shard)
{
    HttpServer *s = shard->server;
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access, shard,
        MHD_OPTION_LISTEN_SOCKET, s->listener, MHD_OPTION_URI_LOG_CALLBACK, on_target, shard,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, shard, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_encoded, shard, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS_MAX / s->options.threads,
        MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_S, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
}

/* Requests that other threads have answered go on; the earliest first. */
static void resume_answered(Shard *shard)
{
    HttpRequest *list = atomic_exchange(&shard->answered, NULL), *first = NULL;
    while (list) {
        HttpRequest *next = list->next;
        list->next = first;
        first = list;
        list = next;
    }
    while (first) {
        HttpRequest *next = first->next;
        MHD_resume_connection(first->connection);
        shard->postponed--;
        first = next;
    }
}

/* A shard's thread: wait for the daemon's sockets or for us, let MHD work, never in between. */
static void run_shard(void *context)
{
    Shard *shard = context;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(shard->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd waiting[] = {{.fd = info->epoll_fd, .events = POLLIN},
                               {.fd = shard->wake, .events = POLLIN}};
    bool quiesced = false;
    while (!atomic_load(&shard->stop) || shard->postponed > 0) {
        MHD_UNSIGNED_LONG_LONG left_ms = 0;
        bool limited = MHD_get_timeout(shard->daemon, &left_ms) == MHD_YES;
        poll(waiting, 2, !limited ? -1 : left_ms > INT_MAX ? INT_MAX : (int)left_ms);
        if (waiting[1].revents) {
            eventfd_t count;
            eventfd_read(shard->wake, &count);
        }
        if (atomic_load(&shard->quiesce) && !quiesced) {
            MHD_quiesce_daemon(shard->daemon);
            quiesced = true;
        }
        resume_answered(shard);
        MHD_run(shard->daemon);
    }
    MHD_run(shard->daemon); /* the last answers leave */
    /* A daemon that was not quiesced would close the socket that all shards share. */
    if (!quiesced)
        MHD_quiesce_daemon(shard->daemon);
    MHD_stop_daemon(shard->daemon);
}

static bool start_shards(HttpServer *s, Err *err)
{
    while (s->shard_count < s->options.threads) {
        Shard *shard = &s->shards[s->shard_count];
        shard->server = s;
        shard->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        shard->daemon = shard->wake >= 0 ? open_daemon(shard) : NULL;
        if (!shard->daemon) {
            int reason = errno;
            if (shard->wake >= 0)
                close(shard->wake);
            return err_set(err, &fault_http_listen_failed, s->options.listen,
                           str_from(strerror(reason)));
        }
        shard->thread = thread_start("http", run_shard, shard);
        s->shard_count++;
    }
    return true;
}

static void pause_a_moment(HttpServer *s)
{
    signal_lock(s->signal);
    signal_wait(s->signal, WAIT_STEP_US);
    signal_unlock(s->signal);
}

static void stop_shards(HttpServer *s)
{
    for (unsigned i = 0; i < s->shard_count; i++) {
        atomic_store(&s->shards[i].quiesce, true);
        atomic_store(&s->shards[i].stop, true);
        wake_shard(&s->shards[i]);
    }
    for (unsigned i = 0; i < s->shard_count; i++)
        thread_join(s->shards[i].thread);
    while (atomic_load(&s->answering) > 0)
        pause_a_moment(s);
    for (unsigned i = 0; i < s->shard_count; i++)
        close(s->shards[i].wake);
}

static void end_server(HttpServer *s)
{
    stop_shards(s);
    if (s->listener >= 0)
        close(s->listener);
    for (size_t i = 0; i < s->idle_count; i++)
        arena_close(s->idle[i]);
    signal_close(s->signal);
    arena_close(s->arena);
}

bool http_server_open(const HttpServerOptions *options, HttpServer **out, Err *err)
{
    check(options->handler != NULL && options->threads <= HTTP_THREADS_MAX);
    Arena *arena = arena_open(SERVER_ARENA_BYTES);
    HttpServer *s = arena_new(arena, HttpServer);
    s->arena = arena;
    s->options = *options;
    if (!s->options.body_limit_bytes)
        s->options.body_limit_bytes = HTTP_BODY_BYTES;
    if (!s->options.threads)
        s->options.threads = 1;
    s->listener = -1;
    s->signal = signal_open();
    if (listen_on(s, err) && start_shards(s, err)) {
        *out = s;
        return true;
    }
    end_server(s);
    return false;
}

Str http_server_address(const HttpServer *s) { return str_from(s->address); }
uint16_t http_server_port(const HttpServer *s) { return s->port; }

void http_server_quiesce(HttpServer *s)
{
    for (unsigned i = 0; i < s->shard_count; i++) {
        atomic_store(&s->shards[i].quiesce, true);
        wake_shard(&s->shards[i]);
    }
}

void http_server_close(HttpServer *s)
{
    http_server_quiesce(s);
    atomic_store(&s->closing, true);
    for (int64_t waited = 0; atomic_load(&s->open) > 0 && waited < FAREWELL_US;
         waited += WAIT_STEP_US)
        pause_a_moment(s);
    end_server(s);
}
