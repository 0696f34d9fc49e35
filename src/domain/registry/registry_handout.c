/* registry_handout.c - many records at a time: subscriptions with their change feed, exports, and
 * equal people found by rule. All of it is recorded like a single read.
 *
 *     registry.subscribe    who gets which fields of which registry, and why
 *     registry.fetch        the next stretch of row numbers of a subscription   ─┐ a handout:
 *     registry.export       all rows up to now                                  ─┘ (after, upto]
 *     registry_handed       the rows of a handout, by whoever it was made for
 *
 * Rows are numbered in the order of writing, so a stretch of numbers is a stretch of changes: a
 * correction at the source is a new row and reaches every subscriber with his next fetch,
 * whatever he
 * holds. A handout can be read again (delivery is at least once; version and number tell
 * repetitions).
 * What was erased since the fetch before is told by its subject, which came with each change.
 *
 * The person concerned sees a handout like a look when one of his rows lies in its stretch
 * (registry_looks). */
#include "domain/registry/registry_int.h"

#include "base/check.h"
#include "codec/json.h"

static const Sql sql_subscription = {
    "SELECT registry, reader, thing, basis, fields, passed, seq FROM registry_subscription"
    " WHERE node = ?1 AND name = ?2"};
static const Sql sql_subscription_set = {
    "INSERT INTO registry_subscription (node, name, registry, reader, thing, basis, fields, passed, seq)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)"};
static const Sql sql_subscription_end = {
    "DELETE FROM registry_subscription WHERE node = ?1 AND name = ?2"};
static const Sql sql_subscription_passed = {
    "UPDATE registry_subscription SET passed = ?3, seq = ?4 WHERE node = ?1 AND name = ?2"};
static const Sql sql_handout_add = {
    "INSERT INTO registry_handout (node, id, registry, seq, at, reader, office, thing, basis, fields,"
    " after, upto, since_seq, whole) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
    " ?14)"};
static const Sql sql_handout = {
    "SELECT registry, reader, fields, after, upto, since_seq, seq, whole FROM registry_handout"
    " WHERE node = ?1 AND id = ?2"};
static const Sql sql_erasure_add = {
    "INSERT INTO registry_erasure (node, seq, subject) VALUES (?1, ?2, ?3)"};
static const Sql sql_erasures = {
    "SELECT subject FROM registry_erasure WHERE node = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq"};

/* ---- Judging. */

typedef struct Handout {
    const RegistryKind *kind;
    Str thing, basis;
    Value fields;
    int64_t after, upto, since_seq;
    bool whole;
} Handout;

/* Purpose, share, rights: a right to single rows is none to a stretch of them. */
static bool judge(Decision *d, const Command *command, Handout *h)
{
    Value purpose = value_field(command->body, "purpose");
    h->fields = value_field(command->body, "fields");
    h->thing = value_get_string(purpose, STR("thing"));
    h->basis = value_get_string(purpose, STR("basis"));
    if (!h->thing.len || !h->basis.len)
        return decision_refuse_with(d, &fault_registry_purpose_missing);
    if (h->kind->about.share == REGISTRY_SHARE_NONE)
        return decision_refuse_with(d, &fault_registry_not_shared, h->kind->about.name);
    bool system = str_equal(command->actor.id, STR("system"));
    int level = system ? REGISTRY_LEVEL_MAX
                       : registry_right_level(&h->kind->about, &command->actor, value_null());
    if (level == 0)
        return decision_refuse_with(d, &fault_registry_not_yours, h->kind->about.name);
    if (!value_count(h->fields))
        return decision_refuse_with(d, &fault_registry_fields_missing);
    for (size_t i = 0; i < value_count(h->fields); i++) {
        Value v = value_item(h->fields, i);
        Str name = value_is(v, VALUE_STRING) ? v.as.string : STR_NONE;
        const RegistryProperty *p = registry_property(&h->kind->about, name);
        if (!p || str_find(name, STR(".")) >= 0)
            return decision_refuse_with(d, &fault_registry_field_unknown, h->kind->about.name,
                                        name);
        if (p->level > level)
            return decision_refuse_with(d, &fault_registry_field_not_yours, h->kind->about.name,
                                        name);
    }
    return true;
}

