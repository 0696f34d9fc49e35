/* process_read.c - rows of instances and incidents for the API and for other modules' pages.
 *
 * Everything here runs on a reader's connection and sees one snapshot when the caller has begun
 * one. Tasks have a file of their own (process_task_list.c). */
#include "domain/process/process_int.h"
#include "domain/process/process_row.h"
#include "domain/process/process_search.h"

static void fill_elements(Arena *a, const Instance *in, ProcessInstance *out)
{
    out->elements = arena_new_array(a, ProcessElement, in->trail_count + 1);
    for (size_t i = 0; out->elements && i < in->trail_count; i++) {
        ProcessElement *e = &out->elements[out->element_count++];
        *e = (ProcessElement){in->trail[i].element, 0, in->trail[i].completed,
                              in->trail[i].cancelled};
        for (size_t k = 0; k < in->token_count; k++) {
            const Token *t = in->tokens[k];
            e->active += !t->gone && str_equal(t->element, e->element);
        }
    }
}

static void fill_instance(Arena *a, const Instance *in, ProcessInstance *out)
{
    ContextBuilder none = context_builder(a);
    *out = (ProcessInstance){.key = in->key,
                             .process = in->process,
                             .version = in->version,
                             .case_id = in->case_id,
                             .business_key = in->business_key,
                             .parent = in->parent,
                             .state = in->state,
                             .started_at = in->started_at,
                             .ended_at = in->ended_at,
                             .incidents = in->incidents};
    out->variables = value_context(&none);
    if (in->token_count > 0 && value_is(in->tokens[0]->local, VALUE_CONTEXT)) {
        out->variables = in->tokens[0]->local;
    }
    fill_elements(a, in, out);
}

bool process_instance_read(StoreConn *conn, int64_t node, int64_t key, Arena *a,
                           ProcessInstance *out, Err *err)
{
    Instance in;
    bool found = false;
    if (!instance_load(conn, node, key, a, &in, &found, err)) {
        return false;
    }
    if (!found) {
        return err_set(err, &fault_instance_unknown, arena_printf(a, "%lld", (long long)key));
    }
    fill_instance(a, &in, out);
    return true;
}

static const Sql SELECT_OF_CASE = {
    "SELECT key FROM process_instance WHERE node = ?1 AND case_id = ?2 ORDER BY key"};

bool process_instances_of_case(StoreConn *conn, int64_t node, Id case_id, Arena *a,
                               ProcessInstance **out, size_t *count, Err *err)
{
    ListBuilder keys = list_builder(a);
    Rows *r = store_query(conn, &SELECT_OF_CASE, PARAMS(p_int(node), p_id(&case_id)));
    while (rows_next(r)) {
        list_add(&keys, value_int(rows_int(r, 0)));
    }
    rows_close(r);
    *count = 0;
    *out = arena_new_array(a, ProcessInstance, keys.count + 1);
    for (size_t i = 0; *out && i < keys.count; i++) {
        int64_t key = 0;
        dec_to_int64(keys.items[i].as.number, &key);
        if (!process_instance_read(conn, node, key, a, &(*out)[(*count)++], err)) {
            return false;
        }
    }
    return !store_failed(conn, err);
}

Value process_instance_value(Arena *a, const ProcessInstance *in)
{
    ContextBuilder b = context_builder(a);
    ListBuilder elements = list_builder(a);
    for (size_t i = 0; i < in->element_count; i++) {
        ContextBuilder e = context_builder(a);
        context_put_text(&e, "element", value_string(in->elements[i].element));
        context_put_text(&e, "active", value_int(in->elements[i].active));
        context_put_text(&e, "completed", value_int(in->elements[i].completed));
        context_put_text(&e, "cancelled", value_int(in->elements[i].cancelled));
        list_add(&elements, value_context(&e));
    }
    context_put_text(&b, "instance", process_key_value(a, in->key));
    context_put_text(&b, "process", value_string(in->process));
    context_put_text(&b, "version", value_int(in->version));
    context_put_text(&b, "case", id_is_none(in->case_id) ? value_null()
                                                         : value_id(a, in->case_id));
    context_put_text(&b, "business_key", value_string(in->business_key));
    context_put_text(&b, "parent", in->parent ? process_key_value(a, in->parent) : value_null());
    context_put_text(&b, "state", value_string(str_from(process_instance_state_name(in->state))));
    context_put_text(&b, "started_at", value_instant(a, in->started_at));
    context_put_text(&b, "ended_at", value_instant(a, in->ended_at));
    context_put_text(&b, "incidents", value_int(in->incidents));
    context_put_text(&b, "elements", value_list(&elements));
    return value_context(&b);
}

/* ---- Incidents. */

