/* http_server.h - HTTP/1.1 connections; no routes.
 *
 * A server listens on one address and calls one handler for every complete request: method,
 * target and body are there, limits have been judged. The handler answers at once
 * (http_answer) or postpones the answer (http_postpone) and answers later from any thread.
 * Exactly one answer a request (checked).
 *
 *     connection ─▶ head ─▶ body ─▶ handler ─┬─▶ http_answer ───────────────▶ sent
 *                                            └─▶ http_postpone ... http_answer ─▶ sent
 *
 * What a request owns (target, body, answer) lives in its arena, which ends when the answer has
 * been sent. A request that breaks a limit still reaches the handler, with http_fault() filled
 * and an empty body, so that the problem is told in the words of the API.
 * Floor 3. The handler runs on a thread of the server; http_answer from any thread. */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include "base/err.h"

#define HTTP_BODY_BYTES (1u << 20)           /* default limit of a body: 413 beyond */
#define HTTP_BODY_DROPPED_BYTES (16u << 20)  /* read and dropped up to here, then closed */
#define HTTP_TARGET_BYTES 8192u              /* path and query: 414 beyond */
#define HTTP_HEAD_BYTES 16384u               /* request line and header fields: 431 beyond */
#define HTTP_CONNECTION_BYTES 32768u         /* memory of a connection for heads */
#define HTTP_REQUEST_ARENA_BYTES (32u << 20) /* all memory of one request */
#define HTTP_IDLE_S 30u                      /* silence after which a connection is closed */
#define HTTP_CONNECTIONS_MAX 2048u
#define HTTP_ANSWER_HEADERS_MAX 16u          /* header fields of one answer */
#define HTTP_THREADS_MAX 16u

typedef struct HttpServer HttpServer;
typedef struct HttpRequest HttpRequest;

typedef void HttpHandler(void *context, HttpRequest *request);

/* A header field; name and value end in NUL. */
typedef struct HttpHeader {
    const char *name;
    const char *value;
} HttpHeader;

typedef struct HttpServerOptions {
    Str listen; /* "127.0.0.1:8420", "[::1]:8420"; port 0 picks a free one */
    HttpHandler *handler;
    void *context;
    size_t body_limit_bytes;       /* 0: HTTP_BODY_BYTES */
    unsigned threads;              /* 0: 1 */
    const HttpHeader *always;      /* sent with every answer; borrowed for the server's life */
    size_t always_count;
} HttpServerOptions;

bool http_server_open(const HttpServerOptions *options, HttpServer **out, Err *err);
/* "127.0.0.1:8420" with the real port; borrowed from the server. */
Str http_server_address(const HttpServer *s);
uint16_t http_server_port(const HttpServer *s);
/* Take no more connections; requests on open ones are still answered. */
void http_server_quiesce(HttpServer *s);
/* Wait until every postponed request has been answered (their owners must still run), then
 * close all connections. */
void http_server_close(HttpServer *s);

/* ---- The request; everything returned is borrowed until the answer has been sent. */

/* What was wrong with it on the way in, or NULL: one of HTTP_FAULTS. */
const Err *http_fault(const HttpRequest *r);
Str http_method(const HttpRequest *r); /* as sent: "GET" */
Str http_target(const HttpRequest *r); /* as sent, still encoded: "/v1/cases?limit=2" */
Str http_path(const HttpRequest *r);   /* the part before '?', still encoded */
Str http_query(const HttpRequest *r);  /* the part behind '?', still encoded; empty if none */
/* Value of a header field (name without regard to case), trimmed; empty when absent. */
Str http_header(const HttpRequest *r, const char *name);
Str http_body(const HttpRequest *r);
Arena *http_arena(HttpRequest *r);

/* Undo %XX (and '+' as a blank when form is true) into a; false on a broken escape, a NUL or
 * invalid UTF-8. */
bool http_decode(Arena *a, Str encoded, bool form, Str *out);

/* ---- The answer. */

/* Add a header field to the answer; name is a literal, value is copied when it is not already
 * NUL-terminated. Values with control characters are a bug (checked). */
void http_answer_header(HttpRequest *r, const char *name, Str value);
/* Say that the answer comes later: the handler returns without one. */
void http_postpone(HttpRequest *r);
/* Has the client of a postponed request closed its connection (or its half of it)? Any thread;
 * nobody is told of it otherwise before the answer is sent. */
bool http_client_gone(const HttpRequest *r);
/* Answer. The body must live in the request's arena or for ever; content_type is a literal and
 * empty when there is no body. The request may be gone when this returns. */
void http_answer(HttpRequest *r, int status, const char *content_type, Str body);

#define HTTP_FAULTS(X)                                                                          \
    X(http_body_too_large, INPUT, 413, false, "The body is larger than {1} bytes.",             \
      "请求体超过 {1} 字节。")                                                                  \
    X(http_target_too_long, INPUT, 414, false, "The address is longer than {1} bytes.",         \
      "请求地址超过 {1} 字节。")                                                                \
    X(http_head_too_large, INPUT, 431, false, "The header fields are larger than {1} bytes.",   \
      "请求头超过 {1} 字节。")                                                                  \
    X(http_listen_failed, OUTSIDE, 503, false,                                                  \
      "Cannot listen on {1}: {2}. Choose another address with --listen.",                       \
      "无法在 {1} 上监听：{2}。请用 --listen 指定其他地址。")                                   \
    X(http_unreachable, OUTSIDE, 503, true, "The server at {1} cannot be reached: {2}.",        \
      "无法连接服务器 {1}：{2}。")                                                              \
    X(http_broken, OUTSIDE, 503, true, "The answer of the server is not valid HTTP: {1}.",      \
      "服务器的应答不是有效的 HTTP：{1}。")
FAULT_DECLARE(HTTP_FAULTS)

#endif