static bool reply_handout(Decision *d, const Command *command, const Handout *h, Str subscription)
{
    Arena *a = decision_arena(d);
    ContextBuilder open = context_builder(a), reply = context_builder(a);
    Value id = value_id(a, decision_id(d));
    int64_t last =
        registry_next_number(decision_store(d), decision_node(d), h->kind->about.name) - 1;
    context_put_text(&open, "handout", id);
    registry_put_text(&open, "registry", h->kind->about.name);
    registry_put_text(&open, "subscription", subscription);
    registry_put_text(&open, "reader", command->actor.id);
    registry_put_text(&open, "office", command->actor.office);
    registry_put_text(&open, "thing", h->thing);
    registry_put_text(&open, "basis", h->basis);
    context_put_text(&open, "fields", h->fields);
    context_put_text(&open, "after", value_int(h->after));
    context_put_text(&open, "upto", value_int(h->upto));
    context_put_text(&open, "since_seq", value_int(h->since_seq));
    context_put_text(&open, "whole", value_boolean(h->whole));
    decision_emit(d, STR("registry.handed_out"), STR_NONE, value_context(&open), value_null());
    context_put_text(&reply, "handout", id);
    context_put_text(&reply, "after", value_int(h->after));
    context_put_text(&reply, "upto", value_int(h->upto));
    context_put_text(&reply, "more", value_boolean(h->upto < last));
    decision_reply(d, value_context(&reply));
    return true;
}

/* ---- Commands. */

bool registry_decide_export(void *state, const Command *command, Decision *d)
{
    Handout h = {.kind = registry_named_kind(state, command, d), .whole = true};
    if (!h.kind || !judge(d, command, &h))
        return false;
    h.upto = registry_next_number(decision_store(d), decision_node(d), h.kind->about.name) - 1;
    return reply_handout(d, command, &h, STR_NONE);
}

typedef struct Subscription {
    bool found;
    Str registry, reader, thing, basis, fields;
    int64_t passed, seq;
} Subscription;

static Subscription subscription_of(Decision *d, Str name)
{
    Arena *a = decision_arena(d);
    Subscription s = {0};
    Rows *r = store_query(decision_store(d), &sql_subscription,
                          PARAMS(p_int(decision_node(d)), p_text(name)));
    if (rows_next(r))
        s = (Subscription){true, rows_copy(r, 0, a), rows_copy(r, 1, a), rows_copy(r, 2, a),
                           rows_copy(r, 3, a), rows_copy(r, 4, a), rows_int(r, 5), rows_int(r, 6)};
    rows_close(r);
    return s;
}

bool registry_decide_subscribe(void *state, const Command *command, Decision *d)
{
    Arena *a = decision_arena(d);
    Handout h = {.kind = registry_named_kind(state, command, d)};
    Str name = registry_body_text(command, "subscription");
    if (!h.kind || !judge(d, command, &h))
        return false;
    if (!name.len || subscription_of(d, name).found)
        return decision_refuse_with(d, &fault_registry_subscription_taken, name);
    ContextBuilder open = context_builder(a), reply = context_builder(a);
    registry_put_text(&open, "subscription", name);
    registry_put_text(&open, "registry", h.kind->about.name);
    registry_put_text(&open, "reader", command->actor.id);
    registry_put_text(&open, "thing", h.thing);
    registry_put_text(&open, "basis", h.basis);
    context_put_text(&open, "fields", h.fields);
    decision_emit(d, STR("registry.subscribed"), STR_NONE, value_context(&open), value_null());
    registry_put_text(&reply, "subscription", name);
    decision_reply(d, value_context(&reply));
    return true;
}

