/* registry_rows.c - the tables of the registries and the events that write them.
 *
 *     registry_catalogue  one row a registry: the newest definition
 *     registry_column     the columns of a registry's table, in their order
 *     registry_row_*      one table a registry, one row a version (registry_layout.c)
 *     registry_subject    key -> the subject under which it is sealed in the journal
 *     registry_look       one row a recorded read: who, when, which fields, why
 *     registry_serial     next number of a series
 *     registry_count      next number of a row
 *     registry_subscription, registry_handout, registry_erasure   see registry_handout.c
 *     registry_link       see registry_link.c
 *     registry_bulk       one row a bulk load: which rows it wrote, from which kept file
 *
 * Sealing. In a personal registry the key is personal too (an identity number), so neither stands
 * in the open part of an event. The first record under a key draws a random id; the events of
 * all its records and reads carry it as their subject. core.erased of that subject deletes all
 * rows under it. A replay after that finds the closed parts null, writes nothing for them, and
 * ends with the same rows; version and number stand in the open part, so that the rows after it
 * are numbered as they were.
 *
 * Registries that are not personal are written in the open: reference data needs no keys. */
#include "domain/registry/registry_int.h"

#include "base/check.h"
#include "codec/json.h"

const Migration registry_migrations[] = {
    {1, "CREATE TABLE registry_catalogue ("
        " node BIGINT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL, path TEXT NOT NULL,"
        " text TEXT NOT NULL, PRIMARY KEY (node, name));"
        "CREATE TABLE registry_record ("
        " node BIGINT NOT NULL, registry TEXT NOT NULL, key TEXT NOT NULL,"
        " version BIGINT NOT NULL, valid_from BIGINT NOT NULL, valid_to BIGINT,"
        " recorded_at BIGINT NOT NULL, source TEXT NOT NULL, grade TEXT NOT NULL, subject BLOB,"
        " record TEXT NOT NULL, PRIMARY KEY (node, registry, key, version));"
        "CREATE INDEX registry_record_subject ON registry_record (node, subject);"
        "CREATE TABLE registry_subject ("
        " node BIGINT NOT NULL, key TEXT NOT NULL, subject BLOB NOT NULL,"
        " PRIMARY KEY (node, key));"
        "CREATE INDEX registry_subject_subject ON registry_subject (node, subject);"
        "CREATE TABLE registry_look ("
        " node BIGINT NOT NULL, id BLOB NOT NULL, subject BLOB, key TEXT NOT NULL,"
        " seq BIGINT NOT NULL, at BIGINT NOT NULL, registry TEXT NOT NULL, version BIGINT NOT NULL,"
        " reader TEXT NOT NULL, office TEXT NOT NULL, thing TEXT NOT NULL,"
        " case_number TEXT NOT NULL, matter TEXT NOT NULL, basis TEXT NOT NULL,"
        " fields TEXT NOT NULL, PRIMARY KEY (node, id));"
        "CREATE INDEX registry_look_key ON registry_look (node, key, seq);"
        "CREATE INDEX registry_look_subject ON registry_look (node, subject);"
        "CREATE TABLE registry_serial ("
        " node BIGINT NOT NULL, registry TEXT NOT NULL, scope TEXT NOT NULL,"
        " next BIGINT NOT NULL, PRIMARY KEY (node, registry, scope))"},
    {2, "DROP TABLE registry_record;"
        "CREATE TABLE registry_column ("
        " node BIGINT NOT NULL, registry TEXT NOT NULL, place BIGINT NOT NULL,"
        " property TEXT NOT NULL, kind BIGINT NOT NULL, name TEXT NOT NULL,"
        " PRIMARY KEY (node, registry, place));"
        "CREATE TABLE registry_count ("
        " node BIGINT NOT NULL, registry TEXT NOT NULL, next BIGINT NOT NULL,"
        " PRIMARY KEY (node, registry))"},
    {3, "CREATE TABLE registry_bulk ("
        " node BIGINT NOT NULL, registry TEXT NOT NULL, first BIGINT NOT NULL,"
        " rows BIGINT NOT NULL, seq BIGINT NOT NULL, file TEXT NOT NULL, sm3 TEXT NOT NULL,"
        " whole BIGINT NOT NULL, PRIMARY KEY (node, registry, first));"
        "CREATE INDEX registry_bulk_seq ON registry_bulk (node, seq)"},
    {4, "CREATE TABLE registry_subscription ("
        " node BIGINT NOT NULL, name TEXT NOT NULL, registry TEXT NOT NULL, reader TEXT NOT NULL,"
        " thing TEXT NOT NULL, basis TEXT NOT NULL, fields TEXT NOT NULL, passed BIGINT NOT NULL,"
        " seq BIGINT NOT NULL, PRIMARY KEY (node, name));"
        "CREATE TABLE registry_handout ("
        " node BIGINT NOT NULL, id BLOB NOT NULL, registry TEXT NOT NULL, seq BIGINT NOT NULL,"
        " at BIGINT NOT NULL, reader TEXT NOT NULL, office TEXT NOT NULL, thing TEXT NOT NULL,"
        " basis TEXT NOT NULL, fields TEXT NOT NULL, after BIGINT NOT NULL, upto BIGINT NOT NULL,"
        " since_seq BIGINT NOT NULL, whole BIGINT NOT NULL, PRIMARY KEY (node, id));"
        "CREATE INDEX registry_handout_registry ON registry_handout (node, registry, upto);"
        "CREATE TABLE registry_erasure ("
        " node BIGINT NOT NULL, seq BIGINT NOT NULL, subject BLOB NOT NULL,"
        " PRIMARY KEY (node, seq, subject));"
        "CREATE TABLE registry_link ("
        " node BIGINT NOT NULL, id BLOB NOT NULL, registry TEXT NOT NULL, kind TEXT NOT NULL,"
        " since BIGINT NOT NULL, ended BIGINT, reason TEXT NOT NULL, from_key TEXT, from_subject BLOB,"
        " into_key TEXT, into_subject BLOB, PRIMARY KEY (node, id));"
        "CREATE INDEX registry_link_from ON registry_link (node, from_key);"
        "CREATE INDEX registry_link_into ON registry_link (node, into_key);"
        "CREATE INDEX registry_link_subjects ON registry_link (node, from_subject, into_subject)"},
};
const size_t registry_migration_count =
    sizeof(registry_migrations) / sizeof(registry_migrations[0]);

