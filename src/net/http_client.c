/* http_client.c - one kept connection, one request after the other.
 *
 *     send      head and body in one write         "POST /v1/cases HTTP/1.1\r\n..."
 *     receive   read until the blank line, then    Content-Length bytes more
 *
 * Answers must carry Content-Length (our server always sends it); chunked answers are refused.
 * The head is read into a fixed buffer, the body into the caller's arena. After an answer with
 * "Connection: close", or any failure, the socket is closed and the next send connects anew. */
#include "net/http_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/check.h"
#include "net/http_address.h"

#define CLIENT_HEAD_BYTES 65536u
#define CLIENT_ARENA_BYTES (64u << 20)

struct HttpClient {
    Arena *arena;
    ArenaMark mark; /* what a request needs is given back after it */
    Str address;
    HttpAddress peer;
    int fd; /* -1: not connected */
    bool head_only; /* the last request was HEAD */
    char buffer[CLIENT_HEAD_BYTES];
};

static bool unreachable(const HttpClient *c, int reason, Err *err)
{
    return err_set(err, &fault_http_unreachable, c->address,
                   reason ? str_from(strerror(reason)) : STR("connection closed"));
}

static void disconnect(HttpClient *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static bool connect_now(HttpClient *c, Err *err)
{
    int on = 1;
    struct timeval wait = {.tv_sec = HTTP_CLIENT_WAIT_S};
    c->fd = socket(c->peer.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return unreachable(c, errno, err);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (connect(c->fd, (struct sockaddr *)&c->peer.socket, c->peer.len) == 0)
        return true;
    int reason = errno;
    disconnect(c);
    return unreachable(c, reason, err);
}

bool http_client_open(Str address, HttpClient **out, Err *err)
{
    Arena *arena = arena_open(CLIENT_ARENA_BYTES);
    HttpClient *c = arena_new(arena, HttpClient);
    check(c != NULL);
    c->arena = arena;
    c->fd = -1;
    c->address = arena_copy(arena, address);
    c->mark = arena_mark(arena);
    bool fine = http_address_parse(address, &c->peer)
                    ? connect_now(c, err)
                    : err_set(err, &fault_http_unreachable, address, STR("not an address"));
    if (!fine) {
        arena_close(arena);
        return false;
    }
    *out = c;
    return true;
}

void http_client_close(HttpClient *c)
{
    disconnect(c);
    arena_close(c->arena);
}

int http_client_descriptor(const HttpClient *c) { return c->fd; }

/* ---- Sending. */

static void add_field(Buf *b, Str name, Str before, Str value)
{
    if (!value.len)
        return;
    buf_add(b, name);
    buf_add_text(b, ": ");
    buf_add(b, before);
    buf_add(b, value);
    buf_add_text(b, "\r\n");
}

static void write_request(const HttpClient *c, const HttpCall *call, Buf *b)
{
    buf_add(b, call->method);
    buf_add_char(b, ' ');
    buf_add(b, call->target);
    buf_add_text(b, " HTTP/1.1\r\n");
    add_field(b, STR("Host"), STR_NONE, c->address);
    add_field(b, STR("Authorization"), STR("Bearer "), call->token);
    add_field(b, STR("Idempotency-Key"), STR_NONE, call->idempotency_key);
    add_field(b, STR("Accept-Language"), STR_NONE, call->language);
    add_field(b, STR("If-Match"), STR_NONE, call->if_match);
    if (call->has_body) {
        add_field(b, STR("Content-Type"), STR_NONE, STR("application/json"));
        buf_add_text(b, "Content-Length: ");
        buf_add_int(b, (int64_t)call->body.len);
        buf_add_text(b, "\r\n");
    }
    buf_add_text(b, "\r\n");
    if (call->has_body)
        buf_add(b, call->body);
}

/* A server may have closed a kept connection while it was idle: then there is nothing to read
 * but the end. */
static bool was_closed(const HttpClient *c)
{
    char byte;
    ssize_t got = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

bool http_client_send(HttpClient *c, const HttpCall *call, Err *err)
{
    if (c->fd >= 0 && was_closed(c))
        disconnect(c);
    if (c->fd < 0 && !connect_now(c, err))
        return false;
    arena_reset_to(c->arena, c->mark);
    Buf b = buf_new(c->arena, 1024 + call->body.len);
    write_request(c, call, &b);
    Str text = buf_text(&b);
    if (buf_failed(&b))
        return err_set(err, &fault_out_of_memory, STR("http client"));
    c->head_only = str_equal(call->method, STR("HEAD"));
    while (text.len) {
        ssize_t sent = send(c->fd, text.ptr, text.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0) {
            int reason = errno;
            disconnect(c);
            return unreachable(c, reason, err);
        }
        text = str_slice(text, (size_t)sent, text.len);
    }
    return true;
}

/* ---- Receiving. */

/* Read at least one byte; 0 at the end of the connection or with err. */
static size_t read_some(HttpClient *c, char *into, size_t room, Err *err)
{
    for (;;) {
        ssize_t got = recv(c->fd, into, room, 0);
        if (got > 0)
            return (size_t)got;
        if (got < 0 && errno == EINTR)
            continue;
        unreachable(c, got < 0 ? errno : 0, err);
        return 0;
    }
}

/* Read until the blank line; *len bytes are there, the head is *head_len of them. */
static bool read_head(HttpClient *c, size_t *len, size_t *head_len, Err *err)
{
    *len = 0;
    for (;;) {
        if (*len == sizeof c->buffer)
            return err_set(err, &fault_http_broken, STR("head too large"));
        size_t got = read_some(c, c->buffer + *len, sizeof c->buffer - *len, err);
        if (!got)
            return false;
        size_t from = *len > 3 ? *len - 3 : 0;
        *len += got;
        ptrdiff_t end = str_find((Str){c->buffer + from, *len - from}, STR("\r\n\r\n"));
        if (end >= 0) {
            *head_len = from + (size_t)end + 4;
            return true;
        }
    }
}

static bool parse_fields(Arena *a, Str head, HttpAnswer *out)
{
    while (head.len) {
        ptrdiff_t end = str_find(head, STR("\r\n"));
        if (end <= 0)
            return end == 0;
        Str value = str_slice(head, 0, (size_t)end);
        Str name = str_split(&value, ':');
        head = str_slice(head, (size_t)end + 2, head.len);
        if (!name.len || !value.ptr || out->header_count == HTTP_CLIENT_HEADERS_MAX)
            return false;
        char *lower = arena_take(a, name.len + 1);
        for (size_t i = 0; i < name.len; i++)
            lower[i] = (char)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] + 32
                                                                        : name.ptr[i]);
        out->headers[out->header_count++] =
            (HttpField){{lower, name.len}, arena_copy(a, str_trim(value))};
    }
    return true;
}

/* "HTTP/1.1 200 OK" and the fields behind it. */
static bool parse_head(Arena *a, Str head, HttpAnswer *out, Err *err)
{
    int64_t status = 0;
    ptrdiff_t end = str_find(head, STR("\r\n"));
    memset(out, 0, sizeof *out);
    if (end < 0 || !str_starts(head, STR("HTTP/1.")) ||
        !str_to_int64(str_slice(head, 9, 12), &status) || status < 100 || status > 599)
        return err_set(err, &fault_http_broken, STR("status line"));
    out->status = (int)status;
    if (!parse_fields(a, str_slice(head, (size_t)end + 2, head.len), out))
        return err_set(err, &fault_http_broken, STR("header fields"));
    return true;
}

static bool read_body(HttpClient *c, Arena *a, Str early, size_t total, Str *out, Err *err)
{
    if (early.len > total)
        return err_set(err, &fault_http_broken, STR("more bytes than Content-Length"));
    char *body = arena_take(a, total + 1);
    if (!body || arena_failed(a))
        return err_set(err, &fault_out_of_memory, STR("http answer"));
    if (early.len)
        memcpy(body, early.ptr, early.len);
    for (size_t len = early.len; len < total;) {
        size_t got = read_some(c, body + len, total - len, err);
        if (!got)
            return false;
        len += got;
    }
    *out = (Str){body, total};
    return true;
}

static bool receive(HttpClient *c, Arena *a, HttpAnswer *out, Err *err)
{
    size_t len = 0, head_len = 0;
    do {
        if (!read_head(c, &len, &head_len, err) ||
            !parse_head(a, (Str){c->buffer, head_len}, out, err))
            return false;
        check(head_len <= len);
    } while (out->status == 100 && len == head_len);
    Str length = http_answer_field(out, STR("content-length"));
    int64_t total = 0;
    bool bodyless = c->head_only || out->status == 204 || out->status == 304;
    if (!bodyless && (!str_to_int64(length, &total) || total < 0 ||
                      total > (int64_t)HTTP_CLIENT_ANSWER_BYTES))
        return err_set(err, &fault_http_broken, STR("Content-Length"));
    return read_body(c, a, (Str){c->buffer + head_len, len - head_len}, (size_t)total, &out->body,
                     err);
}

bool http_client_receive(HttpClient *c, Arena *a, HttpAnswer *out, Err *err)
{
    check(c->fd >= 0);
    if (!receive(c, a, out, err)) {
        disconnect(c);
        return false;
    }
    Str connection = http_answer_field(out, STR("connection"));
    if (connection.len == 5 && strncasecmp(connection.ptr, "close", 5) == 0)
        disconnect(c);
    return true;
}

bool http_client_call(HttpClient *c, Arena *a, const HttpCall *call, HttpAnswer *out, Err *err)
{
    bool safe = str_equal(call->method, STR("GET")) || str_equal(call->method, STR("HEAD")) ||
                call->idempotency_key.len;
    Err first = {0};
    if (http_client_send(c, call, &first) && http_client_receive(c, a, out, &first))
        return true;
    if (safe && err_is(&first, &fault_http_unreachable))
        return http_client_send(c, call, err) && http_client_receive(c, a, out, err);
    if (err && !err->fault)
        *err = first;
    return false;
}

Str http_answer_field(const HttpAnswer *answer, Str name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (str_equal(answer->headers[i].name, name))
            return answer->headers[i].value;
    return STR_NONE;
}
