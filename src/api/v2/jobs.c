/* jobs.c - jobs of outside workers: taken, completed, failed, changed; incidents resolved.
 *
 * An activation is one command; who gets none may wait (waiting.c). The engine answers with keys;
 * what a job sees is read after COMMIT in a snapshot. A job that has gone between the two (its
 * instance was cancelled) is left out. Times come in milliseconds and are leases. */
#include "api/v2/v2_int.h"

#include "base/check.h"

/* ---- Activation. */

static Value job_value(Call *c, const ProcessJob *job, const ProcessJobOrigin *origin)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "jobKey", v2_key(c, job->key));
    context_put_text(&b, "type", value_string(job->type));
    context_put_text(&b, "processInstanceKey", v2_key(c, job->instance));
    context_put_text(&b, "processDefinitionId", value_string(job->process));
    context_put_text(&b, "processDefinitionVersion", value_int(origin->version));
    context_put_text(&b, "processDefinitionKey", v2_key(c, origin->definition));
    context_put_text(&b, "elementId", value_string(job->element));
    context_put_text(&b, "elementInstanceKey", v2_key(c, job->key));
    context_put_text(&b, "customHeaders", job->headers);
    context_put_text(&b, "worker", value_string(job->worker));
    context_put_text(&b, "retries", value_int(job->retries));
    context_put_text(&b, "deadline", value_int(job->due.us / 1000));
    context_put_text(&b, "variables",
                     v2_chosen(c, job->variables, value_field(c->body, "fetchVariable")));
    context_put_text(&b, "kind", value_string(STR("BPMN_ELEMENT")));
    context_put_text(&b, "listenerEventType", value_string(STR("UNSPECIFIED")));
    context_put_text(&b, "userTask", value_null());
    context_put_text(&b, "tags", value_list_of(c->arena, NULL, 0));
    context_put_text(&b, "rootProcessInstanceKey",
                     origin->parent ? value_null() : v2_key(c, job->instance));
    v2_put_tenant(&b);
    return value_context(&b);
}

static void answer_jobs(Call *c, const ListBuilder *jobs)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "jobs", value_list(jobs));
    c->answer.body = value_context(&b);
}

static bool after_activation(Call *c, bool *again, Err *err)
{
    ListBuilder jobs = list_builder(c->arena);
    (void)again;
    for (size_t i = 0; i < value_count(c->wait.jobs); i++) {
        ProcessJob job;
        ProcessJobOrigin origin;
        Err gone = {0};
        int64_t key = 0;
        str_to_int64(value_item(c->wait.jobs, i).as.string, &key);
        if (process_job_take(c->conn, c->node, key, c->arena, &job, &origin, &gone))
            list_add(&jobs, job_value(c, &job, &origin));
        else if (!err_is(&gone, &fault_job_unknown))
            return err_set(err, gone.fault);
    }
    answer_jobs(c, &jobs);
    return true;
}

/* Writer's thread: the keys are kept for after_activation. */
static void on_activated(Call *c, const Reply *reply)
{
    c->wait.jobs = value_copy(c->arena, value_field(reply->body, "jobs"));
}

bool v2_activate_jobs(Call *c, Err *err)
{
    int64_t ms = value_get_int(c->body, STR("requestTimeout"), 0);
    ListBuilder none = list_builder(c->arena);
    ContextBuilder b = context_builder(c->arena);
    Value tenants = value_field(c->body, "tenantIds");
    for (size_t i = 0; i < value_count(tenants); i++)
        if (!str_equal(value_item(tenants, i).as.string, STR(V2_TENANT)))
            return v2_missing_field(c, "tenantIds", err);
    c->wait.type = value_get_string(c->body, STR("type"));
    c->wait.wanted = (size_t)value_get_int(c->body, STR("maxJobsToActivate"), 1);
    ms = ms == 0 ? V2_POLL_DEFAULT_MS : ms > V2_WAIT_MAX_MS ? V2_WAIT_MAX_MS : ms;
    c->wait.until_ns = ms > 0 ? clock_monotonic_ns() + ms * 1000000 : 0;
    context_put_text(&b, "type", value_string(c->wait.type));
    context_put_text(&b, "worker", value_field(c->body, "worker"));
    context_put_text(&b, "max", value_int((int64_t)c->wait.wanted));
    context_put_text(&b, "timeout_ms", value_field(c->body, "timeout"));
    answer_jobs(c, &none);
    c->order = (Order){.kind = STR("process.job_activate"), .body = value_context(&b),
                       .finish = on_activated, .after = after_activation, .waits = true};
    return true;
}

