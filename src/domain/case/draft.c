/* draft.c - drafts: what an account has filled in so far, kept on the server.
 *
 * A draft belongs to one account and one thing; nobody else sees it, and what is not one's own
 * reads as not found. Its version is the caller's proof of having seen the latest state: a page
 * that saves over a newer version is told so (draft_changed) instead of losing work. Without a
 * version the last writer wins, which is what autosave of a single page wants. */
#include "codec/json.h"
#include "domain/case/case_int.h"

static const Sql sql_read = {
    "SELECT thing, version, data, account, thing_version, created_at, saved_at FROM case_draft"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_count = {
    "SELECT COUNT(*) FROM case_draft WHERE node = ?1 AND account = ?2"};
static const Sql sql_list = {
    "SELECT id, thing, version, thing_version, created_at, saved_at FROM case_draft"
    " WHERE node = ?1 AND account = ?2 ORDER BY saved_at DESC, id DESC"};
static const Sql sql_insert = {
    "INSERT INTO case_draft (node, id, account, thing, thing_version, version, data, created_at,"
    " saved_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)"};
static const Sql sql_update = {
    "UPDATE case_draft SET data = ?3, version = ?4, thing_version = ?5, saved_at = ?6"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_delete = {"DELETE FROM case_draft WHERE node = ?1 AND id = ?2"};

/* ---- Judging. */

bool case_draft_own(StoreConn *conn, int64_t node, Str account, Id id, Arena *a,
                    DraftRecord *out)
{
    *out = (DraftRecord){.id = id, .data = value_null()};
    Rows *rows = store_query(conn, &sql_read, PARAMS(p_int(node), p_id(&id)));
    out->found = rows_next(rows) && str_equal(rows_bytes(rows, 3), account);
    if (out->found) {
        out->thing = rows_copy(rows, 0, a);
        out->version = rows_int(rows, 1);
        if (!rows_is_null(rows, 2))
            check(json_parse(a, rows_bytes(rows, 2), &out->data, NULL) || arena_failed(a));
    }
    rows_close(rows);
    return out->found;
}

bool case_data_judged(const Cases *cases, Decision *d, const Command *command,
                      const Thing *thing, Value data, FormMode mode)
{
    const Form *form = case_form(cases, thing->form);
    FormFaults faults;
    Err err = {0};
    if (!form)
        return decision_refuse_with(d, &fault_definition_unknown, STR("form"), thing->form);
    if (!form_check(form, data, mode, command->now, decision_arena(d), &faults)) {
        form_refuse(&faults, &err);
        return decision_refuse(d, &err);
    }
    if (json_copy_text(decision_arena(d), data).len > CASE_DATA_BYTES_MAX)
        return decision_refuse_with(
            d, &fault_case_data_size,
            arena_printf(decision_arena(d), "%u", CASE_DATA_BYTES_MAX));
    return true;
}

static int64_t draft_count(Decision *d, Str account)
{
    Rows *rows = store_query(decision_store(d), &sql_count,
                             PARAMS(p_int(decision_node(d)), p_text(account)));
    int64_t count = rows_next(rows) ? rows_int(rows, 0) : 0;
    rows_close(rows);
    return count;
}

static bool draft_for_save(Decision *d, const Command *command, DraftRecord *draft)
{
    Arena *a = decision_arena(d);
    Id id = value_get_id(command->body, STR("draft"));
    *draft = (DraftRecord){.data = value_null()};
    if (id_is_none(id)) {
        if (str_trim(value_get_string(command->body, STR("thing"))).len == 0)
            return decision_refuse_with(d, &fault_case_field, STR("thing"),
                                        STR("given when there is no draft"),
                                        STR("必填项（未提供草稿时）"));
        if (draft_count(d, command->actor.id) >= CASE_DRAFTS_MAX)
            return decision_refuse_with(d, &fault_draft_limit,
                                        arena_printf(a, "%u", CASE_DRAFTS_MAX));
        draft->id = decision_id(d);
        return true;
    }
    if (!case_draft_own(decision_store(d), decision_node(d), command->actor.id, id, a, draft))
        return decision_refuse_with(d, &fault_draft_unknown);
    Str thing = value_get_string(command->body, STR("thing"));
    if (thing.len > 0 && !str_equal(draft->thing, thing))
        return decision_refuse_with(d, &fault_draft_thing, draft->thing);
    int64_t seen = value_get_int(command->body, STR("version"), draft->version);
    if (seen != draft->version)
        return decision_refuse_with(d, &fault_draft_changed,
                                    arena_printf(a, "%lld", (long long)draft->version),
                                    arena_printf(a, "%lld", (long long)seen));
    return true;
}

bool case_decide_draft_save(void *state, const Command *command, Decision *d)
{
    static const FieldRule rules[] = {{"draft", FIELD_ID, false, 0},
                                      {"thing", FIELD_TEXT, false, 0},
                                      {"data", FIELD_CONTEXT, true, 0},
                                      {"version", FIELD_WHOLE, false, 0}};
    const Cases *cases = state;
    Arena *a = decision_arena(d);
    DraftRecord draft;
    if (!BODY_CHECK(d, command->body, rules))
        return false;
    Value data = value_field(command->body, "data");
    if (!draft_for_save(d, command, &draft))
        return false;
    Str id = draft.thing.len ? draft.thing : value_get_string(command->body, STR("thing"));
    const Thing *thing = thing_read(cases, id, 0);
    if (!thing)
        return decision_refuse_with(d, &fault_thing_unknown, id);
    if (!case_data_judged(cases, d, command, thing, data, FORM_DRAFT))
        return false;
    ContextBuilder open = context_builder(a), closed = context_builder(a),
                   reply = context_builder(a);
    Value draft_id = value_id(a, draft.id);
    context_put_text(&open, "draft", draft_id);
    context_put_text(&open, "account", value_string(command->actor.id));
    context_put_text(&open, "thing", value_string(thing->id));
    context_put_text(&open, "thing_version", value_int(thing->version));
    context_put_text(&open, "version", value_int(draft.version + 1));
    context_put_text(&closed, "data", data);
    decision_emit(d, STR("case.draft_saved"), draft_id.as.string, value_context(&open),
                  value_context(&closed));
    context_put_text(&reply, "draft", draft_id);
    context_put_text(&reply, "version", value_int(draft.version + 1));
    decision_reply(d, value_context(&reply));
    return true;
}

bool case_decide_draft_delete(void *state, const Command *command, Decision *d)
{
    static const FieldRule rules[] = {{"draft", FIELD_ID, true, 0}};
    Arena *a = decision_arena(d);
    DraftRecord draft;
    (void)state;
    if (!BODY_CHECK(d, command->body, rules))
        return false;
    Id id = value_get_id(command->body, STR("draft"));
    if (!case_draft_own(decision_store(d), decision_node(d), command->actor.id, id, a, &draft))
        return decision_refuse_with(d, &fault_draft_unknown);
    ContextBuilder open = context_builder(a);
    context_put_text(&open, "draft", value_id(a, id));
    decision_emit(d, STR("case.draft_deleted"), STR_NONE, value_context(&open), value_null());
    decision_reply(d, value_context(&open));
    return true;
}

/* ---- Applying. */

void case_apply_draft_saved(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = value_get_id(event->open, STR("draft"));
    int64_t version = value_get_int(event->open, STR("version"), 0);
    Value data = value_field(event->closed, "data");
    Param text = value_is_null(data) ? p_null() : p_text(json_copy_text(event->arena, data));
    Param thing_version = p_int(value_get_int(event->open, STR("thing_version"), 0));
    check(!id_is_none(id) && version > 0);
    if (version == 1)
        store_write(conn, &sql_insert,
                    PARAMS(p_int(event->node), p_id(&id),
                           p_text(value_get_string(event->open, STR("account"))),
                           p_text(value_get_string(event->open, STR("thing"))), thing_version,
                           p_int(version), text, p_instant(event->at)));
    else
        store_write(conn, &sql_update,
                    PARAMS(p_int(event->node), p_id(&id), text, p_int(version), thing_version,
                           p_instant(event->at)));
}

void case_apply_draft_deleted(void *state, StoreConn *conn, const Event *event)
{
    (void)state;
    Id id = value_get_id(event->open, STR("draft"));
    store_write(conn, &sql_delete, PARAMS(p_int(event->node), p_id(&id)));
}

/* ---- Reading. */

bool draft_list(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Arena *a,
                Draft **out, size_t *count, Err *err)
{
    *count = 0;
    *out = arena_new_array(a, Draft, CASE_DRAFTS_MAX);
    Rows *rows = store_query(conn, &sql_list, PARAMS(p_int(node), p_text(actor->id)));
    while (*out && *count < CASE_DRAFTS_MAX && rows_next(rows)) {
        Draft *draft = &(*out)[(*count)++];
        *draft = (Draft){.id = rows_id(rows, 0),
                         .thing = rows_copy(rows, 1, a),
                         .version = rows_int(rows, 2),
                         .thing_version = rows_int(rows, 3),
                         .created_at = rows_instant(rows, 4),
                         .saved_at = rows_instant(rows, 5),
                         .data = value_null()};
        const Thing *thing = thing_read(cases, draft->thing, 0);
        draft->title = thing ? thing->title : (Text2){draft->thing, draft->thing};
    }
    rows_close(rows);
    return !store_failed(conn, err);
}

bool draft_read(const Cases *cases, StoreConn *conn, int64_t node, const Actor *actor, Id draft,
                Arena *a, Draft *out, Err *err)
{
    Rows *rows = store_query(conn, &sql_read, PARAMS(p_int(node), p_id(&draft)));
    bool found = rows_next(rows) && str_equal(rows_bytes(rows, 3), actor->id);
    *out = (Draft){.id = draft, .data = value_null()};
    if (found) {
        out->thing = rows_copy(rows, 0, a);
        out->version = rows_int(rows, 1);
        out->thing_version = rows_int(rows, 4);
        out->created_at = rows_instant(rows, 5);
        out->saved_at = rows_instant(rows, 6);
        if (!rows_is_null(rows, 2))
            found = json_parse(a, rows_bytes(rows, 2), &out->data, err);
        const Thing *thing = thing_read(cases, out->thing, 0);
        out->title = thing ? thing->title : (Text2){out->thing, out->thing};
    }
    rows_close(rows);
    if (store_failed(conn, err))
        return false;
    return found || err_set(err, &fault_draft_unknown);
}
