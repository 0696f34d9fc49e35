/* registry_layout.c - one table a registry, made from its definition.
 *
 *     registry_row_<name>   node number | key version | valid_from recorded_at source grade marks
 *                           subject | one column a property
 *
 * A row is one version of a record and never changes; what is newest under a key is the row with
 * the highest version. Rows are numbered in the order in which they were written: the primary key,
 * so that writing goes to the end of the tree, and at once the cursor of the change feed. Keys have
 * an index of their own, with the node behind, because sorting compares what comes first; a bulk
 * load into an empty registry makes it after the rows. Erasing
 * deletes rows and never gives their numbers again.
 *
 * A property is a column of its kind: t_ text, i_ whole number, b_ boolean, n_ decimal as its exact
 * text (a column of numbers would round it), j_ JSON for objects, lists and what has no one type.
 * The kind is part of the name, so a property whose type changes gets a second column and nobody
 * has to rewrite old rows: they are read from the column that they were written to. Columns are
 * added and never taken away; registry_column remembers them in their order. Names that SQL would
 * fold or quote are replaced by a hash.
 *
 * A face is what a connection knows of a registry: definition, columns, statements. It is kept on
 * the connection and tried again by the version in the catalogue, which costs one lookup; reading a
 * definition anew would cost a hundred times as much as reading a record. */
#include "domain/registry/registry_int.h"

#include "base/check.h"
#include "seal/seal.h"

#define FACE_ARENA_BYTES (16u << 20)
#define NAME_BYTES_MAX 40u

static const Sql sql_version = {
    "SELECT version FROM registry_catalogue WHERE node = ?1 AND name = ?2"};
static const Sql sql_definition = {
    "SELECT version, path, text FROM registry_catalogue WHERE node = ?1 AND name = ?2"};
static const Sql sql_names = {"SELECT name FROM registry_catalogue WHERE node = ?1 ORDER BY name"};
static const Sql sql_columns = {
    "SELECT property, kind, name FROM registry_column WHERE node = ?1 AND registry = ?2"
    " ORDER BY place"};
static const Sql sql_column_add = {
    "INSERT INTO registry_column (node, registry, place, property, kind, name)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};

static const struct {
    const char *prefix, *type;
} kinds[COLUMN_KIND_COUNT] = {
    [COLUMN_TEXT] = {"t_", "TEXT"},     [COLUMN_INTEGER] = {"i_", "BIGINT"},
    [COLUMN_BOOLEAN] = {"b_", "BIGINT"}, [COLUMN_NUMBER] = {"n_", "TEXT"},
    [COLUMN_JSON] = {"j_", "TEXT"},
};

/* ---- Names. */

static bool plain_name(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return s.len > 0 && s.len <= NAME_BYTES_MAX;
}

/* A name for SQL: the name itself, or 24 digits of its hash behind "0". */
static Str sql_name(Arena *a, const char *prefix, Str name)
{
    char hex[64];
    if (plain_name(name))
        return arena_printf(a, "%s%.*s", prefix, STR_ARG(name));
    Sm3 h = sm3(name);
    sm3_text(&h, hex);
    return arena_printf(a, "%s0%.24s", prefix, hex);
}

static Str table_name(Arena *a, Str registry) { return sql_name(a, "registry_row_", registry); }

static Str column_name(Arena *a, const Column *c)
{
    if (!c->property.len)
        return STR("other");
    return sql_name(a, kinds[c->kind].prefix, c->property);
}

/* ---- What columns a table has. */

/* Columns as registry_column has them; room for `more` behind. */
static Column *read_columns(StoreConn *conn, int64_t node, Str registry, Arena *a, size_t more,
                            size_t *count)
{
    Column *list = arena_new_array(a, Column, REGISTRY_COLUMNS_MAX + more);
    check(list != NULL);
    *count = 0;
    Rows *r = store_query(conn, &sql_columns, PARAMS(p_int(node), p_text(registry)));
    while (rows_next(r) && *count < REGISTRY_COLUMNS_MAX)
        list[(*count)++] = (Column){.property = rows_copy(r, 0, a),
                                    .kind = (ColumnKind)rows_int(r, 1),
                                    .name = rows_copy(r, 2, a)};
    rows_close(r);
    return list;
}

static Column *find_column(Column *list, size_t count, const Column *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].kind == wanted->kind && str_equal(list[i].property, wanted->property))
            return &list[i];
    return NULL;
}

static void run_text(StoreConn *conn, Str text)
{
    store_write(conn, store_sql(conn, text), NO_PARAMS);
}

