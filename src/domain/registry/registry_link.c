/* registry_link.c - two records that are one, and one that became several, without losing either.
 *
 *     registry.merge {registry, from, into, reason}    the record `from` is the same as `into`
 *     registry.split {registry, from, into, reason}    the record `into` came out of `from`
 *     registry.unlink {link, reason}                   it was an error: both are as they were
 *
 * Nothing is rewritten: both records keep their versions, and a link says how they hang together
 * since
 * when. Who acts for the person of `into` reads `from` as his own and sees who looked at it.
 *
 *     (no link) ── merge | split ──▶ in force ── unlink ──▶ ended
 *
 * In a personal registry both keys are sealed, each under the subject of its own record, so two
 * events
 * make one row, and erasing one of the two leaves the other half. */
#include "domain/registry/registry_int.h"

#include "base/check.h"

#define LINKS_MAX 256u

static const Sql sql_add = {
    "INSERT INTO registry_link (node, id, registry, kind, since, reason, from_key, from_subject)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"};
static const Sql sql_into = {
    "UPDATE registry_link SET into_key = ?3, into_subject = ?4 WHERE node = ?1 AND id = ?2"};
static const Sql sql_end = {"UPDATE registry_link SET ended = ?3 WHERE node = ?1 AND id = ?2"};
static const Sql sql_one = {
    "SELECT 1 FROM registry_link WHERE node = ?1 AND id = ?2 AND ended IS NULL"};
static const Sql sql_of_key = {
    "SELECT id, kind, since, ended, reason, from_key, into_key FROM registry_link"
    " WHERE node = ?1 AND registry = ?2 AND (from_key = ?3 OR into_key = ?3) ORDER BY since, id LIMIT ?4"};
static const Sql sql_merged = {
    "SELECT 1 FROM registry_link WHERE node = ?1 AND from_key = ?2 AND into_key = ?3 AND kind = 'merge'"
    " AND ended IS NULL LIMIT 1"};
static const Sql sql_merged_away = {
    "SELECT 1 FROM registry_link WHERE node = ?1 AND registry = ?2 AND from_key = ?3 AND kind = 'merge'"
    " AND ended IS NULL LIMIT 1"};
static const Sql sql_sources = {
    "SELECT from_key FROM registry_link WHERE node = ?1 AND into_key = ?2 AND from_key IS NOT NULL"
    " AND kind = 'merge' AND ended IS NULL ORDER BY since LIMIT ?3"};
static const Sql sql_erase[] = {
    {"UPDATE registry_link SET from_key = NULL WHERE node = ?1 AND from_subject = ?2"},
    {"UPDATE registry_link SET into_key = NULL WHERE node = ?1 AND into_subject = ?2"},
};

/* ---- Commands. */

static bool is_there(StoreConn *conn, const Sql *sql, const Param *params, size_t count)
{
    Rows *r = store_query(conn, sql, params, count);
    bool found = rows_next(r);
    rows_close(r);
    return found;
}

/* The row of an end of the link, with its subject. */
static bool end_row(Decision *d, const RegistryKind *kind, Str key, RecordRow *out)
{
    Err err = {0};
    const Face *face = registry_decision_face(d, kind);
    if (!face || !registry_row(decision_store(d), decision_node(d), face, key, decision_arena(d),
                               out, &err))
        return registry_refuse_failed(d, &err);
    if (!out->found)
        return decision_refuse_with(d, &fault_registry_link_end, kind->about.name);
    if (kind->about.personal && id_is_none(out->subject))
        out->subject = registry_bulk_subject(decision_store(d), decision_node(d), kind->about.name,
                                             out->number);
    return true;
}

static void emit_half(Decision *d, const RegistryKind *kind, const char *event, Value id,
                      Str link_kind, Str reason, const RecordRow *row)
{
    Arena *a = decision_arena(d);
    ContextBuilder open = context_builder(a), closed = context_builder(a);
    bool sealed = kind->about.personal;
    context_put_text(&open, "link", id);
    registry_put_text(&open, "registry", kind->about.name);
    registry_put_text(&open, "kind", link_kind);
    registry_put_text(&open, "reason", reason);
    registry_put_text(sealed ? &closed : &open, "key", row->key);
    decision_emit(d, str_from(event), sealed ? id_copy_text(a, row->subject) : STR_NONE,
                  value_context(&open), sealed ? value_context(&closed) : value_null());
}

static bool decide_link(void *state, const Command *command, Decision *d, Str link_kind)
{
    const RegistryKind *kind = registry_named_kind(state, command, d);
    Str from = registry_body_text(command, "from"), into = registry_body_text(command, "into");
    Str reason = registry_body_text(command, "reason");
    RecordRow from_row, into_row;
    if (!kind || !end_row(d, kind, from, &from_row) || !end_row(d, kind, into, &into_row))
        return false;
    StoreConn *conn = decision_store(d);
    int64_t node = decision_node(d);
    bool away = is_there(conn, &sql_merged_away,
                         PARAMS(p_int(node), p_text(kind->about.name), p_text(from))) ||
                is_there(conn, &sql_merged_away,
                         PARAMS(p_int(node), p_text(kind->about.name), p_text(into)));
    if (!reason.len || str_equal(from, into) || away)
        return decision_refuse_with(d, &fault_registry_link_end, kind->about.name);
    Value id = value_id(decision_arena(d), decision_id(d));
    emit_half(d, kind, "registry.linked", id, link_kind, reason, &from_row);
    emit_half(d, kind, "registry.linked_into", id, link_kind, STR_NONE, &into_row);
    ContextBuilder reply = context_builder(decision_arena(d));
    context_put_text(&reply, "link", id);
    decision_reply(d, value_context(&reply));
    return true;
}

