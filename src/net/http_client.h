/* http_client.h - a small blocking HTTP/1.1 client over one kept connection.
 *
 * For our own programs that play a client (demonstration, benchmark). One connection, one
 * request at a time: send, then receive. A caller with many clients polls
 * http_client_descriptor for readability between the two. A connection that the server closed
 * while idle is opened again by the next send. Plain TCP only.
 * Floor 3. One thread at a time a client. */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "base/err.h"
#include "net/http_server.h"

#define HTTP_CLIENT_ANSWER_BYTES (64u << 20) /* larger answers are refused */
#define HTTP_CLIENT_HEADERS_MAX 32u          /* header fields kept of an answer */
#define HTTP_CLIENT_WAIT_S 60                /* silence after which a call fails */

typedef struct HttpClient HttpClient;

typedef struct HttpField {
    Str name; /* lower case in answers */
    Str value;
} HttpField;

typedef struct HttpCall {
    Str method;          /* "POST" */
    Str target;          /* "/v1/cases" */
    Str token;           /* bearer token; empty: no Authorization */
    Str idempotency_key; /* empty: none */
    Str language;        /* "zh-CN", "en"; empty: none */
    Str if_match;        /* entity tag with its quotes; empty: none */
    Str body;            /* sent as application/json when has_body */
    bool has_body;
} HttpCall;

typedef struct HttpAnswer {
    int status;
    Str body;
    HttpField headers[HTTP_CLIENT_HEADERS_MAX];
    size_t header_count;
} HttpAnswer;

/* address: "127.0.0.1:8420", "[::1]:8420" or "localhost:8420". Connects at once. */
bool http_client_open(Str address, HttpClient **out, Err *err);
void http_client_close(HttpClient *c);
bool http_client_send(HttpClient *c, const HttpCall *call, Err *err);
/* Wait for the whole answer to the last send; it lives in a. */
bool http_client_receive(HttpClient *c, Arena *a, HttpAnswer *out, Err *err);
/* Both. A request whose connection broke before the first byte of an answer is sent once more
 * when it is safe: GET, HEAD, or with an idempotency key. */
bool http_client_call(HttpClient *c, Arena *a, const HttpCall *call, HttpAnswer *out, Err *err);
/* For poll/epoll: readable when an answer has begun to arrive. */
int http_client_descriptor(const HttpClient *c);
/* Value of a header field of an answer (name in lower case); empty when absent. */
Str http_answer_field(const HttpAnswer *answer, Str name);

#endif
