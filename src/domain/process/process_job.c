/* process_job.c - jobs of outside workers: leased, answered, failed, tried again.
 *
 *     open ──activate──▶ leased until due ──complete / throw──▶ gone
 *      ▲                    │      │
 *      └── lease ran out ───┘      └─fail─▶ open again after its back-off, while retries are left;
 *                                           then failed, with an incident
 *
 * A job can be taken by a worker when it is open and its due instant has come: for a new job that
 * is its creation, for a leased one the end of the lease, for a failed try the end of the back-off.
 * So a lease needs no timer: a worker that vanished loses its job by the clock. The reply of
 * process.job_activate names keys only; variables are read through process_job_read, because
 * replies are kept for ever and hold no personal data. */
#include "domain/process/process_int.h"

#define JOB_BATCH_MAX 1000
#define JOB_LEASE_MAX_S 86400

static const Sql SELECT_OPEN = {
    "SELECT key, retries FROM process_job WHERE node = ?1 AND type = ?2 AND state = 'open'"
    " AND due <= ?3 ORDER BY due, key LIMIT ?4"};
static const Sql SELECT_NEXT_DUE = {
    "SELECT due FROM process_job WHERE node = ?1 AND type = ?2 AND state = 'open'"
    " ORDER BY due LIMIT 1"};
static const Sql SELECT_JOB = {
    "SELECT worker, retries, state, due, type FROM process_job WHERE node = ?1 AND key = ?2"};

typedef struct Job {
    int64_t key;
    Str worker, state, type;
    int64_t retries;
    Instant due;
} Job;

static Value job_change(Arena *a, int64_t key, Str worker, Instant due, int64_t retries, Str type)
{
    Value items[5] = {value_int(key), value_string(worker), value_int(due.us),
                      value_int(retries), value_string(type)};
    return value_list_of(a, items, 5);
}

static void emit_jobs(Decision *d, Value jobs)
{
    ContextBuilder b = context_builder(decision_arena(d));
    context_put_text(&b, "jobs", jobs);
    decision_emit(d, STR("process.job_changed"), STR_NONE, value_context(&b), value_null());
}

/* "timeout_ms", or "timeout_s", or a minute. */
static int64_t lease_of(Value body)
{
    int64_t ms = value_get_int(body, STR("timeout_ms"), 0);
    int64_t s = value_get_int(body, STR("timeout_s"), 60);
    if (!value_is_null(value_field(body, "timeout_ms"))) {
        return ms > 0 && ms <= JOB_LEASE_MAX_S * 1000ll ? ms * 1000 : -1;
    }
    return s > 0 && s <= JOB_LEASE_MAX_S ? s * US_PER_SECOND : -1;
}

/* When the first job of the type that is leased or waits for its next try may be taken; 0: none. */
static int64_t next_due(Decision *d, Str type)
{
    Rows *r = store_query(decision_store(d), &SELECT_NEXT_DUE,
                          PARAMS(p_int(decision_node(d)), p_text(type)));
    int64_t due = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    return due;
}

bool decide_job_activate(void *state, const Command *c, Decision *d)
{
    (void)state;
    Arena *a = decision_arena(d);
    Str type = value_get_string(c->body, STR("type"));
    Str worker = value_get_string(c->body, STR("worker"));
    int64_t limit = value_get_int(c->body, STR("max"), 1);
    int64_t lease_us = lease_of(c->body);
    if (!type.len || str_starts(type, STR("tongban."))) {
        return decision_refuse_with(d, &fault_field_invalid, STR("type"), STR("job type"));
    }
    if (limit < 1 || limit > JOB_BATCH_MAX) {
        return decision_refuse_with(d, &fault_field_invalid, STR("max"), STR("1..1000"));
    }
    if (lease_us < 1 || lease_us > JOB_LEASE_MAX_S * US_PER_SECOND) {
        return decision_refuse_with(d, &fault_field_invalid, STR("timeout_s"), STR("1..86400"));
    }
    Instant due = {c->now.us + lease_us};
    ListBuilder changes = list_builder(a), keys = list_builder(a);
    Rows *r = store_query(decision_store(d), &SELECT_OPEN,
                          PARAMS(p_int(decision_node(d)), p_text(type), p_instant(c->now),
                                 p_int(limit)));
    while (rows_next(r)) {
        list_add(&changes, job_change(a, rows_int(r, 0), worker, due, rows_int(r, 1),
                                      type));
        list_add(&keys, process_key_value(a, rows_int(r, 0)));
    }
    rows_close(r);
    if (keys.count > 0) {
        emit_jobs(d, value_list(&changes));
    }
    ContextBuilder reply = context_builder(a);
    context_put_text(&reply, "jobs", value_list(&keys));
    if (keys.count == 0) {
        context_put_text(&reply, "next_due_us", value_int(next_due(d, type)));
    }
    decision_reply(d, value_context(&reply));
    return true;
}

