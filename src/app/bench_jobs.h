/* bench_jobs.h - one client of the scenario `jobs` of `tongban bench`: a worker over /v2.
 *
 * A client completes the jobs it has, one a request; when it has none it begins instances while
 * few are under way, and else takes a batch of jobs. All clients together keep about
 * JOBS_UNDER_WAY instances a client in flight, so that workers always find something.
 * Inside src/app only. One thread. */
#ifndef APP_BENCH_JOBS_H
#define APP_BENCH_JOBS_H

#include "net/http_client.h"

#define JOBS_BATCH 32u      /* jobs taken by one activation */
#define JOBS_UNDER_WAY 16   /* instances in flight for each client */

typedef struct JobsShared {
    size_t client_count;
    int64_t begun, finished; /* instances */
} JobsShared;

typedef enum JobsRequest { JOBS_CREATE, JOBS_ACTIVATE, JOBS_COMPLETE } JobsRequest;

typedef struct JobsClient {
    size_t number;
    JobsRequest sent;
    char keys[JOBS_BATCH][24];
    bool last[JOBS_BATCH]; /* completing it ends its instance */
    size_t count, next;
    int64_t idle; /* activations in a row that gave nothing */
    char target[64], body[160];
} JobsClient;

/* The next request of a client; it borrows from the client until the next call. */
void jobs_next(JobsShared *shared, JobsClient *c, Str token, HttpCall *out);
/* What a successful answer means. */
void jobs_take(JobsShared *shared, JobsClient *c, Arena *a, const HttpAnswer *answer);

#endif
