/* process_apply.c - events become rows.
 *
 * process.stepped names an instance and carries the changes of one step. Applying loads the row,
 * folds the changes that concern tokens with the same functions the decision used, writes the
 * others to their own tables, and writes the row back (the writer takes the instance as the
 * decision
 * left it, which is the same, and spares loading and folding): one update a step, and one insert or
 * delete for each job, task or subscription that begins or ends. Nothing here looks at a program,
 * so a replay needs none. The closed part may be missing (its key was destroyed): variables,
 * correlation keys and incident texts are then empty, as apply_subject_erased leaves them in the
 * living rows. */
#include "domain/process/process_int.h"
#include "domain/process/process_row.h"

typedef struct Apply {
    const Process *p; /* NULL in a replay */
    StoreConn *conn;
    Arena *a;
    const Event *event;
    int64_t node;
    Instance in;
    bool folded;        /* it is already as the step leaves it: only rows are to be written */
    bool was_suspended; /* before the step */
} Apply;

static int64_t int_at(Value list, size_t i)
{
    int64_t n = 0;
    Value v = value_item(list, i);
    return value_is(v, VALUE_NUMBER) && dec_to_int64(v.as.number, &n) ? n : 0;
}

static Str text_at(Value list, size_t i)
{
    Value v = value_item(list, i);
    return value_is(v, VALUE_STRING) ? v.as.string : STR_NONE;
}

/* ---- Who listens hears of jobs and ends. */

static void ring(const Process *p, Str type, Instant due, int64_t instance)
{
    if (p && p->bell) {
        p->bell(p->bell_context, type, due, instance);
    }
}

/* ---- Candidates: who finds a task in the list, one row a person or group. */

static const Sql INSERT_CANDIDATE = {
    "INSERT INTO process_candidate (node, who, due, task) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (node, who, due, task) DO NOTHING"};
static const Sql DELETE_CANDIDATE = {
    "DELETE FROM process_candidate WHERE node = ?1 AND who = ?2 AND due = ?3 AND task = ?4"};

static void write_candidates(StoreConn *conn, Arena *a, const Sql *sql, int64_t node,
                             const ProcessTask *task)
{
    int64_t due = instant_is_none(task->due) ? DUE_NONE : task->due.us;
    if (task->assignee.len) {
        store_write(conn, sql, PARAMS(p_int(node),
                                      p_text(arena_printf(a, "a:%.*s", STR_ARG(task->assignee))),
                                      p_int(due), p_int(task->key)));
        return;
    }
    for (int kind = 0; kind < 2; kind++) {
        Value names = kind ? task->groups : task->users;
        for (size_t i = 0; i < value_count(names); i++) {
            Str who = arena_printf(a, "%c:%.*s", kind ? 'g' : 'a', STR_ARG(text_at(names, i)));
            store_write(conn, sql,
                        PARAMS(p_int(node), p_text(who), p_int(due), p_int(task->key)));
        }
    }
}

static const Sql SELECT_TASK = {
    "SELECT candidate_groups, candidate_users, assignee, due, state FROM process_task"
    " WHERE node = ?1 AND key = ?2"};

/* What the candidate rows of a task were made of; false when it is not open. */
static bool load_candidates(StoreConn *conn, Arena *a, int64_t node, int64_t key,
                            ProcessTask *out)
{
    *out = (ProcessTask){.key = key, .due = INSTANT_NONE};
    Rows *r = store_query(conn, &SELECT_TASK, PARAMS(p_int(node), p_int(key)));
    bool found = rows_next(r);
    if (found) {
        found = json_parse(a, rows_bytes(r, 0), &out->groups, NULL) &&
                json_parse(a, rows_bytes(r, 1), &out->users, NULL) &&
                process_task_state_parse(rows_bytes(r, 4), &out->state);
        out->assignee = rows_copy(r, 2, a);
        out->due = rows_instant(r, 3);
    }
    rows_close(r);
    return found &&
           (out->state == PROCESS_TASK_CREATED || out->state == PROCESS_TASK_CLAIMED);
}

/* ---- User tasks. */