/* The job of a command and the instance it belongs to. */
static bool open_job(Game *g, void *state, const Command *c, Decision *d, Job *job)
{
    Arena *a = decision_arena(d);
    *job = (Job){.key = process_key_field(c->body, STR("job"))};
    Rows *r = store_query(decision_store(d), &SELECT_JOB,
                          PARAMS(p_int(decision_node(d)), p_int(job->key)));
    bool found = rows_next(r);
    if (found) {
        job->worker = rows_copy(r, 0, a);
        job->retries = rows_int(r, 1);
        job->state = rows_copy(r, 2, a);
        job->due = rows_instant(r, 3);
        job->type = rows_copy(r, 4, a);
    }
    rows_close(r);
    if (!found) {
        return decision_refuse_with(d, &fault_job_unknown,
                                    arena_printf(a, "%lld", (long long)job->key));
    }
    if (!game_open(g, state, d, c, key_instance(job->key), NULL)) {
        return false;
    }
    check(instance_token(&g->in, key_local(job->key)) != NULL);
    return true;
}

/* What an operator changes about a job: retries, and the lease of the worker that has it. */
bool decide_job_update(void *state, const Command *c, Decision *d)
{
    Game g;
    Job job;
    int64_t lease_us = lease_of(c->body);
    if (!open_job(&g, state, c, d, &job)) {
        return false;
    }
    bool lease = !value_is_null(value_field(c->body, "timeout_ms"));
    int64_t retries = value_get_int(c->body, STR("retries"), job.retries);
    if (retries < 0 || retries > 1000 || (lease && lease_us < 0)) {
        return decision_refuse_with(d, &fault_field_invalid, STR("retries / timeout"),
                                    STR("0..1000 / 1..86400000"));
    }
    Instant due = lease ? (Instant){c->now.us + lease_us} : job.due;
    Value change = job_change(g.a, job.key, job.worker, due, retries, job.type);
    emit_jobs(d, value_list_of(g.a, &change, 1));
    return true;
}

bool decide_job_complete(void *state, const Command *c, Decision *d)
{
    Game g;
    Job job;
    Value variables = value_field(c->body, "variables");
    if (!value_is_null(variables) && !value_is(variables, VALUE_CONTEXT)) {
        return decision_refuse_with(d, &fault_field_invalid, STR("variables"), STR("object"));
    }
    if (!open_job(&g, state, c, d, &job)) {
        return false;
    }
    game_heal(&g, instance_token(&g.in, key_local(job.key)));
    game_push(&g, MOVE_COMPLETE, key_local(job.key), variables);
    return game_close(&g);
}

bool decide_job_fail(void *state, const Command *c, Decision *d)
{
    Game g;
    Job job;
    if (!open_job(&g, state, c, d, &job)) {
        return false;
    }
    int64_t retries = value_get_int(c->body, STR("retries"), job.retries - 1);
    int64_t back_off_ms = value_get_int(c->body, STR("back_off_ms"),
                                        value_get_int(c->body, STR("back_off_s"), 0) * 1000);
    Value variables = value_field(c->body, "variables");
    if (retries < 0 || retries > 1000 || back_off_ms < 0 ||
        back_off_ms > JOB_LEASE_MAX_S * 1000ll) {
        return decision_refuse_with(d, &fault_field_invalid, STR("retries / back_off_s"),
                                    STR("0..1000 / 0..86400"));
    }
    Token *t = instance_token(&g.in, key_local(job.key));
    if (value_is(variables, VALUE_CONTEXT)) {
        variable_set_all(&g, t->key, variables);
    }
    if (retries > 0) {
        Instant due = {c->now.us + back_off_ms * 1000};
        Value change = job_change(g.a, job.key, STR_NONE, due, retries, job.type);
        emit_jobs(d, value_list_of(g.a, &change, 1));
        return game_close(&g);
    }
    if (t->flags & TOKEN_FAILED) {
        return game_close(&g); /* its incident is open already */
    }
    Err err = {0};
    err_set(&err, &fault_job_failed, job.type, value_get_string(c->body, STR("message")));
    change_note(&g, value_string(STR("job_failed")), value_int(t->key));
    game_incident(&g, t, TOKEN_FAILED_JOB, &err);
    return game_close(&g);
}

bool decide_job_throw(void *state, const Command *c, Decision *d)
{
    Game g;
    Job job;
    Str code = value_get_string(c->body, STR("code"));
    Str text = value_get_string(c->body, STR("message"));
    if (!code.len) {
        return decision_refuse_with(d, &fault_field_invalid, STR("code"), STR("error code"));
    }
    if (!open_job(&g, state, c, d, &job)) {
        return false;
    }
    Token *t = instance_token(&g.in, key_local(job.key));
    Value variables = value_field(c->body, "variables");
    if (!throw_error(&g, t->key, code, variables) && !(t->flags & TOKEN_FAILED)) {
        Err err = {0};
        err_set(&err, &fault_error_not_caught, code, text);
        change_note(&g, value_string(STR("job_failed")), value_int(t->key));
        game_incident(&g, t, TOKEN_FAILED_JOB, &err);
    }
    return game_close(&g);
}
