/* store.c - the SQL door: what is the same for every driver.
 *
 * Sticky failures. A write cannot report to its caller, because the caller is an applier and
 * appliers cannot refuse. So the connection remembers the first failure; from then on writes do
 * nothing, queries give no rows, and store_commit refuses, rolls back and reports. A reader
 * outside a transaction starts afresh with every query: there is nothing to roll back.
 *
 * Migrations. Table store_migration (module, version) says what has run. Each migration and its
 * row are one transaction, so a crash leaves the step done or not begun. A file with a higher
 * version than the program knows is refused: an older program would write rows that break the
 * newer one's rules.
 *
 * What is not here: SQL. A driver gives statements their meaning; the dialect is that of
 * store.h. */
#include "store/store_int.h"

#include "base/check.h"

#include <string.h>

FAULT_DEFINE(STORE_FAULTS)

static Rows failed_rows; /* given out for queries that failed; never written */

void conn_fail(StoreConn *c, Str reason)
{
    err_set(&c->first, &fault_store_failed_io, reason);
}

/* ---- Stores and connections. */

bool store_open(Str location, Store **out, Err *err)
{
    check(location.len > 0 && out);
    *out = NULL;
    if (str_starts(location, STR("postgresql://")))
        return err_set(err, &fault_store_failed_io,
                       STR("this build has no PostgreSQL driver; give a file path"));
    return sqlite_driver.open(location, out, err);
}

void store_close(Store *s)
{
    if (!s)
        return;
    check(!s->has_writer);
    s->driver->close(s);
}

static bool connect(Store *s, bool writer, StoreConn **out, Err *err)
{
    *out = NULL;
    if (!s->driver->connect(s, writer, out, err))
        return false;
    StoreConn *c = *out;
    check(c->driver == s->driver && c->arena);
    c->store = s;
    c->writer = writer;
    c->runtime_sql = map_new(c->arena);
    return true;
}

bool store_connect_writer(Store *s, StoreConn **out, Err *err)
{
    check(!s->has_writer);
    if (!connect(s, true, out, err))
        return false;
    s->has_writer = true;
    return true;
}

bool store_connect_reader(Store *s, StoreConn **out, Err *err)
{
    return connect(s, false, out, err);
}

void store_disconnect(StoreConn *c)
{
    if (!c)
        return;
    store_rollback(c);
    if (c->writer)
        c->store->has_writer = false;
    c->driver->disconnect(c);
}

void **store_place(StoreConn *c, const void *owner, Arena **arena)
{
    check(owner != NULL);
    *arena = c->arena;
    for (size_t i = 0; i < STORE_PLACES_MAX; i++) {
        if (c->places[i].owner && c->places[i].owner != owner)
            continue;
        c->places[i].owner = owner;
        return &c->places[i].kept;
    }
    check(!"more owners of places than STORE_PLACES_MAX");
    return NULL;
}

/* ---- Transactions. */

bool store_begin(StoreConn *c, Err *err)
{
    check(!c->in_transaction);
    err_clear(&c->first);
    if (c->driver->begin(c)) {
        c->in_transaction = true;
        return true;
    }
    check(c->first.fault != NULL);
    if (err && !err->fault)
        *err = c->first;
    err_clear(&c->first);
    return false;
}

bool store_commit(StoreConn *c, Err *err)
{
    check(c->in_transaction);
    if (!c->first.fault && c->driver->commit(c)) {
        c->in_transaction = false;
        return true;
    }
    check(c->first.fault != NULL);
    if (err && !err->fault)
        *err = c->first;
    store_rollback(c);
    return false;
}

void store_rollback(StoreConn *c)
{
    if (c->in_transaction)
        c->driver->rollback(c);
    c->in_transaction = false;
    err_clear(&c->first);
}

bool store_in_transaction(const StoreConn *c)
{
    return c->in_transaction;
}

bool store_failed(const StoreConn *c, Err *err)
{
    if (!c->first.fault)
        return false;
    if (err && !err->fault)
        *err = c->first;
    return true;
}

/* ---- Statements. */

void store_write(StoreConn *c, const Sql *sql, const Param *params, size_t count)
{
    check(c->writer && c->in_transaction);
    if (!c->first.fault)
        c->driver->write(c, sql, params, count);
}

Rows *store_query(StoreConn *c, const Sql *sql, const Param *params, size_t count)
{
    if (!c->in_transaction)
        err_clear(&c->first);
    if (c->first.fault)
        return &failed_rows;
    Rows *r = c->driver->query(c, sql, params, count);
    check(r || c->first.fault);
    return r ? r : &failed_rows;
}

bool rows_next(Rows *r)
{
    return r->conn && !r->conn->first.fault && r->conn->driver->next(r);
}

int64_t rows_int(Rows *r, int column)
{
    return r->conn->driver->column_int(r, column);
}

bool rows_is_null(Rows *r, int column)
{
    return rows_kind(r, column) == PARAM_NULL;
}