/* columns: ", name type" of each. */
static void create_table(StoreConn *conn, Arena *a, Str t, Str columns)
{
    run_text(conn, arena_printf(a,
                                "CREATE TABLE IF NOT EXISTS %.*s (node BIGINT NOT NULL,"
                                " number BIGINT NOT NULL, key TEXT NOT NULL,"
                                " version BIGINT NOT NULL, valid_from BIGINT NOT NULL,"
                                " recorded_at BIGINT NOT NULL, source TEXT NOT NULL,"
                                " grade TEXT NOT NULL, marks TEXT, subject BLOB%.*s,"
                                " PRIMARY KEY (node, number)) WITHOUT ROWID",
                                STR_ARG(t), STR_ARG(columns)));
    run_text(conn, arena_printf(a, "CREATE INDEX IF NOT EXISTS %.*s_key ON %.*s"
                                   " (key, node, version)", STR_ARG(t), STR_ARG(t)));
    run_text(conn, arena_printf(a, "CREATE INDEX IF NOT EXISTS %.*s_subject ON %.*s"
                                   " (node, subject) WHERE subject IS NOT NULL",
                                STR_ARG(t), STR_ARG(t)));
}

void registry_table_make(StoreConn *conn, int64_t node, Arena *a, const RegistryKind *kind)
{
    size_t count;
    Str name = kind->about.name, table = table_name(a, name);
    Column *have = read_columns(conn, node, name, a, kind->column_count + 1, &count);
    Buf first = buf_new(a, 512);
    bool is_new = count == 0;
    for (size_t i = 0; i <= kind->column_count; i++) {
        Column c = i < kind->column_count ? kind->columns[i] : (Column){.kind = COLUMN_JSON};
        if (find_column(have, count, &c))
            continue;
        c.name = column_name(a, &c);
        store_write(conn, &sql_column_add,
                    PARAMS(p_int(node), p_text(name), p_int((int64_t)count),
                           p_text(c.property), p_int(c.kind), p_text(c.name)));
        if (is_new)
            buf_printf(&first, ", %.*s %s", STR_ARG(c.name), kinds[c.kind].type);
        else
            run_text(conn, arena_printf(a, "ALTER TABLE %.*s ADD COLUMN %.*s %s", STR_ARG(table),
                                        STR_ARG(c.name), kinds[c.kind].type));
        have[count++] = c;
    }
    if (is_new)
        create_table(conn, a, table, buf_text(&first));
}

void registry_table_index(StoreConn *conn, const Face *face, bool there)
{
    Arena *a = arena_open(ARENA_CHUNK_BYTES);
    Str sql = there ? arena_printf(a, "CREATE INDEX %.*s_key ON %.*s (key, node, version)",
                                   STR_ARG(face->table), STR_ARG(face->table))
                    : arena_printf(a, "DROP INDEX %.*s_key", STR_ARG(face->table));
    run_text(conn, sql);
    arena_close(a);
}

/* ---- Faces. */

typedef struct Faces {
    Arena *arena;
    Map by_name; /* name -> Face */
} Faces;

static const char faces_owner; /* its address */

static Faces *faces_of(StoreConn *conn)
{
    Arena *a;
    void **place = store_place(conn, &faces_owner, &a);
    if (!*place) {
        Faces *f = arena_new(a, Faces);
        *f = (Faces){a, map_new(a)};
        *place = f;
    }
    return *place;
}

void registry_faces_forget(StoreConn *conn)
{
    Faces *f = faces_of(conn);
    for (size_t i = 0; i < f->by_name.count; i++)
        f->by_name.entries[i].value = NULL;
}

static const Sql *face_sql(StoreConn *conn, Arena *a, const Face *f, Str selected, const char *rest)
{
    return store_sql(conn, arena_printf(a, "SELECT %.*s FROM %.*s %s", STR_ARG(selected),
                                        STR_ARG(f->table), rest));
}