static const Sql INSERT_TASK = {
    "INSERT INTO process_task (node, key, instance, case_id, process, element, name, form,"
    " candidate_groups, candidate_users, assignee, state, created_at, due, due_order, priority,"
    " version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, 1)"};
static const Sql END_TASK = {
    "UPDATE process_task SET state = ?3, assignee = ?4, ended_at = ?5, version = version + 1"
    " WHERE node = ?1 AND key = ?2"};

static void apply_task(Apply *p, Value change)
{
    Value row = value_item(change, 2);
    ProcessTask t = {.key = p->in.key | int_at(change, 1), .due = INSTANT_NONE};
    t.groups = value_field(row, "groups");
    t.users = value_field(row, "users");
    t.assignee = value_get_string(row, STR("assignee"));
    t.due.us = value_get_int(row, STR("due"), INSTANT_NONE.us);
    Str element = value_get_string(row, STR("element"));
    Str state = t.assignee.len ? STR("claimed") : STR("created");
    store_write(p->conn, &INSERT_TASK,
                PARAMS(p_int(p->node), p_int(t.key), p_int(p->in.key),
                       id_is_none(p->in.case_id) ? p_null() : p_id(&p->in.case_id),
                       p_text(p->in.process), p_text(element),
                       p_text(value_get_string(row, STR("name"))),
                       p_text(value_get_string(row, STR("form"))),
                       p_text(json_copy_text(p->a, t.groups)),
                       p_text(json_copy_text(p->a, t.users)), p_text(t.assignee), p_text(state),
                       p_instant(p->event->at), p_instant(t.due),
                       p_int(instant_is_none(t.due) ? DUE_NONE : t.due.us),
                       p_int(value_get_int(row, STR("priority"), 50))));
    write_candidates(p->conn, p->a, &INSERT_CANDIDATE, p->node, &t);
}

static void apply_task_end(Apply *p, Value change)
{
    ProcessTask t;
    Str assignee = text_at(change, 3);
    if (load_candidates(p->conn, p->a, p->node, p->in.key | int_at(change, 1), &t)) {
        write_candidates(p->conn, p->a, &DELETE_CANDIDATE, p->node, &t);
        store_write(p->conn, &END_TASK,
                    PARAMS(p_int(p->node), p_int(t.key), p_text(text_at(change, 2)),
                           p_text(assignee.len ? assignee : t.assignee),
                           p_instant(p->event->at)));
    }
}

/* ---- Jobs. */

static const Sql INSERT_JOB = {
    "INSERT INTO process_job (node, key, instance, case_id, process, element, type, retries,"
    " headers, worker, state, due, created_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '', ?11, ?10, ?10)"
    " ON CONFLICT (node, key) DO NOTHING"};
static const Sql DELETE_JOB = {"DELETE FROM process_job WHERE node = ?1 AND key = ?2"};
static const Sql RETRY_JOB = {
    "UPDATE process_job SET state = 'open', due = ?3,"
    " retries = CASE WHEN retries > 0 THEN retries ELSE 1 END WHERE node = ?1 AND key = ?2"};
static const Sql FAIL_JOB = {
    "UPDATE process_job SET state = 'failed', retries = 0, worker = '' WHERE node = ?1 AND key = ?2"};

static void apply_job(Apply *p, Value change)
{
    Value row = value_item(change, 2);
    store_write(p->conn, &INSERT_JOB,
                PARAMS(p_int(p->node), p_int(p->in.key | int_at(change, 1)), p_int(p->in.key),
                       id_is_none(p->in.case_id) ? p_null() : p_id(&p->in.case_id),
                       p_text(p->in.process), p_text(value_get_string(row, STR("element"))),
                       p_text(value_get_string(row, STR("type"))),
                       p_int(value_get_int(row, STR("retries"), 3)),
                       p_text(json_copy_text(p->a, value_field(row, "headers"))),
                       p_instant(p->event->at),
                       p_text(p->in.state == PROCESS_INSTANCE_SUSPENDED ? STR("held")
                                                                        : STR("open"))));
    ring(p->p, value_get_string(row, STR("type")), p->event->at, p->in.key);
}

static void apply_job_end(Apply *p, Value change)
{
    store_write(p->conn, &DELETE_JOB,
                PARAMS(p_int(p->node), p_int(p->in.key | int_at(change, 1))));
}