static const Sql sql_catalogue = {
    "INSERT INTO registry_catalogue (node, name, version, path, text) VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (node, name) DO UPDATE SET version = excluded.version, path = excluded.path,"
    " text = excluded.text"};
static const Sql sql_count = {
    "INSERT INTO registry_count (node, registry, next) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (node, registry) DO UPDATE SET next = excluded.next"};
static const Sql sql_next_number = {
    "SELECT next FROM registry_count WHERE node = ?1 AND registry = ?2"};
static const Sql sql_subject = {
    "INSERT INTO registry_subject (node, key, subject) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (node, key) DO NOTHING"};
static const Sql sql_look = {
    "INSERT INTO registry_look (node, id, subject, key, seq, at, registry, version, reader, office,"
    " thing, case_number, matter, basis, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
    " ?11, ?12, ?13, ?14, ?15)"};
static const Sql sql_serial = {
    "INSERT INTO registry_serial (node, registry, scope, next) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (node, registry, scope) DO UPDATE SET next = excluded.next"};
static const Sql sql_next_serial = {
    "SELECT next FROM registry_serial WHERE node = ?1 AND registry = ?2 AND scope = ?3"};
static const Sql sql_erase[] = {
    {"DELETE FROM registry_look WHERE node = ?1 AND subject = ?2"},
    {"DELETE FROM registry_subject WHERE node = ?1 AND subject = ?2"},
};

/* ---- Reading. */

int64_t registry_next_serial(StoreConn *conn, int64_t node, Str registry, Str scope)
{
    int64_t next = 1;
    Rows *r = store_query(conn, &sql_next_serial,
                          PARAMS(p_int(node), p_text(registry), p_text(scope)));
    if (rows_next(r))
        next = rows_int(r, 0);
    rows_close(r);
    return next;
}

int64_t registry_next_number(StoreConn *conn, int64_t node, Str registry)
{
    int64_t next = 1;
    Rows *r = store_query(conn, &sql_next_number, PARAMS(p_int(node), p_text(registry)));
    if (rows_next(r))
        next = rows_int(r, 0);
    rows_close(r);
    return next;
}

void registry_count_set(StoreConn *conn, int64_t node, Str registry, int64_t next)
{
    store_write(conn, &sql_count, PARAMS(p_int(node), p_text(registry), p_int(next)));
}

/* ---- Events. */

static Str text_of(Value v, const char *key) { return value_get_string(v, str_from(key)); }

/* The part that names the key: closed in a personal registry (null once erased), else open. */
static Value named_part(const Event *e)
{
    return e->subject.len ? e->closed : e->open;
}

static Param subject_of(const Event *e, Id *id)
{
    return e->subject.len && id_parse(e->subject, id) ? p_id(id) : p_null();
}

static void install_one(StoreConn *conn, const Event *e, Value d)
{
    RegistryKind kind;
    Err err = {0};
    Str name = text_of(d, "id"), text = text_of(d, "text"), path = text_of(d, "path");
    bool good = registry_kind_read(e->arena, name, text, path, &kind, &err);
    check(good); /* it compiled when the install was decided */
    store_write(conn, &sql_catalogue,
                PARAMS(p_int(e->node), p_text(name), p_int(value_get_int(d, STR("version"), 0)),
                       p_text(path), p_text(text)));
    registry_table_make(conn, e->node, e->arena, &kind);
}