Str rows_bytes(Rows *r, int column)
{
    return r->conn->driver->column_bytes(r, column);
}

Str rows_copy(Rows *r, int column, Arena *a)
{
    return arena_copy(a, rows_bytes(r, column));
}

Id rows_id(Rows *r, int column)
{
    Str bytes = rows_bytes(r, column);
    Id id = ID_NONE;
    if (bytes.len == sizeof id.bytes)
        memcpy(id.bytes, bytes.ptr, sizeof id.bytes);
    return id;
}

Instant rows_instant(Rows *r, int column)
{
    return rows_is_null(r, column) ? INSTANT_NONE : (Instant){rows_int(r, column)};
}

int rows_columns(Rows *r)
{
    return r->conn ? r->conn->driver->column_count(r) : 0;
}

ParamKind rows_kind(Rows *r, int column)
{
    return r->conn->driver->column_kind(r, column);
}

void rows_close(Rows *r)
{
    if (r && r->conn)
        r->conn->driver->rows_close(r);
}

const Sql *store_sql(StoreConn *c, Str text)
{
    static const Sql too_many = {NULL};
    Sql *sql = map_get(&c->runtime_sql, text);
    if (sql)
        return sql;
    if (c->runtime_sql.count >= STORE_RUNTIME_SQL_MAX)
        return &too_many; /* the driver fails it: the text is NULL */
    Str copy = arena_copy(c->arena, text);
    sql = arena_new(c->arena, Sql);
    sql->text = copy.ptr;
    map_put(&c->runtime_sql, copy, sql);
    return sql;
}

/* ---- Migrations. */

static const Sql sql_migration_table = {
    "CREATE TABLE IF NOT EXISTS store_migration ("
    " module TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (module, version))"};
static const Sql sql_migration_last = {
    "SELECT coalesce(max(version), 0) FROM store_migration WHERE module = ?1"};
static const Sql sql_migration_add = {
    "INSERT INTO store_migration (module, version) VALUES (?1, ?2)"};

static bool migration_last(StoreConn *c, Str module, int64_t *version, Err *err)
{
    if (!store_begin(c, err))
        return false;
    store_write(c, &sql_migration_table, NO_PARAMS);
    Rows *r = store_query(c, &sql_migration_last, PARAMS(p_text(module)));
    *version = rows_next(r) ? rows_int(r, 0) : 0;
    rows_close(r);
    return store_commit(c, err);
}

bool store_migrate(StoreConn *writer, Str module, const Migration *list, size_t count, Err *err)
{
    int64_t last = 0;
    if (!migration_last(writer, module, &last, err))
        return false;
    if (last > (int64_t)count) {
        Arena *a = arena_open(ARENA_CHUNK_BYTES);
        err_set(err, &fault_store_newer, module, arena_printf(a, "%lld", (long long)last));
        arena_close(a);
        return false;
    }
    for (size_t i = (size_t)last; i < count; i++) {
        check(list[i].version == (int)i + 1); /* numbered from 1 without gaps */
        if (!store_begin(writer, err))
            return false;
        writer->driver->script(writer, list[i].sql);
        store_write(writer, &sql_migration_add,
                    PARAMS(p_text(module), p_int(list[i].version)));
        if (!store_commit(writer, err))
            return false;
    }
    return true;
}

/* ---- What tables there are. */

bool store_tables(StoreConn *c, Arena *a, Str **names, size_t *count, Err *err)
{
    const Sql *sql = store_sql(c, str_from(c->driver->tables_sql));
    size_t capacity = 64;
    *names = arena_new_array(a, Str, capacity);
    *count = 0;
    Rows *r = store_query(c, sql, NO_PARAMS);
    while (rows_next(r)) {
        if (*count == capacity) {
            Str *wider = arena_new_array(a, Str, capacity * 2);
            memcpy(wider, *names, *count * sizeof(Str));
            *names = wider;
            capacity *= 2;
        }
        (*names)[(*count)++] = rows_copy(r, 0, a);
    }
    rows_close(r);
    return !store_failed(c, err);
}

bool store_columns(StoreConn *c, Arena *a, Str table, StoreColumn **columns, size_t *count,
                   Err *err)
{
    const Sql *sql = store_sql(c, str_from(c->driver->columns_sql));
    *columns = arena_new_array(a, StoreColumn, STORE_COLUMNS_MAX);
    *count = 0;
    Rows *r = store_query(c, sql, PARAMS(p_text(table)));
    while (*count < STORE_COLUMNS_MAX && rows_next(r))
        (*columns)[(*count)++] = (StoreColumn){rows_copy(r, 0, a), (int)rows_int(r, 1)};
    rows_close(r);
    return !store_failed(c, err);
}

int64_t store_checkpoint(StoreConn *c)
{
    check(!c->in_transaction);
    return c->driver->checkpoint(c);
}