static const Sql SELECT_JOB_TYPE = {"SELECT type FROM process_job WHERE node = ?1 AND key = ?2"};

static void apply_job_retry(Apply *p, Value change)
{
    if (p->p && p->p->bell) {
        Rows *r = store_query(p->conn, &SELECT_JOB_TYPE,
                              PARAMS(p_int(p->node), p_int(p->in.key | int_at(change, 1))));
        Str type = rows_next(r) ? rows_copy(r, 0, p->a) : STR_NONE;
        rows_close(r);
        ring(p->p, type, p->event->at, p->in.key);
    }
    store_write(p->conn, &RETRY_JOB,
                PARAMS(p_int(p->node), p_int(p->in.key | int_at(change, 1)),
                       p_instant(p->event->at)));
}

static void apply_job_failed(Apply *p, Value change)
{
    store_write(p->conn, &FAIL_JOB,
                PARAMS(p_int(p->node), p_int(p->in.key | int_at(change, 1))));
}

/* ---- Subscriptions, messages, incidents. */

static const Sql INSERT_WATCH = {
    "INSERT INTO process_watch (node, instance, token, element, event, kind, name, correlation,"
    " process) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};
static const Sql DELETE_WATCHES = {
    "DELETE FROM process_watch WHERE node = ?1 AND instance = ?2 AND token = ?3"};
static const Sql DELETE_MESSAGE = {"DELETE FROM process_message WHERE node = ?1 AND key = ?2"};
static const Sql INSERT_INCIDENT = {
    "INSERT INTO process_incident (node, key, instance, case_id, process, element, token, fault,"
    " text_en, text_zh, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"};
static const Sql RESOLVE_INCIDENT = {
    "UPDATE process_incident SET resolved_at = ?4 WHERE node = ?1 AND key > ?2"
    " AND key < ?5 AND token = ?3 AND resolved_at IS NULL"};

static void apply_watch(Apply *p, Value change)
{
    Str element = text_at(change, 2);
    Str key = arena_printf(p->a, "%lld:%lld:%.*s:%lld", (long long)p->in.key,
                           (long long)int_at(change, 1), STR_ARG(element),
                           (long long)int_at(change, 3));
    Value keys = value_field(p->event->closed, "keys");
    store_write(p->conn, &INSERT_WATCH,
                PARAMS(p_int(p->node), p_int(p->in.key), p_int(int_at(change, 1)),
                       p_text(element), p_int(int_at(change, 3)), p_text(text_at(change, 4)),
                       p_text(text_at(change, 5)), p_text(value_get_string(keys, key)),
                       p_text(p->in.process)));
}

static void apply_unwatch(Apply *p, Value change)
{
    store_write(p->conn, &DELETE_WATCHES,
                PARAMS(p_int(p->node), p_int(p->in.key), p_int(int_at(change, 1))));
}

static const Sql DELETE_WATCH = {
    "DELETE FROM process_watch WHERE node = ?1 AND instance = ?2 AND token = ?3 AND element = ?4"
    " AND event = ?5"};

static void apply_unwatch_one(Apply *p, Value change)
{
    store_write(p->conn, &DELETE_WATCH,
                PARAMS(p_int(p->node), p_int(p->in.key), p_int(int_at(change, 1)),
                       p_text(text_at(change, 2)), p_int(int_at(change, 3))));
}

static void apply_message_end(Apply *p, Value change)
{
    store_write(p->conn, &DELETE_MESSAGE, PARAMS(p_int(p->node), p_int(int_at(change, 1))));
}

static void apply_incident(Apply *p, Value change)
{
    int64_t key = int_at(change, 1);
    Value texts = value_get(value_field(p->event->closed, "texts"),
                            arena_printf(p->a, "%lld", (long long)key));
    if (!p->folded) {
        p->in.incidents++;
        p->in.next = key + 1;
    }
    store_write(p->conn, &INSERT_INCIDENT,
                PARAMS(p_int(p->node), p_int(p->in.key | key), p_int(p->in.key),
                       id_is_none(p->in.case_id) ? p_null() : p_id(&p->in.case_id),
                       p_text(p->in.process), p_text(text_at(change, 3)),
                       p_int(int_at(change, 2)), p_text(text_at(change, 4)),
                       p_text(text_at(texts, 0)), p_text(text_at(texts, 1)),
                       p_instant(p->event->at)));
}

static void apply_incident_end(Apply *p, Value change)
{
    p->in.incidents -= !p->folded;
    store_write(p->conn, &RESOLVE_INCIDENT,
                PARAMS(p_int(p->node), p_int(p->in.key), p_int(int_at(change, 1)),
                       p_instant(p->event->at), p_int(p->in.key + KEY_LOCAL_MAX)));
}

/* ---- Tokens. */

static void apply_enter(Apply *p, Value c)
{
    if (p->folded) {
        return;
    }
    fold_enter(&p->in, int_at(c, 1), text_at(c, 2), int_at(c, 3), text_at(c, 4), int_at(c, 5));
}

static void apply_leave(Apply *p, Value c)
{
    Str how = text_at(c, 2);
    if (p->folded) {
        return;
    }
    fold_leave(&p->in, int_at(c, 1),
               str_equal(how, STR("completed"))   ? LEAVE_COMPLETED
               : str_equal(how, STR("cancelled")) ? LEAVE_CANCELLED
                                                  : LEAVE_MERGED);
}

static void apply_set(Apply *p, Value c)
{
    if (p->folded) {
        return;
    }
    fold_set(&p->in, int_at(c, 1), int_at(c, 2), int_at(c, 3), value_item(c, 4));
}

static const Sql HOLD_JOBS = {
    "UPDATE process_job SET state = 'held' WHERE node = ?1 AND key > ?2 AND key < ?3"
    " AND state = 'open'"};
static const Sql RELEASE_JOBS = {
    "UPDATE process_job SET state = 'open' WHERE node = ?1 AND key > ?2 AND key < ?3"
    " AND state = 'held'"};
static const Sql DELETE_DEFERRED = {
    "DELETE FROM process_deferred WHERE node = ?1 AND instance = ?2"};

static void apply_state(Apply *p, Value c)
{
    bool was_suspended = p->was_suspended;
    check(process_instance_state_parse(text_at(c, 1), &p->in.state));
    bool suspended = p->in.state == PROCESS_INSTANCE_SUSPENDED;
    if (suspended || p->in.state == PROCESS_INSTANCE_ACTIVE) {
        store_write(p->conn, suspended ? &HOLD_JOBS : &RELEASE_JOBS,
                    PARAMS(p_int(p->node), p_int(p->in.key), p_int(p->in.key + KEY_LOCAL_MAX)));
    } else {
        p->in.ended_at = p->event->at;
        ring(p->p, STR_NONE, p->event->at, p->in.key);
    }
    if (was_suspended && !suspended) {
        store_write(p->conn, &DELETE_DEFERRED, PARAMS(p_int(p->node), p_int(p->in.key)));
    }
}

static const Sql MOVE_ROWS[] = {
    {"UPDATE process_task SET element = ?3 WHERE node = ?1 AND key = ?2"},
    {"UPDATE process_job SET element = ?3 WHERE node = ?1 AND key = ?2"},
};
static const Sql MOVE_INCIDENTS = {
    "UPDATE process_incident SET element = ?5 WHERE node = ?1 AND key > ?2 AND key < ?3"
    " AND token = ?4 AND resolved_at IS NULL"};

static void apply_move(Apply *p, Value c)
{
    Str element = text_at(c, 2);
    int64_t token = int_at(c, 1);
    if (!p->folded) {
        fold_move(&p->in, token, element);
    }
    for (size_t i = 0; i < sizeof MOVE_ROWS / sizeof *MOVE_ROWS; i++) {
        store_write(p->conn, &MOVE_ROWS[i],
                    PARAMS(p_int(p->node), p_int(p->in.key | token), p_text(element)));
    }
    store_write(p->conn, &MOVE_INCIDENTS,
                PARAMS(p_int(p->node), p_int(p->in.key), p_int(p->in.key + KEY_LOCAL_MAX),
                       p_int(token), p_text(element)));
}

static const Sql SET_VERSION = {
    "UPDATE process_instance SET version = ?3 WHERE node = ?1 AND key = ?2"};

static void apply_version(Apply *p, Value c)
{
    p->in.version = int_at(c, 1);
    store_write(p->conn, &SET_VERSION,
                PARAMS(p_int(p->node), p_int(p->in.key), p_int(p->in.version)));
}

static const struct {
    const char *name;
    void (*apply)(Apply *p, Value change);
} change_list[] = {
    {"enter", apply_enter}, {"leave", apply_leave}, {"set", apply_set}, {"state", apply_state},
    {"task", apply_task}, {"task_end", apply_task_end}, {"job", apply_job},
    {"job_end", apply_job_end}, {"job_retry", apply_job_retry},
    {"job_failed", apply_job_failed}, {"watch", apply_watch}, {"unwatch", apply_unwatch},
    {"message_end", apply_message_end}, {"incident", apply_incident},
    {"incident_end", apply_incident_end}, {"unwatch_one", apply_unwatch_one},
    {"version", apply_version}, {"move", apply_move},
};

static void apply_change(Apply *p, Value change)
{
    Str name = text_at(change, 0);
    for (size_t i = 0; i < sizeof change_list / sizeof *change_list; i++) {
        if (str_equal(name, str_from(change_list[i].name))) {
            change_list[i].apply(p, change);
            return;
        }
    }
    check(!"a change of a kind that nobody writes");
}

/* ---- The whole step. */

static const Sql INSERT_INSTANCE = {
    "INSERT INTO process_instance (node, key, process, version, case_id, business_key, parent,"
    " parent_token, state, started_at, ended_at, incidents, tokens, variables)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"};
static const Sql UPDATE_INSTANCE = {
    "UPDATE process_instance SET state = ?3, ended_at = ?4, incidents = ?5, tokens = ?6,"
    " variables = ?7 WHERE node = ?1 AND key = ?2"};
static const Sql SET_NUMBER = {
    "INSERT INTO process_counter (node, number) VALUES (?1, ?2)"
    " ON CONFLICT (node) DO UPDATE SET number = excluded.number"};

static void read_start(Apply *p, Value start)
{
    Instance *in = &p->in;
    in->process = value_get_string(start, STR("process"));
    in->version = value_get_int(start, STR("version"), 1);
    in->case_id = value_get_id(start, STR("case"));
    in->business_key = value_get_string(start, STR("business_key"));
    in->parent = value_get_int(start, STR("parent"), 0);
    in->parent_token = value_get_int(start, STR("parent_token"), 0);
    in->state = p->folded ? in->state : PROCESS_INSTANCE_ACTIVE;
    in->started_at = p->event->at;
    store_write(p->conn, &SET_NUMBER, PARAMS(p_int(p->node), p_int(in->key >> KEY_BITS)));
}

static void write_instance(Apply *p, bool is_new)
{
    Instance *in = &p->in;
    Param state = p_text(str_from(process_instance_state_name(in->state)));
    Param tokens = p_text(instance_tokens_text(in));
    Param variables = p_text(instance_variables_text(in));
    if (is_new) {
        store_write(p->conn, &INSERT_INSTANCE,
                    PARAMS(p_int(p->node), p_int(in->key), p_text(in->process),
                           p_int(in->version),
                           id_is_none(in->case_id) ? p_null() : p_id(&in->case_id),
                           p_text(in->business_key), p_int(in->parent), p_int(in->parent_token),
                           state, p_instant(in->started_at), p_instant(in->ended_at),
                           p_int(in->incidents), tokens, variables));
    } else {
        store_write(p->conn, &UPDATE_INSTANCE,
                    PARAMS(p_int(p->node), p_int(in->key), state, p_instant(in->ended_at),
                           p_int(in->incidents), tokens, variables));
    }
}

static void fold_all_variables(Apply *p)
{
    Value all = value_field(p->event->closed, "variables");
    for (size_t i = 0; value_is(all, VALUE_CONTEXT) && i < all.as.context.count; i++) {
        int64_t token = 0;
        str_to_int64(all.as.context.entries[i].key, &token);
        fold_variables(&p->in, token, all.as.context.entries[i].value);
    }
}

/* The instance before the step; false when the connection has failed. */
static bool load_before(Apply *p, int64_t key, bool is_new)
{
    bool found = true;
    if (is_new) {
        instance_init(&p->in, p->a);
        p->in.key = key;
    } else if (!instance_load(p->conn, p->node, key, p->a, &p->in, &found, NULL)) {
        return false;
    }
    check(found);
    p->was_suspended = p->in.state == PROCESS_INSTANCE_SUSPENDED;
    return true;
}

/* The instance after the step, when its decision has just been made. */
static bool take_decided(Apply *p, Process *state, int64_t key)
{
    Decided *d = &state->decided;
    p->folded = d->in && d->event == p->event->open.as.context.entries && d->in->key == key;
    if (p->folded) {
        p->in = *d->in;
        p->was_suspended = d->was_suspended;
    }
    *d = (Decided){0};
    return p->folded;
}

void apply_stepped(void *state, StoreConn *conn, const Event *event)
{
    Apply p = {.p = state, .conn = conn, .a = event->arena, .event = event, .node = event->node};
    int64_t key = value_get_int(event->open, STR("instance"), 0);
    Value start = value_field(event->open, "start");
    bool is_new = !value_is_null(start);
    if (!take_decided(&p, state, key) && !load_before(&p, key, is_new)) {
        return; /* the transaction will be rolled back */
    }
    if (is_new) {
        read_start(&p, start);
    }
    Value changes = value_field(event->open, "changes");
    for (size_t i = 0; i < value_count(changes); i++) {
        apply_change(&p, value_item(changes, i));
    }
    if (!p.folded) {
        fold_all_variables(&p);
    }
    write_instance(&p, is_new);
    check(!arena_failed(p.a));
}

/* ---- The other events. */

static const Sql CHANGE_TASK = {
    "UPDATE process_task SET state = ?3, assignee = ?4, version = ?5"
    " WHERE node = ?1 AND key = ?2"};

void apply_task_changed(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Arena *a = arena_open(1u << 20);
    ProcessTask t;
    int64_t key = value_get_int(event->open, STR("task"), 0);
    if (load_candidates(conn, a, event->node, key, &t)) {
        write_candidates(conn, a, &DELETE_CANDIDATE, event->node, &t);
        t.assignee = value_get_string(event->open, STR("assignee"));
        store_write(conn, &CHANGE_TASK,
                    PARAMS(p_int(event->node), p_int(key),
                           p_text(value_get_string(event->open, STR("state"))),
                           p_text(t.assignee),
                           p_int(value_get_int(event->open, STR("version"), 1))));
        write_candidates(conn, a, &INSERT_CANDIDATE, event->node, &t);
    }
    arena_close(a);
}

static const Sql EDIT_TASK = {
    "UPDATE process_task SET candidate_groups = ?3, candidate_users = ?4, due = ?5, due_order = ?6,"
    " priority = ?7, version = ?8 WHERE node = ?1 AND key = ?2"};

void apply_task_edited(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Arena *a = arena_open(1u << 20);
    ProcessTask t;
    int64_t key = value_get_int(event->open, STR("task"), 0);
    if (load_candidates(conn, a, event->node, key, &t)) {
        write_candidates(conn, a, &DELETE_CANDIDATE, event->node, &t);
        t.groups = value_field(event->open, "groups");
        t.users = value_field(event->open, "users");
        t.due.us = value_get_int(event->open, STR("due"), INSTANT_NONE.us);
        store_write(conn, &EDIT_TASK,
                    PARAMS(p_int(event->node), p_int(key), p_text(json_copy_text(a, t.groups)),
                           p_text(json_copy_text(a, t.users)), p_instant(t.due),
                           p_int(instant_is_none(t.due) ? DUE_NONE : t.due.us),
                           p_int(value_get_int(event->open, STR("priority"), 50)),
                           p_int(value_get_int(event->open, STR("version"), 1))));
        write_candidates(conn, a, &INSERT_CANDIDATE, event->node, &t);
    }
    arena_close(a);
}

static const Sql INSERT_MESSAGE = {
    "INSERT INTO process_message (node, key, name, correlation, variables, expires)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};

void apply_message_published(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Arena *a = arena_open(CORE_COMMAND_ARENA);
    ContextBuilder none = context_builder(a);
    Value variables = value_field(event->closed, "variables");
    int64_t key = value_get_int(event->open, STR("message"), 0);
    store_write(conn, &INSERT_MESSAGE,
                PARAMS(p_int(event->node), p_int(key),
                       p_text(value_get_string(event->open, STR("name"))),
                       p_text(value_get_string(event->closed, STR("correlation"))),
                       p_text(json_copy_text(a, value_is(variables, VALUE_CONTEXT)
                                                    ? variables
                                                    : value_context(&none))),
                       p_int(value_get_int(event->open, STR("expires"), 0))));
    store_write(conn, &SET_NUMBER, PARAMS(p_int(event->node), p_int(key >> KEY_BITS)));
    arena_close(a);
}

void apply_message_ended(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    store_write(conn, &DELETE_MESSAGE,
                PARAMS(p_int(event->node), p_int(value_get_int(event->open, STR("message"), 0))));
}

static const Sql CHANGE_JOB = {
    "UPDATE process_job SET worker = ?3, due = ?4, retries = ?5 WHERE node = ?1 AND key = ?2"};

void apply_job_changed(void *state, StoreConn *conn, const Event *event)
{
    Value jobs = value_field(event->open, "jobs");
    for (size_t i = 0; i < value_count(jobs); i++) {
        Value job = value_item(jobs, i);
        store_write(conn, &CHANGE_JOB,
                    PARAMS(p_int(event->node), p_int(int_at(job, 0)), p_text(text_at(job, 1)),
                           p_int(int_at(job, 2)), p_int(int_at(job, 3))));
        if (text_at(job, 4).len) {
            ring(state, text_at(job, 4), (Instant){int_at(job, 2)}, key_instance(int_at(job, 0)));
        }
    }
}

static const Sql ERASE_BY_CASE[] = {
    {"UPDATE process_watch SET correlation = '' WHERE node = ?1 AND instance IN"
     " (SELECT key FROM process_instance WHERE node = ?1 AND case_id = ?2)"},
    {"UPDATE process_incident SET text_en = '', text_zh = '' WHERE node = ?1 AND case_id = ?2"},
    {"UPDATE process_deferred SET body = '{}' WHERE node = ?1 AND instance IN"
     " (SELECT key FROM process_instance WHERE node = ?1 AND case_id = ?2)"},
    {"UPDATE process_instance SET variables = '{}' WHERE node = ?1 AND case_id = ?2"},
};
static const Sql ERASE_BY_KEY[] = {
    {"UPDATE process_watch SET correlation = '' WHERE node = ?1 AND instance = ?2"},
    {"UPDATE process_incident SET text_en = '', text_zh = '' WHERE node = ?1 AND instance = ?2"},
    {"UPDATE process_deferred SET body = '{}' WHERE node = ?1 AND instance = ?2"},
    {"UPDATE process_instance SET variables = '{}' WHERE node = ?1 AND key = ?2"},
    {"UPDATE process_message SET variables = '{}', correlation = '' WHERE node = ?1 AND key = ?2"},
};

/* The personal values of a subject go: of a case's instances, or of one instance or message. */
void apply_subject_erased(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Str subject = value_get_string(event->open, STR("subject"));
    Id case_id;
    int64_t key = 0;
    if (id_parse(subject, &case_id)) {
        for (size_t i = 0; i < sizeof ERASE_BY_CASE / sizeof *ERASE_BY_CASE; i++) {
            store_write(conn, &ERASE_BY_CASE[i], PARAMS(p_int(event->node), p_id(&case_id)));
        }
    } else if (str_starts(subject, STR("process:")) &&
               str_to_int64(str_slice(subject, 8, subject.len), &key)) {
        for (size_t i = 0; i < sizeof ERASE_BY_KEY / sizeof *ERASE_BY_KEY; i++) {
            store_write(conn, &ERASE_BY_KEY[i], PARAMS(p_int(event->node), p_int(key)));
        }
    }
}