static void apply_installed(void *state, StoreConn *conn, const Event *e)
{
    Value list = value_field(e->open, "definitions");
    (void)state;
    for (size_t i = 0; i < value_count(list); i++)
        if (str_equal(text_of(value_item(list, i), "kind"), STR("registry")))
            install_one(conn, e, value_item(list, i));
}

static void apply_recorded(void *state, StoreConn *conn, const Event *e)
{
    Value named = named_part(e);
    Id id = ID_NONE;
    Str registry = text_of(e->open, "registry");
    RecordRow row = {.found = true,
                     .number = value_get_int(e->open, STR("number"), 0),
                     .version = value_get_int(e->open, STR("version"), 0),
                     .valid_from = INSTANT_NONE,
                     .recorded_at = e->at,
                     .source = text_of(e->open, "source"),
                     .grade = text_of(e->open, "grade")};
    (void)state;
    check(row.version > 0 && row.number > 0);
    check(instant_parse(text_of(e->open, "valid_from"), &row.valid_from));
    registry_count_set(conn, e->node, registry, row.number + 1);
    if (value_is_null(named))
        return; /* erased */
    row.key = text_of(named, "key");
    row.record = value_field(named, "record");
    row.marks = value_field(named, "marks");
    Param subject = subject_of(e, &id);
    row.subject = id;
    if (subject.kind == PARAM_BLOB)
        store_write(conn, &sql_subject, PARAMS(p_int(e->node), p_text(row.key), subject));
    const Face *face = registry_face(conn, e->node, registry, NULL);
    if (face) /* without one the connection has failed, and the batch is rolled back */
        registry_row_write(conn, e->node, face, e->arena, &row);
}

static void apply_was_read(void *state, StoreConn *conn, const Event *e)
{
    Value named = named_part(e), open = e->open;
    Id id, look = value_get_id(open, STR("look"));
    (void)state;
    if (value_is_null(named) || id_is_none(look))
        return; /* erased, or nothing was found to look at */
    Param subject = subject_of(e, &id);
    store_write(conn, &sql_look,
                PARAMS(p_int(e->node), p_id(&look), subject, p_text(text_of(named, "key")),
                       p_int(e->seq), p_instant(e->at), p_text(text_of(open, "registry")),
                       p_int(value_get_int(open, STR("version"), 0)),
                       p_text(text_of(open, "reader")), p_text(text_of(open, "office")),
                       p_text(text_of(open, "thing")), p_text(text_of(open, "case")),
                       p_text(text_of(open, "matter")), p_text(text_of(open, "basis")),
                       p_text(json_copy_text(e->arena, value_field(open, "fields")))));
}

static void apply_issued(void *state, StoreConn *conn, const Event *e)
{
    int64_t serial = value_get_int(e->open, STR("serial"), 0);
    (void)state;
    check(serial > 0);
    store_write(conn, &sql_serial,
                PARAMS(p_int(e->node), p_text(text_of(e->open, "registry")),
                       p_text(text_of(e->open, "scope")), p_int(serial + 1)));
}

static void apply_erased(void *state, StoreConn *conn, const Event *e)
{
    Id subject;
    Str *names;
    size_t count;
    if (!id_parse(text_of(e->open, "subject"), &subject))
        return;
    registry_note_erased(conn, e, subject);
    registry_link_erase(conn, e->node, subject);
    registry_bulk_erase(state, conn, e->node, e->arena, subject);
    registry_names(conn, e->node, e->arena, &names, &count, NULL);
    for (size_t i = 0; i < count; i++) {
        const Face *face = registry_face(conn, e->node, names[i], NULL);
        if (face && face->kind.about.personal)
            store_write(conn, face->erase, PARAMS(p_int(e->node), p_id(&subject)));
    }
    for (size_t i = 0; i < sizeof(sql_erase) / sizeof(sql_erase[0]); i++)
        store_write(conn, &sql_erase[i], PARAMS(p_int(e->node), p_id(&subject)));
}

const EventKind registry_events[] = {
    {"core.installed", apply_installed},      {"core.erased", apply_erased},
    {"registry.recorded", apply_recorded},    {"registry.was_read", apply_was_read},
    {"registry.issued", apply_issued},        {"registry.loaded", registry_apply_loaded},
    {"registry.subscribed", registry_apply_subscribed},
    {"registry.unsubscribed", registry_apply_unsubscribed},
    {"registry.handed_out", registry_apply_handed_out},
    {"registry.linked", registry_apply_linked},
    {"registry.linked_into", registry_apply_linked_into},
    {"registry.unlinked", registry_apply_unlinked},
    {0},
};