static void face_statements(StoreConn *conn, Arena *a, Face *f)
{
    Buf names = buf_new(a, 512), marks = buf_new(a, 128);
    buf_add_text(&names, "number, key, version, valid_from, recorded_at, source, grade, marks,"
                         " subject");
    buf_add_text(&marks, "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10");
    for (size_t i = 0; i < f->column_count; i++) {
        buf_printf(&names, ", %.*s", STR_ARG(f->columns[i].name));
        buf_printf(&marks, ", ?%zu", i + ROW_FIXED_COLUMNS + 1);
    }
    Str list = buf_text(&names);
    f->insert = store_sql(conn, arena_printf(a, "INSERT INTO %.*s (node, %.*s) VALUES (%.*s)",
                                             STR_ARG(f->table), STR_ARG(list),
                                             STR_ARG(buf_text(&marks))));
    f->newest = face_sql(conn, a, f, list,
                         "WHERE node = ?1 AND key = ?2 ORDER BY version DESC LIMIT 1");
    f->history = face_sql(conn, a, f, list,
                          "WHERE node = ?1 AND key = ?2 AND version <= ?3 ORDER BY version DESC");
    f->changes = face_sql(conn, a, f, list,
                          "WHERE node = ?1 AND number > ?2 AND number <= ?3 ORDER BY number LIMIT ?4");
    Str current = arena_printf(a,
                               "AS one WHERE node = ?1 AND number > ?2 AND NOT EXISTS (SELECT 1"
                               " FROM %.*s AS other WHERE other.node = one.node AND other.key ="
                               " one.key AND other.version > one.version) ORDER BY number LIMIT ?3",
                               STR_ARG(f->table));
    f->current = face_sql(conn, a, f, list, arena_copy(a, current).ptr);
    f->erase = store_sql(conn, arena_printf(a, "DELETE FROM %.*s WHERE node = ?1 AND subject = ?2",
                                            STR_ARG(f->table)));
    f->handouts = store_sql(
        conn, arena_printf(a,
                           "SELECT id, at, registry, reader, office, thing, '' AS case_number, '' AS"
                           " matter, basis, fields, seq FROM registry_handout WHERE node = ?1 AND registry ="
                           " ?3 AND EXISTS (SELECT 1 FROM %.*s AS r WHERE r.node = ?1 AND r.key = ?2"
                           " AND r.number > after AND r.number <= upto) ORDER BY seq DESC LIMIT ?4",
                           STR_ARG(f->table)));
    f->erase_from = store_sql(conn,
                              arena_printf(a, "DELETE FROM %.*s WHERE node = ?1 AND number >= ?2",
                                           STR_ARG(f->table)));
    f->numbers = face_sql(conn, a, f, STR("number"),
                          "WHERE node = ?1 AND key = ?2 AND subject IS NULL");
    f->erase_number = store_sql(conn,
                                arena_printf(a, "DELETE FROM %.*s WHERE node = ?1 AND number = ?2",
                                             STR_ARG(f->table)));
}

static bool face_fill(StoreConn *conn, int64_t node, Str name, Arena *keep, Face *f, Err *err)
{
    Arena *a = arena_open(FACE_ARENA_BYTES);
    Rows *r = store_query(conn, &sql_definition, PARAMS(p_int(node), p_text(name)));
    bool good = rows_next(r);
    int64_t version = good ? rows_int(r, 0) : 0;
    Str path = good ? rows_copy(r, 1, a) : STR_NONE;
    Str text = good ? rows_copy(r, 2, a) : STR_NONE;
    rows_close(r);
    good = good && registry_kind_read(keep, name, text, path, &f->kind, err);
    if (good) {
        f->kind.about.version = version;
        f->table = table_name(keep, name);
        Column *all = read_columns(conn, node, name, a, 0, &f->column_count);
        f->columns = arena_new_array(keep, Column, f->column_count + 1);
        for (size_t i = 0; i < f->column_count; i++) {
            const Column *now = find_column(f->kind.columns, f->kind.column_count, &all[i]);
            f->columns[i] = (Column){arena_copy(keep, all[i].property),
                                     arena_copy(keep, all[i].name), all[i].kind,
                                     now != NULL || !all[i].property.len,
                                     now != NULL && now->keeps_null};
        }
        face_statements(conn, a, f);
    }
    arena_close(a);
    return good && !store_failed(conn, err);
}

const Face *registry_face(StoreConn *conn, int64_t node, Str name, Err *err)
{
    Rows *r = store_query(conn, &sql_version, PARAMS(p_int(node), p_text(name)));
    int64_t version = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    if (!version) {
        store_failed(conn, err);
        return NULL;
    }
    Faces *faces = faces_of(conn);
    Face *f = map_get(&faces->by_name, name);
    if (f && f->kind.about.version == version)
        return f;
    f = arena_new(faces->arena, Face);
    if (!face_fill(conn, node, name, faces->arena, f, err))
        return NULL;
    map_put(&faces->by_name, f->kind.about.name, f);
    return f;
}

bool registry_names(StoreConn *conn, int64_t node, Arena *a, Str **names, size_t *count, Err *err)
{
    size_t capacity = 0;
    *names = NULL;
    *count = 0;
    Rows *r = store_query(conn, &sql_names, PARAMS(p_int(node)));
    while (rows_next(r)) {
        if (*count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            Str *grown = arena_new_array(a, Str, capacity);
            if (!grown)
                break;
            for (size_t i = 0; i < *count; i++)
                grown[i] = (*names)[i];
            *names = grown;
        }
        (*names)[(*count)++] = rows_copy(r, 0, a);
    }
    rows_close(r);
    if (arena_failed(a))
        return err_set(err, &fault_out_of_memory, STR("registry"));
    return !store_failed(conn, err);
}
