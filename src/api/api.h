/* api.h - the resources of a node over HTTP: who is asking, what for, and what comes back.
 *
 * One ordered list (route_list.h) names every operation: method, path, operationId, texts, who
 * may call it, parameters, schemas and function. The dispatcher, 405 with Allow, HEAD, the
 * OpenAPI 3.1 document and the tests are made from that list.
 *
 *     request ─▶ route ─▶ actor (bearer token) ─┬─ read:  snapshot, function, answer
 *                                               └─ write: command ─▶ core ─▶ answer after COMMIT
 *
 * Everything refused is application/problem+json (RFC 9457) in the caller's language.
 * Floor 7. api_handle runs on the HTTP server's threads; answers to commands are built on the
 * writer's thread. */
#ifndef API_API_H
#define API_API_H

#include "core/core.h"
#include "domain/access/access.h"
#include "domain/case/case.h"
#include "domain/decision/decision.h"
#include "net/http_server.h"

#define API_PAGE_DEFAULT 20u      /* items of a page when limit is not given */
#define API_PAGE_MAX 200u
#define API_IDEMPOTENCY_KEY_MAX 200u /* visible characters */
#define API_TOKEN_MAX 256u        /* characters of a bearer token */
#define API_READERS_MAX HTTP_THREADS_MAX

typedef struct Api Api;

typedef struct ApiOptions {
    Core *core;       /* with its writer started; outlives the Api */
    const Cases *cases;   /* states of the modules of that core */
    const Access *access;
    const Decisions *decisions;
    const Module *process; /* of process_open, in that core */
    unsigned readers; /* read-only connections: the number of HTTP threads; 0: 1 */
    bool clock_may_move; /* PUT /v1/clock moves core's virtual clock */
} ApiOptions;

bool api_open(const ApiOptions *options, Api **out, Err *err);
/* Answer all requests that wait (long polling), and keep none waiting from now on: before
 * http_server_close, which waits for them. */
void api_quiesce(Api *api);
/* All requests must have been answered, and the core's writer must have stopped. */
void api_close(Api *api);
/* The handler for http_server_open; context is the Api. */
void api_handle(void *api, HttpRequest *request);
/* Header fields that every answer carries. */
extern const HttpHeader api_headers[];
extern const size_t api_header_count;
/* The OpenAPI 3.1 document of /v1, as served; borrowed from the Api. */
Str api_document(const Api *api, Lang lang);

#endif