/* ---- What a worker says of its job. */

static bool order_job(Call *c, const char *kind, ContextBuilder *b, Err *err)
{
    int64_t key;
    if (!v2_path_key(c, &fault_job_unknown, &key, err))
        return false;
    context_put_text(b, "job", v2_key(c, key));
    c->order = (Order){.kind = str_from(kind), .body = value_context(b)};
    return true;
}

bool v2_complete_job(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    if (!value_is_null(value_field(c->body, "result")))
        return v2_missing_field(c, "result", err);
    context_put_text(&b, "variables", v2_variables(c));
    return order_job(c, "process.job_complete", &b, err);
}

bool v2_fail_job(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "retries", value_int(value_get_int(c->body, STR("retries"), 0)));
    context_put_text(&b, "message",
                     value_string(value_get_string(c->body, STR("errorMessage"))));
    context_put_text(&b, "back_off_ms",
                     value_int(value_get_int(c->body, STR("retryBackOff"), 0)));
    context_put_text(&b, "variables", value_field(c->body, "variables"));
    return order_job(c, "process.job_fail", &b, err);
}

bool v2_throw_error(Call *c, Err *err)
{
    ContextBuilder b = context_builder(c->arena);
    context_put_text(&b, "code", value_field(c->body, "errorCode"));
    context_put_text(&b, "message",
                     value_string(value_get_string(c->body, STR("errorMessage"))));
    context_put_text(&b, "variables", v2_variables(c));
    return order_job(c, "process.job_throw", &b, err);
}

bool v2_update_job(Call *c, Err *err)
{
    Value changes = value_field(c->body, "changeset");
    ContextBuilder b = context_builder(c->arena);
    Value retries = value_field(changes, "retries"), timeout = value_field(changes, "timeout");
    if (!value_is_null(retries))
        context_put_text(&b, "retries", retries);
    if (!value_is_null(timeout))
        context_put_text(&b, "timeout_ms", timeout);
    return order_job(c, "process.job_update", &b, err);
}

/* ---- Incidents. */

bool v2_get_incident(Call *c, Err *err)
{
    int64_t key;
    return v2_path_key(c, &fault_incident_unknown, &key, err) &&
           v2_find_row(c, &search_incidents, key, &fault_incident_unknown, &c->answer.body, err);
}

bool v2_resolve_incident(Call *c, Err *err)
{
    int64_t key;
    ContextBuilder b = context_builder(c->arena);
    if (!v2_path_key(c, &fault_incident_unknown, &key, err))
        return false;
    context_put_text(&b, "incident", v2_key(c, key));
    c->order = (Order){.kind = STR("process.incident_retry"), .body = value_context(&b)};
    return true;
}

static bool search_incidents_of(Call *c, const char *column, Err *err)
{
    int64_t key;
    SearchQuery q;
    if (!v2_path_key(c, &fault_instance_unknown, &key, err) ||
        !v2_read_search(c, &search_incidents, &q, err))
        return false;
    v2_add_condition(c, &q, column, key);
    return v2_search_rows(c, &q, err);
}

bool v2_search_instance_incidents(Call *c, Err *err)
{
    return search_incidents_of(c, "processInstanceKey", err);
}

bool v2_search_element_incidents(Call *c, Err *err)
{
    return search_incidents_of(c, "elementInstanceKey", err);
}