/* The subscription of this actor, or a refusal. */
static bool own_subscription(Decision *d, const Command *command, Subscription *out)
{
    Str name = registry_body_text(command, "subscription");
    *out = subscription_of(d, name);
    return (out->found && str_equal(out->reader, command->actor.id)) ||
           decision_refuse_with(d, &fault_registry_subscription_unknown, name);
}

bool registry_decide_unsubscribe(void *state, const Command *command, Decision *d)
{
    Subscription s;
    ContextBuilder open = context_builder(decision_arena(d));
    (void)state;
    if (!own_subscription(d, command, &s))
        return false;
    registry_put_text(&open, "subscription", registry_body_text(command, "subscription"));
    decision_emit(d, STR("registry.unsubscribed"), STR_NONE, value_context(&open), value_null());
    decision_reply(d, value_context(&open));
    return true;
}

bool registry_decide_fetch(void *state, const Command *command, Decision *d)
{
    const RegistryModule *m = state;
    Subscription s;
    Err err = {0};
    if (!own_subscription(d, command, &s))
        return false;
    Handout h = {.kind = map_get(&m->kinds, s.registry), .thing = s.thing, .basis = s.basis,
                 .after = s.passed, .since_seq = s.seq};
    int64_t limit = value_get_int(command->body, STR("limit"), REGISTRY_FEED_MAX);
    if (!h.kind)
        return decision_refuse_with(d, &fault_registry_unknown, s.registry);
    if (limit < 1 || limit > (int64_t)REGISTRY_FEED_MAX)
        return decision_refuse_with(d, &fault_registry_too_many,
                                    registry_number_text(decision_arena(d), REGISTRY_FEED_MAX));
    if (!json_parse(decision_arena(d), s.fields, &h.fields, &err))
        return decision_refuse(d, &err);
    int64_t last = registry_next_number(decision_store(d), decision_node(d), s.registry) - 1;
    h.upto = last < h.after + limit ? last : h.after + limit;
    return reply_handout(d, command, &h, registry_body_text(command, "subscription"));
}

/* ---- Events. */

static Str text_of(const Event *e, const char *key)
{
    return value_get_string(e->open, str_from(key));
}

void registry_apply_subscribed(void *state, StoreConn *conn, const Event *e)
{
    (void)state;
    store_write(conn, &sql_subscription_set,
                PARAMS(p_int(e->node), p_text(text_of(e, "subscription")),
                       p_text(text_of(e, "registry")), p_text(text_of(e, "reader")),
                       p_text(text_of(e, "thing")), p_text(text_of(e, "basis")),
                       p_text(json_copy_text(e->arena, value_field(e->open, "fields"))),
                       p_int(e->seq)));
}

void registry_apply_unsubscribed(void *state, StoreConn *conn, const Event *e)
{
    (void)state;
    store_write(conn, &sql_subscription_end,
                PARAMS(p_int(e->node), p_text(text_of(e, "subscription"))));
}

void registry_apply_handed_out(void *state, StoreConn *conn, const Event *e)
{
    Id id = value_get_id(e->open, STR("handout"));
    int64_t upto = value_get_int(e->open, STR("upto"), 0);
    Str subscription = text_of(e, "subscription");
    (void)state;
    store_write(conn, &sql_handout_add,
                PARAMS(p_int(e->node), p_id(&id), p_text(text_of(e, "registry")), p_int(e->seq),
                       p_instant(e->at), p_text(text_of(e, "reader")), p_text(text_of(e, "office")),
                       p_text(text_of(e, "thing")), p_text(text_of(e, "basis")),
                       p_text(json_copy_text(e->arena, value_field(e->open, "fields"))),
                       p_int(value_get_int(e->open, STR("after"), 0)), p_int(upto),
                       p_int(value_get_int(e->open, STR("since_seq"), 0)),
                       p_int(value_get_boolean(e->open, STR("whole"), false))));
    if (subscription.len)
        store_write(conn, &sql_subscription_passed,
                    PARAMS(p_int(e->node), p_text(subscription), p_int(upto), p_int(e->seq)));
}