static const Sql SELECT_INCIDENTS = {
    "SELECT key, instance, case_id, process, element, fault, text_en, text_zh, at, resolved_at"
    " FROM process_incident WHERE node = ?1 AND key < ?2 AND (?3 = 0 OR instance = ?3)"
    " AND (?4 = 0 OR resolved_at IS NULL) ORDER BY key DESC LIMIT ?5"};

bool process_incident_list(StoreConn *conn, int64_t node, int64_t instance, bool open_only,
                           int64_t before, size_t limit, Arena *a, ProcessIncident **out,
                           size_t *count, Err *err)
{
    limit = limit == 0 ? 50 : limit > PROCESS_PAGE_MAX ? PROCESS_PAGE_MAX : limit;
    *count = 0;
    *out = arena_new_array(a, ProcessIncident, limit);
    Rows *r = store_query(conn, &SELECT_INCIDENTS,
                          PARAMS(p_int(node), p_int(before ? before : INT64_MAX),
                                 p_int(instance), p_int(open_only), p_int((int64_t)limit)));
    while (*out && *count < limit && rows_next(r)) {
        ProcessIncident *i = &(*out)[(*count)++];
        *i = (ProcessIncident){.key = rows_int(r, 0),
                               .instance = rows_int(r, 1),
                               .case_id = rows_id(r, 2),
                               .process = rows_copy(r, 3, a),
                               .element = rows_copy(r, 4, a),
                               .fault = rows_copy(r, 5, a),
                               .text_en = rows_copy(r, 6, a),
                               .text_zh = rows_copy(r, 7, a),
                               .at = rows_instant(r, 8),
                               .resolved_at = rows_instant(r, 9)};
    }
    rows_close(r);
    return !store_failed(conn, err);
}

Value process_incident_value(Arena *a, const ProcessIncident *i, Lang lang)
{
    ContextBuilder b = context_builder(a);
    context_put_text(&b, "incident", process_key_value(a, i->key));
    context_put_text(&b, "instance", process_key_value(a, i->instance));
    context_put_text(&b, "case",
                     id_is_none(i->case_id) ? value_null() : value_id(a, i->case_id));
    context_put_text(&b, "process", value_string(i->process));
    context_put_text(&b, "element", value_string(i->element));
    context_put_text(&b, "fault", value_string(i->fault));
    context_put_text(&b, "text", value_string(lang == LANG_EN ? i->text_en : i->text_zh));
    context_put_text(&b, "at", value_instant(a, i->at));
    context_put_text(&b, "resolved_at", value_instant(a, i->resolved_at));
    return value_context(&b);
}

/* ---- Jobs. */

static const Sql SELECT_JOB = {
    "SELECT instance, case_id, process, element, type, retries, headers, worker, due"
    " FROM process_job WHERE node = ?1 AND key = ?2"};

bool process_job_read(StoreConn *conn, int64_t node, int64_t key, Arena *a, ProcessJob *out,
                      Err *err)
{
    *out = (ProcessJob){.key = key};
    Rows *r = store_query(conn, &SELECT_JOB, PARAMS(p_int(node), p_int(key)));
    bool found = rows_next(r), ok = true;
    if (found) {
        out->instance = rows_int(r, 0);
        out->case_id = rows_id(r, 1);
        out->process = rows_copy(r, 2, a);
        out->element = rows_copy(r, 3, a);
        out->type = rows_copy(r, 4, a);
        out->retries = rows_int(r, 5);
        ok = json_parse(a, rows_bytes(r, 6), &out->headers, err);
        out->worker = rows_copy(r, 7, a);
        out->due = rows_instant(r, 8);
    }
    rows_close(r);
    if (!found) {
        return err_set(err, &fault_job_unknown, arena_printf(a, "%lld", (long long)key));
    }
    return ok && process_task_variables(conn, node, key, a, &out->variables, err);
}

static const Sql SELECT_ORIGIN = {
    "SELECT i.version, COALESCE(" CORE_DEFINITION_KEY("d") ", 0), i.parent FROM process_instance i"
    " LEFT JOIN core_definition d ON d.node = i.node AND d.kind = 'process' AND d.id = i.process"
    " AND d.version = i.version WHERE i.node = ?1 AND i.key = ?2"};

bool process_job_take(StoreConn *conn, int64_t node, int64_t key, Arena *a, ProcessJob *job,
                      ProcessJobOrigin *origin, Err *err)
{
    if (!process_job_read(conn, node, key, a, job, err)) {
        return false;
    }
    Rows *r = store_query(conn, &SELECT_ORIGIN, PARAMS(p_int(node), p_int(job->instance)));
    *origin = (ProcessJobOrigin){0};
    if (rows_next(r)) {
        *origin = (ProcessJobOrigin){rows_int(r, 0), rows_int(r, 1), rows_int(r, 2)};
    }
    rows_close(r);
    return !store_failed(conn, err);
}
