/* bench_jobs.c - outside workers as the bench plays them.
 *
 * The process is bench/packs/bench/processes/workers.bpmn: one, then two and three side by side,
 * then four and five; each is a job of the type bench-work. An instance costs six commands and its
 * share of the activations:
 *
 *     create ─▶ activate (up to 32 jobs) ─▶ complete ... complete
 *
 * An activation that gives nothing does not wait at the node: with everything driven by one
 * thread a waiting connection would only be one client less. */
#include "app/bench_jobs.h"

#include <stdio.h>

#include "codec/json.h"

#define CREATE_BODY "{\"processDefinitionId\":\"bench_workers\",\"variables\":{\"amount\":100,\"name\":\"an order\"}}"

static Str filled(char *out, size_t size, int length)
{
    return (Str){out, length > 0 && (size_t)length < size ? (size_t)length : 0};
}

void jobs_next(JobsShared *shared, JobsClient *c, Str token, HttpCall *out)
{
    *out = (HttpCall){.method = STR("POST"), .token = token, .has_body = true};
    int64_t wanted = (int64_t)shared->client_count * JOBS_UNDER_WAY;
    if (c->next < c->count) {
        int length = snprintf(c->target, sizeof c->target, "/v2/jobs/%s/completion",
                              c->keys[c->next]);
        c->sent = JOBS_COMPLETE;
        out->target = filled(c->target, sizeof c->target, length);
        out->body = STR("{\"variables\":{\"done\":true}}");
        return;
    }
    if (shared->begun - shared->finished < wanted && (c->sent != JOBS_CREATE || c->idle == 0)) {
        c->sent = JOBS_CREATE;
        shared->begun++;
        out->target = STR("/v2/process-instances");
        out->body = STR(CREATE_BODY);
        return;
    }
    int length = snprintf(c->body, sizeof c->body,
                          "{\"type\":\"bench-work\",\"worker\":\"bench-%zu\",\"timeout\":60000,"
                          "\"maxJobsToActivate\":%u,\"requestTimeout\":-1}", c->number, JOBS_BATCH);
    c->sent = JOBS_ACTIVATE;
    out->target = STR("/v2/jobs/activation");
    out->body = filled(c->body, sizeof c->body, length);
}

void jobs_take(JobsShared *shared, JobsClient *c, Arena *a, const HttpAnswer *answer)
{
    Value v;
    if (c->sent == JOBS_COMPLETE) {
        shared->finished += c->last[c->next++];
        return;
    }
    if (c->sent != JOBS_ACTIVATE || !json_parse(a, answer->body, &v, NULL))
        return;
    Value jobs = value_field(v, "jobs");
    c->count = c->next = 0;
    for (size_t i = 0; i < value_count(jobs) && i < JOBS_BATCH; i++) {
        Value job = value_item(jobs, i);
        Str key = value_get_string(job, STR("jobKey"));
        snprintf(c->keys[c->count], sizeof c->keys[0], "%.*s", STR_ARG(key));
        c->last[c->count++] = str_equal(value_get_string(job, STR("elementId")), STR("five"));
    }
    c->idle = c->count ? 0 : c->idle + 1;
}