void registry_note_erased(StoreConn *conn, const Event *e, Id subject)
{
    store_write(conn, &sql_erasure_add, PARAMS(p_int(e->node), p_int(e->seq), p_id(&subject)));
}

/* ---- Reading. */

static Value only(Arena *a, const RecordRow *row, Str key, Value fields)
{
    ContextBuilder b = context_builder(a);
    Value v;
    context_put(&b, key, value_string(row->key));
    for (size_t i = 0; i < value_count(fields); i++)
        if (value_find(row->record, value_item(fields, i).as.string, &v))
            context_put(&b, value_item(fields, i).as.string, v);
    return value_context(&b);
}

static bool read_rows(StoreConn *conn, int64_t node, const Face *face, const Handout *h,
                      int64_t after, size_t limit, Arena *a, RegistryChanges *out, Err *err)
{
    RecordRow row;
    bool good = true;
    int64_t from = after > h->after ? after : h->after;
    Rows *r = h->whole ? store_query(conn, face->current,
                                     PARAMS(p_int(node), p_int(from), p_int((int64_t)limit)))
                       : store_query(conn, face->changes,
                                     PARAMS(p_int(node), p_int(from), p_int(h->upto),
                                            p_int((int64_t)limit)));
    while (good && out->count < limit && rows_next(r)) {
        good = registry_row_at(r, face, a, &row, err);
        if (!good || row.number > h->upto)
            break;
        if (face->kind.about.personal && id_is_none(row.subject))
            row.subject = registry_bulk_subject(conn, node, face->kind.about.name, row.number);
        out->list[out->count++] =
            (RegistryChange){row.number, row.key, row.version,
                             only(a, &row, face->kind.about.key, h->fields), row.source, row.grade,
                             row.valid_from, row.recorded_at, row.subject};
    }
    rows_close(r);
    return good && !store_failed(conn, err);
}

static bool read_erasures(StoreConn *conn, int64_t node, int64_t since, int64_t upto, Arena *a,
                          RegistryChanges *out)
{
    out->erased = arena_new_array(a, Id, REGISTRY_FEED_MAX);
    if (!out->erased)
        return false;
    Rows *r = store_query(conn, &sql_erasures, PARAMS(p_int(node), p_int(since), p_int(upto)));
    while (out->erased_count < REGISTRY_FEED_MAX && rows_next(r))
        out->erased[out->erased_count++] = rows_id(r, 0);
    rows_close(r);
    return true;
}

bool registry_handed(StoreConn *conn, int64_t node, const Actor *actor, Id handout, int64_t after,
                     size_t limit, Arena *a, RegistryChanges *out, Err *err)
{
    Handout h = {0};
    Str registry = STR_NONE, fields = STR_NONE;
    int64_t seq = 0;
    bool yours = false;
    *out = (RegistryChanges){0};
    check(limit > 0 && limit <= REGISTRY_FEED_MAX);
    Rows *r = store_query(conn, &sql_handout, PARAMS(p_int(node), p_id(&handout)));
    if (rows_next(r)) {
        registry = rows_copy(r, 0, a);
        yours = str_equal(rows_bytes(r, 1), actor->id);
        fields = rows_copy(r, 2, a);
        h.after = rows_int(r, 3);
        h.upto = rows_int(r, 4);
        h.since_seq = rows_int(r, 5);
        seq = rows_int(r, 6);
        h.whole = rows_int(r, 7) != 0;
    }
    rows_close(r);
    if (!yours)
        return err_set(err, &fault_registry_read_unrecorded, STR("-"));
    const Face *face = registry_face(conn, node, registry, err);
    out->list = arena_new_array(a, RegistryChange, limit);
    if (!face || !out->list || !json_parse(a, fields, &h.fields, err) ||
        !read_rows(conn, node, face, &h, after, limit, a, out, err))
        return err_set(err, &fault_system_failure, STR("registry"));
    return h.whole || read_erasures(conn, node, h.since_seq, seq, a, out) ||
           err_set(err, &fault_out_of_memory, STR("registry"));
}