bool registry_decide_merge(void *state, const Command *command, Decision *d)
{
    return decide_link(state, command, d, STR("merge"));
}

bool registry_decide_split(void *state, const Command *command, Decision *d)
{
    return decide_link(state, command, d, STR("split"));
}

bool registry_decide_unlink(void *state, const Command *command, Decision *d)
{
    Id id = value_get_id(command->body, STR("link"));
    ContextBuilder open = context_builder(decision_arena(d));
    Str reason = registry_body_text(command, "reason");
    (void)state;
    if (!reason.len ||
        !is_there(decision_store(d), &sql_one, PARAMS(p_int(decision_node(d)), p_id(&id))))
        return decision_refuse_with(d, &fault_registry_link_end, STR("-"));
    context_put_text(&open, "link", value_id(decision_arena(d), id));
    registry_put_text(&open, "reason", reason);
    decision_emit(d, STR("registry.unlinked"), STR_NONE, value_context(&open), value_null());
    decision_reply(d, value_context(&open));
    return true;
}

/* ---- Events. */

/* Key and subject of a half; the key is NULL once its subject is erased. */
static void half_of(const Event *e, Id *subject, Param *key, Param *subject_param)
{
    Value named = e->subject.len ? e->closed : e->open;
    *key = p_text_or_null(value_get_string(named, STR("key")));
    *subject_param = e->subject.len && id_parse(e->subject, subject) ? p_id(subject) : p_null();
}

void registry_apply_linked(void *state, StoreConn *conn, const Event *e)
{
    Id id = value_get_id(e->open, STR("link")), subject;
    Param key, subject_param;
    (void)state;
    half_of(e, &subject, &key, &subject_param);
    store_write(conn, &sql_add,
                PARAMS(p_int(e->node), p_id(&id), p_text(value_get_string(e->open, STR("registry"))),
                       p_text(value_get_string(e->open, STR("kind"))), p_instant(e->at),
                       p_text(value_get_string(e->open, STR("reason"))), key, subject_param));
}

void registry_apply_linked_into(void *state, StoreConn *conn, const Event *e)
{
    Id id = value_get_id(e->open, STR("link")), subject;
    Param key, subject_param;
    (void)state;
    half_of(e, &subject, &key, &subject_param);
    store_write(conn, &sql_into, PARAMS(p_int(e->node), p_id(&id), key, subject_param));
}

void registry_apply_unlinked(void *state, StoreConn *conn, const Event *e)
{
    Id id = value_get_id(e->open, STR("link"));
    (void)state;
    store_write(conn, &sql_end, PARAMS(p_int(e->node), p_id(&id), p_instant(e->at)));
}

void registry_link_erase(StoreConn *conn, int64_t node, Id subject)
{
    for (size_t i = 0; i < sizeof(sql_erase) / sizeof(sql_erase[0]); i++)
        store_write(conn, &sql_erase[i], PARAMS(p_int(node), p_id(&subject)));
}

/* ---- Reading. */

bool registry_is_merged(StoreConn *conn, int64_t node, Str from, Str into)
{
    return from.len && into.len &&
           is_there(conn, &sql_merged, PARAMS(p_int(node), p_text(from), p_text(into)));
}

size_t registry_merged_from(StoreConn *conn, int64_t node, Str into, Arena *a, Str *list,
                            size_t most)
{
    size_t count = 0;
    Rows *r = store_query(conn, &sql_sources,
                          PARAMS(p_int(node), p_text(into), p_int((int64_t)most)));
    while (count < most && rows_next(r))
        list[count++] = rows_copy(r, 0, a);
    rows_close(r);
    return count;
}

bool registry_links(StoreConn *conn, int64_t node, const Actor *actor,
                    const RegistryPurpose *purpose, Arena *a, Str registry, Str key,
                    RegistryLink **list, size_t *count, Err *err)
{
    RegistryRecord record;
    *count = 0;
    *list = arena_new_array(a, RegistryLink, LINKS_MAX);
    if (!*list)
        return err_set(err, &fault_out_of_memory, STR("registry"));
    /* Who may read the record may know what it hangs together with. */
    if (!registry_read(conn, node, actor, purpose, a, registry, key, &record, err))
        return false;
    Rows *r = store_query(conn, &sql_of_key,
                          PARAMS(p_int(node), p_text(registry), p_text(key), p_int(LINKS_MAX)));
    while (*count < LINKS_MAX && rows_next(r))
        (*list)[(*count)++] = (RegistryLink){
            rows_id(r, 0),      rows_copy(r, 1, a), rows_instant(r, 2), rows_instant(r, 3),
            rows_copy(r, 4, a), rows_copy(r, 5, a), rows_copy(r, 6, a)};
    rows_close(r);
    return !store_failed(conn, err);
}