/* ---- Equal people. */

static bool rule_columns(const Face *face, Value rule, Arena *a, Str *out)
{
    Buf names = buf_new(a, 200);
    for (size_t i = 0; i < value_count(rule); i++) {
        Str property = value_item(rule, i).as.string, column = STR_NONE;
        if (str_equal(property, face->kind.about.key))
            column = STR("key");
        for (size_t k = 0; k < face->column_count; k++)
            if (face->columns[k].current && str_equal(face->columns[k].property, property))
                column = face->columns[k].name;
        if (!column.len)
            return false;
        buf_printf(&names, "%s%.*s", i ? ", " : "", STR_ARG(column));
    }
    *out = buf_text(&names);
    return names.len > 0;
}

/* Newest rows that agree in all columns of the rule, none of which may be absent; records that were
 * merged into another one are no longer counted. */
static Str twins_sql(const Face *face, Str columns, Value rule, Arena *a)
{
    Buf sql = buf_new(a, 1000);
    Str rest = columns;
    buf_printf(&sql,
               "SELECT first, last, many FROM (SELECT MIN(key) AS first, MAX(key) AS last, COUNT(*) AS"
               " many FROM %.*s AS one WHERE node = ?1 AND NOT EXISTS (SELECT 1 FROM %.*s AS other WHERE"
               " other.node = one.node AND other.key = one.key AND other.version > one.version) AND NOT"
               " EXISTS (SELECT 1 FROM registry_link AS l WHERE l.node = one.node AND l.from_key = one.key"
               " AND l.kind = 'merge' AND l.ended IS NULL)", STR_ARG(face->table), STR_ARG(face->table));
    for (size_t i = 0; i < value_count(rule); i++) {
        Str column = str_trim(str_split(&rest, ','));
        buf_printf(&sql, " AND %.*s IS NOT NULL", STR_ARG(column));
    }
    buf_printf(&sql, " GROUP BY %.*s) AS twins WHERE many > 1 AND first > ?2 ORDER BY first LIMIT ?3",
               STR_ARG(columns));
    return buf_text(&sql);
}

bool registry_duplicates(StoreConn *conn, int64_t node, const Actor *actor, Id handout, size_t rule,
                         Str after, size_t limit, Arena *a, RegistryTwins **groups, size_t *count,
                         Err *err)
{
    RegistryChanges first;
    Str columns;
    *count = 0;
    *groups = arena_new_array(a, RegistryTwins, limit + 1);
    if (!*groups)
        return err_set(err, &fault_out_of_memory, STR("registry"));
    if (!registry_handed(conn, node, actor, handout, 0, 1, a, &first, err))
        return false;
    Rows *r = store_query(conn, &sql_handout, PARAMS(p_int(node), p_id(&handout)));
    bool there = rows_next(r), whole = there && rows_int(r, 7) != 0;
    Str registry = there ? rows_copy(r, 0, a) : STR_NONE;
    rows_close(r);
    const Face *face = registry_face(conn, node, registry, err);
    if (!whole || !face || rule >= value_count(face->kind.about.duplicates) ||
        !rule_columns(face, value_item(face->kind.about.duplicates, rule), a, &columns))
        return err_set(err, &fault_registry_rule_unknown, registry);
    Str sql = twins_sql(face, columns, value_item(face->kind.about.duplicates, rule), a);
    r = store_query(conn, store_sql(conn, sql),
                    PARAMS(p_int(node), p_text(after), p_int((int64_t)limit)));
    while (*count < limit && rows_next(r))
        (*groups)[(*count)++] =
            (RegistryTwins){rows_copy(r, 0, a), rows_copy(r, 1, a), rows_int(r, 2)};
    rows_close(r);
    return !store_failed(conn, err);
}
